"""Diagnosis: the cause that the evidence speaks for, and what to do."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crmwidget
from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.diagnosis import Evidence, Seen, diagnose, of_address
from crmwidget.diagnosis.probes._framing import Framing
from crmwidget.diagnosis.probes.http import Hop, Reach
from crmwidget.handlers.given import GivenFunction

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTOR = "https://connector.example.com"
LOGIN = "https://login.example.com"
PLAIN = "http://connector.example.com"
NOTEBOOK = {"origin": "https://hub.example.com", "secure": True, "framed": False}

FAR = {"host": {**NOTEBOOK, "origin": "https://hub.example.org"}}
"""A page of another site than the connector."""
HERE = {"host": {**NOTEBOOK, "origin": "http://127.0.0.1:8888"}}
"""A page on the kernel's machine."""


def seen(*, facts: dict[str, Any] | None = None, **more: Any) -> Evidence:
    """A phone whose frame is loaded and says nothing."""
    known = {"shown": True, "silent": True, "host": NOTEBOOK, **(facts or {})}
    given = {
        "connector": CONNECTOR, "src": f"{CONNECTOR}/app", "origins": (CONNECTOR,),
        "status": "silent", "page_heard": 1.0, "crm_data_by": "crm_data=", **more,
    }  # fmt: skip
    return Evidence(facts=known, **given)


DENY = Framing(options=("deny",))


def listing(*sources: str) -> Framing:
    return Framing(policies=(sources,))


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
        ("not-shown", Evidence(making=True), None),
        ("page-away", seen(answers=False), None),
        ("page-away", seen(status="configured", answers=False), None),
        ("not-shown", seen(facts={"shown": False}), None),
        ("opaque-host", seen(facts={"host": {"origin": "null"}}), None),
        ("scripts-forbidden", seen(src=None), None),
        ("mixed-content", seen(connector=PLAIN, src=f"{PLAIN}/app"), None),
        ("mixed-content", seen(), answers((CONNECTOR, 302), (PLAIN, 200))),
        ("mixed-content", seen(), Reach(CONNECTOR, (), "name", "no host", PLAIN)),
        ("host-forbids-frames", seen(facts={"host": {**NOTEBOOK, "forbidden": "frame-src"}}), None),
        ("not-activated", seen(status="ready", facts={"acked": True}), answers()),
        (
            "no-crm-data",
            seen(facts={"acked": True}, received={"requestCrmData": 1}, crm_data_by=None),
            answers(),
        ),
        (
            "no-crm-data",
            seen(facts={"acked": True}, crm_data_error="f raised KeyError."),
            answers(),
        ),
        ("unreachable", seen(), Reach(CONNECTOR, (), "refused", "nothing answers")),
        ("unreachable", seen(), Reach(CONNECTOR, (), "name", "no host")),
        ("certificate", seen(), Reach(CONNECTOR, (), "certificate", "untrusted")),
        ("http-error", seen(), answers((CONNECTOR, 404))),
        ("framing-refused", seen(), answers(framing=DENY)),
        ("framing-refused", seen(), answers(framing=listing("https://crm.example.com"))),
        ("framing-refused", seen(), answers((CONNECTOR, 302), (LOGIN, 200), framing=DENY)),
        ("redirected", seen(), answers((CONNECTOR, 302), (LOGIN, 200))),
        ("redirected", seen(stranger=LOGIN), answers((CONNECTOR, 302), (LOGIN, 200))),
        ("origin-mismatch", seen(stranger=f"{CONNECTOR}:8443"), answers()),
        ("not-a-connector", seen(refused={"type": 3}), answers()),
        ("no-page", seen(), answers(content_type="application/json")),
        ("no-page", seen(), answers((CONNECTOR, 204), no_page="answers 204")),
        ("no-page", seen(), answers(no_page="sends a download", framing=DENY)),
        ("unreachable", seen(), Reach(CONNECTOR, (), "slow", "not complete")),
        ("silent", seen(), Reach(CONNECTOR, (), "unasked", "cannot be asked")),
        ("origin-mismatch", seen(status="configured", stranger=LOGIN), None),
        (
            "redirected",
            seen(status="configured", stranger=LOGIN),
            answers((CONNECTOR, 302), (LOGIN, 200)),
        ),
        ("connected", seen(status="configured", facts={"host": {"origin": "null"}}), None),
        ("cookies-blocked", seen(facts=FAR), answers(cookies=("a cookie without Secure",))),
        ("silent", seen(), answers(cookies=("a cookie without Secure",))),  # of one site
        ("silent", seen(facts=FAR), answers(third_party=True)),
        ("kernel-busy", Evidence(waits=True), answers()),
        ("kernel-busy", seen(waits=True, making=True), answers()),
        ("silent", seen(waits=True), answers()),
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


@pytest.mark.parametrize("problem", ["name", "refused", "protocol"])
def test_what_the_kernel_cannot_reach_is_certain_only_beside_the_browser(problem: Any) -> None:
    reached = Reach(CONNECTOR, (), problem, "nothing")

    assert diagnose(seen(facts=HERE), reached).certain
    far = diagnose(seen(), reached)
    assert not far.certain
    assert "the browser may be elsewhere" in far.sentence


def test_this_machine_is_not_the_browsers_where_the_kernel_is_remote() -> None:
    local = "http://localhost:8080"
    reached = Reach(local, (), "refused", "nothing answers")

    found = diagnose(seen(connector=local, src=local, origins=(local,)), reached)

    assert found.cause == "silent"
    assert "whether it may reach this machine" in found.sentence


@pytest.mark.parametrize("problem", ["slow", "timeout"])
def test_a_browser_may_wait_longer_than_the_kernel(problem: Any) -> None:
    found = diagnose(seen(facts=HERE), Reach(CONNECTOR, (), problem, "no answer in time"))

    assert (found.cause, found.certain) == ("unreachable", False)


@given(
    evidence=st.builds(
        seen,
        status=st.sampled_from(["configured", "ready", "silent", "loading"]),
        stranger=st.sampled_from([None, LOGIN]),
        answers=st.sampled_from([None, True, False]),
        page_heard=st.sampled_from([None, 1.0]),
        crm_data_by=st.sampled_from([None, "crm_data="]),
        crm_data_error=st.sampled_from([None, "f raised KeyError."]),
        src=st.sampled_from([None, f"{CONNECTOR}/app", f"{PLAIN}/app"]),
        facts=st.fixed_dictionaries({
            "shown": st.booleans(), "lost": st.booleans(), "acked": st.booleans(),
            "host": st.fixed_dictionaries({
                "origin": st.sampled_from(["null", "https://hub.example.com", "http://127.0.0.1:8888"]),
                "secure": st.booleans(), "microphone": st.booleans(), "storage": st.booleans(),
            }),
        }),
    ),
    reached=st.sampled_from([
        None, answers(), answers((CONNECTOR, 500)), answers(framing=DENY),
        answers((CONNECTOR, 204), no_page="answers 204"), answers((CONNECTOR, 302), (LOGIN, 200)),
        Reach(CONNECTOR, (), "refused", "nothing answers"), Reach(CONNECTOR, (), "name", "no host"),
    ]),
)  # fmt: skip
def test_nothing_is_wrong_beside_a_phone_that_is_connected(
    evidence: Evidence, reached: Reach | None
) -> None:
    found = diagnose(evidence, reached)

    assert not (found.good and any(check.verdict == "wrong" for check in found))


@given(
    looked=st.fixed_dictionaries({
        "greeted": st.booleans(), "asked": st.booleans(), "password": st.booleans(),
        "refused": st.sampled_from([None, "framing", "no-page", "unreachable", "mixed-content"]),
        "strangers": st.sampled_from([(), (LOGIN,)]), "lost": st.integers(0, 1),
    }),
    reached=st.sampled_from([
        answers(), answers((CONNECTOR, 404)), answers(framing=DENY), answers((PLAIN, 200)),
        Reach(CONNECTOR, (), "refused", "nothing answers"),
    ]),
)  # fmt: skip
def test_nothing_is_wrong_beside_an_address_that_a_browser_shows(
    looked: dict[str, Any], reached: Reach
) -> None:
    hub = "https://hub.example.com"

    found = of_address(reached, hub, seen=Seen(page=hub, **looked))

    assert not (found.good and any(check.verdict == "wrong" for check in found))


def test_a_list_of_pages_is_said_where_the_notebook_is_not_known() -> None:
    found = of_address(answers(framing=listing("https://crm.example.com")))

    assert (found.cause, found.certain) == ("reachable", False)
    assert "frame-ancestors https://crm.example.com" in found.sentence
    assert "--page" in found.sentence


def test_what_the_browser_alone_does_not_get_is_not_blamed_on_the_address() -> None:
    found = of_address(answers(), seen=Seen(page=CONNECTOR, refused="unreachable", word="ERR_X"))

    assert "answers this machine" in found.sentence
    assert "Check host" not in found.sentence


def test_a_document_that_comes_after_the_connector_has_not_greeted() -> None:
    client = Client("loaded anew", Handlers())
    page = type("Page", (), {"send": lambda *_: None})()
    known = {"shown": True, "loads": 1, "acked": True, "configured": True}
    after = {"loads": 2, "acked": False, "configured": False, "silent": False}
    items = [
        {"t": "hello", "n": 1, "v": 1, "lowest": 1, "facts": known, "at": 0},
        {"t": "note", "seq": 1, "at": 0, "what": "loaded", "detail": after},
    ]
    client.receive(page, {"crm": 1, "epoch": "e", "items": items[:1]})
    before = client.status

    client.receive(page, {"crm": 1, "epoch": "e", "items": items[1:]})

    now, found = client.status, diagnose(client.page_status.evidence())
    client.close(force=True)
    assert (before, now, found.cause) == ("configured", "loading", "loading")


def test_a_page_within_others_is_judged_by_all_of_them() -> None:
    reached = answers(framing=listing("https://hub.example.com"))
    portal = {"host": {**NOTEBOOK, "framed": True, "above": ["https://portal.example.org"]}}

    assert diagnose(seen(), reached).cause == "silent"
    refused = diagnose(seen(facts=portal), reached)
    assert refused.cause == "framing-refused"
    assert "the notebook is within https://portal.example.org" in refused.sentence
    assert "allow the notebook's origin" not in refused.sentence


@pytest.mark.parametrize(
    ("cause", "reached", "looked"),
    [
        ("reachable", answers(), {"greeted": True}),
        ("reachable", Reach(CONNECTOR, (), "certificate", "untrusted"), {"greeted": True}),
        ("silent", Reach(CONNECTOR, (), "certificate", "untrusted"), {}),
        ("framing-refused", answers(), {"refused": "framing"}),
        ("mixed-content", answers(), {"refused": "mixed-content"}),
        ("certificate", answers(), {"refused": "certificate"}),
        ("unreachable", answers(), {"refused": "unreachable"}),
        ("no-page", answers(content_type="a/b"), {"refused": "unreachable"}),
        ("http-error", answers((CONNECTOR, 404)), {}),
        ("origin-mismatch", answers(), {"strangers": (LOGIN,)}),
        ("not-logged-in", answers(), {"password": True, "shows": LOGIN}),
        ("cookies-blocked", answers(), {"lost": 1}),
        ("not-a-connector", answers(), {"odd": 1}),
        ("silent", answers(), {}),
    ],
)
def test_what_a_browser_saw_outweighs_what_this_machine_was_answered(
    cause: str, reached: Reach, looked: dict[str, Any]
) -> None:
    found = of_address(reached, seen=Seen(page="https://hub.example.com", **looked))

    assert found.cause == cause
    assert found.checks[-1].name == "in a browser"


def test_every_check_has_evidence_and_what_is_wrong_has_advice() -> None:
    evidence = seen(
        refused={"origin": 2}, stranger=LOGIN, crm_data_by=None, kept=2, nodelay=False,
        errors=("ready: KeyError: 'x'",), contradictions=("callLogEnabled is N.",),
        facts={"host": {**NOTEBOOK, "microphone": False, "storage": False}},
    )  # fmt: skip

    found = diagnose(evidence, answers(framing=DENY, cookies=("a cookie without Secure",)))

    names = [check.name for check in found]
    assert names == [
        "address", "framing", "cookies", "notebook page", "embedding", "microphone", "storage",
        "origin", "refused messages", "ready", "crmData", "settings", "handlers", "kernel",
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
    assert of_address(answers(framing=DENY)).cause == "framing-refused"
    refused = answers(framing=listing("https://crm.example.com"))
    assert of_address(refused).cause == "reachable"
    assert of_address(refused, "https://hub.example.com").cause == "framing-refused"


def test_a_client_gives_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    client = Client("diagnosed", Handlers())
    page = type("Page", (), {"send": lambda *_: None})()
    refused = {"reason": "origin", "reasons": {"origin": 2}, "stranger": LOGIN, "shown": True}
    items = [
        {"t": "hello", "n": 1, "v": 1, "lowest": 1, "facts": {"shown": True}, "at": 0},
        {"t": "note", "seq": 1, "at": 0, "what": "rejected", "n": 2, "detail": refused},
    ]
    client.receive(page, {"crm": 1, "epoch": "e", "items": items})

    evidence = client.page_status.evidence()

    assert evidence.refused == {"origin": 2}
    assert evidence.stranger == LOGIN
    assert evidence.status == "loading"
    assert evidence.nodelay is None
    assert diagnose(evidence).cause == "origin-mismatch"
    client.deliver("ready").wait(20)
    assert client.page_status.evidence().stranger is None  # one who may has spoken


# ---------------------------------------------------------------- a client's evidence
def spoken(client: Client, *actions: str) -> None:
    for action in actions:
        client.deliver(action).wait(20)


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client("evidence", Handlers())
    client.in_memory = True
    yield client
    client.close(force=True)


def test_what_was_asked_before_the_frame_was_loaded_anew_does_not_count(client: Client) -> None:
    spoken(client, "ready", "requestCrmData")
    before = client.page_status.evidence().received
    spoken(client, "ready")

    assert before == {"ready": 1, "requestCrmData": 1}
    assert client.page_status.evidence().received == {"ready": 1}


def test_an_error_is_told_by_its_class_and_ours_by_its_text(client: Client) -> None:
    def fails() -> None:
        raise LookupError("Bo Larsen, 202-555-0143")

    client.sources.crm_data = GivenFunction.of(fails)
    client.deliver("ready").wait(20)
    client.deliver("requestCrmData").wait(20)
    first = client.page_status.evidence()
    client.sources.crm_data = GivenFunction.of(lambda: {"currentUser": {"Name": "Bo Larsen"}})
    client.deliver("requestCrmData").wait(20)
    second = client.page_status.evidence()

    assert first.crm_data_error == "crm_data=fails raised LookupError."
    assert "callCenterSettings is missing" in str(second.crm_data_error)
    assert first.errors == ("requestCrmData, crm_data=fails raised LookupError.",)
    assert "Larsen" not in str(diagnose(first)) + str(diagnose(second))


def test_only_a_page_can_be_asked_whether_it_is_there() -> None:
    client = Client("knocked", Handlers())
    link = type("Link", (), {"send": lambda *_: None})()
    nobody = client.page_status.knock()
    hello = {"t": "hello", "n": 1, "v": 1, "lowest": 1, "facts": {"shown": True}, "at": 0}
    client.receive(link, {"crm": 1, "epoch": "e", "items": [hello]})

    deaf = client.page_status.knock(0.05)
    threading.Timer(0.05, client.receive, (link, {
        "crm": 1, "epoch": "e", "items": [{"t": "got", "n": 99}],
    })).start()  # fmt: skip
    there = client.page_status.knock(20)
    client.close(force=True)

    assert (nobody, deaf, there) == (None, False, True)
    assert client.page_status.knock() is None


# ---------------------------------------------------------------- the page of the docs
def test_every_cause_is_on_the_page() -> None:
    folder = Path(crmwidget.__file__).parent / "diagnosis"
    source = (folder / "_causes.py").read_text(encoding="utf-8")
    words = set(re.findall(r'(?:return|: \() ?"([a-z]+(?:-[a-z]+)*)", ', source))
    page = Path(__file__).parents[1] / "docs" / "diagnosis.md"
    listed = set(
        re.findall(r"^\| `([a-z][a-z-]*)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert len(words) > 20
    assert listed == words


def test_every_check_is_on_the_page() -> None:
    folder = Path(crmwidget.__file__).parent / "diagnosis"
    source = (folder / "_checks.py").read_text(encoding="utf-8")
    names = set(re.findall(r'Check\(\s*"([^"]+)"', source))
    page = (Path(__file__).parents[1] / "docs" / "diagnosis.md").read_text(encoding="utf-8")

    assert len(names) == 16
    assert [name for name in names if f"| {name} |" not in page] == []


@pytest.mark.parametrize(
    ("kept", "said"), [(1, "1 call log is not saved yet."), (2, "2 call logs are not saved yet.")]
)
def test_logs_that_are_kept_are_counted_as_people_do(kept: int, said: str) -> None:
    kernel = next(check for check in diagnose(seen(kept=kept)) if check.name == "kernel")

    assert said in kernel.evidence
