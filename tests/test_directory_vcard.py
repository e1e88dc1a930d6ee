"""vCards of all versions, as address books write them; a bad card costs no other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget.directory import Contact, Directory, Phone
from crmwidget.directory._vcard import contacts_of_vcards
from crmwidget.errors import DirectoryError

if TYPE_CHECKING:
    import pathlib
    from pathlib import Path

GOOGLE = """BEGIN:VCARD
VERSION:3.0
FN:Bo Larsen
N:Larsen;Bo;;;
EMAIL;TYPE=INTERNET;TYPE=HOME:bo@example.com
EMAIL;TYPE=INTERNET;TYPE=WORK:b@example.org
TEL;TYPE=CELL:+1 202 555 0143
TEL;TYPE=WORK,FAX:+1 202 555 0199
item1.TEL:4021
item1.X-ABLabel:Front desk
ORG:Acme\\, Inc;Sales
TITLE:Buyer
NOTE:calls\\non Mondays\\; never
  before ten
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJ
 RgABAQ
END:VCARD
"""
APPLE = """BEGIN:VCARD\r
VERSION:3.0\r
PRODID:-//Apple Inc.//iPhone OS 18.0//EN\r
N:Okafor;Ines;;Dr.;\r
FN:Dr. Ines Okafor\r
item1.TEL:020 7946 0018\r
item1.X-ABLabel:_$!<Main>!$_\r
item2.TEL:020 7946 0019\r
item2.X-ABLabel:_$!<HomeFAX>!$_\r
TEL;type=CELL;type=VOICE;type=pref:+44 20 7946 0020\r
item3.URL;type=pref:https://crm.example.com/7\r
UID:urn:uuid:7\r
END:VCARD\r
"""
OUTLOOK = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\n"
    "N;LANGUAGE=de;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:L=E4rsen;Bo\r\n"
    "FN;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:Bo L=E4r=\r\nsen\r\n"
    "TEL;WORK;VOICE:+1 (202) 555-0143\r\n"
    "TEL;CELL;VOICE:+44 20 7946 0018\r\n"
    "TEL;WORK;FAX:+1 202 555 0199\r\n"
    "PHOTO;TYPE=JPEG;ENCODING=BASE64:\r\n /9j/4AAQSkZJ=\r\nRgABAQAAAQ==\r\n\r\n"
    "EMAIL;PREF;INTERNET:bo@example.com\r\nREV:20260102T030405Z\r\nEND:VCARD\r\n"
)
VERSION_4 = """begin:vcard
version:4.0
fn:Sam Reyes
tel;value=uri;type="voice,home":tel:+1-415-555-0132;ext=12
TEL;PREF=1;TYPE="cell":+1 415 555 0199
UID:urn:uuid:4fbe8971
end:vcard
"""


def read(text: str) -> Contact:
    contacts, problems = contacts_of_vcards(text)
    assert problems == []
    (contact,) = contacts
    return contact


def test_a_card_of_google() -> None:
    assert read(GOOGLE) == Contact(
        id=None,
        name="Bo Larsen",
        phones=(Phone("+1 202 555 0143", "mobile"), Phone("4021", "front desk")),
        email="bo@example.com",
        fields={
            "organization": "Acme, Inc, Sales",
            "title": "Buyer",
            "note": "calls\non Mondays; never before ten",
            "email 2": "b@example.org",
        },
    )


def test_a_card_of_apple_has_the_preferred_number_first_and_labels_in_groups() -> None:
    assert read(APPLE) == Contact(
        id="urn:uuid:7",
        name="Dr. Ines Okafor",
        phones=(Phone("+44 20 7946 0020", "mobile"), Phone("020 7946 0018", "main")),
        url="https://crm.example.com/7",
    )


def test_a_card_of_outlook_is_quoted_printable_in_a_codepage() -> None:
    assert read(OUTLOOK) == Contact(
        id=None,
        name="Bo L\u00e4rsen",
        phones=(Phone("+1 (202) 555-0143", "work"), Phone("+44 20 7946 0018", "mobile")),
        email="bo@example.com",
    )


def test_version_4_has_numbers_as_addresses() -> None:
    assert read(VERSION_4) == Contact(
        id="urn:uuid:4fbe8971",
        name="Sam Reyes",
        phones=(Phone("+1 415 555 0199", "mobile"), Phone("+1-415-555-0132;ext=12", "home")),
    )


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("FN:Bo Larsen\nN:x;y", "Bo Larsen"),
        ("FN:\nN:Larsen;Bo;A.;Dr.;Jr.", "Dr. Bo A. Larsen Jr."),
        ("N:Larsen\\;Berg;Bo", "Bo Larsen;Berg"),
        ("N:;;;;\nORG:Acme;", "Acme"),
        ("TEL:4021", ""),
        ("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=x-none:J=C3=BCrgen", "J\u00fcrgen"),
        ("FN;QUOTED-PRINTABLE:J=FCrgen", "J\u00fcrgen"),
        ("FN:a\u2028b\x0cc", "a\u2028b\x0cc"),
        ('FN;X-A="a:b;c";LANGUAGE=de:Bo', "Bo"),
        ("FN:Bo\n\tLarsen", "BoLarsen"),
    ],
)
def test_a_name_is_found_where_it_is(lines: str, name: str) -> None:
    assert read(f"BEGIN:VCARD\nVERSION:3.0\n{lines}\nTEL:4021\nEND:VCARD").name == name


def test_a_link_is_http_or_none() -> None:
    card = "BEGIN:VCARD\nFN:Bo\nURL:javascript:alert(1)\nEND:VCARD"

    assert read(card).url is None


def test_a_bad_card_is_reported_with_its_place_and_the_others_are_kept() -> None:
    text = (
        "BEGIN:VCARD\nFN:Cut Secret\nTEL:1\n"
        "BEGIN:VCARD\nFN:Bo\nthis Secret is no line\nTEL:4021\nEND:VCARD\n"
        "BEGIN:VCARD\nNOTE:Secret\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Ines\nTEL:4022\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Cut Secret\n"
    )

    contacts, problems = contacts_of_vcards(text)

    assert [contact.name for contact in contacts] == ["Bo", "Ines"]
    assert problems == [
        "card 1 (line 1) has no END:VCARD: it is cut off and was left out",
        "card 2 (line 4): 1 line is no vCard and skipped",
        "card 3 (line 9) has neither a name nor a number: it was left out",
        "card 5 (line 16) has no END:VCARD: it is cut off and was left out",
    ]


def test_a_directory_of_vcards_warns_of_the_bad_ones_and_numbers_the_others() -> None:
    directory = Directory.from_vcard(f"{GOOGLE}BEGIN:VCARD\nEND:VCARD\n{OUTLOOK}", region="US")

    assert [contact.id for contact in directory] == [1, 2]
    assert [match.contact.id for match in directory.find("(202) 555-0143")] == [1, 2]
    assert directory.warnings == [
        "card 2 (line 18) has neither a name nor a number: it was left out"
    ]
    assert directory.with_region("GB").warnings[0] == directory.warnings[0]


def test_an_id_is_kept_where_any_card_has_one() -> None:
    directory = Directory.from_vcard(APPLE + GOOGLE)

    assert [contact.id for contact in directory] == ["urn:uuid:7", None]
    assert "1 contact has no id" in directory.warnings


def test_text_paths_files_and_bytes_are_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "contacts.vcf"
    path.write_text(APPLE, encoding="utf-8", newline="")

    for source in (APPLE, path, str(path), io.StringIO(APPLE), io.BytesIO(APPLE.encode())):
        assert [contact.id for contact in Directory.from_vcard(source)] == ["urn:uuid:7"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_bytes_are_in_the_encodings_that_programs_write(encoding: str) -> None:
    content = "BEGIN:VCARD\nFN:J\u00fcrgen\nTEL:4021\nEND:VCARD\n".encode(encoding)

    assert [contact.name for contact in Directory.from_vcard(content)] == ["J\u00fcrgen"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no_such_file.vcf", "No such file or directory"),
        ("name,phone\nBo,4021\n", "No such file or directory"),
        ("\0", "it is no path"),
        (b"name,phone\n", "nothing says BEGIN:VCARD"),
        (io.StringIO("name,phone"), "nothing says BEGIN:VCARD"),
        (5, "there is no vCard in this int"),
        (None, "there is no vCard in this NoneType"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_vcard_is_refused_with_advice(source: object, said: str) -> None:
    with pytest.raises(DirectoryError, match=said) as caught:
        Directory.from_vcard(source)

    assert "Give the path of a .vcf file" in str(caught.value)
    assert "4021" not in str(caught.value)


_PARTS = st.sampled_from(
    [
        "BEGIN:VCARD\n",
        "END:VCARD\n",
        "FN:Bo\n",
        "TEL;",
        "TYPE=",
        '"',
        ":",
        ";",
        "=\n",
        " ",
        "\\",
        "\r",
    ]
)


@given(st.lists(st.one_of(_PARTS, st.text(max_size=5)), max_size=40))
def test_any_text_is_read_without_an_error(parts: list[str]) -> None:
    contacts, problems = contacts_of_vcards("".join(parts))

    assert all(one.name or one.phones or one.email for one in contacts)
    assert len(problems) <= 2 * "".join(parts).upper().count("BEGIN:VCARD")


def test_text_with_a_byte_order_mark_is_a_vcard_too(tmp_path: Path) -> None:
    text = "\ufeffBEGIN:VCARD\nVERSION:3.0\nFN:Bo\nTEL:+12025550143\nEND:VCARD\n"
    file = tmp_path / "bom.vcf"
    file.write_text(text, encoding="utf-8")

    with file.open(encoding="utf-8") as opened:
        assert len(Directory.from_vcard(opened)) == 1
    assert len(Directory.from_vcard(text)) == 1


def test_a_label_is_found_whatever_the_case_of_its_group() -> None:
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nFN:Bo\nITEM1.TEL:+12025550143\nitem1.X-ABLabel:_$!<HomeFAX>!$_\n"
    )

    (contact,) = Directory.from_vcard(card + "TEL:+14155550132\nEND:VCARD\n")

    assert contact.phone == "+14155550132"
    assert len(contact.phones) == 1
