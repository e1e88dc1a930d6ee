"""Nasty data: from a CRM's answer to the connector's address book and back, unharmed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import httpx
import httpx2
import pytest

from crmwidget import Directory, Handlers, adapters
from crmwidget.adapters import Rest, Salesforce, Zendesk
from crmwidget.errors import RateLimitedError
from crmwidget.testing import Connector, directory_request, interaction_log
from tests.adapters.fake import Time, Vendor

NASTY = [
    '=HYPERLINK("https://evil.example.org","x")',
    "+cmd|' /C calc'!A0",
    'O\'Brien "the" \\ quote',
    "\u202egnirts \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "nul \0 inside",
    "lone \ud800 surrogate \udfff",
    "<script>alert(1)</script>",
    "x" * 100_000,
    "line\nbreak\ttab\r",
    "\U0001f4de telephone",
]


def people(names: list[str]) -> bytes:
    rows = [
        {"id": number, "name": name, "phone": f"+1202555{number:04}", "email": None, "note": name}
        for number, name in enumerate(names)
    ]
    return json.dumps(rows).encode()


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_nasty_texts_of_an_answer_reach_the_address_book_as_they_are(module: Any) -> None:
    fake = Vendor(module=module).on("GET /people", (200, people(NASTY)))
    adapter = Rest(
        "https://crm.example.com",
        client=fake.client(),
        contacts="/people",
        fields={"id": "id", "name": "name", "phone": "phone", "email": "email"},
    )

    with Connector(Handlers(), crm=adapter, region="US") as connector:
        answer = connector.ask(directory_request())

    listed = json.loads(answer) if isinstance(answer, str) else answer
    rows = next(value for value in listed.values() if isinstance(value, list))
    assert [row["name"] for row in rows] == [name.strip() for name in NASTY]
    assert [row["id"] for row in rows] == list(range(len(NASTY)))


def test_nasty_texts_stay_in_the_fields_of_a_contact() -> None:
    fake = Vendor().on("GET /people", (200, people(NASTY)))
    adapter = Rest("https://crm.example.com", client=fake.client(), contacts="/people")

    found = adapter.contacts()

    assert [contact.fields["note"] for contact in found] == NASTY
    assert all("<script>" not in contact._repr_html_() for contact in found)
    assert len(Directory(found).to_wire()) > 100_000


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": None, "name": None, "phone": None},
        {"id": {"a": 1}, "name": ["Bo"], "phone": {"x": 1}},
        {"id": True, "name": 7, "phone": 2025550143},
        {"id": 1.5, "name": 1e300, "phone": 2025550143.0},
        {"id": "1", "name": float("nan"), "phone": [None, 1, "2025550143", {"y": []}]},
        {"id": 2**70, "name": {"first": "Bo"}, "phone": "phone"},
    ],
)
def test_a_row_of_any_shape_is_a_contact(row: dict[str, Any]) -> None:
    fake = Vendor().on("GET /people", (200, json.dumps([row]).encode()))
    adapter = Rest("https://crm.example.com", client=fake.client(), contacts="/people")

    found = adapter.contacts()

    assert len(found) == 1
    json.loads(Directory(found, "US").to_wire())


def test_rows_that_are_none_are_left_out() -> None:
    fake = Vendor().on("GET /people", [None, 1, "x", [], {"id": 1}])
    adapter = Rest("https://crm.example.com", client=fake.client(), contacts="/people")

    assert [contact.id for contact in adapter.contacts()] == [1]


def test_duplicate_ids_and_shared_numbers_are_never_one_certain_contact() -> None:
    rows = [
        {"id": 1, "name": "Sam Reyes", "phone": "4155550132"},
        {"id": 2, "name": "Kit Reyes", "phone": "(415) 555-0132"},
    ]
    fake = Vendor().on("GET /people", rows)
    adapter = Rest(
        "https://crm.example.com",
        client=fake.client(),
        region="US",
        find="/people?q={number}",
    )

    matches = adapter.find(["+14155550132"])

    assert [contact.id for contact in matches.contacts] == [1, 2]
    assert matches.contact is None


@pytest.mark.parametrize("text", NASTY)
def test_nasty_logs_are_sent_as_valid_json(text: str) -> None:
    api = "/services/data/v60.0"
    fake = Vendor().on(f"GET {api}/query", {"records": []})
    fake.on(f"POST {api}/sobjects/Task", (201, {"id": "00T1", "success": True}))
    fake.on(f"GET {api}/sobjects/Task/describe", {"fields": []})
    adapter = Salesforce("https://acme.my.salesforce.com", client=fake.client())
    log = interaction_log(
        topic="Nasty", comments=text[:20_000], custom_fields={text[:200]: text[:5_000]}, key=text
    )

    assert adapter.save_log(log) == "00T1"

    sent = fake.asked[-1].body
    json.dumps(sent, ensure_ascii=False).encode()
    assert "\0" not in json.dumps(sent)
    assert sent["Description"].startswith(re.sub("[\0\ud800]", "\ufffd", text[:10]))


@pytest.mark.parametrize("answer", [None, [], {}, 7, "text", [[]], {"users": [None]}, True])
def test_an_answer_of_another_shape_is_an_adapters_error_or_nobody(answer: Any) -> None:
    fake = Vendor().on("GET /api/v2/search", answer).on("GET /api/v2/users/1", answer)
    adapter = Zendesk("https://acme.zendesk.com", client=fake.client(), clock=Time().clock())

    for ask in (lambda: adapter.find(["+12025550143"]), lambda: adapter.open(1)):
        with pytest.raises(adapters._base.AdapterError):  # type: ignore[attr-defined]
            ask()


EVERY: dict[str, Any] = {
    "HubSpot": lambda client: adapters.HubSpot(client=client),
    "Zendesk": lambda client: Zendesk("https://acme.zendesk.com", client=client),
    "Salesforce": lambda client: Salesforce("https://acme.my.salesforce.com", client=client),
    "Dynamics": lambda client: adapters.Dynamics("https://acme.crm.dynamics.com", client=client),
    "BottleCRM": lambda client: adapters.BottleCRM("https://crm.example.com", client=client),
    "Tryton": lambda client: adapters.Tryton(
        "https://crm.example.com", database="acme", client=client
    ),
    "Rest": lambda client: Rest(
        "https://crm.example.com", client=client, find="/people?q={number}"
    ),
}


@pytest.mark.parametrize("crm", EVERY)
@pytest.mark.parametrize("status", [408, 423, 425, 477])
def test_no_crm_is_told_to_check_its_fields_where_it_only_means_later(
    crm: str, status: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = {"status": "error", "error": "locked", "category": "VALIDATION_ERROR"}
        return httpx.Response(status, json=body, headers={"Retry-After": "1800"})

    adapter = EVERY[crm](httpx.Client(transport=httpx.MockTransport(answer)))

    with pytest.raises(RateLimitedError, match="It asks to wait 1,800 s") as raised:
        adapter.find(["+12025550143"])

    assert raised.value.retry_after == 1800


def test_importing_the_adapters_loads_no_client_and_no_numbers() -> None:
    code = (
        "import sys; from crmwidget.adapters import *; "
        "print([m for m in ('httpx', 'httpx2', 'authlib', 'phonenumbers', 'narwhals', 'keyring')"
        " if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_adapter_is_listed_and_no_other_name_is_there() -> None:
    assert set(adapters.__all__) <= set(dir(adapters))
    for name in adapters.__all__:
        assert getattr(adapters, name)
    with pytest.raises(AttributeError, match=r"no attribute 'Pipedrive'"):
        adapters.Pipedrive  # noqa: B018 - the look-up is the test
