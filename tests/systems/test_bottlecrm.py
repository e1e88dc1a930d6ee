"""BottleCRM's adapter against BottleCRM."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from crmwidget.adapters import BottleCRM
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    CRMTimeoutError,
    RefusedError,
    UnreachableError,
)
from crmwidget.safety import privacy
from crmwidget.testing import interaction_log
from tests.systems.road import Instead

if TYPE_CHECKING:
    from tests.systems.bottlecrm import BottleCRMServer
    from tests.systems.road import Road

BO = "+12025550143"
REYES = "+14155550132"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


# ---------------------------------------------------------------- who asks
@pytest.mark.parametrize("kind", ["personal", "jwt"])
def test_the_current_user_is_the_owner_of_the_token(bottlecrm: BottleCRMServer, kind: str) -> None:
    with BottleCRM(bottlecrm.url, auth=bottlecrm.credentials[kind]) as crm:
        user = crm.current_user()

    assert (user.name, user.username, user.type) == ("Ada Marsh", "ada@example.com", "Admin")


def test_the_organisations_key_reads_contacts_and_is_nobody(bottlecrm: BottleCRMServer) -> None:
    key = privacy.Secret(bottlecrm.credentials["organisation"])
    with BottleCRM(bottlecrm.url, auth=key, region="US") as crm:
        assert crm.find([BO]).contact is not None
        with pytest.raises(CredentialsError, match="belongs to no user"):
            crm.current_user()
        with pytest.raises(CredentialsError, match=r"not allowed to the account \(HTTP 403\)"):
            crm.save_log(interaction_log(key="organisation/1"))


@pytest.mark.parametrize(
    "auth", [None, "bcrm_pat_wrong", "eyJhbGciOiJIUzI1NiJ9.e30.e30", "expired"]
)
def test_a_token_that_is_bad_or_missing_is_said_to_be(
    bottlecrm: BottleCRMServer, auth: str | None
) -> None:
    token = bottlecrm.credentials.get(auth or "", auth)
    with BottleCRM(bottlecrm.url, auth=token) as crm, pytest.raises(CredentialsError) as raised:
        crm.find([BO])

    assert "the credentials are not accepted (HTTP 403). Check auth=" in str(raised.value)
    assert token is None or token not in str(raised.value)


def test_a_token_without_the_scope_is_told_from_a_bad_one(bottlecrm: BottleCRMServer) -> None:
    with BottleCRM(bottlecrm.url, auth=bottlecrm.credentials["reader"], region="US") as crm:
        assert crm.find([BO]).contact is not None
        with pytest.raises(CredentialsError) as raised:
            crm.custom_fields(["plan"])

    assert "not allowed to the account" in str(raised.value)
    assert "custom-fields:read" in str(raised.value)


def test_a_token_function_is_asked_again_when_its_token_was_refused(
    bottlecrm: BottleCRMServer,
) -> None:
    tokens = [bottlecrm.credentials["expired"], bottlecrm.credentials["personal"]]
    with BottleCRM(bottlecrm.url, auth=lambda: tokens.pop(0), region="US") as crm:
        assert crm.find([BO]).contact is not None

    assert tokens == []


def test_a_token_function_is_not_asked_again_for_what_its_token_may_not_do(
    bottlecrm: BottleCRMServer,
) -> None:
    tokens = [bottlecrm.credentials["reader"], bottlecrm.credentials["personal"]]
    with (
        BottleCRM(bottlecrm.url, auth=lambda: tokens.pop(0)) as crm,
        pytest.raises(CredentialsError, match="not allowed to the account"),
    ):
        crm.current_user()

    assert len(tokens) == 1


# ---------------------------------------------------------------- contacts
def test_the_directory_has_everybody_of_all_pages_once(
    road: Road, far: BottleCRM, monkeypatch: pytest.MonkeyPatch, bottlecrm: BottleCRMServer
) -> None:
    monkeypatch.setattr("crmwidget.adapters._bottlecrm._PAGE", 10)

    found = far.contacts()

    assert len(found) == len({contact.id for contact in found}) == bottlecrm.credentials["people"]
    assert road.count("GET") == 4


def test_more_contacts_than_wanted_are_left_out_with_a_warning(bottlecrm: BottleCRMServer) -> None:
    auth = bottlecrm.credentials["personal"]
    with (
        BottleCRM(bottlecrm.url, auth=auth, most=12) as crm,
        pytest.warns(UserWarning, match="more than 12 contacts"),
    ):
        assert len(crm.contacts()) == 12


def test_a_contact_has_its_number_as_placed_and_as_written(crm: BottleCRM) -> None:
    bo = next(one for one in crm.contacts() if one.name == "Bo Larsen")

    assert [(phone.kind, phone.number) for phone in bo.phones] == [
        ("phone", BO),
        ("written", "(202) 555-0143"),
    ]
    assert (bo.email, bo.fields["plan"]) == ("bo@example.com", "gold")


def test_nasty_names_come_through_unchanged(crm: BottleCRM) -> None:
    names = {one.name for one in crm.contacts()}

    assert {
        "=HYPERLINK(1) @SUM(A1)",
        "Quo\"te O'Neill; DROP--",
        "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
        "<img src=x> \U0001f600 & co",
    } < names


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (BO, "Bo Larsen"),
        ("2025550143", "Bo Larsen"),
        ("tel:+1-202-555-0143", "Bo Larsen"),
        ("+442079460018", "Ines Okafor"),
        ("+33199002751", "<img src=x> \U0001f600 & co"),
        ("202-555-0102", "Quo\"te O'Neill; DROP--"),
    ],
)
def test_a_caller_is_found_however_the_number_is_written_there(
    crm: BottleCRM, number: str, name: str
) -> None:
    contact = crm.find([number]).contact

    assert contact is not None
    assert contact.name == name


def test_a_number_of_two_is_certainly_theirs_and_nobodys_record(crm: BottleCRM) -> None:
    matches = crm.find([REYES])

    assert sorted(match.contact.name for match in matches) == ["Kit Reyes", "Sam Reyes"]
    assert matches.contact is None


@pytest.mark.parametrize("number", ["", "anonymous", "+12025550199", "4021", "0143", "%", "'; --"])
def test_nobody_is_found_for_a_part_of_a_number(crm: BottleCRM, number: str) -> None:
    assert not [match for match in crm.find([number]) if match.certain]


def test_many_with_the_last_digits_are_asked_for_by_more_of_them(
    far: BottleCRM, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmwidget.adapters._bottlecrm._MANY", 0)
    monkeypatch.setattr("crmwidget.adapters._bottlecrm._PAGE", 1)

    matches = far.find([REYES])

    assert sorted(match.contact.name for match in matches) == ["Kit Reyes", "Sam Reyes"]
    assert road.passed[0].path == "/api/contacts/?phone=0132&limit=1&offset=0"
    assert any("phone=555-0132&" in one.path for one in road.passed)


def test_a_record_opens_as_a_link_because_its_page_may_not_be_framed(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    _, identity = bottlecrm.person("Larsen")

    opened = crm.open(identity)

    assert opened.url == f"https://app.example.com/contacts/{identity}"  # type: ignore[union-attr]
    with httpx.Client(timeout=30) as client:
        answer = client.get(f"{bottlecrm.url}/api/contacts/{identity}/")
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("identity", [UNKNOWN_ID, "../profile", "", None, "1 or 1=1", 7])
def test_no_record_opens_for_an_id_that_is_none(far: BottleCRM, road: Road, identity: Any) -> None:
    assert not far.open(identity)

    assert road.count("GET") == (identity == UNKNOWN_ID)


def test_custom_fields_have_their_labels_kinds_and_choices(crm: BottleCRM) -> None:
    fields = {field.name: field for field in crm.custom_fields(["plan"])}

    assert list(fields) == ["plan", "case_id", "seats", "renews", "vip"]
    assert (fields["plan"].label, fields["plan"].type) == ("Plan", "PICKLIST")
    assert fields["plan"].options == [
        {"value": "gold", "label": "Gold"},
        {"value": "s", "label": "S"},
    ]


# ---------------------------------------------------------------- failures
def test_a_search_whose_answer_was_lost_is_asked_again(far: BottleCRM, road: Road) -> None:
    road.happens("GET", "answer lost", Instead(503), Instead(429, {"Retry-After": "0"}))

    assert far.find([BO]).contact is not None

    assert road.count("GET") == 4


def test_a_server_that_hangs_is_a_time_out_and_works_again_when_it_does(
    bottlecrm: BottleCRMServer,
) -> None:
    auth = bottlecrm.credentials["personal"]
    with BottleCRM(bottlecrm.url, auth=auth, region="US", timeout=0.5) as crm:
        bottlecrm.pause()
        try:
            with pytest.raises(CRMTimeoutError, match="BottleCRM, to find contacts: no answer"):
                crm.find([BO])
        finally:
            bottlecrm.resume()
    with BottleCRM(bottlecrm.url, auth=auth, region="US") as crm:
        assert crm.find([BO]).contact is not None


def test_a_server_that_dies_in_the_midst_of_a_call_is_said_to_be_gone(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer
) -> None:
    bottlecrm.pause()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(far.find, [BO])
        road.await_request("GET")
        bottlecrm.stop()
        error = asking.exception()
    try:
        assert isinstance(error, UnreachableError)
        assert f"the connection to {far.url.removeprefix('http://')} broke" in str(error)
        with (
            BottleCRM(bottlecrm.url, auth="bcrm_pat_x") as near,
            pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1"),
        ):
            near.contacts()
    finally:
        bottlecrm.start()
    assert far.find([BO]).contact is not None


def test_a_question_ends_within_its_time_however_often_it_is_refused(
    road: Road, bottlecrm: BottleCRMServer
) -> None:
    road.happens("GET", *[Instead(429, {"Retry-After": "3600"})] * 4)
    begun = time.monotonic()

    with BottleCRM(road.url, auth="bcrm_pat_x", timeout=5) as crm, pytest.raises(AdapterError):
        crm.find([BO])

    assert time.monotonic() - begun < 5
    assert road.count("GET") == 1


@pytest.mark.parametrize("location", ["https://elsewhere.example.com/", "//elsewhere.example.com/"])
def test_no_redirect_leads_to_another_host(far: BottleCRM, road: Road, location: str) -> None:
    road.happens("GET", Instead(302, {"Location": location}))

    with pytest.raises(AdapterError, match=r"to elsewhere\.example\.com"):
        far.find([BO])

    assert road.count("GET") == 1


def test_no_error_shows_a_number_a_name_or_a_token(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    road.happens("GET", Instead(400, {}, b'{"error":true,"errors":{"phone":["+12025550143?"]}}'))
    with pytest.raises(RefusedError) as raised:
        far.find([BO])

    assert raised.value.fields == ("phone",)
    told = f"{raised.value} {raised.value!r} {far!r} {caplog.text}"
    assert not [secret for secret in ("0143", bottlecrm.credentials["personal"]) if secret in told]
