"""A client in memory: dialling, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crmwidget.errors import (
    ClickToDialDisabled,
    PhoneClosedError,
)
from crmwidget.testing import (
    Connector,
    click_to_dial,
    ready,
)

if TYPE_CHECKING:
    from crmwidget import Handlers


def test_dialling_needs_the_connectors_leave(connector: Connector) -> None:
    with pytest.raises(ClickToDialDisabled, match="requestEnableClickToDial"):
        connector._client.dial("+12025550143")

    connector.send(click_to_dial())
    connector._client.dial("+12025550143")

    data = connector.received[-1].data
    assert data["onClickToDialResponse"] == {
        "number": "+12025550143",
        "objectType": "End User",
        "recordId": "C-1",
        "recordName": "Bo Larsen",
        "email": "bo@example.com",
        "url": "",
    }
    assert data["pageInfo"] == data["onClickToDialResponse"]

    connector.send(click_to_dial(enabled=False))
    with pytest.raises(ClickToDialDisabled):
        connector._client.dial("+12025550143")


def test_a_record_can_be_given_with_the_number(connector: Connector) -> None:
    connector.send(click_to_dial())

    connector._client.dial(
        "4021", {"id": 5, "name": "Front desk", "url": "https://crm.example.com/5", "type": "Desk"}
    )

    assert connector.received[-1].data["onClickToDialResponse"] == {
        "number": "4021",
        "objectType": "Desk",
        "recordId": 5,
        "recordName": "Front desk",
        "email": None,
        "url": "https://crm.example.com/5",
    }


def test_what_is_no_number_is_not_dialled(connector: Connector) -> None:
    connector.send(click_to_dial())

    with pytest.raises(ValueError, match="as text"):
        connector._client.dial(12025550143)  # type: ignore[arg-type]


def test_a_closed_client_says_so(handlers: Handlers) -> None:
    connector = Connector(handlers)
    connector.close()

    with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
        connector.send(ready())
