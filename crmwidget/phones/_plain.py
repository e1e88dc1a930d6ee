"""Plain: the digits of a text that phonenumbers would parse, and whether a + comes before them.

What phonenumbers does to a text before a country matters: it finds where the
number starts and ends, takes an extension off, reads letters as keys. It is
done here where there is no doubt about it; what is left is `Verdict.ASK`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import phonenumbers

from crmwidget.phones._decision_trees import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LONGEST", "MARKED", "plain", "plain_all"]

LONGEST: Final = 250
"""Longer texts are no number: phonenumbers' own limit."""
MARKED: Final = 64
"""Texts that are not plain come out of `plain_all` at least this long."""

# Without letters, signs of an extension or a + inside, this is all that may stand between digits.
_BETWEEN: Final = b" ()-./[]"
_KEPT: Final = b"0123456789+\n"
_MARK: Final = b"!"
_MARK_OTHERS: Final = bytes(byte if byte in _KEPT else _MARK[0] for byte in range(256))
_WIDE_SPACE: Final = "\u00a0"
_SIGNS: Final = dict.fromkeys(
    map(
        ord,
        "\u00a0\u00ad\u200b\u2010\u2011\u2012\u2013\u2014\u2015\u2053\u2060\u2212\u223c\u3000\u30fc"
        "\uff08\uff09\uff0d\uff0e\uff0f\uff3b\uff3d\uff5e",
    ),
    "(",
)
"""What may stand between digits beyond ASCII."""

_NUMBER: Final = re.compile(r"[+\d](?:.*(?:[^\W_]|#))?", re.DOTALL)
"""From the first digit or + to the last letter, digit or #."""
_IN_CONTEXT: Final = re.compile(r"(?:tel:)?([\d+ ()\-./]*);phone-context=(\+\d{1,15})", re.ASCII)
_SECOND_NUMBER: Final = re.compile(r"[\\/] *x")
_EXTENSION: Final = re.compile(
    r"""(?:[\ \u00a0\t,]*
        (?:e?xt(?:ensi(?:o\u0301?|\u00f3))?n?|\uff45?\uff58\uff54\uff4e?|anexo|\u0434\u043e\u0431)
        [:.\uff0e]?[\ \u00a0\t,\-]*\d{1,20}\#?
    |[\ \u00a0\t,]*(?:[x\#~\uff58\uff03\uff5e]|int|\uff49\uff4e\uff54)
        [:.\uff0e]?[\ \u00a0\t,\-]*\d{1,9}\#?
    |[\ \u00a0\t]*(?:,,|;)[:.\uff0e]?[\ \u00a0\t,\-]*\d{1,15}\#?
    |[\ \u00a0\t]*,+[:.\uff0e]?[\ \u00a0\t,\-]*\d{1,9}\#?
    |;ext=\d{1,20}
    |[\ \-]+\d{1,6}\#)$""",
    re.IGNORECASE | re.VERBOSE,
)
_MAYBE_EXTENDED: Final = re.compile(
    r"[\#~,;=tnox\u0301\u0431\u00f3\uff03\uff4e\uff54\uff58\uff5e][:.\uff0e]?[ \u00a0,\t-]*\d+\#?$"
    r"|[ -]\d+\#$",
    re.IGNORECASE,
)
"""What every extension has, from the last sign of its label."""
_LONGEST_LABEL: Final = 12
_VIABLE: Final = re.compile(
    r"\+*(?:[\-x ()\[\]./~*]*\d){3}[\-x ()\[\]./~*a-z\d]*", re.IGNORECASE | re.ASCII
)
_TWO_DIGITS: Final = re.compile("[0-9]{2}")
_DOUBTFUL: Final = re.compile(r"[\u0130\u0131\u017f\u212a]|(?![0-9])\d")
"""Letters that are ASCII if case does not matter, and digits that phonenumbers does not read."""
_LETTER: Final = re.compile("[a-zA-Z]")
_DIGITS_ONLY: Final = {code: None for code in range(128) if not chr(code).isdecimal()}
_KEYPAD: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999" * 2
)
_VANITY_LETTERS: Final = 3


def plain_all(texts: Sequence[str]) -> list[str]:
    """Each text without what stands between digits, or something longer than MARKED.

    Exact where the result is shorter: those texts are digits, with or without
    a + before them and signs between them, and nothing else.
    """
    if max(map(len, texts)) > LONGEST:
        texts = [text if len(text) <= LONGEST else "!" for text in texts]
    lines = "\n".join(["", *texts])
    if lines.count("\n") > len(texts):
        lines = "\n".join(["", *(text.replace("\n", "!") for text in texts)])
    # What comes before a number does not count, and this often does.
    lines = lines.replace("\ntel:", "\n").replace(_WIDE_SPACE, " ")
    raw = lines.encode("ascii", "replace")
    raw = raw.translate(_MARK_OTHERS, _BETWEEN)
    if raw.count(b"+") > raw.count(b"\n+"):
        raw = raw.replace(b"\n+", b"\nP").replace(b"+", _MARK).replace(b"P", b"+")
    if _MARK in raw:
        raw = raw.replace(_MARK, _MARK * MARKED)
    return raw.decode("ascii").split("\n")[1:]


def plain(text: str) -> str | Literal[Verdict.ASK] | None:
    """The digits, after a + if there is one; None where phonenumbers finds no number."""
    if len(text) > LONGEST:
        return None
    number = _number_in(text if text.isascii() else text.translate(_ASCII))
    if number is None or number is Verdict.ASK:
        return number
    extension = _extension_of(number)
    if extension is not None:
        number = number[: extension.start()]
    if not number.isascii():
        number = number.translate(_SIGNS)
    if _VIABLE.fullmatch(number) is not None:
        return _normal(number, text)
    if extension is not None or _DOUBTFUL.search(number):
        return Verdict.ASK
    # Two digits and nothing else are a number too.
    return number if _TWO_DIGITS.fullmatch(number) else None


def _number_in(text: str) -> str | Literal[Verdict.ASK] | None:
    found = _NUMBER.search(text)
    if found is None:
        return None
    number = found[0]
    if ";" in text:
        if ";phone-context=" in text:
            context = _IN_CONTEXT.fullmatch(text)
            return Verdict.ASK if context is None else context[2] + context[1]
        number = number.partition(";isub=")[0]
    if "x" in number and (second := _SECOND_NUMBER.search(number)) is not None:
        number = number[: second.start()]
    return number


def _extension_of(number: str) -> re.Match[str] | None:
    sign = _MAYBE_EXTENDED.search(number)
    if sign is None:
        return None
    # The whole pattern is slow: look near the sign, and from further off if there is more before.
    near = max(0, sign.start() - _LONGEST_LABEL)
    found = _EXTENSION.search(number, near)
    if found is None or found.start() > near:
        return found
    return _EXTENSION.search(number)


def _normal(number: str, text: str) -> str | Literal[Verdict.ASK]:
    if len(_LETTER.findall(number)) >= _VANITY_LETTERS:
        # Beside letters that are keys, phonenumbers reads only ASCII digits.
        if not text.isascii():
            return Verdict.ASK
        number = number.translate(_KEYPAD)
    digits = number.translate(_DIGITS_ONLY)
    return f"+{digits}" if number.startswith("+") else digits


class _Ascii(dict[int, str]):
    """ASCII for + and for the digits beyond it, as far as phonenumbers reads them so."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if not char.isdecimal() or phonenumbers.normalize_digits_only(char) != str(int(char)):
            raise LookupError
        return self.setdefault(code, str(int(char)))


_ASCII: Final = _Ascii({0xFF0B: "+"})
