"""The vectors of the wire, which the page's tests read too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crmwidget import protocol
from crmwidget.protocol import FROM_CONNECTOR, RULES, CustomField, incoming, outgoing, parse

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "wire.json").read_text(encoding="utf-8")
)
AT = datetime(2026, 11, 24, 10, 27, 31, tzinfo=UTC)


def titled(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["title"]) for case in cases]


def listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", titled(VECTORS["incoming"]))
def test_a_message_is_read_as_the_vector_says(case: dict[str, Any]) -> None:
    data = case.get("data")
    before = json.dumps(data)

    message = parse(case["action"], data, at=AT)

    attributes = case["attributes"]
    assert type(message).__name__ == case["reads"]
    assert {name: listed(getattr(message, name)) for name in attributes} == attributes
    assert message.extra == case.get("extra", {})
    assert list(message.problems) == case.get("problems", [])
    assert message.action == case["action"]
    assert message.raw is data
    assert json.dumps(data) == before
    assert message.at == AT


def built(case: dict[str, Any]) -> object:
    given = dict(case["arguments"])
    match case["call"]:
        case "history_item":
            log = parse("requestSaveInteractionLog", given.pop("log"), at=AT)
            assert isinstance(log, protocol.InteractionLog)
            return protocol.history_item(log, **given)
        case "custom_fields_response":
            for channel in ("digital", "voice"):
                given[channel] = {n: CustomField(**field) for n, field in given[channel].items()}
            return protocol.custom_fields_response(**given)
        case "crm_data":
            value = protocol.crm_data(given["value"])
            assert list(value.problems) == case.get("problems", [])
            return value.to_wire()
        case name:
            return getattr(protocol, name)(**given)


@pytest.mark.parametrize("case", titled(VECTORS["outgoing"]))
def test_a_message_is_written_as_the_vector_says(case: dict[str, Any]) -> None:
    data = built(case)

    assert data == case["data"]
    # Equal is not enough: 1 == True, and a model would compare like the mapping it holds.
    assert json.loads(json.dumps(data)) == case["data"]
    action = outgoing(case["action"])
    assert action is not None
    assert action.name == case["action"]


@pytest.mark.parametrize("case", titled(VECTORS["envelopes"]))
def test_only_what_bears_the_connectors_type_and_an_action_is_a_message(
    case: dict[str, Any],
) -> None:
    message = case["message"]

    named = isinstance(message, dict) and message.get("type") == FROM_CONNECTOR
    action = message.get("action") if named else None

    assert (action if isinstance(action, str) and action else None) == case["action"]


def test_every_action_of_the_wire_has_a_vector() -> None:
    read = {incoming(case["action"]) for case in VECTORS["incoming"]}
    written = {outgoing(case["action"]) for case in VECTORS["outgoing"]}
    by_hand = {outgoing("ready")}  # it has no data, so there is nothing to build

    assert set(protocol.ACTIONS) <= read | written | by_hand


def test_every_tolerance_has_a_vector_and_every_problem_is_a_rule() -> None:
    problems = [
        problem
        for case in (*VECTORS["incoming"], *VECTORS["outgoing"])
        for problem in case.get("problems", [])
    ]

    def says(rule: protocol.Rule, problem: str) -> bool:
        start, end = rule.sentence.split("{")[0], rule.sentence.split("}")[-1]
        return problem.startswith(start) and problem.endswith(f"{end} [{rule.evidence}]")

    tolerances = [
        rule for rule in RULES.values() if rule.side == "receiving" or "sent as" in rule.sentence
    ]
    unused = [r.id for r in tolerances if not any(says(r, problem) for problem in problems)]
    unruled = [p for p in problems if not any(says(rule, p) for rule in RULES.values())]
    assert unruled == []
    assert unused == []
