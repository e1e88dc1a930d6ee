"""What the person at the screen sees of a match that is only possible: never an open record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.testing import Connector, screen_pop

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "(202) 555-0143"},
    {"id": "C-2", "name": "Ines Okafor", "phone": "020 7946 0018"},
    {"id": "C-3", "name": "Sam Reyes", "phone": "7946 0020"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "7946 0020 ext. 2"},
]


@pytest.fixture
def connector() -> Iterator[Connector]:
    with Connector(Handlers(), directory=CONTACTS, region="US") as connector:
        yield connector


def card(connector: Connector) -> dict[str, Any]:
    """What the page is shown."""
    panel = connector._client.panel
    return panel._card.to_wire(panel._channel.kernel, panel._channel.epoch)


def test_a_possible_contact_is_shown_with_its_reason_and_not_opened(connector: Connector) -> None:
    connector.send(screen_pop("+442079460018"))

    (shown,) = card(connector)["matches"]
    assert connector.record is None
    assert [contact.id for contact in connector.candidates] == ["C-2"]
    assert (shown["contact"]["name"], shown["certain"]) == ("Ines Okafor", False)
    assert shown["rule"] == (
        "Same number as the phone number if that is read with region GB, not with US"
    )


def test_of_several_possible_contacts_none_is_opened(connector: Connector) -> None:
    connector.send(screen_pop("+442079460020"))

    assert connector.record is None
    assert [contact.id for contact in connector.candidates] == ["C-3", "C-4"]
    assert {shown["rule"] for shown in card(connector)["matches"]} == {
        "Same last 8 digits as the phone number"
    }


def test_a_person_makes_a_possible_contact_the_record(connector: Connector) -> None:
    connector.send(screen_pop("+442079460018"))

    connector._client.panel.choose(card(connector)["id"], 0)

    (shown,) = card(connector)["matches"]
    assert connector.record is not None
    assert connector.record.id == "C-2"
    assert shown["certain"]
    assert shown["rule"].startswith("Chosen by hand. Same number as the phone number if")


def test_a_certain_contact_is_opened_and_one_of_several_keeps_its_reason(
    connector: Connector,
) -> None:
    connector.send(screen_pop("+12025550143"))
    assert connector.record is not None
    opened = connector.record.id

    connector._client.panel.choose(card(connector)["id"], 0)

    assert opened == "C-1"
    assert card(connector)["matches"][0]["rule"].startswith("Same international number")
