"""Marks: the characters people copy along with a number, as the ASCII that they stand for.

phonenumbers knows some blanks, dashes and digits of Unicode. People use all of
them, so a text is made plain before anything else looks at it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["cleaned"]

_BEYOND_ASCII: Final = 0x80
_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_TO_ASCII: Final = 0xFEE0
_DROPPED: Final = frozenset({"Cf", "Mn", "Me"})
"""Marks of direction or of no width, and what is put on another character, as keycaps are."""
_BY_CATEGORY: Final = {"Zs": " ", "Zl": "\n", "Zp": "\n", "Pd": "-", "So": " ", "Co": " "}
"""Blanks, line ends, dashes, symbols such as a telephone, and the icons of fonts."""
_BULLETS: Final = (
    "\u00b7\u0387\u2022\u2023\u2024\u2027\u2219\u22c5\u25a0\u25a1\u25aa\u25ab\u25cb\u25cf\u25e6"
    "\u2981\u30fb\uff65\u3002\uff61"
)
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"
"""Letters by their category, and blank."""
_KNOWN: Final[dict[int, str | None]] = {
    **dict.fromkeys(map(ord, _BULLETS), "."),
    **dict.fromkeys(map(ord, _FILLERS), None),
    **dict.fromkeys(map(ord, "\u2212\u2043\u02d7\u30fc\ufe63\uff0d\u223c"), "-"),
    **dict.fromkeys(map(ord, "\u2044\u2215"), "/"),
    **dict.fromkeys(map(ord, "\u207a\ufe62"), "+"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u2032"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u060c\u3001\uff64"), ","),
    **dict.fromkeys(map(ord, "\u061b"), ";"),
    **dict.fromkeys(map(ord, "\u2502\u2758"), "|"),
    0x85: "\n",
}


class _Marks(dict[int, str | None]):
    """What each character becomes, worked out when it is first seen."""

    def __missing__(self, code: int) -> str | None:
        return self.setdefault(code, _plain(code))


def cleaned(text: str) -> str:
    """`text` with ASCII digits, blanks, dashes and points, and without what cannot be seen."""
    return text if text.isascii() else text.translate(_MARKS)


def _plain(code: int) -> str | None:
    char = chr(code)
    if code < _BEYOND_ASCII:
        return char
    if code in _FULL_WIDTH:
        return chr(code - _TO_ASCII)
    if char.isdecimal():
        return str(int(char))
    category = unicodedata.category(char)
    return None if category in _DROPPED else _BY_CATEGORY.get(category, char)


_MARKS: Final = _Marks(_KNOWN)
