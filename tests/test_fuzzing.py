"""Fuzzing: what the strategies cover, and that a finding is the smallest message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from crmwidget import Handlers
from crmwidget.errors import ActionError
from crmwidget.protocol import ACTIONS, InteractionLog, ScreenPop
from crmwidget.testing import Connector
from crmwidget.testing.fuzzing import fuzz, messages

if TYPE_CHECKING:
    from crmwidget.protocol import Message

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = {a.name for a in ACTIONS if a.direction == "from_connector"}


def broken() -> Handlers:
    handlers = Handlers()

    @handlers.on_screen_pop
    def pop(message: ScreenPop) -> None:
        if len(message.ani_values) > 1:
            raise IndexError

    @handlers.on_custom_fields
    def fields(asked: Any) -> dict[str, str]:
        return {}

    return handlers


@pytest.mark.parametrize("action", sorted(QUESTIONS))
def test_every_action_has_its_messages(action: str) -> None:
    seen: list[Message] = []

    @given(messages(action))
    def collect(message: Message) -> None:
        seen.append(message)

    collect()

    known = next(a for a in ACTIONS if a.name == action)
    assert {message.action for message in seen} == set(known.spellings)
    if action not in {"ready", "requestCrmData", "requestGetCrmDirectory", "requestOpenReports"}:
        assert any(message.problems for message in seen)
        assert any(not message.problems for message in seen)


@given(messages())
def test_a_connector_may_send_any_of_them(message: Message) -> None:
    with Connector(Handlers()) as connector:
        connector.send(message)


@given(messages("save_log"))
def test_a_log_has_its_key(log: InteractionLog) -> None:
    assert log.key == "fuzz/1"


def test_an_action_that_nobody_knows_is_named() -> None:
    with pytest.raises(ActionError, match="screen_pop"):
        messages("screen_popp")
    with pytest.raises(ActionError, match="screen_pop"):
        fuzz(Handlers(), "screen_popp")


def test_the_smallest_message_that_breaks_a_handler_is_found() -> None:
    found = fuzz(broken())

    assert [one.message.action for one in found] == ["requestPerformInteractionScreenPop"]
    assert isinstance(found[0].error, IndexError)
    numbers = found[0].message.raw["aniValues"]
    assert len(numbers) == 2


def test_handlers_that_stand_everything_have_no_findings() -> None:
    handlers = Handlers()
    handlers.on("*")(lambda message: None)

    assert fuzz(handlers, examples=20) == []


def test_a_finding_is_saved_as_a_test_that_fails_until_the_handler_is_mended(
    tmp_path: Path,
) -> None:
    found = fuzz(broken(), save=tmp_path)

    outcomes = []
    for made in ("broken()", "Handlers()"):
        (tmp_path / "conftest.py").write_text(
            "import pytest\nfrom tests.test_fuzzing import Handlers, broken\n"
            f"@pytest.fixture\ndef phone():\n    return {made}\n"
        )
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            str(found[0].path),
            f"--rootdir={tmp_path}",
        ]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
        )
        outcomes.append((done.returncode, "IndexError" in done.stdout))

    assert outcomes == [(1, True), (0, False)]
