"""Captures: what was said is saved without people's data, and today's handlers are compared."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Capture, CustomField, Directory, Handlers
from crmwidget.cli import main
from crmwidget.errors import CaptureError
from crmwidget.safety.privacy import TAG, redact
from crmwidget.testing import Connector, interaction_log, screen_pop

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
CONTACTS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "(202) 555-0143", "email": "bo@example.com"},
    {"id": "C-2", "name": "Ines Okafor", "phone": "+44 20 7946 0018", "email": "i@example.com"},
    {"id": 5551230001, "name": "Sam Reyes", "phone": "+1 415 555 0132", "email": "s@example.com"},
]
USER = {
    "callCenterSettings": {},
    "currentUser": {
        "attributes": {"type": "agent"},
        "Name": "Ada Marsh",
        "Username": "ada@example.com",
        "Id": "1",
        "LanguageLocaleKey": "en-US",
    },
}
CANARIES = [
    *("202555", "0143", "7946", "4155550132", "Larsen", "Okafor", "example.com", "Marsh"),
    *("wants the yearly plan", "Renewal-canary", "5551230001"),
]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def registry() -> Handlers:
    handlers = Handlers()

    @handlers.on_save_log
    def save(log: Any) -> str:
        return f"call-{log.interaction_id}"

    @handlers.on_custom_fields
    def fields(asked: Any) -> dict[str, CustomField]:
        return {"case_id": CustomField("Case"), "ticket": CustomField("Ticket")}

    return handlers


@pytest.fixture
def handlers() -> Handlers:
    return registry()


@pytest.fixture
def connector(handlers: Handlers) -> Iterator[Connector]:
    with Connector(handlers, directory=CONTACTS, crm_data=USER, region="US") as made:
        yield made


def a_call(connector: Connector) -> None:
    """Every action once."""
    connector.send("ready")
    connector.ask("crm_data")
    connector.ask("directory")
    connector.send("click_to_dial", {"isEnabled": True})
    connector.send(screen_pop("+12025550143"))
    connector.send(screen_pop("+13125550199"))
    connector.send("navigate", {"recordId": "5551230001"})
    connector.ask("custom_fields", {"object": {"voice": ["case_id"], "digital": ["Ticket"]}})
    connector.send(
        interaction_log(
            caller="+12025550143", comments="wants the yearly plan", topic="Renewal-canary"
        )
    )
    connector.send("somethingNew", {"phone": "+12025550143"})


def saved(connector: Connector, path: Path) -> Path:
    return connector.traffic.save(path)


def test_a_saved_call_is_answered_alike_by_the_same_handlers(
    connector: Connector, tmp_path: Path
) -> None:
    a_call(connector)

    replay = Capture.load(saved(connector, tmp_path / "call.jsonl")).replay(connector)

    assert replay.messages == 10
    assert replay.diff == [], replay


def test_nobodys_data_is_in_the_file(connector: Connector, tmp_path: Path) -> None:
    a_call(connector)

    text = saved(connector, tmp_path / "call.jsonl").read_text()

    assert [canary for canary in CANARIES if canary in text] == []
    assert "requestSaveInteractionLog" in text


def test_ids_of_agents_records_and_interactions_are_tags_that_can_be_joined(
    connector: Connector, handlers: Handlers, tmp_path: Path
) -> None:
    handlers.on_save_log(lambda log: 4021)
    connector.send("ready")
    connector.ask("crm_data")
    connector.send(screen_pop("+12025550143"))
    connector.send("click_to_dial", {"isEnabled": True})
    connector.dial("+12025550143", {"id": "C-1", "name": "Bo Larsen"})
    connector.send(interaction_log(interaction_id="interaction-canary"))
    connector.send("navigate", {"recordId": 4021})

    path = saved(connector, tmp_path / "call.jsonl")
    capture = Capture.load(path)

    text = path.read_text()
    assert not [own for own in ("C-1", "interaction-canary", "4021") if own in text]
    user = next(m.data for m in capture if m.action == "crmData")["currentUser"]
    assert TAG.fullmatch(user["Id"])
    popped = next(m.shown for m in capture if "ScreenPop" in m.action)
    dialled = next(m.data for m in capture if m.action == "clickToDialResponse")
    assert popped
    assert popped[0] in json.dumps(dialled)
    item = next(m.data["taskId"] for m in capture if m.action == "createHistoryItem")
    assert item == next(m.data["recordId"] for m in capture if "Navigate" in m.action)
    assert capture.replay(connector).diff == []


def test_handlers_with_a_directory_of_their_own_are_told_to_give_it(
    connector: Connector, tmp_path: Path
) -> None:
    book = Directory(CONTACTS, region="US")
    closing = Handlers()
    closing.on_screen_pop(lambda pop: book.find(pop.caller))
    connector.send(screen_pop("+12025550143"))
    path = saved(connector, tmp_path / "call.jsonl")

    alone = Capture.load(path).replay(closing)
    with Connector(closing, directory=book) as given:
        given_it = Capture.load(path).replay(given)

    assert "one number or address in it is not among this phone's contacts" in alone.warnings[0]
    assert "Connector(handlers, directory=contacts)" in repr(alone)
    assert alone.diff
    assert (given_it.diff, given_it.warnings) == ([], ())


def test_redacted_no_more_the_file_has_everything(connector: Connector, tmp_path: Path) -> None:
    a_call(connector)

    path = connector.traffic.save(tmp_path / "call.jsonl", redacted=False)

    text = path.read_text()
    assert all(data in text for data in ("Larsen", "+12025550143", "wants the yearly plan"))
    assert Capture.load(path).replay(connector).diff == []


def test_equal_values_have_equal_tags_in_the_file(connector: Connector, tmp_path: Path) -> None:
    a_call(connector)

    capture = Capture.load(saved(connector, tmp_path / "call.jsonl"))

    pops = [m.data["aniValues"][0] for m in capture if "ScreenPop" in m.action]
    logged = next(m for m in capture if m.action == "requestSaveInteractionLog").data
    caller = logged["message"]["body"]["interactionData"]["updatedOriginatingAddress"]
    assert caller == pops[0] != pops[1]


@pytest.mark.parametrize(
    ("changed", "action"),
    [
        ("save", "requestSaveInteractionLog"),
        ("fields", "requestCustomFieldsValues"),
        ("pop", "requestPerformInteractionScreenPop"),
        ("raise", "requestNavigateToClickToDialResult"),
    ],
)
def test_a_changed_answer_is_named(
    connector: Connector, handlers: Handlers, tmp_path: Path, changed: str, action: str
) -> None:
    a_call(connector)
    capture = Capture.load(saved(connector, tmp_path / "call.jsonl"))
    change: dict[str, Any] = {
        "save": lambda: handlers.on_save_log(lambda log: "another-id"),
        "fields": lambda: handlers.on_custom_fields(lambda asked: {"case_id": "The case"}),
        "pop": lambda: handlers.on_screen_pop(
            lambda pop: CONTACTS[1] if pop.caller == "+12025550143" else []
        ),
        "raise": lambda: handlers.on_navigate(lambda to: 1 / 0),
    }
    change[changed]()

    diff = capture.replay(connector).diff

    assert [d.action for d in diff] == [action]
    assert diff[0].then != diff[0].now
    assert not [canary for canary in CANARIES if canary in str(diff[0])]


def test_a_replay_reaches_no_connector_and_changes_nothing_of_the_phone(
    connector: Connector, handlers: Handlers, tmp_path: Path
) -> None:
    a_call(connector)
    path = saved(connector, tmp_path / "call.jsonl")
    before = len(connector.received), len(connector.traffic)
    phone = connector._client

    @handlers.on_screen_pop
    def pop(message: Any) -> Any:
        from crmwidget.handlers import replies as answers

        phone.post(answers.notice("A Gold customer"))
        return phone.sources.find(message.ani_values)

    diff = Capture.load(path).replay(connector).diff

    assert (len(connector.received), len(connector.traffic)) == before
    assert {d.action for d in diff} == {"requestPerformInteractionScreenPop"}
    assert "displayErrorNotification" in str(diff[0].now["answers"])


def test_another_process_of_this_user_replays_it_alike(
    connector: Connector, tmp_path: Path
) -> None:
    a_call(connector)
    path = saved(connector, tmp_path / "call.jsonl")
    program = (
        "from tests.test_capture import *\n"
        "with Connector(registry(), directory=CONTACTS, crm_data=USER, region='US') as c:\n"
        f"    print(Capture.load({str(path)!r}).replay(c))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip

    assert done.stdout.strip() == "10 of 10 messages are answered as then", done.stderr


def test_a_capture_of_another_user_says_that_nobody_is_found(
    connector: Connector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_call(connector)
    capture = Capture.load(saved(connector, tmp_path / "call.jsonl"))
    other = tmp_path / "other" / "crmwidget" / "redaction.key"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"of another user, on another machine")
    other.chmod(0o600)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))

    replay = capture.replay(connector)

    assert "nobody in it can be found" in replay.warnings[0]
    assert replay.diff


def test_a_handler_that_saves_is_given_the_key_that_the_log_had(
    connector: Connector, handlers: Handlers, tmp_path: Path
) -> None:
    keys = []
    handlers.on_save_log(lambda log: keys.append(log.key))
    connector.send(interaction_log())

    Capture.load(saved(connector, tmp_path / "call.jsonl")).replay(connector)

    assert keys[0] == keys[1]


def test_a_registry_alone_is_replayed(connector: Connector, tmp_path: Path) -> None:
    connector.send(interaction_log())
    capture = Capture.load(saved(connector, tmp_path / "call.jsonl"))

    assert capture.replay(registry()).diff == []
    with pytest.raises(TypeError, match="needs a CRMWidget, Handlers or Connector, not str"):
        capture.replay("phone")


def test_a_capture_becomes_a_test_that_passes_and_fails_when_a_handler_changes(
    connector: Connector, tmp_path: Path
) -> None:
    a_call(connector)
    test = Capture.of(connector.traffic).to_pytest(tmp_path / "test_call.py")
    fixture = (
        "import pytest\n"
        "from tests.test_capture import *\n"
        "@pytest.fixture\n"
        "def phone():\n"
        "    handlers = registry()\n"
        "    {change}\n"
        "    with Connector(handlers, directory=CONTACTS, crm_data=USER, region='US') as made:\n"
        "        yield made\n"
    )

    outcomes = []
    for change in ("pass", "handlers.on_save_log(lambda log: 'another-id')"):
        (tmp_path / "conftest.py").write_text(fixture.format(change=change))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip
        outcomes.append((done.returncode, "requestSaveInteractionLog" in done.stdout))

    assert outcomes == [(0, False), (1, True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: it does not begin with"),
        ("{", "line 1: it is no JSON"),
        ("[]", "line 1: it is no JSON object"),
        ('{"capture": 9}', "line 1: it is of version 9, and this package reads 1"),
        ('{"capture": 1}\n{"n": 1}', "line 2: it is no message"),
        ('{"capture": 1}\n{"n": 1e400, "at": "2026-01-15"}', "line 2: it is no message"),
        ('{"capture": 1}\n' + "[" * 100_000, "line 2: it is no JSON"),
        ('{"capture": 1}\n\n{"n": "x", "at": "y"}', "line 3: it is no message"),
    ],
)
def test_what_is_no_capture_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "call.jsonl"
    path.write_text(text)

    with pytest.raises(CaptureError, match=said):
        Capture.load(path)


def test_a_capture_is_its_owners_and_goes_through_no_link(
    connector: Connector, tmp_path: Path
) -> None:
    connector.send(interaction_log())
    other = tmp_path / "other"
    other.write_text("of somebody else")
    path = tmp_path / "call.jsonl"
    for planted in (path, tmp_path / "call.jsonl.part"):
        planted.symlink_to(other)

    connector.traffic.save(path, redacted=False)

    assert path.stat().st_mode & 0o777 == 0o600
    assert other.read_text() == "of somebody else"
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".")) == []


def test_a_capture_that_cannot_be_written_leaves_nothing(
    connector: Connector, tmp_path: Path
) -> None:
    folder = tmp_path / "call.jsonl"
    folder.mkdir()

    with pytest.raises(OSError, match=r"call\.jsonl"):
        connector.traffic.save(folder)

    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("stem", ["test_call-1", "test_", "test_x\nimport os", 'test_"', "a b'\\"])
def test_a_files_name_is_never_code(connector: Connector, tmp_path: Path, stem: str) -> None:
    connector.send(interaction_log())

    test = Capture.of(connector.traffic).to_pytest(tmp_path / f"{stem}.py")

    tree = ast.parse(test.read_text())
    assert [type(node).__name__ for node in tree.body] == [
        *("Expr", "ImportFrom", "ImportFrom", "FunctionDef")
    ]
    (file,) = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)][-1:]
    assert len(Capture.load(tmp_path / str(file))) > 0


def test_texts_with_line_separators_of_other_alphabets_stay_one_line(tmp_path: Path) -> None:
    with Connector(Handlers()) as connector:
        connector.send("new", {"x": "a\u2028b\u0085c\ud800"})
        path = connector.traffic.save(tmp_path / "x.jsonl", redacted=False)

    assert Capture.load(path).messages[0].data == {"x": "a\u2028b\u0085c\ud800"}


def test_a_large_directory_is_kept_as_its_digest(tmp_path: Path) -> None:
    many = [{"id": n, "name": f"Contact {n}", "phone": f"+1202555{n:04d}"} for n in range(2_000)]
    with Connector(Handlers(), directory=many) as connector:
        connector.ask("directory")
        path = saved(connector, tmp_path / "x.jsonl")

        assert path.stat().st_size < 5_000
        assert Capture.load(path).replay(connector).diff == []
        connector._client.sources.directory = None
        assert len(Capture.load(path).replay(connector).diff) == 1


def test_what_was_redacted_is_not_redacted_again() -> None:
    once = redact({"phone": "+12025550143", "n": 12025550143, "email": "bo@example.com"}, key=b"k")

    assert redact(once, key=b"k") == once
    assert json.dumps(once).count("<") == 3


def test_the_command_line_lists_a_capture_and_compares_it(
    connector: Connector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connector.send("ready")
    connector.send(interaction_log())
    path = str(saved(connector, tmp_path / "call.jsonl"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from tests.test_capture import Handlers, registry\n"
        "same, other = registry(), Handlers()\nother.on_save_log(lambda log: 'another-id')\n"
    )

    statuses = [
        main(["replay", path, *more])
        for more in ([], ["--with", "mine:same"], ["--with", "mine:other"], ["--with", "mine:no"])
    ]

    said = capsys.readouterr()
    assert statuses == [0, 0, 1, 1]
    assert "received  requestSaveInteractionLog" in said.out
    assert "2 of 2 messages are answered as then" in said.out
    assert "there is no mine:no" in said.err
