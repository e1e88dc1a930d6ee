"""Numbers of all regions, as people and systems write them: phones says what phonenumbers says.

The seed is new in each run; a failure names it, and CRMWIDGET_PHONES_SEED repeats it.
There are 60,000 numbers, a million in the slow mode, or as many as CRMWIDGET_PHONES says.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
from collections import defaultdict
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberDesc, PhoneNumberFormat

from crmwidget import phones
from crmwidget.phones import _metadata, _plans, _table
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest

COUNT: Final = count("CRMWIDGET_PHONES", 60_000, 1_000_000)
SEED: Final = int(os.environ.get("CRMWIDGET_PHONES_SEED") or random.SystemRandom().getrandbits(32))
PART: Final = 60_000
TYPES: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)
FORMATS: Final = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)
DIGITS: Final = "0123456789"
LETTERS: Final = ("home", "x", "FLOWERS", "a", "ext", "CALL ME", "int", "no", "\u0434\u043e\u0431")
SIGNS: Final = (
    "+",
    "#",
    "*",
    ",",
    ";",
    ":",
    "~",
    "\t",
    "\n",
    "\r\n",
    "_",
    "@",
    "'",
    "=",
    "\\",
    "|",
)
BROKEN: Final = ("\0", "\ud800", "\udfff", "\ufeff", "\u202a", "\u200b", "\u00ad", "\u0301")
SPACES: Final = ("\u00a0", "\u2007", "\u3000", "\u2011", "\u2013", "\uff0d", "\uff08", "\u30fc")
ZEROS: Final = ("\uff10", "\u0660", "\u06f0", "\u0966", "\U0001d7ce", "\u0e50", "\xb2")
BEFORE: Final = ("Tel: ", "'", "(", "mobile ", "tel:", "\u202a", "=", "+", "*21*", "fax/", "#", " ")
AFTER: Final = (
    " home",
    ")",
    ".",
    " (work)",
    "#",
    "\u202c",
    "\0",
    " / 12",
    ";",
    " x",
    "+",
    "\n",
    "?",
)
EXTENSIONS: Final = (
    *(" x12", " ext. 123", ";ext=7", " #4021", " extension 99", ",,123", "x1234567890", " - 503#"),
    *(" EXT 4", " int 5", " anexo 6", "x 12#", ", ext.: 8", "; 12", " ~3", "/x12", " \uff58 9"),
)


def dice(seed: int = SEED) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


def numbers(
    rng: random.Random, only: str | None = None
) -> Iterator[tuple[str | None, PhoneNumber]]:
    """Numbers that match a type's pattern, from all regions and types alike, without end."""
    while True:
        region, code, kind = rng.choice(kinds_of(only))
        national = matching(kind.national_number_pattern, rng)
        if len(national) in kind.possible_length or rng.random() < 0.02:
            yield region, number_of(code, national)


@cache
def kinds_of(only: str | None) -> list[tuple[str | None, int, PhoneNumberDesc]]:
    """Each region's types, or one region's: region, country code and the type."""
    return [
        (region, metadata.country_code, kind)
        for region, metadata in everywhere()
        if only in {None, region}
        for kind in (getattr(metadata, name) for name in TYPES)
        if kind is not None and kind.national_number_pattern
    ]


@cache
def everywhere() -> list[tuple[str | None, PhoneMetadata]]:
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    return [
        *((region, PhoneMetadata.metadata_for_region(region)) for region in regions),
        *((None, PhoneMetadata.metadata_for_nongeo_region(code)) for code in codes),
    ]


def matching(pattern: str, rng: random.Random) -> str:
    """Digits that match a pattern of the metadata, by Python's own reading of it."""
    return "".join(drawn(tree_of(pattern), rng))


@cache
def tree_of(pattern: str) -> Iterable[tuple[object, object]]:
    return re._parser.parse(pattern)  # type: ignore[attr-defined]


def drawn(tree: Iterable[tuple[object, object]], rng: random.Random) -> Iterator[str]:
    for operation, what in tree:
        match str(operation), what:
            case "LITERAL", code:
                yield chr(code)
            case "IN", members:
                yield rng.choice([digit for one in members for digit in one_of(*one)])
            case "MAX_REPEAT", (least, most, part):
                for _ in range(rng.randint(least, most)):
                    yield from drawn(part, rng)
            case "SUBPATTERN", (*_, part):
                yield from drawn(part, rng)
            case "BRANCH", (_, options):
                yield from drawn(rng.choice(options), rng)


def one_of(operation: object, what: object) -> str:
    match str(operation), what:
        case "LITERAL", code:
            return chr(code)
        case "RANGE", (first, last):
            return "".join(map(chr, range(first, last + 1)))
        case _:
            return DIGITS


def number_of(code: int, national: str) -> PhoneNumber:
    zeros = len(national) - len(national.lstrip("0"))
    return PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros,
    )


def written(number: PhoneNumber, region: str | None, rng: random.Random) -> str:
    """A number in one of the usual formats."""
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    digits = phonenumbers.national_significant_number(number)
    code = number.country_code
    ways: list[tuple[int, Callable[[], str]]] = [
        (20, lambda: f"+{code}{digits}"),
        (15, lambda: international),
        (20, lambda: national),
        (3, lambda: phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)),
        (4, lambda: dialled(number, region or "US", rng)),
        (3, lambda: f"+{code} (0){grouped(digits, rng)}"),
        (10, lambda: f"{rng.choice(['', '+'])}{code} {grouped(digits, rng)}"),
        (5, lambda: f"{prefix_of(region)}{grouped(digits, rng)}"),
        (5, lambda: digits),
        (2, lambda: f"{code}{digits}"),
        (2, lambda: international + rng.choice(EXTENSIONS)),
        (1, lambda: national + rng.choice(EXTENSIONS)),
    ]
    return rng.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()


def prefix_of(region: str | None) -> str:
    metadata = region and PhoneMetadata.metadata_for_region(region)
    return (metadata and metadata.national_prefix) or "0"


def dialled(number: PhoneNumber, home: str, rng: random.Random) -> str:
    """The number as it is dialled from another region, or from home with the prefix for abroad."""
    abroad = PhoneMetadata.metadata_for_region(home).international_prefix or "00"
    prefix = matching(abroad, rng) if rng.random() < 0.5 else "00"
    code = number.country_code if rng.random() < 0.9 else rng.randrange(1000)
    return f"{prefix}{code}{phonenumbers.national_significant_number(number)}"


def grouped(digits: str, rng: random.Random) -> str:
    """Digits with spaces, dashes, dots, slashes or brackets between them."""
    between = rng.choice([" ", "-", ".", "/", " ", "-", "("])
    cuts = sorted(rng.sample(range(1, len(digits)), min(len(digits) - 1, rng.randint(0, 3))))
    parts = [digits[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    return f"({parts[0]}) " + "-".join(parts[1:]) if between == "(" else between.join(parts)


def damaged(text: str, rng: random.Random) -> str:
    """A number that somebody mistyped: most are not valid any more."""
    at = rng.randrange(len(text) + 1)
    extra = "".join(rng.choices(DIGITS, k=rng.choice([1, 1, 1, 2, 5])))
    ways = [
        text[:at] + text[at + 1 :],
        text[:at] + extra + text[at:],
        text[:at] + extra[:1] + text[at + 1 :],
    ]
    prefix = rng.choice(["+", "00", "011", "0", "1", "+00", "+0"])
    other = re.sub(r"\d", lambda _: rng.choice(DIGITS), text)
    return rng.choice([*ways, text[:at], prefix + text, other])


def dirty(text: str, rng: random.Random) -> str:
    """A number with something in or about it that is none, or nothing like a number."""
    at = rng.randrange(len(text) + 1)
    strange = rng.choice([*LETTERS, *SIGNS, *BROKEN, *SPACES])
    zero = ord(rng.choice(ZEROS))
    ways: list[Callable[[], str]] = [
        lambda: rng.choice(BEFORE) + text,
        lambda: text + rng.choice(AFTER),
        lambda: text + rng.choice(EXTENSIONS),
        lambda: text[:at] + strange + text[at:],
        lambda: text.replace(" ", rng.choice(SPACES)),
        lambda: text.translate({ord(digit): chr(zero + int(digit)) for digit in DIGITS}),
        lambda: rng.choice(["++", "+ +", "(+", "\uff0b", "00+"]) + text.lstrip("+"),
        lambda: text + f"{' ' * (rng.randrange(230, 260) - len(text))}",
        lambda: rng.choice(
            ["", " ", "n/a", "-", "anonymous", "5", "15", "1 5", "+", "+1", "110", "#"]
        ),
        lambda: text + rng.choice([" ", "/", ", ", "\n"]) + text,
        lambda: text[:at] + "".join(rng.choices([*LETTERS, *SIGNS, *DIGITS], k=3)) + text[at:],
        lambda: f"tel:{text.removeprefix('tel:')};phone-context=+{rng.choice(['44', '1', '39'])}",
    ]
    return rng.choice(ways)()


def corpus(
    rng: random.Random, count: int, home: str | None = None, soiled: float = 0.08
) -> dict[str | None, list[str]]:
    """So many texts, of all regions or of one, by the region that they are read with.

    One in eight is mistyped, `soiled` of them dirty, and the others in a usual format.
    """
    found = defaultdict(list)
    regions = [*sorted(phonenumbers.SUPPORTED_REGIONS), None]
    for (region, number), _ in zip(numbers(rng, home), range(count), strict=False):
        text = written(number, region, rng)
        kind = rng.random()
        if kind > 1 - soiled:
            text = dirty(text, rng)
        elif kind < 0.125:
            text = damaged(text, rng)
        found[region if rng.random() < 0.9 else rng.choice(regions)].append(text)
    return found


def expected(text: str, region: str | None) -> str | None:
    """What phonenumbers alone says."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if valid else None


def disagreements(texts: dict[str | None, list[str]]) -> list[tuple[str, str | None]]:
    """The texts of which phones does not say what phonenumbers says."""
    return [
        (text, region)
        for region, some in texts.items()
        for text, ours in zip(some, phones.e164_all(some, region), strict=True)
        if ours != expected(text, region)
    ]


def test_phones_and_phonenumbers_agree_on_numbers_of_all_regions() -> None:
    rng = dice()
    regions: set[str | None] = set()
    wrong = []

    for done in range(0, COUNT, PART):
        texts = corpus(rng, min(PART, COUNT - done))
        regions |= texts.keys()
        wrong += disagreements(texts)

    assert wrong == [], f"CRMWIDGET_PHONES_SEED={SEED}"
    assert regions == {None, *phonenumbers.SUPPORTED_REGIONS}


def test_phones_and_phonenumbers_agree_on_the_examples_of_every_region_and_type() -> None:
    texts = defaultdict(list)
    for region, metadata in everywhere():
        for kind in (getattr(metadata, name) for name in TYPES):
            if kind is not None and kind.example_number:
                number = number_of(metadata.country_code, kind.example_number)
                texts[region] += [phonenumbers.format_number(number, form) for form in FORMATS]

    assert disagreements(texts) == []
    assert all(phones.e164_all(some[::4], region) == some[::4] for region, some in texts.items())


def test_one_number_and_many_have_the_same_form() -> None:
    texts = corpus(dice(), 500)

    one_by_one = {r: [phones.e164(text, r) for text in some] for r, some in texts.items()}

    assert one_by_one == {r: phones.e164_all(some, r) for r, some in texts.items()}


def test_a_wrong_rule_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = dice()
    texts = [written(number, "GB", rng) for _, number in islice(numbers(rng, "GB"), 300)]
    monkeypatch.setattr(_table, "_table", _table.Table())
    right = _metadata.metadata_of("GB")
    wrong = dataclasses.replace(right, national_prefix="1")
    monkeypatch.setattr(_plans, "metadata_of", lambda *_: wrong)

    assert disagreements({"GB": texts}) != []
