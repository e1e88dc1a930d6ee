"""Warm: `python -m MODULE` as a copy of a process that has imported what it needs.

A kernel or a JupyterLab is busy for seconds with imports alone, and the tests start hundreds.
`up("ipykernel.kernelapp", ...)` starts one process that imports these and starts no thread,
and returns what stands for `python` in a command. That is a small launcher: its
environment, folder, files and arguments become those of a fork, which then runs the module.
Signals go through it, and as the fork ends it ends.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG: Final = 1
_PIECE: Final = 1 << 16
_DOOR, _ENDING = "door", "ending"


@cache
def up(*modules: str) -> list[str]:
    """Have these modules imported once; what to write for `python` where one is run."""
    from tests import leash  # the launcher has no packages

    if sys.platform != "linux":
        return [sys.executable]
    folder = tempfile.TemporaryDirectory(prefix="crmwidget-warm-")
    address = str(Path(folder.name) / "socket")
    command = [sys.executable, __file__, address, *modules]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = Path(folder.name, "log")
    with log.open("wb") as output:
        kept = leash.start(command, env=environment, output=output)
    while not Path(address).exists():
        assert kept.poll() is None, log.read_text()
        time.sleep(0.01)

    def end() -> None:
        kept.terminate()
        kept.wait()
        leash.release(kept)
        folder.cleanup()

    atexit.register(end)
    return [sys.executable, "-I", "-S", __file__, address]


# ------------------------------------------------------------------ the process that is copied
def _keep(address: str, modules: list[str]) -> tuple[list[int], dict[str, Any]] | None:
    """Fork for whoever connects; returns in each fork with its files and what it is to run.

    After SIGTERM it takes no more requests and ends with its last fork.
    """
    ended, ending = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(ending)
    signal.signal(signal.SIGTERM, lambda *_: None)
    lines: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as events:
        door.bind(address)
        door.listen()  # who comes now waits for the imports
        del sys.path[0]
        for module in modules:
            importlib.import_module(module)
        assert threading.active_count() == 1, threading.enumerate()
        gc.freeze()
        events.register(door, selectors.EVENT_READ, _DOOR)
        events.register(ended, selectors.EVENT_READ, _ENDING)
        serving = True
        while serving or lines:
            # Who is gone comes first: a kernel that is killed is dead before the next one starts.
            for key, _ in sorted(events.select(), key=lambda event: event[0].data == _DOOR):
                if key.data == _DOOR:
                    line, files, wanted = _asked(door)
                    pid = os.fork()
                    if not pid:
                        for each in (line, *lines.values()):
                            each.close()
                        os.close(ended)
                        os.close(ending)
                        return files, wanted
                    for file in files:
                        os.close(file)
                    lines[pid] = line
                    events.register(line, selectors.EVENT_READ, pid)
                    events.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
                elif key.data == _ENDING:
                    os.read(ended, _PIECE)
                    serving = False
                elif key.fileobj is lines.get(key.data):
                    _pass_on(lines[key.data], key.data, events)
                else:
                    _tell(lines.pop(key.data), key, events)
    return None


def _asked(door: socket.socket) -> tuple[socket.socket, list[int], dict[str, Any]]:
    line, _ = door.accept()
    text, files, _, _ = socket.recv_fds(line, _PIECE, 3)
    while not text.endswith(b"\n"):
        text += line.recv(_PIECE)
    return line, files, json.loads(text)


def _pass_on(line: socket.socket, pid: int, events: selectors.BaseSelector) -> None:
    """Pass the launcher's signal on; a launcher that is gone was killed."""
    said = line.recv(1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, said[0] if said else signal.SIGKILL)
    if not said:
        events.unregister(line)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # its end is an event, too


def _tell(line: socket.socket, fork: selectors.SelectorKey, events: selectors.BaseSelector) -> None:
    """Tell the launcher how its fork ended."""
    _, status = os.waitpid(fork.data, 0)
    events.unregister(fork.fileobj)
    os.close(fork.fd)
    with contextlib.suppress(KeyError):
        events.unregister(line)
    with contextlib.suppress(OSError), line:
        line.send(f"{os.waitstatus_to_exitcode(status)}".encode())


def _become(
    files: list[int], module: str, arguments: list[str], environment: dict[str, str], folder: str
) -> None:
    """What exec would do, but for the imports."""
    import ctypes
    import runpy

    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = [module, *arguments]
    gc.unfreeze()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


# ------------------------------------------------------------------------------ the launcher
def _launch(address: str, module: str, arguments: list[str]) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        wanted = {
            "module": module,
            "arguments": arguments,
            "environment": {**os.environ},
            "folder": str(Path.cwd()),
        }
        text = json.dumps(wanted).encode() + b"\n"
        line.sendall(text[socket.send_fds(line, [text], [0, 1, 2]) :])
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: line.sendall(bytes([number])))
        code = int(line.recv(_PIECE) or b"1")
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    if sys.argv[2] == "-m":
        _launch(sys.argv[1], sys.argv[3], sys.argv[4:])
    elif started := _keep(sys.argv[1], sys.argv[2:]):
        _become(started[0], **started[1])
