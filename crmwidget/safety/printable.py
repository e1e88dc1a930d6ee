"""Printable: text of strangers on a terminal, with what a terminal would obey made visible.

A server's header, a capture's action or a client's message may carry escape sequences that move the
cursor, set a window's title or change the order of letters. `printable` shows them as they are
written in Python; `Door` does so to all that is written to a stream, whoever writes it.
"""

from __future__ import annotations

import re
from typing import Any, Final, TextIO

__all__ = ["Door", "printable"]

_OBEYED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # the order of letters
    "\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f"  # separators, annotations, hidden tags
    "\ud800-\udfff]"  # half a pair, which cannot be written at all
)


def printable(text: str, *, lines: bool = False) -> str:
    r"""`text` with `\x1b` and the like in place of the characters that a terminal would obey.

    lines: line feeds and tabs stay, as in a text of our own that has several lines.
    """
    kept = "\n\t" if lines else ""
    return _OBEYED.sub(lambda found: found[0] if found[0] in kept else _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    return (
        letter.encode("ascii", "backslashreplace").decode()
        if letter > "\x7f"
        else (f"\\x{ord(letter):02x}")
    )


class Door:
    """A text stream that writes what is printable, and has everything else of the one behind it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, line feeds and tabs as they are; returns the number of characters given."""
        self._stream.write(printable(text, lines=True))
        return len(text)

    def writelines(self, texts: Any) -> None:
        """Write one after the other."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
