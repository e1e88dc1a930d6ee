"""Cells: some rows of a table by column, and what a cell says of a contact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crmwidget import phones
from crmwidget.directory._numbers import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crmwidget.directory._contacts import Phone

__all__ = [
    "Part",
    "address",
    "contains",
    "has_digits",
    "is_fax",
    "is_link",
    "joined",
    "labelled",
]

# Words, or parts of words put together, that say so: "Home Fax", "WorkFAX"; not "Halifax".
_REFUSED_KIND: Final = re.compile(
    r"(?<![a-z])(?:home|work|business|company|other|private|tele)?"
    r"(?:fax|pager|telex|modem|bbs)(?:es|s|number)?(?![a-z])"
)


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """Some rows of a table, by column."""

    start: int
    count: int
    columns: Mapping[str, list[object]]


def contains(cells: Iterable[object], text: str) -> bool:
    """Whether `text`, casefolded, is in any of the cells."""
    return any(cell is not None and text in str(cell).casefold() for cell in cells)


def has_digits(numbers: Iterable[Phone], digits: str) -> bool:
    """Whether any number has these digits in a row."""
    return bool(digits) and any(digits in phones.digits(one.number) for one in numbers)


def joined(cells: Sequence[object]) -> str:
    # Odoo's API says False for an absent text.
    said = (str(cell) for cell in cells if cell is not None and cell is not False)
    parts = [text for text in said if text.strip()]
    # A name in one piece is left exactly as it is.
    return parts[0] if len(parts) == 1 else " ".join(map(str.strip, parts))


def address(cell: object) -> str | None:
    if isinstance(cell, str) and SEVERAL not in cell:
        return cell.strip() or None
    if isinstance(cell, bool):
        return None
    several = cell if isinstance(cell, list) else str(cell).split(SEVERAL)
    parts = (str(part).strip() for part in several if part is not None)
    return next((part for part in parts if part), None)


def labelled(label: object, kind: str) -> str | None:
    # Google marks the preferred one: "* Mobile".
    said = "" if label is None else str(label).strip("* ").lower()
    return None if is_fax(said) else said or kind


def is_fax(label: str) -> bool:
    """Whether a label, in lower case, says that nobody speaks at this number."""
    return _REFUSED_KIND.search(label) is not None


def is_link(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))
