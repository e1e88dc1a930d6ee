"""Server: a real system, installed from the registry, seeded once, started for a module of tests.

What is installed and seeded lies in `systems/` of the environment that runs the tests, in a
folder named after the hash of everything it is made from: a second run finds it. It is made under
a lock, and a folder without its last file, `complete`, is made anew. A server listens on a free
port of 127.0.0.1, is waited for, and is ended by its own process id.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests import leash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HERE: Final = Path(__file__).resolve().parent
CACHE: Final = Path(sys.prefix) / "systems"
PATIENCE: Final = 120.0
"""Seconds that a start may take on a machine that is busy with other things."""
NAP: Final = 0.05
LIVING: Final[list[Server]] = []
"""The servers that run, for the report of a test that failed."""


# ---------------------------------------------------------------- installing
@dataclass(frozen=True)
class System:
    """What is installed, and how it gets its first data.

    `seed(python, folder)` runs the environment's Python and leaves files in
    `folder`; `sources`: what the seed is made from, beside the requirements.
    """

    name: str
    seed: Callable[[Path, Path], None]
    sources: tuple[str, ...] = ()
    python: tuple[int, int] = (3, 11)
    """The oldest Python it runs on."""

    @property
    def requirements(self) -> Path:
        """Pinned, with hashes."""
        return HERE / f"requirements-{self.name}.txt"

    def made(self) -> Made:
        """Installed and seeded; a folder that is there already is taken."""
        interpreter = python_at_least(self.python)
        folder = CACHE / f"{self.name}-{self._state(interpreter)}"
        CACHE.mkdir(exist_ok=True)
        with (CACHE / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                for old in CACHE.glob(f"{self.name}-*"):
                    shutil.rmtree(old)
                self._make(interpreter, folder)
                (folder / "complete").touch()
        return Made(folder)

    def _state(self, interpreter: Path) -> str:
        total = hashlib.sha256(str(interpreter.resolve()).encode())
        files = [self.requirements, *(HERE / name for name in self.sources)]
        for file in files:
            total.update(file.read_bytes())
        return total.hexdigest()[:16]

    def _make(self, interpreter: Path, folder: Path) -> None:
        made = Made(folder)
        made.seeded.mkdir(parents=True)
        uv = [sys.executable, "-m", "uv"]
        wanted = ["--require-hashes", "-r", str(self.requirements)]
        run([*uv, "venv", "--quiet", "--python", str(interpreter), str(made.venv)])
        try:
            run([*uv, "pip", "install", "--quiet", "--python", str(made.python), *wanted])
        except AssertionError:  # pip knows the machine's index where uv does not
            run([sys.executable, "-m", "pip", "--python", str(made.python), "install", *wanted])
        self.seed(made.python, made.seeded)


@dataclass(frozen=True)
class Made:
    """An installed and seeded system."""

    folder: Path

    @property
    def venv(self) -> Path:
        """Its environment."""
        return self.folder / "venv"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.venv / "bin" / "python"

    @property
    def seeded(self) -> Path:
        """Its first data; to be copied, not changed."""
        return self.folder / "seeded"


def python_at_least(version: tuple[int, int]) -> Path:
    """A Python of this version or a newer one that packages are still built for."""
    if sys.version_info[:2] >= version:
        return Path(sys.executable)
    for program in _pythons(version):
        asked = [str(program), "-c", "import sys, venv; print(*sys.version_info[:2])"]
        # A shim of pyenv is on the PATH, and does not run.
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode == 0 and tuple(map(int, done.stdout.split())) >= version:
            return program
    wanted = ".".join(map(str, version))
    raise AssertionError(
        f"These tests need a Python {wanted} or newer, and there is none on the PATH, in pyenv or "
        f"in uv's own folder. Install one: `pyenv install {wanted}`, `uv python install {wanted}` "
        f"or your system's python{wanted}."
    )


def _pythons(version: tuple[int, int]) -> Iterator[Path]:
    names = [f"{version[0]}.{minor}" for minor in range(version[1], version[1] + 3)]
    roots = (
        Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions",
        Path.home() / ".local" / "share" / "uv" / "python",
    )
    for name in names:
        if found := shutil.which(f"python{name}"):
            yield Path(found)
        for root in roots:
            yield from sorted(root.glob(f"*{name}.*/bin/python{name}"), reverse=True)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child process sees: nothing of the environment that runs the tests."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONWARNINGS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in foreign},
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
        "PYTHONUNBUFFERED": "1",
        **(more or {}),
    }


def run(
    command: Sequence[str], *, more: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run to the end; AssertionError with what it printed where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command[:4])} ... failed:\n{done.stdout[-8000:]}"
    return done.stdout


# ---------------------------------------------------------------- running
class Server:
    """A process that serves http at `url`, until `close()`.

    `command` and `more` (its environment) may contain {port} and {folder}, a
    folder of its own into which `data` has been copied.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        data: Path,
        more: Mapping[str, str] | None = None,
        ready: str = "/",
    ) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"crmwidget-{name}-"))
        self.data = self.folder / "data"
        shutil.copytree(data, self.data)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = self.folder / "server.log"
        filled = {"port": self.port, "folder": self.data}
        self._command = [word.format(**filled) for word in command]
        self._more = {key: word.format(**filled) for key, word in (more or {}).items()}
        self._ready = ready
        LIVING.append(self)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start, also again after `stop()`: on the same port, with the data as they are."""
        with self._log.open("ab") as output:
            self._process = leash.start(
                self._command, cwd=self.data, env=environment(self._more), output=output
            )
        self._await_start()

    def _await_start(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{self.name} did not start:\n{self.log()}")
            time.sleep(NAP)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url + self._ready, timeout=10).close()  # noqa: S310
        except urllib.error.HTTPError:
            return True  # any status is an answer
        except OSError:
            return False
        return True

    def pause(self) -> None:
        """It holds its connections and says nothing more, as a machine that hangs."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """It is gone, in the midst of what it was doing."""
        self._process.kill()
        self._process.wait(PATIENCE)
        leash.release(self._process)

    def log(self) -> str:
        """The end of what it printed."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return text[-6000:]

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        LIVING.remove(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
