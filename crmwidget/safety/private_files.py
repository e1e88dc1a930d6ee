"""Private: what is kept at rest lies in folders and files that no other user can write.

Who can write a folder can put a file there first: a log of SQLite's that they read, a key that they
know, a link that leads what is written elsewhere. Where a system has no owners by number (Windows)
nothing is checked.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NotPrivateError",
    "is_own_folder",
    "own_files",
    "own_folder",
    "read_own",
    "state_folder",
    "touch_own",
    "write_own",
]

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class NotPrivateError(OSError):
    """A folder or file is another user's, or another user can write it.

    Its text is a sentence that names the place and what is wrong; `remedy` says what to do.
    """

    def __init__(self, path: Path, wrong: str, remedy: str) -> None:
        super().__init__(f"{path} {wrong}.")
        self.path = path
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.args[0])

    def told(self, what: str, instead: str) -> str:
        """A sentence about what is not used for that, what is done instead, and the remedy."""
        return f"{what} is not used: {self} So {instead} only; to change that, {self.remedy}."


def own_folder(folder: Path) -> None:
    """Make a folder for this user alone, with its parents, where there is none.

    Raises NotPrivateError where the one that is there can be written by others, and OSError where
    none can be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not hasattr(os, "getuid"):
        return
    _judge(folder, folder.lstat(), _OTHERS_WRITE, stat.S_ISDIR)
    for above in folder.resolve().parents:
        mode = above.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            # What is in it can be renamed by anybody, this folder, too.
            raise NotPrivateError(above, "can be written by every user", f"run chmod o-w {above}")


def own_files(path: Path) -> None:
    """Check a file and all in its folder whose names begin with its name.

    Raises NotPrivateError where one of them is not this user's alone to write.
    """
    if not hasattr(os, "getuid"):
        return
    with os.scandir(path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(path.name):
                found = entry.stat(follow_symlinks=False)
                _judge(path.with_name(entry.name), found, _OTHERS_WRITE)


def touch_own(path: Path) -> None:
    """Make a file, or the one that is there, this user's alone to read; no link is followed.

    Raises NotPrivateError as `own_files` does, and OSError where there can be no file.
    """
    opened = _opened(path, os.O_CREAT | os.O_RDWR, _OTHERS_WRITE)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(opened, 0o600)
    finally:
        os.close(opened)


def is_own_folder(folder: Path) -> bool:
    """Whether there is such a folder, this user's alone to write."""
    try:
        if hasattr(os, "getuid"):
            _judge(folder, folder.lstat(), _OTHERS_WRITE, stat.S_ISDIR)
        return folder.is_dir()
    except OSError:
        return False


def read_own(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file that this user alone can read and write.

    Raises NotPrivateError where others can, and OSError where there is none.
    """
    opened = _opened(path, os.O_RDONLY, _OTHERS)
    try:
        return os.read(opened, most)
    finally:
        os.close(opened)


def write_own(path: Path, text: str) -> None:
    """Write a file that this user alone can read, whole or not at all; no link is followed.

    Raises NotPrivateError where another user has a file in its place, and keeps it or puts it
    there meanwhile, and OSError where there can be no file.
    """
    # Its name cannot be predicted, so no link can be planted in its place
    made, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    watched = os.dup(made)  # while it is open no other file gets its number
    try:
        with os.fdopen(made, "w", encoding="utf-8") as file:
            file.write(text)
        if not hasattr(os, "getuid"):
            os.close(watched)
            watched = -1  # Windows renames no file that is open
        Path(part).replace(path)
        if watched >= 0:
            _is_still(path, os.fstat(watched))
    except BaseException as error:
        Path(part).unlink(missing_ok=True)
        if isinstance(error, PermissionError) and hasattr(os, "getuid"):
            _judge(path, path.lstat(), 0)  # the folder's sticky bit keeps another user's file
        raise
    finally:
        if watched >= 0:
            os.close(watched)


def _is_still(path: Path, written: os.stat_result) -> None:
    if not os.path.samestat(path.lstat(), written):
        folder = path.parent
        raise NotPrivateError(folder, "can be written by other users", f"run chmod go-w {folder}")


def _opened(path: Path, flags: int, forbidden: int) -> int:
    try:
        opened = os.open(path, flags | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0), 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotPrivateError(path, "is a link", f"remove {path}") from None
        raise
    try:
        if hasattr(os, "getuid"):
            _judge(path, os.fstat(opened), forbidden)
    except BaseException:
        os.close(opened)
        raise
    return opened


def _judge(
    path: Path, found: os.stat_result, forbidden: int, kind: Callable[[int], bool] = stat.S_ISREG
) -> None:
    what = "folder" if kind is stat.S_ISDIR else "file"
    if found.st_uid != os.getuid():
        raise NotPrivateError(path, "belongs to another user", f"have its owner remove {path}")
    if stat.S_ISLNK(found.st_mode):
        raise NotPrivateError(path, "is a link", f"remove {path}")
    if not kind(found.st_mode):
        raise NotPrivateError(path, f"is not a {what}", f"remove {path}")
    alone = found.st_mode & forbidden & stat.S_IRWXG and _alone_in(found.st_gid)
    if alone and not _has_access_list(path):
        forbidden &= ~stat.S_IRWXG
    if found.st_mode & forbidden:
        if not found.st_mode & _OTHERS_WRITE:
            wrong, remedy = "can be read by other users", f"run chmod go-rwx {path}"
            raise NotPrivateError(path, wrong, remedy)
        wrong = "can be written by other users"
        # What they may have put into it already is not ours to keep.
        remedy = f"run chmod go-w {path}" if what == "folder" else f"remove {path}"
        raise NotPrivateError(path, wrong, remedy)
    if what == "file" and found.st_nlink > 1:
        raise NotPrivateError(path, "has a second name (a hard link)", f"remove {path}")


def _has_access_list(path: Path) -> bool:
    """Whether others than owner and group are named: then the group's bits are theirs, too."""
    try:
        return "system.posix_acl_access" in os.listxattr(path, follow_symlinks=False)
    except (AttributeError, OSError):  # no Linux, or no such lists
        return False


def _alone_in(group: int) -> bool:
    """Whether it is the group that many systems make for each user, without anybody else in it."""
    try:
        import grp
        import pwd

        me = pwd.getpwuid(os.getuid()).pw_name
        found = grp.getgrgid(group)
    except (ImportError, KeyError):
        return False
    return found.gr_name == me and set(found.gr_mem) <= {me}


def state_folder() -> Path:
    """Where what must outlive a kernel is kept: outside the notebook's folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "crmwidget"
