"""What is wrong is said where the user looks, told to the connector, and costs no good message."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cells import FIELDS, POP, interaction_log, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

ASKED = {"object": {"voice": ["case_id"], "digital": []}}


def connected(opened: Notebook, site: Site) -> Peer:
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    return peer


def test_a_page_from_another_origin_is_counted_and_never_answered(
    notebook: Open, site: Site, other_site: Site
) -> None:
    moved = f"{site.origin}/moved?to={other_site.greeting}"
    allowed = phone(moved, allow_origins=[other_site.origin])
    opened = notebook(phone(moved), "await phone.wait('ready', timeout=0.5)", allowed)
    opened.run(0)
    peer = Peer(opened, other_site)
    opened.until(lambda: opened.facts()[0]["rejected"] > 1, "refused messages")

    opened.run(1)
    unanswered = peer.received()
    opened.run(2)
    peer.wait("crmData")

    assert unanswered == []
    refused = opened.text(1)
    assert "NotReadyError: not 'ready' after 0.5 s: the phone is 'loading'" in refused
    assert f'allow_origins=["{other_site.origin}"]' in refused
    assert other_site.origin in opened.value("[t.problems for t in phone.traffic][0][0]")
    expect(opened.panel).to_contain_text("refused")


MISTAKES = {
    "CRMWidget('javascript:alert(1)')": ("OriginError", "leave it out to use the simulator"),
    "CRMWidget(direktory=[])": ("TypeError", "Did you mean 'directory'?"),
    "CRMWidget(crm_data={'currentUser': {'Name': 'Ada Marsh'}})": (
        "CrmDataError",
        "callCenterSettings",
    ),
    "phone.on('screen_popp', print);": ("UserWarning", "Did you mean 'screen_pop'?"),
    "phone.on_screen_pop(timeout=-1)": ("ValueError", "seconds above 0"),
    "phone.dial('+12025550143')": ("ClickToDialDisabled", "look at phone.can_dial"),
    "phone.simulator": ("SimulatorError", "Leave origin out to use the simulator"),
}


def test_a_mistake_in_a_cell_is_named_there_and_harms_no_phone(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), *MISTAKES)
    opened.run(0)
    peer = Peer(opened, site)
    peer.wait("crmData")

    for cell in range(1, len(MISTAKES) + 1):
        opened.run(cell)

    for cell, (error, advice) in enumerate(MISTAKES.values(), 1):
        assert error in opened.text(cell)
        assert advice in opened.text(cell)
    assert peer.ask("requestGetCrmDirectory", "crmDirectory")["count"] == "4"
    assert site.loads == [peer.load]


FAILING = """
import threading
released = threading.Event()

@phone.on_screen_pop
def raising(message):
    raise RuntimeError("the CRM is down")

@phone.on_custom_fields
def nonsense(message):
    return 7

@phone.on_navigate
def guessing(message):
    return object()

@phone.on("open_reports", timeout=1)
def hanging(message):
    released.wait()

@phone.on_crm_data
def partial(message):
    return {"callCenterSettings": {}, "currentUser": {"Name": "Ada Marsh"}}
"""
FAILURES = [
    (POP, {"aniValues": ["1"]}, "The screen pop failed.", "RuntimeError: the CRM is down"),
    (
        "requestCustomFieldsValues",
        ASKED,
        "The custom fields failed.",
        "AnswerError: the handler of requestCustomFieldsValues returned int. Return",
    ),
    (
        "requestNavigateToClickToDialResult",
        {"recordId": 1},
        "Opening the record failed.",
        "AnswerError: the handler of requestNavigateToClickToDialResult returned object. Return",
    ),
    (
        "requestOpenReports",
        None,
        "The reports took too long.",
        "HandlerTimeoutError: hanging() did not answer requestOpenReports within 1 s.",
    ),
    ("requestCrmData", None, "The CRM's settings failed.", "currentUser.Username"),
]


def test_what_a_handler_does_wrong_is_shown_in_the_cell_and_told_to_the_agent(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.url), FAILING, FIELDS)
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.ask("ready", "ready")

    for number, (action, data, told, shown) in enumerate(FAILURES, 1):
        peer.send(action, data)

        assert peer.told(number)[-1] == told
        opened.until(lambda shown=shown: shown in opened.text(0), shown)
    opened.run(2)
    fields = peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", ASKED)
    opened.execute("released.set()")

    assert "Case_Id" in fields
    assert opened.value("[failure.message.action for failure in phone.errors]") == [
        action for action, *_ in FAILURES
    ]
    notices = peer.received("displayErrorNotification")
    assert {notice["data"]["data"]["severity"] for notice in notices} == {"ERROR"}
    expect(opened.panel).to_contain_text("failed")


SAVING = """
saved = []

@phone.on_save_log
def save(log):
    if log.custom_fields.get("case_id") == "77" and not saved:
        saved.append(log.key)
        raise OSError("the disk is full")
    saved.append(log.key)
    return "call-1"
"""


def test_a_log_that_was_not_saved_is_kept_and_saved_by_the_retry(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), SAVING)
    peer = connected(opened, site)

    peer.send("requestSaveInteractionLog", interaction_log())
    told = peer.told()
    kept = opened.value("[len(phone.journal), len(phone.journal.failed)]")
    early = peer.received("createHistoryItem")
    opened.panel.get_by_role("button", name="Retry").click()
    history = peer.wait("createHistoryItem")

    assert told == ["Saving the call log failed. The log is kept."]
    assert kept == [1, 1]
    assert early == []
    assert [item["taskId"] for item in history] == ["call-1"]
    first, second = opened.value("saved")
    assert first == second
    assert opened.value("len(phone.journal)") == 0
    expect(opened.panel.get_by_role("button", name="Retry")).to_have_count(0)


def test_a_log_that_is_too_large_is_told_to_agent_and_notebook(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), SAVING)
    peer = connected(opened, site)

    peer.post(
        "{type: 'CRMConnectMessage', action: 'requestSaveInteractionLog', data: 'x'.repeat(3e5)}"
    )
    told = peer.told()
    opened.until(lambda: "MessageRefusedError" in opened.text(0), "the error in the cell")
    peer.send("requestSaveInteractionLog", interaction_log(customFields=[]))
    peer.wait("createHistoryItem")

    assert told == ["Saving the call log failed: it is too large."]
    assert opened.value("[(e.about, type(e.error).__name__) for e in phone.errors]") == [
        ["requestSaveInteractionLog", "MessageRefusedError"]
    ]
    assert opened.value("len(saved)") == 1
    expect(opened.panel).to_contain_text("more than 262,144 characters")


SLOW = """
import pathlib, time

@phone.on_custom_fields
def fields(asked):
    pathlib.Path("running").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    pathlib.Path("go").unlink()
    return {"case_id": "As it was asked"}
"""


def test_a_handler_redefined_while_it_runs_ends_its_call_and_takes_the_next(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), SLOW, FIELDS)
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send("requestCustomFieldsValues", ASKED)
    running = opened.server.root / "running"
    opened.until(running.exists, "the slow handler")

    opened.run(2)
    peer.send("requestCustomFieldsValues", ASKED)
    (opened.server.root / "go").touch()
    first, second = peer.wait("customFieldsDataResponse", 2)

    running.unlink()
    assert "As it was asked" in first
    assert '"customFieldLabel":"Case"' in second


def test_what_is_no_message_is_refused_and_the_next_good_one_works(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting))
    peer = connected(opened, site)
    before = len(peer.received())
    hostile = (
        "null",
        "'ready'",
        "[]",
        "{type: 'ClientAppMessage', action: 'ready'}",
        "{type: 'CRMConnectMessage', action: {}}",
        "{type: 'CRMConnectMessage'}",
        "{type: 'CRMConnectMessage', action: 'x'.repeat(10_000)}",
    )

    for message in hostile:
        peer.post(message)
    peer.post("{type: 'CRMConnectMessage', action: '__proto__', data: {n: 10n, f: new Date(0)}}")
    directory = peer.ask("requestGetCrmDirectory", "crmDirectory")
    opened.until(
        lambda: "__proto__" in opened.value("[t.action for t in phone.traffic]"), "the odd action"
    )

    assert directory["count"] == "4"
    assert len(peer.received()) == before + 1
    assert opened.facts()[0]["rejected"] == len(hostile)
