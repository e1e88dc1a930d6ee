"""Reading: what one text says of telephone numbers, for cells, contacts and callers alike.

A text of a phone column, a vCard, an API or a caller ID is one of these:

- a number, perhaps with an extension, a label before it or a comment behind it;
- several numbers, where both sides of a separator are complete ones;
- a URI (tel:, sip:, ...) whose parameters are no numbers, or "name" <URI>;tag=...;
- a vanity number, whose letters stand in the place of digits;
- an e-mail or chat address, which is looked up as an address and never as a number;
- a number that was a float, or one that a spreadsheet shortened until digits were lost;
- something else: a code for nobody (-1, zeros), a date, an error, a sentence.

`read` tells which. It never makes a number of characters that nobody dials.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

from crmwidget.phones import _shapes as shapes
from crmwidget.phones import _words as words
from crmwidget.phones._marks import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Fault", "Number", "Reading", "candidates", "read"]

Fault: TypeAlias = Literal["lost", "several", "other"]
"""Digits were lost; several numbers that cannot be told apart; no number, though it has digits."""

LONGEST: Final = 250
"""Longer texts are no number; phonenumbers draws the same line."""
_MEMORY: Final = 8192
_FULL: Final = 7
"""A number has so many digits; what is shorter is an extension or a short code."""
_LONGEST_NUMBER: Final = 15
"""Digits of the longest number of E.164."""

_APART: Final = re.compile(r":::|[\n\r\t\v\f|]")
_SCHEME: Final = re.compile(
    r"(?<![\w+.-])(sips?|tel|callto|sms|smsto|whatsapp|skype|mailto):(?=\S)", re.IGNORECASE
)
_PARAMETER: Final = re.compile(
    r"\s*(?:[a-z][\w.-]*\s*=.*|npdi|lr|phone-context|isub|verstat)\s*", re.IGNORECASE
)
_USER: Final = re.compile(r"[+\d][\d\s().\-,*#/]*")
_HOST_OF_DIGITS: Final = re.compile(r"[\d.:]*\.[\d.:]*")
_ADDRESS: Final = re.compile(r"[^\s@<>\"',;()]+@[^\s@<>\"',;()]+")
# What hosts that route calls are called; an e-mail address has none of them, nor a bare IP or name.
_CALLS: Final = re.compile(
    r"[^.]*|[\d.]+|.*:\d+|(?:.*[.-])?(?:sips?|pbx|voip|ims|sbc|asterisk|trunk|gw|gateway|tel)\d*\..*",
    re.IGNORECASE,
)
_JIDS: Final = frozenset({"s.whatsapp.net", "c.us"})
"""Hosts of chats whose users are international numbers without their +."""
# A run of digits and what people write between them. A + begins another one.
_RUN: Final = re.compile(r"(?:\+[ (]*)?[(\[]*\d(?:[\d ()\[\]./\\*'-]*[\d)\]])?")
_CUTS: Final = re.compile(r" *[/\\] *| +-+ +| +(?=\()| +")
_LETTER: Final = re.compile(r"[^\W\d_]")


class Number(NamedTuple):
    """One number of a text."""

    text: str
    """As it was written, without comments beside it: what is listed, and dialled."""
    spoken: str
    """What says which number it is, without its extension: what `e164` is asked."""
    digits: str
    """Of `spoken`; letters of a vanity number count as the keys they are on."""
    numeric: bool = False
    """It was a number to some program: a + or leading zeros may be gone."""


class Reading(NamedTuple):
    """What a text says."""

    numbers: tuple[Number, ...] = ()
    addresses: tuple[str, ...] = ()
    """E-mail and chat addresses, casefolded."""
    fault: Fault | None = None
    """Why some of it is no number; None also where it is blank or a word."""


_NOTHING: Final = Reading()
_OTHER: Final = Reading(fault="other")
_SEVERAL: Final = Reading(fault="several")


def read(text: str, region: str | None = None) -> Reading:
    """What `text` says; `region` says whose numbers those without a country code are."""
    if shapes.ORDINARY.fullmatch(text) is not None:
        digits = shapes.digits_of(text)
        if digits not in words.CODES:
            return Reading((Number(text, text, digits),))
    return _read(text, region)


@lru_cache(maxsize=_MEMORY)
def _read(text: str, region: str | None) -> Reading:
    found = _together(_part(part, region) for part in _APART.split(cleaned(text)))
    form = _form(text, region)
    forms = {_form(one.spoken, region) for one in found.numbers}
    if form is None or form in forms or not _is_dialled(text, found, placed=forms != {None}):
        return found
    # phonenumbers knows more ways to write a number than are taken apart here.
    whole = Number(text.strip(), text.strip(), form[1:])
    kept = tuple(one for one in found.numbers if _form(one.spoken, region) is not None)
    return Reading((*kept, whole), found.addresses)


def _is_dialled(text: str, found: Reading, *, placed: bool) -> bool:
    """Whether people dial all that phonenumbers reads in the text.

    placed: whether there is a valid number in it already; then letters are a comment.
    """
    if found.addresses or found.fault == "lost" or "<" in text or "@" in text:
        return False
    if any(one.numeric for one in found.numbers):
        return False
    plain = cleaned(text).strip()
    letters = len(_LETTER.findall(words.without_extension(_SCHEME.sub("", plain))))
    if letters:
        return letters < words.KEYED and not (placed and found.numbers)
    # A program writes a negative number with one of these; other dashes came along.
    negative = text.strip().startswith(("-", "\u2212"))
    return found.numbers != () or found.fault == "several" or (plain[:1] == "-" and not negative)


def candidates(text: str) -> set[str]:
    """The digits of every number that `text` may say, whatever the region; and of others."""
    if shapes.ORDINARY.fullmatch(text) is not None:
        return {shapes.digits_of(text)}
    found = {one.digits for one in read(text).numbers}
    for part in _APART.split(unquote(cleaned(text))):
        for run in _RUN.findall(part):
            ends = [cut.start() for cut in _CUTS.finditer(run)]
            found.update(shapes.digits_of(run[:end]) for end in (*ends, len(run)))
    found.add(shapes.unshortened(cleaned(text).strip()) or "")
    found.add(_as_phonenumbers(text))
    return {"".join(filter(str.isdecimal, one)) for one in found} - {""}


def _as_phonenumbers(text: str) -> str:
    """The digits that phonenumbers would parse, or at least the last of them."""
    from crmwidget.phones._plain import plain
    from crmwidget.phones._table import parse

    number = plain(text)
    if isinstance(number, str):
        return number
    # Of which country it is makes no difference to the last digits.
    parsed = None if number is None else parse(text, "US")
    return "" if parsed is None else str(parsed.national_number)


def _form(text: str, region: str | None) -> str | None:
    """The E.164 form; phonenumbers is not loaded where there can be none."""
    if region is None and "+" not in text and "\uff0b" not in text:
        return None
    from crmwidget.phones._table import convert

    return convert(text, region)


def _together(several: Iterable[Reading]) -> Reading:
    numbers: dict[str, Number] = {}
    addresses: dict[str, None] = {}
    fault: Fault | None = None
    for one in several:
        for number in one.numbers:
            numbers.setdefault(number.text, number)
        addresses.update(dict.fromkeys(one.addresses))
        fault = fault or one.fault
    return Reading(tuple(numbers.values()), tuple(addresses), fault)


# ---------------------------------------------------------------- what is around a number
def _part(part: str, region: str | None) -> Reading:
    """One part of a cell, in which only weaker separators are left."""
    text = shapes.unwrapped(unquote(part) if shapes.QUOTED.search(part) else part)
    if len(text) > LONGEST:
        return _OTHER if any(map(str.isdecimal, text)) else _NOTHING
    if "<" in text:
        return _named(text, region)
    if ":" in text and (uris := list(_SCHEME.finditer(text))):
        return _uris(text, uris, region)
    if "@" in text:
        return _addressed(text, region)
    if not any(map(str.isdecimal, text)):
        return _NOTHING
    return _listed(text, region) if ";" in text else _plain(text, region)


def _named(text: str, region: str | None) -> Reading:
    """RFC 3261: a name, the address between < and >, parameters. A comment may stand there, too."""
    inner = re.findall("<([^<>]*)", text)
    said = [one for one in inner if "@" in one or any(map(str.isdecimal, one))]
    if said:
        return _together(_read(one, region) for one in said)
    if any(words.WITHHELD.search(one) for one in inner):
        return _NOTHING
    return _part(re.sub("<[^<>]*>?|>", " ", text), region)


def _uris(text: str, uris: list[re.Match[str]], region: str | None) -> Reading:
    if len(uris) == 1:
        return _uri(uris[0][1].lower(), text[uris[0].end() :], text[uris[0].start() :], region)
    starts = [uri.start() for uri in uris]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return _together(_part(piece.strip(" ,;&/"), region) for piece in pieces)


def _uri(scheme: str, body: str, whole: str, region: str | None) -> Reading:
    body = cleaned(unquote(body))
    if scheme == "mailto":
        return Reading(addresses=(body.partition("?")[0].strip().casefold(),))
    if not scheme.startswith("sip"):
        return _dialled(body.partition("?")[0].partition("@")[0], whole.strip(), region)
    user, at, _ = body.rpartition("@")
    user = user if at else re.split("[;?]", body)[0]
    number = user.partition(";")[0].partition(":")[0].strip()
    if _USER.fullmatch(number) is None or (not at and _HOST_OF_DIGITS.fullmatch(number)):
        return _NOTHING
    return _dialled(user, whole.strip(), region)


def _dialled(text: str, whole: str, region: str | None) -> Reading:
    """A number and its parameters: of these only phone-context= belongs to the number."""
    head, *rest = text.split(";")
    if not all(one.strip() == "" or _PARAMETER.fullmatch(one) for one in rest):
        return _listed(text, region)
    given = dict(one.strip().lower().partition("=")[::2] for one in rest)
    context = given.get("phone-context", "").strip()
    if context.startswith("+") and not head.strip().startswith("+"):
        spoken = f"{context}{head.strip()}"
        return Reading((Number(whole, spoken, shapes.decimals(spoken)),))
    found = _plain(head.strip(), region)
    if len(found.numbers) == 1 and found.numbers[0].text == head.strip():
        return found._replace(numbers=(found.numbers[0]._replace(text=whole),))
    return found


def _addressed(text: str, region: str | None) -> Reading:
    """An e-mail or chat address, perhaps beside a name or a number."""
    found = [unquote(one) for one in _ADDRESS.findall(text)]
    rest = _ADDRESS.sub(" ", text).strip()
    several = [_address(one, region) for one in found]
    if found and not any(map(str.isdecimal, rest)):
        return _together(several)
    return _together([*several, _plain(rest.replace("@", "_"), region)])


def _address(text: str, region: str | None) -> Reading:
    user, _, host = text.rpartition("@")
    number = user.partition(";")[0].strip()
    if host.lower() in _JIDS:
        digits = number.partition(":")[0].lstrip("+")
        known = digits.isdecimal()
        return Reading((Number(f"+{digits}", f"+{digits}", digits),)) if known else _NOTHING
    if _USER.fullmatch(number) and (number.startswith("+") or _CALLS.fullmatch(host)):
        return _dialled(user, number, region)
    return Reading(addresses=(text.strip(".").casefold(),))


def _listed(text: str, region: str | None) -> Reading:
    """What has a semicolon: parameters, several numbers, or a number and its extension."""
    head, *rest = text.split(";")
    if all(one.strip() == "" or _PARAMETER.fullmatch(one) for one in rest):
        if any(one.strip() for one in rest):
            return _dialled(text, text, region)
        return _plain(head.strip(), region)
    pieces = [one.strip() for one in text.split(";") if any(map(str.isdecimal, one))]
    whole = sum(len(shapes.decimals(piece)) >= _FULL for piece in pieces)
    # What is short behind the only whole one may be its extension.
    if whole == len(pieces) or whole > 1:
        return _together(_part(piece, region) for piece in pieces)
    return _plain(text.strip(), region)


# ---------------------------------------------------------------- the number itself
def _plain(text: str, region: str | None) -> Reading:
    """A text that is no URI and no address."""
    if shapes.is_something_else(text):
        return _OTHER
    if (whole := shapes.whole_of(text)) is not None:
        numeric = not whole.startswith("+")
        return Reading((Number(whole, whole, whole.lstrip("+"), numeric),))
    if shapes.is_shortened(text):
        return Reading(fault="lost")
    if words.stands_for_nobody(text) and _form(text, region) is None:
        return _OTHER
    return _in_words(text, region) if _LETTER.search(text) else _in_signs(text, region)


def _in_signs(text: str, region: str | None) -> Reading:
    """Digits and signs: one number, one with an extension, or several."""
    runs = list(_RUN.finditer(text))
    if not runs:
        return _NOTHING
    found: list[tuple[int, int]] = []
    for run in runs:
        gap = text[found[-1][1] : run.start()] if found else ""
        if not found or _are_two(text[slice(*found[-1])], gap, run[0], region):
            found.append(run.span())
        elif shapes.EXTENDS.fullmatch(gap) and run[0].isdecimal():
            found[-1] = (found[-1][0], run.end())
        else:
            return _SEVERAL if len(shapes.decimals(text)) > _FULL else _OTHER
    if len(found) == 1 and len(runs) == 1:
        parts = _split(runs[0][0], region)
        return _numbers([text.strip(" ,;:&")] if parts == (runs[0][0],) else parts)
    kept = [text[start:end] for start, end in found]
    return _together(
        _numbers(_split(one, region) if _RUN.fullmatch(one) else [one]) for one in kept
    )


def _are_two(left: str, gap: str, right: str, region: str | None) -> bool:
    """Whether what a sign stands between are two numbers."""
    if right.startswith("+") or "&" in gap or '"' in gap or "'" in gap:
        return True
    short = len(right) < _FULL <= len(shapes.decimals(left)) and right.isdecimal()
    # Where numbers are short an extension may look like one.
    if short or set("#~") & set(gap) or ",," in gap:
        return False
    if _form(left, region) is not None and _form(right, region) is not None:
        return True
    whole = min(len(shapes.decimals(left)), len(shapes.decimals(right))) >= _FULL
    return whole and (not right.isdecimal() or (" " in gap and ",," not in gap))


@lru_cache(maxsize=_MEMORY)
def _split(run: str, region: str | None) -> tuple[str, ...] | None:
    """The numbers of a run; None: there are several, and where one ends is not known."""
    too_long = len(shapes.decimals(run)) > _LONGEST_NUMBER
    cuts = [cut for cut in _CUTS.finditer(run) if too_long or cut[0].strip()]
    if not cuts or _form(run, region) is not None:
        return (run,)
    for cut in cuts:
        left, right = run[: cut.start()], run[cut.end() :]
        if _FULL <= len(shapes.decimals(left)) <= _LONGEST_NUMBER:
            parts = (left, *(_split(right, region) or ()))
            if len(parts) > 1 and _are_complete(parts, cut[0], region):
                return parts
    return None if too_long else (run,)


def _are_complete(parts: tuple[str, ...], between: str, region: str | None) -> bool:
    if all(_form(part, region) is not None for part in parts):
        return True
    # What has a blank on both sides is no part of a number.
    spaced = between[:1] == between[-1:] == " " and bool(between.strip())
    apart = spaced or all(part.lstrip().startswith("(") for part in parts)
    counts = [len(shapes.decimals(part)) for part in parts]
    return apart and min(counts) >= _FULL and max(counts) <= _LONGEST_NUMBER


def _in_words(text: str, region: str | None) -> Reading:
    """A number beside words, a vanity number, or a sentence."""
    core = words.without_extension(text)
    if core != text and not _LETTER.search(core):
        found = _in_signs(core, region)
        # The extension is dialled, too.
        alone = len(found.numbers) == 1
        return found._replace(numbers=(found.numbers[0]._replace(text=text),)) if alone else found
    # In "Room 7, 25666" the number is what could be an extension.
    for one in dict.fromkeys((core, text)):
        if valid := _valid(one, region):
            return _numbers(_without_extensions(one, valid))
    return _in_doubt(text, core, _runs(core), region)


def _valid(text: str, region: str | None) -> list[tuple[re.Match[str], str]]:
    """The valid numbers in a text, each with the digits in a row that it is part of."""
    found = [(run, part) for run in _runs(text) for part in _split(run[0], region) or ()]
    return [(run, part) for run, part in found if _form(part, region) is not None]


def _without_extensions(text: str, valid: list[tuple[re.Match[str], str]]) -> list[str]:
    """All numbers but those that may be the extension of one before them."""
    ends = [run.end() for run, part in valid if len(shapes.decimals(part)) >= _FULL]
    behind = min(ends, default=len(text))
    return [part for run, part in valid if not _is_short(text, run, behind)] or [valid[0][1]]


def _is_short(text: str, run: re.Match[str], behind: int) -> bool:
    """Whether these digits are an extension; `behind`: the end of the first longer number."""
    few = len(shapes.decimals(run[0])) < _FULL
    return few and (run.start() >= behind or words.is_extension(text, run))


def _runs(text: str) -> list[re.Match[str]]:
    """The digits in a row, but for dates and those of names."""
    every = _RUN.finditer(shapes.without_dates(text))
    return [run for run in every if not words.is_name(text, run)]


def _in_doubt(text: str, core: str, runs: list[re.Match[str]], region: str | None) -> Reading:
    """A text with words and without a valid number."""
    if words.WITHHELD.search(text) and len(shapes.decimals(text)) < _FULL:
        return _NOTHING
    if (keyed := words.keyed(core, region, _form)) is not None:
        return Reading((Number(text, core, keyed),))
    apart = [run[0] for run in runs if words.stands_alone(core, run)]
    long = [one for run in apart for one in _split(run, region) or () if _is_full(one)]
    if long:
        return _numbers(long)
    if len(runs) == 1 and words.are_labels(core):
        return _numbers([runs[0][0]])
    return _SEVERAL if any(len(shapes.decimals(run)) > _LONGEST_NUMBER for run in apart) else _OTHER


def _is_full(run: str) -> bool:
    return len(shapes.decimals(run)) >= _FULL and not shapes.is_something_else(run.strip())


def _numbers(texts: Iterable[str] | None) -> Reading:
    if texts is None:
        return _SEVERAL
    return Reading(tuple(_made(texts)))


def _made(texts: Iterable[str]) -> Iterator[Number]:
    for text in texts:
        written = shapes.trimmed(text)
        spoken = words.without_extension(written)
        start = re.search(r"[+\d]", spoken)
        spoken = spoken[start.start() :] if start else spoken
        yield Number(written, spoken, shapes.decimals(spoken))
