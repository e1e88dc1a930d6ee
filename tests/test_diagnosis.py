"""Diagnosis: the cause that the evidence speaks for, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.diagnosis import Evidence, diagnose, of_address
from crmwidget.reach import Hop, Reach

CONNECTOR = "https://connector.example.com"
LOGIN = "https://login.example.com"
NOTEBOOK = {"origin": "https://hub.example.com", "secure": True, "framed": False}


def seen(*, facts: dict[str, Any] | None = None, **more: Any) -> Evidence:
    """A phone whose frame is loaded and says nothing."""
    known = {"shown": True, "silent": True, "host": NOTEBOOK, **(facts or {})}
    given = {
        "connector": CONNECTOR, "src": f"{CONNECTOR}/app", "origins": (CONNECTOR,),
        "status": "silent", "page_heard": 1.0, "crm_data_by": "crm_data=", **more,
    }  # fmt: skip
    return Evidence(facts=known, **given)


def answers(*hops: tuple[str, int], **more: Any) -> Reach:
    found = tuple(Hop(*hop) for hop in hops or ((CONNECTOR, 200),))
    return Reach(CONNECTOR, found, **more)


@pytest.mark.parametrize(
    ("cause", "evidence", "reached"),
    [
        ("connected", seen(status="configured"), None),
        ("closed", seen(closed=True), None),
        ("lost", seen(facts={"lost": True}), None),
        ("not-shown", Evidence(), None),
        ("not-shown", seen(facts={"shown": False}), None),
        ("opaque-host", seen(facts={"host": {"origin": "null"}}), None),
        ("scripts-forbidden", seen(src=None), None),
        ("mixed-content", seen(src="http://connector.example.com/app"), None),
        ("host-forbids-frames", seen(facts={"host": {**NOTEBOOK, "forbidden": "frame-src"}}), None),
        ("not-activated", seen(status="ready", facts={"acked": True}), answers()),
        (
            "no-crm-data",
            seen(facts={"acked": True}, received={"requestCrmData": 1}, crm_data_by=None),
            answers(),
        ),
        (
            "no-crm-data",
            seen(facts={"acked": True}, errors=("requestCrmData: KeyError: 'x'",)),
            answers(),
        ),
        ("unreachable", seen(), Reach(CONNECTOR, (), "refused", "nothing answers")),
        ("unreachable", seen(), Reach(CONNECTOR, (), "name", "no host")),
        ("certificate", seen(), Reach(CONNECTOR, (), "certificate", "untrusted")),
        ("http-error", seen(), answers((CONNECTOR, 404))),
        ("framing-refused", seen(), answers(frame_options="DENY")),
        ("framing-refused", seen(), answers(ancestors=("https://crm.example.com",))),
        ("framing-refused", seen(), answers((CONNECTOR, 302), (LOGIN, 200), frame_options="DENY")),
        ("redirected", seen(), answers((CONNECTOR, 302), (LOGIN, 200))),
        ("redirected", seen(stranger=LOGIN), answers((CONNECTOR, 302), (LOGIN, 200))),
        ("origin-mismatch", seen(stranger=f"{CONNECTOR}:8443"), answers()),
        ("not-a-connector", seen(refused={"type": 3}), answers()),
        ("no-page", seen(), answers(content_type="application/json")),
        ("cookies-blocked", seen(), answers(cookies=("a cookie without SameSite=None",))),
        ("kernel-busy", seen(old_kernel=True), answers()),
        ("silent", seen(), answers()),
        ("loading", seen(status="loading", facts={"silent": False}), answers()),
        ("page-away", seen(status="loading", facts={"silent": False}, page_heard=90.0), answers()),
    ],
)
def test_the_cause_is_named(cause: str, evidence: Evidence, reached: Reach | None) -> None:
    found = diagnose(evidence, reached)

    assert found.cause == cause
    assert found.good is (cause == "connected")
    assert len(found.sentence) > 20
    assert found.checks


def test_an_allowed_redirect_is_none_of_the_causes() -> None:
    found = diagnose(seen(origins=(CONNECTOR, LOGIN)), answers((CONNECTOR, 302), (LOGIN, 200)))

    assert found.cause == "silent"


def test_what_is_inferred_says_probably_and_is_marked() -> None:
    inferred = diagnose(seen(status="ready", facts={"acked": True}), answers())

    assert not inferred.certain
    assert inferred.sentence.startswith("Probably: the connector was greeted")
    assert "[I]" in inferred.sentence
    assert not diagnose(seen(status="configured")).sentence.startswith("Probably")


def test_every_check_has_evidence_and_what_is_wrong_has_advice() -> None:
    evidence = seen(
        refused={"origin": 2}, stranger=LOGIN, crm_data_by=None, kept=2, nodelay=False,
        errors=("ready: KeyError: 'x'",), contradictions=("callLogEnabled is N.",),
        facts={"host": {**NOTEBOOK, "microphone": False}},
    )  # fmt: skip

    found = diagnose(evidence, answers(frame_options="DENY", cookies=("a cookie without Secure",)))

    names = [check.name for check in found]
    assert names == [
        "address", "framing", "cookies", "notebook page", "embedding", "microphone", "origin",
        "refused messages", "ready", "crmData", "settings", "handlers", "kernel",
        "server extension",
    ]  # fmt: skip
    assert all(check.evidence for check in found)
    assert found.to_frame("polars").columns == ["check", "verdict", "evidence", "advice"]
    assert found.to_wire()["cause"] == found.cause
    assert "WRONG" in str(found)


def test_what_it_shows_is_escaped() -> None:
    found = diagnose(seen(stranger="https://<img src=x>"), answers())

    assert "<img" not in found._repr_html_()


def test_nodelay_is_recommended_only_in_a_server_that_lacks_it() -> None:
    def verdict(nodelay: bool | None) -> list[str]:
        checks = diagnose(seen(nodelay=nodelay)).checks
        return [check.verdict for check in checks if check.name == "server extension"]

    assert [verdict(None), verdict(True), verdict(False)] == [[], ["ok"], ["look"]]


def test_an_address_alone_is_judged_for_the_command_line() -> None:
    assert of_address(answers()).cause == "reachable"
    assert of_address(answers(frame_options="DENY")).cause == "framing-refused"
    refused = answers(ancestors=("https://crm.example.com",))
    assert of_address(refused).cause == "reachable"
    assert of_address(refused, "https://hub.example.com").cause == "framing-refused"


def test_a_client_gives_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    client = Client("diagnosed", Handlers())
    page = type("Page", (), {"send": lambda *_: None})()
    refused = {"reason": "origin", "reasons": {"origin": 2}, "origin": LOGIN, "shown": True}
    items = [
        {"t": "hello", "n": 1, "v": 1, "lowest": 1, "facts": {"shown": True}, "at": 0},
        {"t": "note", "seq": 1, "at": 0, "what": "rejected", "n": 2, "detail": refused},
    ]
    client.receive(page, {"crm": 1, "epoch": "e", "items": items})

    evidence = client.evidence()

    assert evidence.refused == {"origin": 2}
    assert evidence.stranger == LOGIN
    assert evidence.status == "loading"
    assert evidence.nodelay is None
    assert diagnose(evidence).cause == "origin-mismatch"
