"""Tables as the usual systems export them, traps included: recognised, named, every number kept."""

from __future__ import annotations

import io

import pandas as pd
import polars as pl
import pytest

from crmwidget.directory import Directory
from crmwidget.errors import DirectoryError

PHONE, MOBILE, FAX = "+1 202 555 0143", "+44 20 7946 0018", "+1 202 555 0199"
EMAIL = "bo@example.com"
BO = {"First Name": "Bo", "Last Name": "Larsen"}
API_BO = {"FirstName": "Bo", "LastName": "Larsen"}

Row = dict[str, object]
EXPORTS: dict[str, tuple[str | None, Row]] = {
    "Salesforce API": (
        "Salesforce",
        {
            "attributes": {"type": "Contact"},
            "Id": "1",
            "Name": "Bo Larsen",
            **API_BO,
            "Phone": PHONE,
            "Fax": FAX,
            "MobilePhone": MOBILE,
            "Email": EMAIL,
        },
    ),
    "Salesforce data export": (
        "Salesforce",
        {
            "Id": "1",
            "AccountId": "9",
            **API_BO,
            "Phone": PHONE,
            "Fax": FAX,
            "MobilePhone": MOBILE,
            "Email": EMAIL,
        },
    ),
    "Salesforce report": (
        "Salesforce report",
        {
            "Contact ID": "1",
            **BO,
            "Account Name": "Acme",
            "Phone": PHONE,
            "Fax": FAX,
            "Mobile": MOBILE,
            "Email": EMAIL,
        },
    ),
    "HubSpot export": (
        "HubSpot",
        {
            "Record ID": "1",
            **BO,
            "Phone Number": PHONE,
            "Mobile Phone Number": MOBILE,
            "Fax Number": FAX,
            "Email": EMAIL,
            "Associated Company": "Acme",
        },
    ),
    "HubSpot API": (
        "HubSpot API",
        {
            "id": "1",
            "properties": {
                "hs_object_id": "1",
                "firstname": "Bo",
                "lastname": "Larsen",
                "phone": PHONE,
                "mobilephone": MOBILE,
                "fax": FAX,
                "email": EMAIL,
                "company": "Acme",
            },
        },
    ),
    "HubSpot API through json_normalize": (
        "HubSpot API",
        {
            "id": "1",
            "properties.hs_object_id": "1",
            "properties.firstname": "Bo",
            "properties.lastname": "Larsen",
            "properties.phone": PHONE,
            "properties.mobilephone": MOBILE,
            "properties.email": EMAIL,
        },
    ),
    "Zendesk API": (
        "Zendesk API",
        {
            "id": "1",
            "url": "https://acme.example.com/api/v2/users/1.json",
            "external_id": "E-9",
            "name": "Bo Larsen",
            "phone": f"{PHONE}; {MOBILE}",
            "email": EMAIL,
            "role": "end-user",
        },
    ),
    "Zendesk import CSV": (
        "Zendesk CSV",
        {
            "name": "Bo Larsen",
            "email": EMAIL,
            "external_id": "1",
            "phone": f"{PHONE}, {MOBILE}",
            "role": "end-user",
            "organization": "Acme",
        },
    ),
    "Dynamics Excel": (
        "Dynamics 365",
        {
            "(Do Not Modify) Contact": "1",
            "(Do Not Modify) Row Checksum": "abc",
            "(Do Not Modify) Modified On": "2026-01-02",
            " Full Name": "Bo Larsen",
            "Company Name": "Acme",
            "Business Phone": PHONE,
            "Mobile Phone": MOBILE,
            "Email": EMAIL,
        },
    ),
    "Dataverse API": (
        "Dataverse",
        {
            "@odata.etag": 'W/"1"',
            "contactid": "1",
            "fullname": "Bo Larsen",
            "firstname": "Bo",
            "lastname": "Larsen",
            "telephone1": PHONE,
            "telephone2": None,
            "mobilephone": MOBILE,
            "fax": FAX,
            "emailaddress1": EMAIL,
        },
    ),
    "Odoo 18 labels": (
        "Odoo",
        {
            "External ID": "1",
            "Name": "Bo Larsen",
            "Phone": f"'{PHONE}",
            "Mobile": f"'{MOBILE}",
            "Email": EMAIL,
        },
    ),
    "Odoo 18 API": (
        "Odoo",
        {
            "id": "1",
            "name": "Bo Larsen",
            "display_name": "Acme, Bo Larsen",
            "is_company": False,
            "phone": PHONE,
            "mobile": MOBILE,
            "email": EMAIL,
            "parent_id": [7, "Acme"],
        },
    ),
    "Zoho": (
        "Zoho CRM",
        {
            "Record Id": "1",
            **BO,
            "Account Name": "Acme",
            "Phone": PHONE,
            "Mobile": MOBILE,
            "Fax": FAX,
            "Email": EMAIL,
        },
    ),
    "Pipedrive": (
        "Pipedrive",
        {
            "Person - ID": "1",
            "Person - Name": "Bo Larsen",
            "Person - Organization": "Acme",
            "Person - Phone": f"{PHONE}, {MOBILE}",
            "Person - Email": EMAIL,
        },
    ),
    "Pipedrive, a column for each kind": (
        "Pipedrive",
        {
            "Person - ID": "1",
            "Person - Name": "Bo Larsen",
            "Person - Phone - Work": PHONE,
            "Person - Phone - Mobile": MOBILE,
            "Person - Email - Work": EMAIL,
        },
    ),
    "BottleCRM API": (
        "BottleCRM",
        {
            "id": "1",
            "first_name": "Bo",
            "last_name": "Larsen",
            "phone": PHONE,
            "phone_e164": MOBILE,
            "email": EMAIL,
        },
    ),
    "Tryton": (
        "Tryton",
        {
            "id": "1",
            "code": "7",
            "name": "Bo Larsen",
            "rec_name": "Bo Larsen [7]",
            "phone": PHONE,
            "mobile": MOBILE,
            "fax": FAX,
            "email": EMAIL,
        },
    ),
    "vCard": (
        "vCard",
        {
            "UID": "1",
            "FN": "Bo Larsen",
            "TEL": PHONE,
            "TEL;TYPE=CELL": MOBILE,
            "TEL;TYPE=FAX": FAX,
            "EMAIL": EMAIL,
        },
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_and_the_line_names_its_system(name: str) -> None:
    system, row = EXPORTS[name]

    directory = Directory([row])

    (contact,) = directory
    assert (contact.id, contact.name, contact.email) == ("1", "Bo Larsen", EMAIL)
    assert [phone.number for phone in contact.phones] == [PHONE, MOBILE]
    assert contact.url is None
    assert not directory.find(FAX)
    assert directory.find(MOBILE).contact == contact
    assert directory.recognised.startswith(f"1 contact: {system}: ")


def test_what_a_company_is_called_stays_a_field() -> None:
    kept = {"Account Name", "Associated Company", "Company Name", "Person - Organization"}

    for name, (_, row) in EXPORTS.items():
        (contact,) = Directory([row])
        for column in kept & set(row):
            assert contact.fields[column] == "Acme", name


def test_odoo_19_has_no_mobile_and_says_false_for_what_is_absent() -> None:
    rows = [
        {"id": 1, "name": "Bo Larsen", "is_company": False, "phone": PHONE, "email": EMAIL},
        {"id": 2, "name": False, "is_company": False, "phone": False, "email": False},
    ]

    bo, nameless = Directory(rows)

    assert [phone.number for phone in bo.phones] == [PHONE]
    assert (nameless.name, nameless.phones, nameless.email) == ("", (), None)


def test_todays_google_csv() -> None:
    csv = (
        "\ufeffFirst Name,Middle Name,Last Name,File As,Organization Name,E-mail 1 - Label,"
        "E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        f"Bo,,Larsen,,Acme,* ,{EMAIL} ::: b@example.com,* Mobile,{MOBILE} ::: 4021,Work Fax,{FAX}\n"
        f",,,Front desk,,,,Work,{PHONE},,\n"
    )

    directory = Directory(pd.read_csv(io.StringIO(csv), dtype=str))

    bo, desk = directory
    assert (bo.id, bo.name, bo.email) == (1, "Bo Larsen", EMAIL)
    assert [(one.number, one.kind) for one in bo.phones] == [(MOBILE, "mobile"), ("4021", "mobile")]
    assert bo.fields["Organization Name"] == "Acme"
    assert (desk.name, [one.kind for one in desk.phones]) == ("Front desk", ["work"])
    assert not directory.find(FAX)
    assert directory.recognised == (
        "2 contacts: Google CSV: name (First Name + Middle Name + Last Name), "
        "phone (Phone 1 - Value, Phone 2 - Value), email (E-mail 1 - Value) recognised; "
        "File As, Organization Name, E-mail 1 - Label kept; "
        "no column of ids, so rows are numbered from 1"
    )


def test_the_old_google_csv() -> None:
    row = {
        "Name": "Bo Larsen",
        "Given Name": "Bo",
        "Family Name": "Larsen",
        "E-mail 1 - Type": "* Work",
        "E-mail 1 - Value": EMAIL,
        "Phone 1 - Type": "Mobile",
        "Phone 1 - Value": MOBILE,
        "Phone 2 - Type": "Pager",
        "Phone 2 - Value": FAX,
    }

    directory = Directory([row])

    (bo,) = directory
    assert (bo.name, bo.email) == ("Bo Larsen", EMAIL)
    assert [(one.number, one.kind) for one in bo.phones] == [(MOBILE, "mobile")]
    assert "Google CSV (old format): name" in directory.recognised


def test_outlook_has_a_column_for_every_kind() -> None:
    kinds = {
        "Business Phone": "business",
        "Business Phone 2": "business",
        "Home Phone": "home",
        "Home Phone 2": "home",
        "Mobile Phone": "mobile",
        "Primary Phone": "primary",
        "Other Phone": "other",
        "Company Main Phone": "company",
        "Assistant's Phone": "assistant",
        "Car Phone": "car",
        "Radio Phone": "radio",
    }
    numbers = {name: f"+1202555{row:04}" for row, name in enumerate(kinds, 101)}
    refused = dict.fromkeys(("Business Fax", "Home Fax", "Other Fax", "Pager", "Telex"), FAX)
    row = {**BO, "Company": "Acme", **refused, **numbers, "E-mail Address": EMAIL}

    directory = Directory([row])

    (bo,) = directory
    assert [(one.number, one.kind) for one in bo.phones] == [
        (numbers[name], kind) for name, kind in kinds.items()
    ]
    assert (bo.email, bo.fields["Company"], bo.fields["Pager"]) == (EMAIL, "Acme", FAX)
    assert "Outlook CSV: name (First Name + Last Name)" in directory.recognised
    assert not directory.find(FAX)


def test_salesforces_further_numbers_have_their_kinds() -> None:
    row = {
        "Id": 1,
        "LastName": "Larsen",
        "HomePhone": "1",
        "OtherPhone": "2",
        "AssistantPhone": "3",
        "Asst. Phone": "4",
    }

    (bo,) = Directory([row])

    assert [(one.number, one.kind) for one in bo.phones] == [
        ("1", "home"),
        ("2", "other"),
        ("3", "assistant"),
        ("4", "assistant"),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("id", "name", "phone", "email"),
        ("ID", "First Name", "Last Name", "Phone"),
        ("id", "external_id", "name", "phone", "details"),
        ("uid", "name", "Phone Number", "Email"),
    ],
)
def test_where_several_systems_are_possible_none_is_named(names: tuple[str, ...]) -> None:
    directory = Directory([dict.fromkeys(names, "1")])

    assert directory.recognised.startswith("1 contact: id")


def test_a_repeated_column_is_one_more_number_whichever_reader_renamed_it() -> None:
    csv = f"Id,Name,Phone,Phone\n1,Bo,{PHONE},{MOBILE}\n"

    by_pandas = Directory(pd.read_csv(io.StringIO(csv)))
    by_polars = Directory(pl.read_csv(io.StringIO(csv)))

    for directory in (by_pandas, by_polars):
        (bo,) = directory
        assert [(one.number, one.kind) for one in bo.phones] == [
            (PHONE, "phone"),
            (MOBILE, "phone"),
        ]


@pytest.mark.parametrize("mark", ["\ufeff", '\ufeff"', "\u00ef\u00bb\u00bf"], ids=ascii)
def test_a_byte_order_mark_does_not_hide_the_first_column(mark: str) -> None:
    (bo,) = Directory([{f"{mark}id": 7, "name": "Bo", "phone": PHONE}])

    assert bo.id == 7


@pytest.mark.parametrize(
    ("encoding", "read_as", "advice"),
    [
        ("utf-8-sig", "cp1252", 'pd.read_csv(path, encoding="utf-8-sig")'),
        ("utf-8", "latin-1", 'pd.read_csv(path, encoding="utf-8-sig")'),
        ("utf-16", "latin-1", 'pd.read_csv(path, encoding="utf-16")'),
        ("utf-16-be", "latin-1", 'pd.read_csv(path, encoding="utf-16")'),
        ("cp1252", "utf-8", 'pd.read_csv(path, encoding="cp1252")'),
    ],
)
def test_a_mistaken_encoding_that_shows_in_the_names_is_said_with_the_remedy(
    encoding: str, read_as: str, advice: str
) -> None:
    names = "Kundenname,Rufn\u00fcmmer".encode(encoding).decode(read_as, "replace").split(",")

    with pytest.raises(DirectoryError) as caught:
        Directory([dict.fromkeys(names, "1")])
    recognised = Directory([dict.fromkeys(["name", "phone", *names], "+12025550143")])

    assert advice in str(caught.value)
    assert (
        f"names and texts may be garbled: the file is {'not ' * (encoding == 'cp1252')}"
        in (recognised.warnings[0])
    )
    assert advice in recognised.warnings[0]


def test_names_with_accents_are_no_mistake() -> None:
    row = {"Prénom": "Bo", "Straße": "x", "Größe Â": 1, "氏名": "y", "name": "Bo", "phone": PHONE}

    assert Directory([row]).warnings == []


def test_what_a_spreadsheet_did_to_an_export_is_mended_or_reported_by_row() -> None:
    csv = (
        "External ID,Name,Phone\n"
        "1,Bo Larsen,'+12025550143\n"
        "2,Ines Okafor,4.42E+11\n"
        "3,Sam Reyes,12025550144.0\n"
    )

    directory = Directory(pd.read_csv(io.StringIO(csv)))

    assert [contact.phone for contact in directory] == ["+12025550143", None, "+12025550144"]
    assert directory.warnings[0] == (
        "Phone: 1 number was shortened by a spreadsheet to a form like 4.42E+11 and cannot be "
        "restored (row 2, the first being 1): export the column as text"
    )
