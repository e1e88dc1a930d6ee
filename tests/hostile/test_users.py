"""Two users on one machine and a shared folder: no log is read, no planted key is used."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.hostile.users import (
    ATTACKER,
    CANARY,
    KEEPS_A_LOG,
    LOOKS,
    SAVES_A_CAPTURE,
    VICTIM,
    does,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can act as two other users; continuous integration is root",
)
STICKY: Final = 0o1777
OPEN: Final = 0o777
PLANTED: Final = {
    "a folder for all, with a key and SQLite's own log": """
folder = shared / "crmwidget"
folder.mkdir()
folder.chmod(0o777)
for name in ("redaction.key", "0123-4567.sqlite-wal", "0123-4567.sqlite-shm"):
    (folder / name).write_bytes(b"k" * 64)
    (folder / name).chmod(0o666)
""",
    "a folder": "(shared / 'crmwidget').mkdir(mode=0o755)",
    "a link to a folder": """
(shared / "mine").mkdir()
(shared / "mine").chmod(0o777)
(shared / "crmwidget").symlink_to(shared / "mine")
""",
    "a file": "(shared / 'crmwidget').touch()",
}


@pytest.fixture
def shared() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(STICKY)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_what_another_user_planted_is_not_used_and_named(shared: Path, plant: str) -> None:
    does(ATTACKER, plant, shared)

    told = does(VICTIM, KEEPS_A_LOG, shared)

    assert not told["durable"]
    assert told["own"]
    assert str(shared / "crmwidget") in told["trouble"]
    assert does(ATTACKER, LOOKS, shared) == []
    assert [path for path in shared.rglob("*") if path.lstat().st_uid == VICTIM] == []


def test_a_folder_that_all_can_write_is_not_used_and_named(shared: Path) -> None:
    shared.chmod(OPEN)

    told = does(VICTIM, KEEPS_A_LOG, shared)

    sentence = f"{shared} can be written by every user."
    assert (told["durable"], told["own"]) == (False, True)
    assert sentence in told["trouble"]
    assert sentence in told["said"][0]
    assert does(ATTACKER, LOOKS, shared) == []


def test_in_a_shared_folder_a_log_is_its_owners(shared: Path) -> None:
    told = does(VICTIM, KEEPS_A_LOG, shared)

    assert told == {"durable": True, "trouble": None, "said": [], "own": True}
    written = b"".join(path.read_bytes() for path in (shared / "crmwidget").iterdir())
    assert CANARY.encode() in written  # root sees that there is something to be read
    assert does(ATTACKER, LOOKS, shared) == []


LINKS: Final = """
for name in ("calls.jsonl", "test_day.py"):
    (shared / name).symlink_to(shared / "precious")
"""
PRECIOUS: Final = "(shared / 'precious').write_text('mine')"


@pytest.mark.parametrize("mode", [STICKY, OPEN])
def test_a_capture_goes_through_no_link_of_another_user(shared: Path, mode: int) -> None:
    shared.chmod(mode)
    does(VICTIM, PRECIOUS, shared)
    does(ATTACKER, LINKS, shared)

    told = does(VICTIM, SAVES_A_CAPTURE, shared)

    assert (shared / "precious").read_text() == "mine"
    assert does(ATTACKER, LOOKS, shared) == []
    if mode == STICKY:  # nobody but its owner may take the link away
        assert told["said"] == [
            f"{shared / name} belongs to another user." for name in ("calls.jsonl", "test_day.py")
        ]
    else:
        assert told["said"] == []
        assert (shared / "calls.jsonl").stat().st_mode & 0o777 == 0o600
