"""A run that ends before its time leaves no server, kernel or browser behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.lab import PATIENCE, ROOT
from tests.slow import SLOW

if TYPE_CHECKING:
    from collections.abc import Callable

PROC: Final = Path("/proc")
ENDS: Final = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM] if SLOW else [signal.SIGKILL]
WAITS_FOR_EVER: Final = """
from tests.browser.conftest import *

def test_it_waits_for_ever(notebook):
    opened = notebook("'ready'")
    opened.run(0)
    opened.page.wait_for_timeout(3_600_000)
"""

pytestmark = pytest.mark.skipif(
    not PROC.is_dir(), reason="which processes a run has started is told by Linux's /proc"
)


def started_by(mark: str) -> dict[int, str]:
    """The command lines of living processes that have this in their environment, by their ids."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or is another person's
            if mark.encode() in (folder / "environ").read_bytes():
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = words.decode(errors="replace")
    return found


def until(seen: Callable[[], bool], what: Callable[[], object]) -> None:
    end = time.monotonic() + 2 * PATIENCE
    while not seen():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


@pytest.mark.weight(30)
@pytest.mark.parametrize("number", ENDS)
def test_nothing_is_left_of_a_run_that_was_ended(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"run-{uuid.uuid4().hex}"
    test = tmp_path / "test_waiting.py"
    test.write_text(WAITS_FOR_EVER)
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", "1", "-c", str(ROOT / "pyproject.toml"), str(test)],
        cwd=ROOT,
        env={**os.environ, "CRMWIDGET_MARK": mark},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )

    def lives(*names: str) -> bool:
        lines = "\n".join(started_by(mark).values())
        return all(name in lines for name in names)

    until(lambda: lives("jupyterlab", "ipykernel", "--headless"), lambda: started_by(mark))
    run.send_signal(number)
    run.wait(2 * PATIENCE)

    until(lambda: not started_by(mark), lambda: started_by(mark))
