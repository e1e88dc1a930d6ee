"""Leash: no server outlives the process that started it, however that process ends.

One watcher for each process that runs tests. It reads the process ids of servers from a pipe, and
when the pipe closes (the tests ended, were interrupted or were killed) it ends what is still
running: SIGTERM, so that a Jupyter server shuts its kernels down, then SIGKILL.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PATIENCE: Final = 20.0
"""Seconds between SIGTERM and SIGKILL."""
_watcher: subprocess.Popen[str] | None = None


def start(
    command: Sequence[str], *, env: Mapping[str, str], output: IO[bytes], cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, which ends with the tests at the latest."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _tell(f"+{process.pid}")
    return process


def release(process: subprocess.Popen[bytes]) -> None:
    """Forget a server that has ended: its id may soon be another's."""
    _tell(f"-{process.pid}")


def _tell(line: str) -> None:
    global _watcher  # noqa: PLW0603 - one for all servers of this process
    if _watcher is None:
        _watcher = subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the tests and not their watcher
        )
        atexit.register(_watcher.communicate)
    assert _watcher.stdin is not None
    _watcher.stdin.write(f"{line}\n")
    _watcher.stdin.flush()


# ---------------------------------------------------------------- the watcher's own process
def _watch(lines: Iterable[str]) -> None:
    held: set[int] = set()
    for line in lines:
        change = held.add if line.startswith("+") else held.discard
        change(int(line[1:]))
    for number in (signal.SIGTERM, signal.SIGKILL):
        living = [pid for pid in held if _signalled(pid, number)]
        end = time.monotonic() + PATIENCE
        while any(_signalled(pid, 0) for pid in living) and time.monotonic() < end:
            time.sleep(0.05)


def _signalled(pid: int, number: int) -> bool:
    """Whether there was anybody left in the session of `pid` to send it to."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
        return True
    return False


if __name__ == "__main__":
    _watch(sys.stdin)
