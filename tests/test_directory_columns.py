"""The exports of the usual systems are recognised, and nothing else is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from crmwidget.directory import Contact, Directory, Phone
from crmwidget.errors import DirectoryError

PHONE, MOBILE = "+1 202 555 0143", "+44 20 7946 0018"
EMAIL = "bo@example.com"
EXPORTS: dict[str, dict[str, object]] = {
    "Salesforce API": {
        "Id": "1",
        "FirstName": "Bo",
        "LastName": "Larsen",
        "Phone": PHONE,
        "Fax": "+1 202 555 0999",
        "MobilePhone": MOBILE,
        "Email": EMAIL,
    },
    "Salesforce report": {
        "Contact ID": "1",
        "First Name": "Bo",
        "Last Name": "Larsen",
        "Phone": PHONE,
        "Mobile": MOBILE,
        "Email": EMAIL,
    },
    "HubSpot export": {
        "Record ID": "1",
        "First Name": "Bo",
        "Last Name": "Larsen",
        "Phone Number": PHONE,
        "Mobile Phone Number": MOBILE,
        "Email": EMAIL,
    },
    "HubSpot API, flattened": {
        "id": "1",
        "properties.hs_object_id": "1",
        "properties.firstname": "Bo",
        "properties.lastname": "Larsen",
        "properties.phone": PHONE,
        "properties.mobilephone": MOBILE,
        "properties.email": EMAIL,
    },
    "HubSpot API": {
        "id": "1",
        "properties": {
            "firstname": "Bo",
            "lastname": "Larsen",
            "phone": PHONE,
            "mobilephone": MOBILE,
            "email": EMAIL,
        },
    },
    "Dynamics Excel": {
        "(Do Not Modify) Contact": "1",
        "(Do Not Modify) Row Checksum": "abc",
        "(Do Not Modify) Modified On": "2026-01-02",
        " Full Name": "Bo Larsen",
        "Business Phone": PHONE,
        "Mobile Phone": MOBILE,
        "Email": EMAIL,
    },
    "Dataverse API": {
        "contactid": "1",
        "fullname": "Bo Larsen",
        "firstname": "Bo",
        "telephone1": PHONE,
        "mobilephone": MOBILE,
        "emailaddress1": EMAIL,
    },
    "Odoo": {
        "External ID": "1",
        "Name": "Bo Larsen",
        "Phone": f"'{PHONE}",
        "Mobile": f"'{MOBILE}",
        "Email": EMAIL,
    },
    "Zoho": {
        "Record Id": "1",
        "First Name": "Bo",
        "Last Name": "Larsen",
        "Phone": PHONE,
        "Mobile": MOBILE,
        "Email": EMAIL,
    },
    "Tryton": {
        "id": "1",
        "code": "7",
        "name": "Bo Larsen",
        "rec_name": "Bo Larsen [7]",
        "phone": PHONE,
        "mobile": MOBILE,
        "email": EMAIL,
    },
    "vCard": {
        "UID": "1",
        "FN": "Bo Larsen",
        "TEL": PHONE,
        "TEL;TYPE=CELL": MOBILE,
        "EMAIL": EMAIL,
    },
    "byte order mark": {
        "\ufeffid": "1",
        "name": "Bo Larsen",
        "phone": PHONE,
        "mobile": MOBILE,
        "email": EMAIL,
    },
}


@pytest.mark.parametrize("system", EXPORTS)
def test_an_export_is_recognised(system: str) -> None:
    directory = Directory([EXPORTS[system]])

    contact = next(iter(directory))
    assert (contact.id, contact.name, contact.email) == ("1", "Bo Larsen", EMAIL)
    assert [phone.number for phone in contact.phones] == [PHONE, MOBILE]
    assert contact.phones[1].kind == "mobile"
    assert not directory.find("+1 202 555 0999")
    assert directory.find(MOBILE).contact == contact


@pytest.mark.parametrize(
    ("row", "phones"),
    [
        ({"phone": "1", "phone_e164": "+1"}, [("1", "phone"), ("+1", "phone")]),
        ({"Person - Phone": "1"}, [("1", "phone")]),
        ({"Phone": "1", "Phone.1": "2"}, [("1", "phone"), ("2", "phone")]),
        ({"Mobile": "1", "Mobile_duplicated_0": "2"}, [("1", "mobile"), ("2", "mobile")]),
        (
            {"Business Phone": "1", "Business Phone 2": "2", "Home Phone 2": "3"},
            [("1", "business"), ("2", "business"), ("3", "home")],
        ),
        (
            {"Primary Phone": "1", "Other Phone": "2", "Company Main Phone": "3"},
            [("1", "primary"), ("2", "other"), ("3", "company")],
        ),
        (
            {"HomePhone": "1", "OtherPhone": "2", "AssistantPhone": "3"},
            [("1", "home"), ("2", "other"), ("3", "assistant")],
        ),
        ({"telephone1": "1", "telephone2": "2"}, [("1", "business"), ("2", "home")]),
        ({"Phone": "1", "Fax": "2", "Home Fax": "3", "Pager": "4"}, [("1", "phone")]),
        ({"Phone": ["1", None, "2"]}, [("1", "phone"), ("2", "phone")]),
        ({"Phone": "1", "Mobile": "1"}, [("1", "phone")]),
    ],
)
def test_all_numbers_are_kept_with_their_kind(
    row: dict[str, object], phones: list[tuple[str, str]]
) -> None:
    contact = next(iter(Directory([{"id": 7, "name": "Bo", **row}])))

    assert [(phone.number, phone.kind) for phone in contact.phones] == phones


def test_google_says_the_kind_in_each_row() -> None:
    rows = [
        {
            "First Name": "Bo",
            "Middle Name": None,
            "Last Name": "Larsen",
            "File As": "Larsen, Bo",
            "Phone 1 - Label": "* Mobile",
            "Phone 1 - Value": f"{PHONE} ::: {MOBILE}",
            "Phone 2 - Label": "Work Fax",
            "Phone 2 - Value": "+1 202 555 0999",
            "E-mail 1 - Label": "* ",
            "E-mail 1 - Value": f"{EMAIL} ::: other@example.com",
        },
        {
            "File As": "Okafor, Ines",
            "Phone 1 - Value": "+442079460019",
            "E-mail 2 - Value": "ines@example.com",
        },
    ]

    directory = Directory(rows)

    bo, ines = directory
    assert bo.phones == (Phone(PHONE, "mobile"), Phone(MOBILE, "mobile"))
    assert (bo.id, bo.name, bo.email) == (1, "Bo Larsen", EMAIL)
    assert (ines.id, ines.name, ines.email) == (2, "Okafor, Ines", "ines@example.com")
    assert ines.phones == (Phone("+442079460019", "phone"),)
    assert not directory.find("+1 202 555 0999")
    assert "no column of ids, so rows are numbered from 1" in directory.recognised


def test_an_old_google_export_has_types() -> None:
    row = {"Name": "Bo", "Given Name": "B", "Phone 1 - Type": "Home", "Phone 1 - Value": PHONE}

    contact = next(iter(Directory([row])))

    assert (contact.name, contact.phones) == ("Bo", (Phone(PHONE, "home"),))


def test_a_blank_name_is_made_of_its_parts() -> None:
    row = {"Id": 1, "Name": " ", "FirstName": "Bo", "LastName": "Larsen", "Phone": PHONE}

    assert next(iter(Directory([row]))).name == "Bo Larsen"


def test_of_several_addresses_the_first_is_the_one_and_the_others_are_fields() -> None:
    row = {"id": 1, "name": "Bo", "Email": EMAIL, "Email 2": "other@example.com"}

    contact = next(iter(Directory([row])))

    assert (contact.email, contact.fields) == (EMAIL, {"Email 2": "other@example.com"})


def test_a_link_to_the_record_is_http_or_stays_a_field() -> None:
    rows = [
        {"id": 1, "name": "Bo", "phone": PHONE, "url": "https://crm.example.com/1"},
        {"id": 2, "name": "Ines", "phone": MOBILE, "url": "javascript:alert(1)"},
    ]

    bo, ines = Directory(rows)

    assert (bo.url, bo.fields) == ("https://crm.example.com/1", {})
    assert (ines.url, ines.fields) == (None, {"url": "javascript:alert(1)"})


def test_the_line_says_what_was_recognised_and_what_was_kept() -> None:
    frame = pl.DataFrame({"id": [1], "name": ["Bo"], "phone": [PHONE], "email": [EMAIL], "plan": 1})

    assert Directory(frame).recognised == "1 contact: id, name, phone, email recognised; plan kept"


def test_many_kept_columns_are_counted() -> None:
    row = {"id": 1, "name": "Bo", "phone": PHONE, **{f"c{n}": n for n in range(20)}}

    assert Directory([row]).recognised.endswith("c6, c7 and 12 more kept")


def test_columns_overrides_what_is_recognised() -> None:
    frame = pd.DataFrame(
        {
            "id": [1],
            "Kunde": ["Larsen"],
            "Vorname": ["Bo"],
            "Phone": [PHONE],
            "Durchwahl": ["4021"],
            "E-Mail privat": [EMAIL],
            "Karte": ["https://crm.example.com/1"],
        }
    )

    directory = Directory(
        frame,
        columns={
            "name": ["Vorname", "Kunde"],
            "phone": ["Durchwahl"],
            "email": "E-Mail privat",
            "url": "Karte",
        },
    )

    assert next(iter(directory)) == Contact(
        id=1,
        name="Bo Larsen",
        phones=(Phone("4021", "durchwahl"),),
        email=EMAIL,
        url="https://crm.example.com/1",
        fields={"Phone": PHONE},
    )
    assert not directory.find(PHONE)


def test_columns_can_say_that_there_is_none() -> None:
    row = {"id": 5, "name": "Bo", "phone": PHONE, "email": EMAIL}

    contact = next(iter(Directory([row], columns={"id": None, "email": None})))

    assert (contact.id, contact.email) == (1, None)
    assert contact.fields == {"id": 5, "email": EMAIL}


def test_what_is_missing_is_said_with_the_columns_that_exist() -> None:
    with pytest.raises(DirectoryError) as caught:
        Directory(pl.DataFrame({"Kunde": ["Bo"], "Durchwahl": ["4021"]}))

    assert str(caught.value) == (
        "no name and no phone or email was recognised among the columns 'Kunde', 'Durchwahl'. "
        'Say which it is: columns={"name": "...", "phone": "..."}; several columns as a list.'
    )


def test_a_name_is_not_missed_where_no_column_could_be_one() -> None:
    directory = Directory({"id": [1], "phone": [PHONE]})

    assert directory.find(PHONE).contact.name == ""
    assert directory.warnings == ['no column of names was recognised: columns={"name": "..."}']
    with pytest.raises(DirectoryError, match="no name was recognised"):
        Directory({"id": [1], "phone": [PHONE], "Kunde": ["Bo"]})
    assert Directory([{"phone": PHONE, "plan": 1}], columns={"name": None})


@pytest.mark.parametrize(
    ("names", "role"),
    [
        (("ID", "Contact ID"), "id"),
        (("record_id", "Record Id"), "id"),
        (("Name", "name"), "name"),
        (("First Name", "Given Name"), "name"),
    ],
)
def test_two_columns_that_could_be_one_part_are_a_question(
    names: tuple[str, str], role: str
) -> None:
    row = dict.fromkeys(("phone", *names), "1")

    with pytest.raises(DirectoryError) as caught:
        Directory([row])

    said = str(caught.value)
    assert f"{names[0]!r} and {names[1]!r} could each be the {role}" in said
    assert f"columns={{{role!r}: {names[0]!r}}}" in said
    assert "The columns are 'phone', " in said


def test_the_question_is_answered_by_columns() -> None:
    row = {"ID": 1, "Contact ID": 2, "name": "Bo", "phone": PHONE}

    assert next(iter(Directory([row], columns={"id": "Contact ID"}))).id == 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"phone": "Phne"}, "columns= names 'Phne' as phone, but there is no such column"),
        ({"phone": ["Phone", "Phne"]}, "The nearest is 'Phone'"),
        ({"fone": "Phone"}, "columns= has no 'fone'. Did you mean 'phone'?"),
        ({"telephone": "Phone"}, "It takes 'id', 'name', 'phone', 'email', 'url'"),
    ],
)
def test_a_wrong_columns_argument_gets_the_nearest_right_one(
    columns: dict[str, str], said: str
) -> None:
    with pytest.raises(DirectoryError) as caught:
        Directory([{"id": 1, "name": "Bo", "Phone": PHONE}], columns=columns)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("Contact", "Person", "Phoney", "Fax", "Home Fax", "TEL;TYPE=FAX", "Telex", "Pager"),
        *("Number", "Phone 1 - Label", "Microphone", "Account Phone Type"),
    ],
)
def test_a_name_that_is_not_in_the_table_is_not_guessed(name: str) -> None:
    row = {"id": 1, "name": "Bo", "email": EMAIL, name: PHONE}

    directory = Directory([row])

    assert not directory.find(PHONE)
    assert next(iter(directory)).fields == {name: PHONE}
    assert directory.warnings == [
        (
            "no column of telephone numbers was recognised, so no caller is found: "
            'columns={"phone": "..."}'
        )
    ]


@pytest.mark.parametrize("given", ["phone", ["phone"]])
def test_columns_that_are_no_mapping_are_refused_with_what_is_one(given: Any) -> None:
    with pytest.raises(DirectoryError, match=r'columns=\{"phone": "Mobile"\}'):
        Directory([{"id": 1, "name": "Bo", "phone": "+12025550143"}], columns=given)


def test_columns_that_pandas_has_numbered_are_named_by_their_numbers() -> None:
    frame = pd.DataFrame([[7, "Bo", "+12025550143"]])

    held = Directory(frame, columns={"id": 0, "name": 1, "phone": 2})  # type: ignore[dict-item]

    assert [(one.id, one.name, one.phone) for one in held] == [(7, "Bo", "+12025550143")]


# ------------------------------------------------------------------- companies
COMPANIES: dict[str, dict[str, str]] = {
    "Google": {"First Name": "", "Organization Name": "Acme", "Phone 1 - Value": PHONE},
    "Google, old": {"Name": "", "Organization 1 - Name": "Acme", "Phone 1 - Value": PHONE},
    "Outlook": {"First Name": "", "Last Name": "", "Company": "Acme", "Business Phone": PHONE},
    "HubSpot": {"First Name": "", "Last Name": "", "Company Name": "Acme", "Phone Number": PHONE},
    "HubSpot, associated": {"First Name": "", "Associated Company": "Acme", "Phone Number": PHONE},
    "HubSpot API": {"properties.firstname": "", "properties.company": "Acme", "phone": PHONE},
    "Salesforce": {"First Name": "", "Last Name": "", "Account Name": "Acme", "Phone": PHONE},
    "Salesforce API": {"Name": "", "Account.Name": "Acme", "Phone": PHONE},
    "Dynamics": {"Full Name": "", "Company Name": "Acme", "Business Phone": PHONE},
    "Zoho": {"First Name": "", "Last Name": "", "Account Name": "Acme", "Phone": PHONE},
    "Zendesk": {"name": "", "organization": "Acme", "phone": PHONE},
    "Pipedrive": {"Person - Name": "", "Person - Organization": "Acme", "Person - Phone": PHONE},
    "Odoo": {"Name": "", "Related Company": "Acme", "Phone": PHONE},
    "vCard": {"FN": "", "ORG": "Acme", "TEL": PHONE},
    "companies alone": {"Company": "Acme", "Phone": PHONE, "City": "Springfield"},
}  # fmt: skip


@pytest.mark.parametrize("system", COMPANIES)
def test_a_record_without_a_person_has_the_name_of_its_company(system: str) -> None:
    (contact,) = Directory([COMPANIES[system]])

    assert contact.name == "Acme"


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_person_comes_before_the_company_which_stays_a_field(frame: Any) -> None:
    rows = [
        {"First Name": "Bo", "Last Name": "Larsen", "Company": "Acme", "Phone": PHONE},
        {"First Name": None, "Last Name": None, "Company": "Acme", "Phone": MOBILE},
    ]

    directory = Directory(frame(rows))

    bo, acme = directory
    assert (bo.name, bo.fields) == ("Bo Larsen", {"Company": "Acme"})
    assert acme.name == "Acme"
    assert b'"name":"Acme"' in directory.to_wire().replace(b'": "', b'":"')


# ------------------------------------------------------------------- files read in the wrong way
@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
@pytest.mark.parametrize(
    "names", [["Name", "Phone", "E-Mail"], ["Phone", "Mobile"], ["Kunde", "Tel"]]
)
def test_a_file_read_with_another_separator_is_told_which_it_is(
    separator: str, names: list[str]
) -> None:
    with pytest.raises(DirectoryError) as caught:
        Directory(pd.DataFrame({separator.join(names): ["x"]}))

    assert f"pd.read_csv(path, sep={separator!r})" in str(caught.value)


def test_a_separator_is_told_where_one_column_has_a_comma_in_it() -> None:
    with pytest.raises(DirectoryError, match="sep=';'"):
        Directory({"Kunde;Telefon;Stadt": ["Bo"], " Land": ["x"]})


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"])
def test_the_line_that_is_meant_for_a_spreadsheet_is_skipped(line: str) -> None:
    with pytest.raises(DirectoryError, match=r"sep=';', skiprows=1"):
        Directory({line: ["Name;Phone"]})


@pytest.mark.parametrize(
    "names",
    [
        ["Contacts", "Unnamed: 1", "Unnamed: 2"],
        ["Unnamed: 0", "Unnamed: 1"],
        ["Contacts", "", "_duplicated_0"],
        ["Contacts", "__UNNAMED__1"],
        ["Contacts", "column1"],
    ],
)
def test_a_title_above_the_names_is_told_with_what_skips_it(names: list[str]) -> None:
    with pytest.raises(DirectoryError, match=r"pd\.read_csv\(path, header=1\), or skiprows="):
        Directory([dict.fromkeys(names, "x")])


def test_a_file_without_names_is_told_so_without_its_first_contact() -> None:
    for names in (["Bo Larsen", PHONE], ["Bo Larsen", EMAIL], ["7", "(202) 555-0143"]):
        with pytest.raises(DirectoryError, match="header=None") as caught:
            Directory([dict.fromkeys(names, "x")])

        assert not any(name in str(caught.value) for name in names)


@pytest.mark.parametrize(
    "names",
    [
        ["Kunde", "Tel; mobil"],
        ["Kunde", "2026-01-15"],
        ["Unnamed: 0", "Kunde", "Durchwahl"],
        ["column_1", "column_2"],
    ],
)
def test_other_names_get_no_advice_on_how_to_read_the_file(names: list[str]) -> None:
    with pytest.raises(DirectoryError) as caught:
        Directory([dict.fromkeys(names, "x")])

    assert "read_csv" not in str(caught.value)
    assert "Say which it is: columns=" in str(caught.value)


def test_one_column_that_was_named_by_columns_is_taken_at_its_word() -> None:
    (contact,) = Directory({"Phone;Mobile": [PHONE]}, columns={"phone": "Phone;Mobile"})
    (other,) = Directory({"TEL;TYPE=CELL": [PHONE]})

    assert (contact.phone, other.phone) == (PHONE, PHONE)


# ------------------------------------------------------------------- nested cells
NESTED = {
    "id": 7,
    "names": {"first": "Bo", "last": "Larsen"},
    "phone": [{"label": "work", "value": PHONE}, {"label": "mobile", "value": MOBILE}],
    "email": [{"value": EMAIL, "primary": True}, {"value": "other@example.com"}],
}


def test_columns_can_name_what_is_within_a_cell() -> None:
    columns = {
        "name": ["names.first", "names.last"],
        "phone": "phone.value",
        "email": "email.value",
    }
    rows = [NESTED, {"id": 8, "names": {"first": "Ines"}, "phone": [{"value": "4021"}]}, {"id": 9}]

    directory = Directory(rows, columns=columns)

    bo, ines, nobody = directory
    assert (bo.name, bo.email) == ("Bo Larsen", EMAIL)
    assert [phone.number for phone in bo.phones] == [PHONE, MOBILE]
    assert (ines.name, ines.phone, ines.email) == ("Ines", "4021", None)
    assert (nobody.name, nobody.phones) == ("", ())
    assert directory.find(MOBILE).contact == bo


def test_a_place_within_cells_that_is_nowhere_is_no_column() -> None:
    with pytest.raises(DirectoryError, match="there is no such column"):
        Directory([NESTED], columns={"name": "names.first", "phone": "phone.number"})
