"""A client in memory: screen pops, navigation, reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest

from crmwidget.errors import (
    AnswerError,
)
from crmwidget.testing import (
    Connector,
    navigate,
    open_reports,
    screen_pop,
)
from tests.client.known import notices

if TYPE_CHECKING:
    from crmwidget import Handlers


def test_the_built_in_answer_finds_the_caller(connector: Connector) -> None:
    connector.send(screen_pop("", "+12025550143"))

    assert connector.record is not None
    assert connector.record.name == "Bo Larsen"
    assert connector.received == []


def test_several_are_shown_and_none_is_opened(connector: Connector) -> None:
    connector.send(screen_pop("+14155550132"))

    assert connector.record is None
    assert [c.name for c in connector.candidates] == ["Sam Reyes", "Kit Reyes"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+442079460018", "No contact for +44 20 7946 0018."),
        ("", "No contact for a withheld number."),
    ],
)
def test_when_nobody_is_found_the_agent_is_told(
    connector: Connector, number: str, text: str
) -> None:
    connector.send(screen_pop(number))

    assert notices(connector) == [text]


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "name": "Ines Okafor", "phone": "+442079460018"},
        [{"id": 1, "name": "Ines Okafor"}],
        pd.Series({"id": 1, "name": "Ines Okafor"}),
        pd.DataFrame([{"id": 1, "name": "Ines Okafor"}]),
        pl.DataFrame([{"id": 1, "name": "Ines Okafor"}]),
    ],
    ids=["mapping", "list", "series", "pandas", "polars"],
)
def test_a_handler_may_return_a_contact_in_any_form(
    handlers: Handlers, connector: Connector, value: Any
) -> None:
    handlers.on_screen_pop(lambda pop: value)

    connector.send(screen_pop("1"))

    assert connector.record.name == "Ines Okafor"  # type: ignore[union-attr]
    assert connector.received == []


def test_none_means_handled_and_sends_nothing(handlers: Handlers, connector: Connector) -> None:
    handlers.on_screen_pop(lambda pop: None)

    connector.send(screen_pop("+442079460018"))

    assert connector.received == []


@pytest.mark.parametrize("value", [5, "javascript:alert(1)", "Bo Larsen", object()])
def test_a_value_without_meaning_names_what_has_one(
    handlers: Handlers, connector: Connector, value: Any
) -> None:
    handlers.on_screen_pop(lambda pop: value)

    with pytest.raises(AnswerError, match="Return"):
        connector.send(screen_pop("1"))

    assert notices(connector) == ["The screen pop failed."]


def test_a_row_of_nobody_is_named_by_its_keys_and_never_by_a_value(
    handlers: Handlers, connector: Connector
) -> None:
    handlers.on_screen_pop(lambda pop: {"first": "Bo", "Bo Larsen": 1})

    with pytest.raises(AnswerError, match="with a name or a number, not only first") as raised:
        connector.send(screen_pop("1"))

    assert "Bo" not in str(raised.value)


def test_navigation_opens_the_contact_with_this_id(connector: Connector) -> None:
    connector.send(navigate("C-3"))
    assert connector.record.name == "Sam Reyes"  # type: ignore[union-attr]

    connector.send(navigate("C-9"))
    assert notices(connector) == ["There is no record with this id."]


def test_reports_are_a_link_or_a_document(handlers: Handlers, connector: Connector) -> None:
    handlers.on_open_reports(lambda: "https://crm.example.com/reports")
    connector.send(open_reports())
    card = connector.shown
    assert card is not None
    assert card.link == "https://crm.example.com/reports"

    handlers.on_open_reports(lambda: pd.DataFrame({"calls": [3]}))
    connector.send(open_reports())
    card = connector.shown
    assert card is not None
    assert "<table" in (card.html or "")
