"""Note: an interaction log as a note whose last line is the log's key.

For CRMs that have no field for a key: a note that was written is known by its
last line, and only by that, whatever an agent or a caller has written above it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crmwidget.adapters._calls import Call

__all__ = ["is_note", "key_line", "notes_of"]

_ROOM: Final = 200
"""Letters for the last line, and for which part of how many it is."""


def key_line(key: str | None, part: int = 1) -> str | None:
    """The line that a note with this key ends in; None without a key."""
    return key and f"crmwidget {key}" + (f" part {part}" if part > 1 else "")


def is_note(text: object, line: str) -> bool:
    """Whether a note ends in this line."""
    return isinstance(text, str) and text.rstrip().rpartition("\n")[2].strip() == line


def notes_of(call: Call, key: str | None, longest: int = sys.maxsize) -> list[str]:
    """The whole log as one note, or as several where a CRM keeps no text over `longest` letters."""
    text = call.text(sys.maxsize)
    size = longest - _ROOM
    parts = [text[start : start + size] for start in range(0, len(text), size)] or [""]
    return [_note(part, key, number, len(parts)) for number, part in enumerate(parts, 1)]


def _note(text: str, key: str | None, number: int, count: int) -> str:
    # The CRM cuts off blanks at both ends: they stay where a part begins with its number.
    head = f"[{number}/{count}]\n" if count > 1 else ""
    line = key_line(key, number)
    return head + text + (f"\n\n{line}" if line else "")
