"""Tryton's adapter against Tryton, and what a connector gets of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import CRMWidget, Handlers
from crmwidget.adapters import Tryton
from crmwidget.errors import (
    CredentialsError,
    CRMTimeoutError,
    RefusedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from crmwidget.safety import privacy
from crmwidget.testing import Connector, interaction_log, navigate, screen_pop
from tests.systems.road import Road
from tests.systems.tryton import DATABASE, PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.systems.tryton import TrytonServer

BO = "+12025550143"
REYES = "+14155550132"
PEOPLE = 31
AUTH = (USER, PASSWORD)


@pytest.fixture(scope="module")
def crm(tryton: TrytonServer) -> Iterator[Tryton]:
    """One session for all tests: each login costs the server seconds."""
    with Tryton(tryton.url, database=DATABASE, auth=AUTH, region="US") as crm:
        yield crm


@pytest.fixture
def way(tryton: TrytonServer) -> Iterator[Road]:
    with Road(tryton.url) as road:
        yield road


def methods(way: Road) -> list[str]:
    """The methods that were called over the road."""
    return [json.loads(one.body)["method"] for one in way.passed]


def notes(crm: Tryton, party: int) -> list[dict[str, Any]]:
    wanted = [["resource", "=", f"party.party,{party}"]]
    return crm._search("ir.note", wanted, ("message",), call="read the notes of a test")


def party(crm: Tryton, name: str) -> tuple[str, int]:
    """Number and id of somebody."""
    found = next(one for one in crm.contacts() if one.name == name)
    assert isinstance(found.id, int)
    return found.phones[0].number, found.id


# ---------------------------------------------------------------- who asks
def test_a_session_is_logged_in_once_and_the_password_is_not_sent_again(
    tryton: TrytonServer, way: Road
) -> None:
    auth = (USER, privacy.Secret(PASSWORD))
    with Tryton(way.url, database=DATABASE, auth=auth, region="US") as crm:
        user = crm.current_user()
        crm.find([BO])

    assert (user.name, user.username, user.language_locale_key) == ("Ada Marsh", USER, "en_US")
    assert methods(way).count("common.db.login") == 1
    assert sum(PASSWORD.encode() in one.body for one in way.passed) == 1
    assert {one.headers["Authorization"].split()[0] for one in way.passed[1:]} == {"Session"}


def test_a_session_that_has_ended_is_logged_in_again(crm: Tryton, tryton: TrytonServer) -> None:
    with Tryton(tryton.url, database=DATABASE, auth=AUTH, region="US") as other:
        assert other.find([BO]).contact is not None
        other._call("common.db.logout", [], call="end the session")

        assert other.find([BO]).contact is not None


def test_a_bad_password_is_asked_once_and_said_to_be_bad(tryton: TrytonServer, way: Road) -> None:
    with Tryton(way.url, database=DATABASE, auth=("bo", "wrong")) as crm:
        for _ in range(3):
            with pytest.raises(CredentialsError, match=r"Tryton, to log in: .* \(HTTP 401\)"):
                crm.find([BO])

    assert methods(way) == ["common.db.login"]


def test_a_password_that_is_answered_late_says_that_it_may_be_bad(
    tryton: TrytonServer, way: Road
) -> None:
    tryton.pause()
    try:
        with (
            Tryton(way.url, database=DATABASE, auth=AUTH, timeout=0.5) as crm,
            pytest.raises(CRMTimeoutError) as raised,
        ):
            crm.find([BO])
    finally:
        tryton.resume()

    assert "A wrong password can look like this" in str(raised.value)
    assert not raised.value.unclear
    assert methods(way) == ["common.db.login"]


def test_a_database_that_it_does_not_have_is_named_as_the_reason(tryton: TrytonServer) -> None:
    with (
        Tryton(tryton.url, database="nope", auth=AUTH) as crm,
        pytest.raises(UnexpectedAnswerError, match="no database of this name"),
    ):
        crm.contacts()


@pytest.mark.parametrize("auth", ["a token", privacy.Secret("a token")])
def test_a_token_is_refused_with_what_it_takes(auth: object) -> None:
    with pytest.raises(TypeError, match=r"auth=\(login, password\)"):
        Tryton("https://erp.example.com", database=DATABASE, auth=auth)


# ---------------------------------------------------------------- contacts
def test_all_parties_are_listed_page_by_page(way: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.adapters._tryton._PAGE", 10)

    with Tryton(way.url, database=DATABASE, auth=AUTH) as crm:
        found = crm.contacts()

    assert [contact.id for contact in found] == list(range(1, PEOPLE + 1))
    assert methods(way).count("model.party.party.search_read") == 4


def test_a_party_has_the_numbers_of_its_child_table_with_their_kinds(crm: Tryton) -> None:
    people = {contact.name: contact for contact in crm.contacts()}

    assert [(phone.kind, phone.number) for phone in people["Ines Okafor"].phones] == [
        ("phone", "+442079460018"),
        ("mobile", "+12025550101"),
    ]
    assert people["Bo Larsen"].email == "bo@example.com"
    assert people["Sam Reyes"].fields == {"code": "3", "fax": "+1 415-555-0199"}
    assert people["Nobody"].phones == ()
    nasty = '=HYPERLINK(1) "O\'Neill" \u202e\u05e9\u05dc\u05d5\u05dd'
    assert [phone.number for phone in people[nasty].phones] == ["+1 202 555 0102"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (BO, "Bo Larsen"),
        ("(202) 555-0143", "Bo Larsen"),
        ("+44 20 7946 0018", "Ines Okafor"),
        ("+12025550101", "Ines Okafor"),
    ],
)
def test_a_caller_is_found(crm: Tryton, number: str, name: str) -> None:
    contact = crm.find([number]).contact

    assert contact is not None
    assert contact.name == name


@pytest.mark.parametrize("number", ["", "anonymous", "+12025550199", "%", "_%", "' or 1=1 --"])
def test_nobody_is_found_for_what_is_nobodys_number(crm: Tryton, number: str) -> None:
    assert not crm.find([number])


def test_a_party_opens_by_its_id_only(crm: Tryton, tryton: TrytonServer) -> None:
    opened = crm.open("1")

    assert opened.name == "Bo Larsen"  # type: ignore[union-attr]
    assert opened.url == f"{tryton.url}/#{DATABASE}/model/party.party/1"  # type: ignore[union-attr]
    for identity in ("999", "0", "-1", "1 or 1=1", "", None, "9" * 30):
        assert not crm.open(identity)


# ---------------------------------------------------------------- logs
def test_a_log_becomes_a_note_on_the_party_once(crm: Tryton) -> None:
    number, identity = party(crm, "Person 00")
    nasty = "=1+1 \u202e\u05e9\u05dc\u05d5\u05dd \"'%_\\ <b> a\0b\ud800c" + "x" * 100_000
    log = interaction_log(caller=number, comments=nasty, key="tryton/1_%")

    saved = {crm.save_log(log) for _ in range(3)}

    (kept,) = notes(crm, identity)
    assert saved == {str(kept["id"])}
    assert kept["message"].startswith(nasty.replace("\0", "\ufffd").replace("\ud800", "\ufffd"))


def test_a_note_whose_answer_was_lost_is_not_written_again(crm: Tryton, way: Road) -> None:
    number, identity = party(crm, "Person 01")
    with Tryton(way.url, database=DATABASE, auth=AUTH, region="US") as far:
        far.find([number])
        # The party, its numbers, the look for the key; then the note.
        way.happens("POST", *["passes"] * 3, "answer lost")

        saved = far.save_log(interaction_log(caller=number, key="tryton/2"))

    assert [str(one["id"]) for one in notes(crm, identity)] == [saved]
    assert methods(way).count("model.ir.note.create") == 1


def test_a_log_of_nobody_or_of_two_is_refused(crm: Tryton) -> None:
    for number in ("+12025550199", REYES):
        with pytest.raises(RefusedError, match="nobody or several have the number"):
            crm.save_log(interaction_log(caller=number, called="4021", key="tryton/3"))


# ---------------------------------------------------------------- failures
def test_a_failure_within_a_200_is_an_error_without_its_text(crm: Tryton) -> None:
    mechanism = ["create", [{"type": "phone", "value": "555"}]]
    bad = {"name": "Sam Reyes", "contact_mechanisms": [mechanism]}

    with pytest.raises(RefusedError) as raised:
        crm._call("model.party.party.create", [[bad], {}], call="make a party", retry=False)

    assert str(raised.value).startswith(
        "Tryton, to make a party: it refused what was sent, it says UserError (HTTP 200)."
    )
    assert "555" not in str(raised.value)


def test_an_unknown_method_and_an_unknown_model_are_errors(crm: Tryton) -> None:
    with pytest.raises(CredentialsError, match="not allowed"):
        crm._call("model.party.party.nope", [], call="do nothing")
    with pytest.raises(RefusedError):
        crm._call("model.nope.nope", [], call="do nothing")


def test_a_server_that_is_gone_is_said_to_be(crm: Tryton, tryton: TrytonServer) -> None:
    tryton.stop()
    try:
        with pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1"):
            crm.find([BO])
    finally:
        tryton.start()
    assert crm.find([BO]).contact is not None


# ---------------------------------------------------------------- the wire
def test_a_connector_gets_of_it_what_it_can_answer(crm: Tryton) -> None:
    _, identity = party(crm, "Ines Okafor")
    with Connector(Handlers(), crm=crm, region="US") as connector:
        assert connector.ask("requestCrmData")["currentUser"]["Name"] == "Ada Marsh"
        directory = connector.ask("directory")
        connector.send(navigate(identity))
        connector.send(interaction_log(caller="+442079460018", key="tryton/4"))

        actions = [one.action for one in connector.received]
    assert directory["results"][0] == {
        "id": 1,
        "name": "Bo Larsen",
        "phone": BO,
        "email": "bo@example.com",
    }
    assert directory["count"] == str(len(directory["results"])) == str(PEOPLE - 1)
    assert actions == ["crmData", "crmDirectory", "createHistoryItem"]
    assert len(notes(crm, identity)) == 1


def test_a_caller_pops_in_the_widget(crm: Tryton) -> None:
    phone = CRMWidget("https://connector.example.com/app/", crm=crm, region="US")
    Connector(phone).send(screen_pop("202-555-0143"))
    record = phone.record
    phone.close(force=True)

    assert record is not None
    assert (record.id, record.name) == (1, "Bo Larsen")
    assert "custom_fields" not in phone.answers["requestCustomFieldsValues"]


def test_the_password_is_in_no_error_and_no_repr(tryton: TrytonServer) -> None:
    with Tryton(tryton.url, database=DATABASE, auth=(USER, "hunter2")) as crm:
        with pytest.raises(CredentialsError) as raised:
            crm.contacts()
        told = f"{raised.value} {crm!r} {crm._door.credentials!r}"

    assert "hunter2" not in told
