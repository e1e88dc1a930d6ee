"""Shapes: texts that are told by their form alone: floats, dates, errors, codes for nobody."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "EXTENDS",
    "ORDINARY",
    "QUOTED",
    "decimals",
    "digits_of",
    "is_shortened",
    "is_something_else",
    "trimmed",
    "unshortened",
    "unwrapped",
    "whole_of",
    "without_dates",
]

ORDINARY: Final = re.compile(
    r"\+\(?[1-9](?:[ ()\-]*[0-9]){6,14}"
    # Not only zeros; with hyphens long enough to be no date.
    r"|\(?0?0?[1-9](?:[ ()\-]*[0-9]){8,14}"
    r"|\(?0?0?[1-9](?:[ ()]*[0-9]){1,14}"
)
"""One number with nothing to repair, as nearly all are. Every library reads this expression."""
EXTENDS: Final = re.compile(r" *(?:,+ *|; *|[#~] *|[ ,;]*[#~] *)")
"""Between a number and an extension, where there is no word."""

QUOTED: Final = re.compile("%20|%28|%29|%2[BbDd]")
"""What only an address of the web has: a blank, a bracket, a + or a hyphen."""

_SEPARATORS: Final = {ord(char): None for char in " ()-./+\t\u00a0"}
_YEAR: Final = r"(?:19|20)\d\d"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_DATE: Final = (
    rf"(?:{_YEAR}([-/.]){_MONTH}\1{_DAY}|{_DAY}([-/.]){_MONTH}\2{_YEAR}"
    rf"|{_MONTH}([-/.]){_DAY}\3{_YEAR}|{_YEAR} ?- ?{_YEAR})"
)
_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\b\.?)?"
_DATES: Final = re.compile(
    rf"(?<![\d\-./+(]){_DATE}(?![\d\-/]|\.\d)(?:[T, ]+{_CLOCK})?|(?<!\d){_CLOCK}(?!\d)",
    re.IGNORECASE,
)
_ZONE: Final = re.compile(r"[\s,]*(?:z|utc|gmt|[+-]\d{2}:?\d{2})?\s*", re.IGNORECASE)
_NEGATIVE: Final = re.compile(r"-\d+(?:[.,]\d+)?|\(-\d+\)")
_ZEROS: Final = re.compile(r"[+(]*0[0 ()\-./]*")
# #REF!, #DIV/0!, #N/A in all languages of spreadsheets; columns too narrow; LibreOffice.
_ERROR: Final = re.compile(r"#[^\w\s]?[^\W\d_]+(?:/\w+)?|#+|err ?: ?\d+", re.IGNORECASE)
_FLOAT: Final = re.compile(r"([+]?)(\d+)\.0{1,2}")
_GROUPED: Final = re.compile(r"([+]?)(\d{1,3}(?:,\d{3}){2,})(?:\.0{1,2})?")
# Without a plus and a point, as in 4E11, it could be letters that stand for keys.
_SHORTENED: Final = re.compile(r"([+-]?)(\d)(?:[.,](\d+)e\+?|e\+)(\d+)", re.IGNORECASE)
_EQUALS: Final = re.compile(r"= *[+(\d]")
_WRAPPED: Final = re.compile(r'=?(["`])(.*)\1|\[(.*)\]', re.DOTALL)


def digits_of(text: str) -> str:
    """`text` without the usual separators."""
    return text.translate(_SEPARATORS)


def decimals(text: str) -> str:
    """The digits of a text in ASCII, in their order."""
    return "".join(filter(str.isdecimal, text))


def unwrapped(text: str) -> str:
    """Without what programs put around a number: ="...", quotes, an apostrophe, a list of JSON."""
    text = text.strip()
    while (around := _WRAPPED.fullmatch(text)) is not None and text.count('"') <= len('""'):
        text = (around[2] if around[2] is not None else around[3]).strip()
    if text.startswith("["):
        text = text.strip("[]")
    text = text.strip("' \t").rstrip(".,;:!? ")
    return text[1:].lstrip() if _EQUALS.match(text) else text


def trimmed(text: str) -> str:
    """A number as it was written, without what separates it from others."""
    text = text.strip(" -/\\.,;:&'\"").rstrip("([")
    if text.count(")") > text.count("("):
        text = text.rstrip(") ")
    return text.strip()


def is_something_else(text: str) -> bool:
    """Whether this is a negative number, zeros, a date, a time or an error of a spreadsheet."""
    if _NEGATIVE.fullmatch(text) or _ZEROS.fullmatch(text) or _ERROR.fullmatch(text):
        return True
    dated = _DATES.match(text)
    return dated is not None and _ZONE.fullmatch(text[dated.end() :]) is not None


def without_dates(text: str) -> str:
    """The text with the same places, dates and times masked."""
    return _DATES.sub(lambda found: "\0" * len(found[0]), text)


def whole_of(text: str) -> str | None:
    """The digits of a number that was a float: 4021.0, +12025550143.0, 2,025,550,143."""
    if (found := _FLOAT.fullmatch(text)) is not None:
        return f"{found[1]}{found[2]}"
    if "," in text and (found := _GROUPED.fullmatch(text)) is not None:
        return f"{found[1]}{found[2].replace(',', '')}"
    exact = _SHORTENED.fullmatch(text)
    if exact is not None and exact[1] != "-" and len(exact[3] or "") == int(exact[4]):
        return f"{exact[1]}{exact[2]}{exact[3]}"
    return None


def is_shortened(text: str) -> bool:
    """Whether a program wrote the number in a form like 4.42E+11."""
    return ("E" in text or "e" in text) and _SHORTENED.fullmatch(text) is not None


def unshortened(text: str) -> str | None:
    """The digits of a number like 3.1020250E9 if none were lost but zeros; else None."""
    found = _SHORTENED.fullmatch(text)
    if found is None or found[1] == "-":
        return None
    exponent, fraction = int(found[4]), found[3] or ""
    if not len(fraction) <= exponent <= len("123456789012345678"):
        return None
    return f"{found[1]}{found[2]}{fraction.ljust(exponent, '0')}"
