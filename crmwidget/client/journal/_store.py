"""Store: the file that a journal has at the moment, or why it has none.

Everything is written on the writer's thread, in the order in which it was handed over, and nothing
waits for it under a lock. A file that cannot be written is given up, aloud, and asked for again;
so is one on a disk that does not come back. A disk that is slow is said.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from crmwidget.client.journal._file import JournalFile, OwnedElsewhereError
from crmwidget.safety.privacy import mask
from crmwidget.safety.private_files import NotPrivateError

if TYPE_CHECKING:
    from pathlib import Path

    from crmwidget.client.journal._writer import Writes

SLOW: Final = 1.0
"""Seconds for one write from which on the disk is called slow."""
HUNG: Final = 30.0
"""Seconds for one write after which the file is given up: its disk may never come back."""
LOOK: Final = 2.0
"""Seconds until a file that another kernel has is asked for again."""
REVIVE: Final = 30.0
"""Seconds until a file that could not be written is tried again."""
FAULTS: Final = (OSError, sqlite3.Error, ValueError)
"""Of a disk, a database, and what neither can write."""
_ELSEWHERE: Final = (
    "Another kernel has the journal of this phone: call logs are kept in memory and in this page "
    "until it ends. Give journal= another path, or name= another name."
)
_IN_MEMORY: Final = "call logs are kept in memory and in this page only. Give journal= another path"

Then = Callable[[Any], object]


class _Write:
    """Something to write; `then` is told once what came of it, or None."""

    def __init__(
        self, file: JournalFile, what: Callable[[JournalFile], Any], then: Then | None
    ) -> None:
        self.file = file
        self.what = what
        self._then = then
        self._lock = threading.Lock()

    def end(self, result: Any) -> None:
        with self._lock:
            then, self._then = self._then, None
        if then is not None:
            then(result)


class Store:
    """One per journal; `changed` is called without a lock when there is something new to say."""

    def __init__(self, writer: Writes, changed: Callable[[], object]) -> None:
        self._writer = writer
        self._changed = changed
        self._lock = threading.Lock()
        self._file: JournalFile | None = None
        self._writing: _Write | None = None
        self._wanted: Path | None = None
        """The file that the user wants; None: none, or the journal is closed."""
        self._look_at: float | None = None
        self._slow: str | None = None
        self.said: str | None = None
        """Why there is no file, or what was found in it."""

    @property
    def trouble(self) -> str | None:
        """What a person has to know."""
        return self.said or self._slow

    @property
    def file(self) -> JournalFile | None:
        """The file; to be used by what is written alone."""
        return self._file

    @property
    def wanted(self) -> Path | None:
        """The file that the user wants; None: none, or the journal is closed."""
        return self._wanted

    @property
    def wake(self) -> float | None:
        """When `tick` has something to do, on time.monotonic()."""
        due = [self._look_at]
        began = self._writer.began
        if began is not None and self._file is not None:
            due.append(began + (SLOW if self._slow is None else HUNG))
        return min((at for at in due if at is not None), default=None)

    def tick(self, now: float) -> bool:
        """Look at what is being written; whether the file is to be asked for again."""
        began = self._writer.began
        if began is not None and self._file is not None:
            if now - began >= HUNG:
                self._leave_hung()
            elif now - began >= SLOW and self._slow is None:
                self._call_slow(now - began)
        with self._lock:
            if self._look_at is None or self._look_at > now or self._wanted is None:
                return False
            self._look_at = None
            return self._file is None

    # ------------------------------------------------------------ the file
    def want(self, path: Path | None) -> bool:
        """From now on this file is meant; whether it has to be opened for that."""
        with self._lock:
            if self._file is not None and self._file.path == path:
                return False
            self._wanted, self._look_at = path, None
            self.said = self._slow = None
            return path is not None

    def had(self, path: Path, patience: float) -> JournalFile | None:
        """Open it, within so many seconds where another kernel still has it; None: see `said`."""
        until = time.monotonic() + patience
        try:
            while True:
                try:
                    return JournalFile(path)
                except OwnedElsewhereError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)
        except OwnedElsewhereError:
            self._ask_again(path, LOOK, _ELSEWHERE)
        except FAULTS as error:
            self._ask_again(path, REVIVE, _cannot(error))
        return None

    def refuse(self, file: JournalFile, error: Exception) -> None:
        """What is in it cannot be read."""
        file.close()
        self._ask_again(file.path, REVIVE, _cannot(error))

    def install(self, file: JournalFile, said: str | None) -> bool:
        """Have it from now on; False: another one is wanted by now."""
        with self._lock:
            if self._wanted != file.path or self._file is not None:
                return False
            self._file, self.said, self._slow, self._look_at = file, said, None, None
            return True

    def close(self, seconds: float) -> None:
        """Let go of the file when all is written, or after so many seconds leave it to that."""
        with self._lock:
            self._wanted = self._look_at = None
        self.write(JournalFile.wipe)
        self.write(self._let_go)
        if not self._writer.drain(seconds):
            self._leave()

    def _let_go(self, file: JournalFile) -> None:
        with self._lock:
            self._file = None
        file.close()

    # ------------------------------------------------------------ writing
    def write(self, what: Callable[[JournalFile], Any], then: Then | None = None) -> None:
        """Do it in the file, if there is one.

        `then` is told what came of it as soon as that is on disk, on the writer's thread; or None:
        there is no file, or none any more. It may be called before this returns.
        """
        file = self._file
        if file is None:
            if then is not None:
                then(None)
            return
        write = _Write(file, what, then)
        self._writer.submit(lambda: self._carry_out(write))

    def _carry_out(self, write: _Write) -> None:
        with self._lock:
            if self._file is write.file:
                self._writing = write
        if self._writing is not write:
            write.end(None)
            return
        began, result, error = time.monotonic(), None, None
        try:
            result = write.what(write.file)
        except FAULTS as fault:
            error = fault
        with self._lock:
            given_up = self._writing is not write
            if not given_up:
                self._writing = None
                if error is not None:
                    self._file, self.said = None, _cannot(error)
        if given_up or error is not None:
            self._abandon(write.file, error)
            write.end(None)
            return
        write.end(result)
        self._took(time.monotonic() - began)

    def _abandon(self, file: JournalFile, error: Exception | None) -> None:
        """It does not know from now on what happens: that has to be seen by who reads it next."""
        signed = file.abandon()
        file.close()
        said = None
        if error is not None and not signed:
            said = _cannot(error) + (
                " Not even a sign of that can be left beside it: what is saved from now on may be "
                "run once more by the next kernel."
            )
        self._ask_again(file.path, REVIVE, said)
        self._changed()

    def _ask_again(self, path: Path, seconds: float, said: str | None) -> None:
        with self._lock:
            if self._wanted == path and self._file is None:
                self._look_at = time.monotonic() + seconds
                self.said = said or self.said

    # ------------------------------------------------------------ a slow disk
    def _took(self, seconds: float) -> None:
        if seconds >= SLOW:
            self._call_slow(seconds)
        elif self._slow is not None:
            self._slow = None
            self._changed()

    def _call_slow(self, seconds: float) -> None:
        self._slow = (
            f"The disk with the journal is slow: a write takes {seconds:.1f} s. Your handler is "
            "given a call log when it is on disk, and this page keeps it until then."
        )
        self._changed()

    def _leave_hung(self) -> None:
        self.said = f"The disk with the journal has not answered for {HUNG:.0f} s: {_IN_MEMORY}."
        self._leave()
        self._changed()

    def _leave(self) -> None:
        """Give the file up to what is being written, which closes it when it comes back."""
        with self._lock:
            file, self._file = self._file, None
            writing, self._writing = self._writing, None
        self._writer.replace()
        if writing is not None:
            writing.end(None)
        elif file is not None:
            self._writer.submit(lambda: self._abandon(file, None))


def _cannot(error: Exception) -> str:
    if isinstance(error, NotPrivateError):
        return error.told("The journal", "call logs are kept in memory and in this page")
    what = f"{type(error).__name__}: {mask(str(error))}"
    return f"The journal cannot be written ({what}): {_IN_MEMORY}."


def count(logs: int) -> str:
    """So many logs, in words."""
    return f"{logs} call log{'' if logs == 1 else 's'}"


def found(old: int, unreadable: int) -> str | None:
    """What a person has to know of what was found in a file."""
    said = []
    if old:
        said.append(f"{count(old)} older than 30 days {'was' if old == 1 else 'were'} given up.")
    if unreadable:
        stays = "it stays" if unreadable == 1 else "they stay"
        said.append(f"{count(unreadable)} in the journal cannot be read: {stays} there.")
    return " ".join(said) or None
