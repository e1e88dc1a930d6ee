"""What is kept at rest is kept where no other user can have put anything."""

from __future__ import annotations

import os
import pathlib
import sqlite3
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from crmwidget.client.journal._file import JournalFile, give_up_old, orphans
from crmwidget.client.journal._owner import Owner
from crmwidget.client.journal._sessions import digest, registered
from crmwidget.safety import privacy
from crmwidget.safety import private_files as private
from crmwidget.safety.privacy import kept_key
from crmwidget.safety.private_files import (
    NotPrivateError,
    is_own_folder,
    own_files,
    own_folder,
    read_own,
    touch_own,
    write_own,
)
from tests.test_journal import entry, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _strangers_in_every_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that this user is alone in is looked at in one test of its own."""
    monkeypatch.setattr(private, "_alone_in", lambda _: False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """All that is there belongs to another user from now on."""
    me = os.getuid()
    return lambda: monkeypatch.setattr(os, "getuid", lambda: me + 1)


def linked(path: Path) -> None:
    """Put a link to another place of this user's where the path leads."""
    target = path.parent.parent / "precious"
    target.touch(0o644)
    path.symlink_to(target)


# ---------------------------------------------------------------- folders
def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    own_folder(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777, 0o720])
def test_a_folder_that_others_can_write_is_named_with_the_remedy(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    with pytest.raises(NotPrivateError) as caught:
        own_folder(folder)

    assert str(caught.value) == f"{folder} can be written by other users."
    assert caught.value.remedy == f"run chmod go-w {folder}"


def test_a_folder_of_another_user_is_refused(folder: Path, foreign: Callable[[], None]) -> None:
    foreign()

    with pytest.raises(NotPrivateError, match="belongs to another user"):
        own_folder(folder)


def test_a_link_to_a_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)

    with pytest.raises(NotPrivateError, match="is a link"):
        own_folder(tmp_path / "link")


def test_a_folder_that_anybody_could_rename_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)

    with pytest.raises(NotPrivateError, match="shared can be written by every user"):
        own_folder(shared / "below" / "crmwidget")

    shared.chmod(0o1777)
    own_folder(shared / "below" / "crmwidget")


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o500])
def test_others_may_look_at_a_folder(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    own_folder(folder)


def test_a_group_that_this_user_is_alone_in_is_nobody_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    members = ["ada"]
    group = SimpleNamespace(gr_name="ada", gr_mem=members)
    monkeypatch.setitem(sys.modules, "grp", SimpleNamespace(getgrgid=lambda _: group))
    user = SimpleNamespace(pw_name="ada")
    monkeypatch.setitem(sys.modules, "pwd", SimpleNamespace(getpwuid=lambda _: user))
    folder.chmod(0o770)

    own_folder(folder)
    members.append("bo")

    with pytest.raises(NotPrivateError):
        own_folder(folder)


def test_where_others_are_named_in_an_access_list_the_group_is_not_only_this_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "_alone_in", lambda _: True)
    folder.chmod(0o770)
    own_folder(folder)
    monkeypatch.setattr(os, "listxattr", lambda *_, **__: ["system.posix_acl_access"])

    with pytest.raises(NotPrivateError, match="can be written by other users"):
        own_folder(folder)


# ---------------------------------------------------------------- files
def others_write(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


def others_name(path: Path) -> None:
    path.touch(0o600)
    os.link(path, path.parent.parent / "precious")


PLANTED = {
    "link": linked,
    "dangling link": lambda path: path.symlink_to(path.parent / "nowhere"),
    "writable": others_write,
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "hard link": others_name,
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".lock", ".lock-journal"])
def test_a_file_that_was_put_there_is_found(
    folder: Path, plant: Callable[[Path], None], suffix: str
) -> None:
    planted = folder / f"logs.sqlite{suffix}"
    plant(planted)

    with pytest.raises(NotPrivateError, match=r"logs\.sqlite"):
        own_files(folder / "logs.sqlite")


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_no_link_is_followed_and_no_pipe_waited_for(
    folder: Path, plant: Callable[[Path], None]
) -> None:
    plant(folder / "key")

    with pytest.raises(OSError, match="key"):
        touch_own(folder / "key")
    with pytest.raises(OSError, match="key"):
        read_own(folder / "key", 32)

    precious = folder.parent / "precious"
    assert not precious.exists() or precious.stat().st_mode & 0o777 in {0o644, 0o600}


def test_what_others_can_read_is_not_read_as_a_secret(folder: Path) -> None:
    (folder / "key").write_bytes(b"k" * 40)
    (folder / "key").chmod(0o640)

    with pytest.raises(NotPrivateError, match="can be read by other users"):
        read_own(folder / "key", 32)

    (folder / "key").chmod(0o600)
    assert read_own(folder / "key", 32) == b"k" * 32


def test_a_file_becomes_this_user_s_alone_to_read(folder: Path) -> None:
    (folder / "logs").touch()
    (folder / "logs").chmod(0o644)

    touch_own(folder / "logs")
    touch_own(folder / "new")

    modes = [(folder / name).stat().st_mode & 0o777 for name in ("logs", "new")]
    assert modes == [0o600, 0o600]


def test_a_system_without_owners_is_not_asked_for_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.chmod(0o777)
    monkeypatch.delattr(os, "getuid")

    own_folder(folder)
    own_files(folder / "logs")
    touch_own(folder / "logs")
    assert is_own_folder(folder)


def test_a_file_that_is_put_in_the_place_of_what_was_written_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(part: Path, path: Path) -> None:
        part.unlink()
        path.touch()

    monkeypatch.setattr(pathlib.Path, "replace", replaced)

    with pytest.raises(NotPrivateError, match="state can be written by other users"):
        write_own(folder / "calls.jsonl", "calls")


# ---------------------------------------------------------------- who keeps something there
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".lock"])
def test_a_journal_with_a_planted_file_is_not_used_and_says_so(folder: Path, suffix: str) -> None:
    planted = folder / f"logs.sqlite{suffix}"
    others_write(planted)

    journal, left = opened(folder / "logs.sqlite")
    journal.accept([entry(1)])

    assert (left, journal.durable, len(journal.pending)) == ([], False, 1)
    assert journal.trouble == (
        f"The journal is not used: {planted} can be written by other users. So call logs are kept "
        f"in memory and in this page only; to change that, remove {planted}."
    )
    assert planted.read_bytes() == b""


def test_a_journal_in_a_folder_that_others_can_write_is_not_used(folder: Path) -> None:
    folder.chmod(0o777)

    journal, _ = opened(folder / "logs.sqlite")

    assert not journal.durable
    assert f"run chmod go-w {folder}." in (journal.trouble or "")
    assert list(folder.iterdir()) == []


def test_a_journal_in_a_folder_of_another_user_is_not_used(
    folder: Path, foreign: Callable[[], None]
) -> None:
    foreign()

    journal, _ = opened(folder / "logs.sqlite")

    assert not journal.durable
    assert f"have its owner remove {folder}." in (journal.trouble or "")
    assert list(folder.iterdir()) == []


def test_a_link_in_the_journal_s_place_leaves_what_it_leads_to_alone(folder: Path) -> None:
    linked(folder / "logs.sqlite")

    journal, _ = opened(folder / "logs.sqlite")

    precious = folder.parent / "precious"
    assert not journal.durable
    assert (precious.read_bytes(), precious.stat().st_mode & 0o777) == (b"", 0o644)


def test_a_sign_that_a_journal_is_given_up_goes_through_no_link(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = JournalFile(folder / "logs.sqlite")
    target = tmp_path / "target"
    for sign in file._signs:
        sign.symlink_to(target)

    signed = file.abandon()

    file.close()
    assert (signed, target.exists()) == (False, False)


def test_neither_a_lock_nor_a_register_is_kept_where_others_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "crmwidget"
    state.mkdir()
    state.chmod(0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    with pytest.raises(NotPrivateError):
        Owner.of(state / "logs.sqlite")

    assert registered("kernel", "place", named=False) == digest("kernel")
    assert list(state.iterdir()) == []


def test_journals_of_other_sessions_are_looked_at_only_where_they_are_this_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "crmwidget"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    from crmwidget.client.journal._file import _of_phone

    left = state / f"other-{_of_phone('phone', 'c')}.sqlite"
    journal, _ = opened(left)
    journal.accept([entry(1)])
    journal.close()
    asked = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **more: asked.append(path) or connect(path, **more)
    )

    assert [found.path for found in orphans(state / "own", "phone", "c")] == [left]
    asked.clear()
    others_write(left.with_name(f"{left.name}-wal"))
    assert orphans(state / "own", "phone", "c") == []
    left.with_name(f"{left.name}-wal").unlink()
    state.chmod(0o777)

    assert orphans(state / "own", "phone", "c") == []
    assert give_up_old(state / "own") == 0
    assert asked == []


# ---------------------------------------------------------------- the redaction key
@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = tmp_path / "crmwidget"
    made.mkdir(mode=0o700)
    return made


def test_the_redaction_key_is_kept(state: Path) -> None:
    (state / "redaction.key").write_bytes(b"k" * 32)
    (state / "redaction.key").chmod(0o600)

    assert kept_key() == b"k" * 32


def test_a_new_redaction_key_is_this_user_s_alone(state: Path) -> None:
    key = kept_key()

    assert (state / "redaction.key").read_bytes() == key
    assert (state / "redaction.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_redaction_key_that_was_planted_is_not_used(
    state: Path, plant: Callable[[Path], None]
) -> None:
    plant(state / "redaction.key")

    with pytest.warns(UserWarning, match=r"The redaction key is not used: .*redaction\.key"):
        key = kept_key()

    assert key == privacy._OWN_KEY


def test_a_redaction_key_that_others_can_read_is_not_used(state: Path) -> None:
    (state / "redaction.key").write_bytes(b"k" * 32)
    (state / "redaction.key").chmod(0o644)

    with pytest.warns(UserWarning, match="can be read by other users"):
        assert kept_key() == privacy._OWN_KEY


def test_a_redaction_key_in_a_folder_of_others_is_not_used(state: Path) -> None:
    state.chmod(0o777)

    with pytest.warns(UserWarning, match=f"run chmod go-w {state}"):
        assert kept_key() == privacy._OWN_KEY
    assert list(state.iterdir()) == []
