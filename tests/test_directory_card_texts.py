"""A card's text is what VERSION, ENCODING, CHARSET, folds and line ends say, from bytes on."""

from __future__ import annotations

import base64
import quopri
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget.directory import Directory
from crmwidget.directory._vcard import contacts_of_vcards
from crmwidget.errors import DirectoryError

LETTERS = {
    "utf-8": "Bo Larsen\u00e9\u0416\u5f20\u05e9\U0001f4de;,:=-.",
    "windows-1252": "Bo Larsen\u00e9\u00df\u20ac;,:=-.",
    "iso-8859-1": "Bo Larsen\u00e9\u00df\u00f8;,:=-.",
    "windows-1251": "Bo \u0418\u0432\u0430\u043d\u0416;,:=-.",
    "koi8-r": "Bo \u0418\u0432\u0430\u043d\u0416;,:=-.",
    "shift_jis": "Bo \u30bd\u8868\u5341\u6771;,:=-.",
    "gb18030": "Bo \u5f20\u4f1f\u00e9;,:=-.",
}
"""The second bytes of some letters in Shift JIS are a backslash."""


@st.composite
def cards(draw: Any) -> tuple[str, bytes]:
    """A name, and a card that says it in one of the ways that the versions allow."""
    version = draw(st.sampled_from(["2.1", "3.0", "4.0"]))
    charset = draw(st.sampled_from(sorted(LETTERS) if version == "2.1" else ["utf-8"]))
    letters = st.text(st.sampled_from(LETTERS[charset]), min_size=1, max_size=60)
    name = draw(letters.filter(lambda text: bool(text.strip()))).strip()
    encodings = {"2.1": ["8BIT", "QUOTED-PRINTABLE", "BASE64"], "3.0": ["", "b"], "4.0": [""]}
    encoding = draw(st.sampled_from(encodings[version]))
    end = draw(st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\r\n"]))
    value = (name if version == "2.1" else escaped(name)).encode(charset)
    head = "FN"
    if version == "2.1":
        head += f";CHARSET={charset.upper()}"
    if encoding:
        bare = version == "2.1" and draw(st.booleans())
        head += f";{encoding}" if bare else f";ENCODING={encoding}"
    if encoding == "QUOTED-PRINTABLE":
        line = head.encode() + b":" + quopri.encodestring(value).replace(b"\n", end)
    elif encoding in {"BASE64", "b"}:
        line = folded(head.encode() + b":" + base64.b64encode(value), draw, end, within=True)
    else:
        line = folded(head.encode() + b":" + value, draw, end, within=version != "2.1")
    lines = (b"BEGIN:VCARD", b"VERSION:" + version.encode(), line, b"TEL:4021", b"END:VCARD", b"")
    return name, end.join(lines)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def folded(line: bytes, draw: Any, end: bytes, *, within: bool) -> bytes:
    """Folded at any byte, also within a letter; in 2.1 only before a blank, which stays."""
    size = draw(st.integers(1, 30))
    if within:
        return (end + b" ").join(line[at : at + size] for at in range(0, len(line), size))
    head, _, value = line.partition(b":")
    return head + b":" + value.replace(b" ", end + b" ")


@given(cards())
def test_a_name_is_read_back_however_it_was_written(card: tuple[str, bytes]) -> None:
    name, content = card

    contacts, problems = contacts_of_vcards(content)

    assert problems == []
    assert [contact.name for contact in contacts] == [name]
    assert [contact.phone for contact in contacts] == ["4021"]


@given(cards(), st.sampled_from(["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"]))
def test_a_file_in_wide_characters_is_read_with_and_without_a_mark(
    card: tuple[str, bytes], encoding: str
) -> None:
    name, _ = card
    text = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{escaped(name)}\r\nEND:VCARD\r\n"

    assert [one.name for one in Directory.from_vcard(text.encode(encoding))] == [name]


def read(lines: bytes, version: str = "2.1") -> list[str]:
    """The names in a card with these lines."""
    card = (
        f"BEGIN:VCARD\r\nVERSION:{version}\r\n".encode() + lines + b"\r\nTEL:4021\r\nEND:VCARD\r\n"
    )
    contacts, problems = contacts_of_vcards(card)
    assert problems == []
    return [contact.name for contact in contacts]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (b"FN;QUOTED-PRINTABLE;CHARSET=UTF-8:Mari=C3=A9=\r\n Larsen", "Mari\u00e9 Larsen"),
        (b"FN;QUOTED-PRINTABLE:Bo= \r\n Larsen", "Bo Larsen"),
        (b'FN;X-A="a:b";ENCODING=QUOTED-PRINTABLE:Bo=\r\n Larsen', "Bo Larsen"),
        (b"FN;ENCODING=QUOTED-PRINTABLE\r\n ;CHARSET=UTF-8:Bo=\r\n=20Larsen", "Bo Larsen"),
        (b"N;ENCODING=BASE64:TGFyc2VuO0Jv", "Bo Larsen"),
        (b"N;BASE64:TGFyc2Vu\r\nO0Jv\r\n", "Bo Larsen"),
        (b"FN;ENCODING=BASE64:no base64 at all", "no base64 at all"),
        (b"FN;CHARSET=x-unknown:M\xfcller", "M\u00fcller"),
        (b"FN;CHARSET=windows-1251:\xc8\xe2\xe0\xed", "\u0418\u0432\u0430\u043d"),
        (b"FN;CHARSET=unicode_escape:Bo\\d", "Bo\\d"),
        (b"FN;CHARSET=UTF-8:M\xfcller", "M\u00fcller"),
        (b"FN:C:\\new", "C:\\new"),
        (b"N:Larsen\\;Berg;Bo", "Bo Larsen;Berg"),
    ],
)
def test_a_name_of_version_2_1(lines: bytes, name: str) -> None:
    assert read(lines) == [name]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (b"FN:Bo \r\n Larsen", "Bo Larsen"),
        (b"FN:Bo Lar\r\n\tsen", "Bo Larsen"),
        (b"F\r\n N:Bo", "Bo"),
        (b"FN:M\xc3\r\n \xbcller", "M\u00fcller"),
        (b"FN:a\\\\b\\, c\\; d\\ne", "a\\b, c; d\ne"),
        (b"N:Larsen\\\\;Bo", "Bo Larsen\\"),
        (b"FN:\r\nFN:Bo", "Bo"),
        (b"N:;;;;\r\nNICKNAME:Bobby", "Bobby"),
        (b"FN:Bo\r\n\r\n \r\n Larsen", "BoLarsen"),
    ],
)
def test_a_name_of_version_3(lines: bytes, name: str) -> None:
    assert read(lines, "3.0") == [name]


def test_a_text_that_was_decoded_already_is_left_as_it_is() -> None:
    card = "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=windows-1251:\u0418\u0432\u0430\u043d\nEND:VCARD\n"

    assert [one.name for one in Directory.from_vcard(card)] == ["\u0418\u0432\u0430\u043d"]


def test_lines_may_be_indented_as_in_a_program() -> None:
    card = """
        BEGIN:VCARD
        VERSION:3.0
        FN:Bo
         Larsen
        END:VCARD
    """

    assert [one.name for one in Directory.from_vcard(card)] == ["BoLarsen"]


def test_files_that_were_put_one_behind_the_other_keep_their_marks() -> None:
    one = "BEGIN:VCARD\r\nFN:Bo\r\nEND:VCARD\r\n".encode("utf-8-sig")

    assert len(Directory.from_vcard(one + one)) == 2


def test_utf_16_that_was_read_as_another_encoding_is_said_to_be_that() -> None:
    text = "BEGIN:VCARD\r\nFN:Bo\r\nEND:VCARD\r\n".encode("utf-16-le").decode("latin-1")

    with pytest.raises(DirectoryError, match='encoding="utf-16"'):
        Directory.from_vcard(text)


# ------------------------------------------------------------------- structure
def numbers(*lines: str, version: str = "4.0") -> list[str]:
    card = "\n".join(["BEGIN:VCARD", f"VERSION:{version}", "FN:Bo", *lines, "END:VCARD"])
    (bo,) = Directory.from_vcard(card)
    return [phone.number for phone in bo.phones]


@given(st.permutations([1, 2, 9, 50, 100]))
def test_numbers_and_addresses_come_in_the_order_of_their_preference(ranks: list[int]) -> None:
    tels = [f"TEL;PREF={rank}:+1202555{rank:04}" for rank in ranks]
    emails = [f'EMAIL;PREF="{rank}":{rank}@example.com' for rank in ranks]

    (bo,) = Directory.from_vcard(
        "\n".join(["BEGIN:VCARD", "VERSION:4.0", *tels, *emails, "END:VCARD"])
    )

    assert [one.number for one in bo.phones] == [f"+1202555{rank:04}" for rank in sorted(ranks)]
    assert bo.email == "1@example.com"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("TEL", "TEL;PREF=100"),
        ("TEL;PREF=0", "TEL;PREF=7"),
        ("TEL;PREF=101", "TEL;PREF=7"),
        ("TEL;PREF=high", "TEL;PREF=7"),
        ("TEL;HOME", "TEL;PREF;CELL"),
        ("TEL;TYPE=home", 'TEL;TYPE="cell,pref"'),
        ("TEL;PREF=2", "TEL;TYPE=pref"),
    ],
)
def test_a_number_that_is_preferred_comes_first(first: str, second: str) -> None:
    assert numbers(f"{first}:4021", f"{second}:4022") == ["4022", "4021"]


def test_without_a_preference_numbers_stay_as_they_are_listed() -> None:
    assert numbers("TEL;PREF=3:1", "TEL;PREF=3:2", "TEL:3", "TEL:4") == ["1", "2", "3", "4"]


AGENT = "BEGIN:VCARD\nVERSION:2.1\nFN:Kit\nTEL:4022\n{}END:VCARD\n"


@pytest.mark.parametrize(
    "agent",
    [
        "AGENT:\n" + AGENT.format(""),
        "AGENT;CHARSET=UTF-8:\n\n" + AGENT.format(""),
        "agent:" + AGENT.format(""),
        "AGENT:\n" + AGENT.format("AGENT:\n" + AGENT.format("")),
        "AGENT:\n " + AGENT.format("").replace("\n", "\n ").rstrip() + "\n",
        "AGENT:" + AGENT.format("").strip().replace("\n", "\\n") + "\n",
    ],
)
def test_the_card_of_an_agent_belongs_to_the_one_around_it(agent: str) -> None:
    text = f"BEGIN:VCARD\nVERSION:2.1\nFN:Bo\n{agent}TEL:4021\nEND:VCARD\n" + AGENT.format("")

    directory = Directory.from_vcard(text)

    assert [(one.name, one.phone) for one in directory] == [("Bo", "4021"), ("Kit", "4022")]
    assert directory.warnings == []


def test_a_card_that_is_cut_off_after_its_agent_is_said_to_be() -> None:
    text = "BEGIN:VCARD\nVERSION:2.1\nFN:Bo\nAGENT:\n" + AGENT.format("") + AGENT.format("")

    directory = Directory.from_vcard(text)

    assert [one.name for one in directory] == ["Kit"]
    assert directory.warnings == [
        "card 1 (line 1) has no END:VCARD: it is cut off and was left out"
    ]


@pytest.mark.parametrize("line", ["KIND:group", "X-ADDRESSBOOKSERVER-KIND:group", "kind:GROUP"])
def test_a_group_is_no_person(line: str) -> None:
    group = f"BEGIN:VCARD\nVERSION:4.0\nFN:Customers\n{line}\nMEMBER:urn:uuid:1\nEND:VCARD\n"
    person = "BEGIN:VCARD\nVERSION:4.0\nKIND:individual\nFN:Bo\nEND:VCARD\n"

    directory = Directory.from_vcard(group + person)

    assert [one.name for one in directory] == ["Bo"]
    assert directory.warnings == []


def test_a_company_is_a_contact() -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:\nORG:Acme;Sales\nTEL:4021\nEND:VCARD\n"

    assert [one.name for one in Directory.from_vcard(card)] == ["Acme, Sales"]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("TEL;VALUE=uri:tel:+1%20202%20555%200143", "+1 202 555 0143"),
        ("TEL;VALUE=uri:tel:%2B1-202-555-0143", "+1-202-555-0143"),
        ("TEL:tel:+1-202-555-0143", "+1-202-555-0143"),
        ("TEL;VALUE=URI:TEL://+12025550143", "+12025550143"),
        ("TEL;VALUE=uri:tel:+1-202-555-0143;ext=12", "+1-202-555-0143;ext=12"),
        (
            "TEL;VALUE=uri:tel:0143;phone-context=+1202555",
            "tel:0143;phone-context=+1202555",
        ),
    ],
)
def test_a_number_that_is_a_uri_is_read_as_one(line: str, number: str) -> None:
    assert numbers(line) == [number]


def test_an_address_that_is_a_uri_is_the_address() -> None:
    card = "BEGIN:VCARD\nFN:Bo\nEMAIL;VALUE=uri:mailto:bo%40example.com?subject=x\nEND:VCARD\n"

    assert [one.email for one in Directory.from_vcard(card)] == ["bo@example.com"]
