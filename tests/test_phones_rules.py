"""The rules behind phones.e164: patterns, what is asked, and how they stay small."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from crmwidget import phones
from crmwidget.phones import _plain, _table
from crmwidget.phones._automata import Language
from crmwidget.phones._decision_trees import Node, Verdict
from crmwidget.phones._metadata import metadata_of
from crmwidget.phones._patterns import (
    NeedsMoreDigits,
    UnknownPatternError,
    match_start,
    parsed,
)

DIGITS = "0123456789"
KINDS = ("general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "voip", "uan")
LABELS = [
    *("x", " ext. ", ";ext=", "#", ",", ",,", " - ", "int", "anexo", "\uff58", "~", ":", "=", "*"),
    *(
        "\u00a0",
        "\uff0b",
        "\u0661",
        "\u30fc",
        "\ud800",
        "\0",
        "\n",
        "a",
        "/x",
        ";isub=",
        "tel:",
        ";phone-context=",
        "example.com",
    ),
]
WRITTEN = st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            [*DIGITS, "+", "(", ") ", "-", " ", "+44", "020", "+1 202 555 0143", "00", *LABELS]
        )
    ),
)
REGIONS = st.sampled_from([None, "US", "GB", "DE", "IT", "AR", "BR", "RU", "KZ", "NF", "AU", "XX"])


@pytest.fixture(autouse=True, scope="module")
def all_rules() -> object:
    """No number is asked for only because few numbers came by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_table, "_WORTH_RULES", 0)
        patch.setattr(_table, "_table", _table.Table())
        yield


def expected(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    form = phonenumbers.PhoneNumberFormat.E164
    return (
        phonenumbers.format_number(number, form) if phonenumbers.is_valid_number(number) else None
    )


def metadata() -> list[PhoneMetadata]:
    known = [PhoneMetadata.metadata_for_region(one) for one in phonenumbers.SUPPORTED_REGIONS]
    codes = phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    return known + [PhoneMetadata.metadata_for_nongeo_region(code) for code in codes]


@given(texts=st.lists(st.one_of(st.text(), WRITTEN), max_size=5), region=REGIONS)
def test_a_batch_is_what_phonenumbers_finds_valid(texts: list[str], region: str | None) -> None:
    assert phones.e164_all(texts, region) == [expected(text, region) for text in texts]


def test_all_short_numbers_are_what_phonenumbers_finds_valid() -> None:
    texts = [
        f"{plus}{number:0{size}}"
        for plus in ("", "+")
        for size in (1, 2, 3)
        for number in range(10**size)
    ]

    for region in ("US", "DE", None):
        assert phones.e164_all(texts, region) == [expected(text, region) for text in texts]


@pytest.mark.parametrize("texts", [[], [""], ["\n"], ["+"], ["1\n2", "+1 202 555 0143"]])
def test_a_batch_has_an_answer_for_each_text(texts: list[str]) -> None:
    assert phones.e164_all(texts, "US") == [expected(text, "US") for text in texts]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("011 877 871 6906", "US"),  # dialled abroad, to a code that no country has
        ("+011 44 20 7946 0018", "US"),  # + before what is dialled abroad
        ("+00 877 871 6906", "GB"),
        ("+0044 20 7946 0018", None),
        ("00 0 44 20 7946 0018", "DE"),
        ("1 202 555 0143", "CA"),  # the code of its own country
        ("44 0 0 20 7946 0018", "GB"),  # too long for a number at home
        ("39 39 0612345", "IT"),
        ("0 3752 15 123456", "AR"),  # what is left is put together anew
        ("0 15 11 2345 6789", "BR"),
        ("12345", "NF"),
    ],
)
def test_a_number_is_read_as_phonenumbers_reads_it(text: str, region: str | None) -> None:
    assert phones.e164_all([text], region) == [expected(text, region)]


def test_patterns_are_read_as_python_reads_them() -> None:
    rng = random.Random(1)  # noqa: S311 - no secret
    patterns = {
        getattr(one, kind).national_number_pattern
        for one in metadata()
        for kind in KINDS
        if getattr(one, kind) is not None
    } - {None}

    languages = {pattern: Language((pattern,)) for pattern in patterns}

    assert [
        (pattern, number)
        for pattern, language in languages.items()
        for number in (walked(language, rng) for _ in range(10))
        if member(language, number) != bool(re.fullmatch(pattern, number))
    ] == []


def walked(language: Language, rng: random.Random) -> str:
    """A number of the language or nearly so."""
    state, found = language.start, ""
    while (ways := [at for at, to in enumerate(language.steps(state)) if to]) and len(found) < 18:
        if language.accepts(state) and rng.random() < 0.4:
            break
        found += str(rng.choice(ways))
        state = language.steps(state)[int(found[-1])]
    at = rng.randrange(len(found))
    return found if rng.random() < 0.5 else found[:at] + rng.choice(DIGITS) + found[at + 1 :]


def member(language: Language, number: str) -> bool:
    state = language.start
    for digit in number:
        state = language.steps(state)[int(digit)]
    return language.accepts(state)


def test_prefixes_match_as_in_python_as_soon_as_enough_digits_are_known() -> None:
    rng = random.Random(1)  # noqa: S311 - no secret
    prefixes = {
        prefix
        for one in metadata()
        for prefix in (one.national_prefix_for_parsing, one.international_prefix)
        if prefix
    }
    wrong, decided = [], 0
    for prefix in prefixes:
        for _ in range(100):
            number = "".join(rng.choices("00112345678989", k=rng.randrange(1, 14)))
            known = rng.randrange(len(number) + 1)
            try:
                found = match_start(prefix, number[:known], len(number))
            except NeedsMoreDigits:
                continue
            decided += 1
            match = re.match(prefix, number)
            spans = (
                {}
                if match is None
                else {
                    at: match.span(at)
                    for at in range(1, match.re.groups + 1)
                    if match[at] is not None
                }
            )
            if found != (match and (match.end(), spans)):
                wrong.append((prefix, number, known))

    assert wrong == []
    assert decided > len(prefixes)


def without_prefix(number: str, known: PhoneMetadata) -> str:
    """What phonenumbers leaves of a number, whether or not it would be usable."""
    if known.national_prefix_for_parsing is None:
        return number
    match = re.match(known.national_prefix_for_parsing, number)
    if match is None:
        return number
    rule = known.national_prefix_transform_rule
    if rule and match.lastindex and match[match.re.groups]:
        return re.sub(known.national_prefix_for_parsing, rule, number, count=1)
    return number[match.end() :]


def test_a_number_without_its_prefix_is_as_long_as_was_foreseen() -> None:
    rng = random.Random(2)  # noqa: S311 - no secret
    wrong, stripped = [], 0
    for known in metadata():
        mine = metadata_of(known.id, known.country_code)
        for _ in range(200):
            start = rng.choice(["", known.national_prefix or "", "0", "1", "8"])
            number = start + "".join(rng.choices(DIGITS, k=rng.randrange(2, 15)))
            left = without_prefix(number, known)
            stripped += left != number
            if len(left) not in mine.without_prefix(len(number)):
                wrong.append((known.id, number, left))

    assert wrong == []
    assert stripped > 10 * len(metadata())


@pytest.mark.parametrize(
    "pattern", ["(?!1)2", "1+", "[^1]", "1{2,}", "a", "(1", "1)", "1??", r"\1"]
)
def test_a_pattern_with_anything_else_is_not_understood(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        parsed(pattern)


def test_where_a_pattern_is_not_understood_phonenumbers_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_table, "_table", _table.Table())
    monkeypatch.setattr("crmwidget.phones._plans.metadata_of", unknown)
    monkeypatch.setattr("crmwidget.phones._plans.main_region_of", unknown)

    found = phones.e164_all(["+44 20 7946 0018", "020 7946 0018", "555"], "GB")

    assert found == ["+442079460018", "+442079460018", None]


def unknown(*_: object) -> None:
    raise UnknownPatternError


def test_known_shapes_of_dirt_are_not_asked_for() -> None:
    texts = [
        *("+1 202 555 0143 x12", "Tel: +1 202 555 0143", "tel:+1-202-555-0143;ext=12", "n/a", ""),
        *("+1 202 555 0143\0", "\uff0b\uff11 202 555 0143", "+1\u00a0202\u2011555\u20110143"),
        *("1-800-FLOWERS", "++1 202 555 0143", "+1 202 555 0143 / x9", "\ud800 202 555 0143"),
    ]

    assert [text for text in texts if _plain.plain(text) is Verdict.ASK] == []


def test_a_full_table_is_left_and_the_answers_stay_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_table, "_MOST", 3)
    texts = [f"+1 202 555 {number:04}" for number in range(0, 10_000, 7)]
    texts += [f"+44 20 7946 {number:04}" for number in range(0, 10_000, 7)]
    before = _table.table()

    found = [phones.e164_all(texts[at : at + 200]) for at in range(0, len(texts), 200)]

    assert list(chain.from_iterable(found)) == [expected(text, None) for text in texts]
    assert _table.table() is not before
    assert Node.filled <= 100


def test_threads_share_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_table, "_table", _table.Table())
    texts = [f"0{number}" for number in range(2_079_460_000, 2_079_460_900)]
    texts += [f"+39 06 {number}" for number in range(1000, 9999, 11)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: phones.e164_all(texts, "GB"), range(8)))

    assert found == [[expected(text, "GB") for text in texts]] * 8


def test_phonenumbers_is_loaded_when_it_is_needed() -> None:
    code = (
        "import sys; from crmwidget import phones; phones.digits('+1 202'); "
        "phones.extension('+1 202'); assert 'phonenumbers' not in sys.modules; "
        "phones.e164('+1 202 555 0143'); assert 'phonenumbers' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
