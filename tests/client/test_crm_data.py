"""crmData from what one has: frames of users and of settings, functions, models."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from crmwidget import CrmData, Handlers
from crmwidget.errors import (
    CrmDataError,
)
from crmwidget.testing import (
    Connector,
)
from tests.client.known import CRM_DATA, notices

USERS = pd.DataFrame(
    [
        ("1", "Ada Marsh", "ada@example.com", "Admin", "en_US"),
        ("2", "Bo Larsen", "bo@example.com", "User", "da_DK"),
    ],
    columns=["Id", "Name", "Username", "Role", "Locale"],
)


@pytest.mark.parametrize("user", ["ADA@example.com", "1", "Ada Marsh", USERS.iloc[0]])
@pytest.mark.parametrize("frame", [USERS, pl.from_pandas(USERS), USERS.to_dict("records")])
def test_a_users_frame_with_the_agent(handlers: Handlers, frame: Any, user: Any) -> None:
    with Connector(handlers, crm_data=frame, user=user) as connector:
        assert connector.ask("crm_data")["currentUser"] == {
            "attributes": {"type": "Admin"},
            "Id": "1",
            "Name": "Ada Marsh",
            "Username": "ada@example.com",
            "LanguageLocaleKey": "en_US",
        }


def test_a_function_may_give_a_users_frame_too(handlers: Handlers) -> None:
    with Connector(handlers, crm_data=lambda: USERS, user="2") as connector:
        assert connector.ask("crm_data")["currentUser"]["Name"] == "Bo Larsen"


def test_a_users_frame_needs_to_know_who_is_the_agent(handlers: Handlers) -> None:
    with pytest.raises(CrmDataError, match=r"has 2 rows: say with user= .* Id, Name, Username"):
        Connector(handlers, crm_data=USERS)
    with pytest.raises(CrmDataError, match="user= fits 0 of the 2 rows"):
        Connector(handlers, crm_data=USERS, user="nobody")


def test_a_settings_frame_with_the_agent(handlers: Handlers) -> None:
    settings = pl.DataFrame(
        {
            "section": ["LogOptions", "LogOptions", "Own"],
            "key": ["callLogEnabled", "interactionHistorySize", "x"],
            "value": ["true", "5", "y"],
        }
    )
    with Connector(handlers, crm_data=settings, user=CRM_DATA["currentUser"]) as connector:
        data = connector.ask("crm_data")

    assert data["callCenterSettings"]["LogOptions"] == {
        "callLogEnabled": "Y",
        "interactionHistorySize": "5",
    }
    assert data["callCenterSettings"]["Own"] == {"x": "y"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "callCenterSettings"),
        ({"callCenterSettings": {}, "currentUser": {"Name": "Ada"}}, "Username"),
        (5, "it is a int"),
        ([], "rows"),
    ],
)
def test_what_is_no_crm_data_is_refused_with_all_that_is_missing(
    handlers: Handlers, value: Any, problem: str
) -> None:
    with pytest.raises(CrmDataError, match=problem):
        Connector(handlers, crm_data=value)


def test_a_bad_crm_data_handler_leaves_the_connector_with_the_last_good_answer(
    handlers: Handlers, connector: Connector
) -> None:
    good = connector.ask("crm_data")
    handlers.on_crm_data(lambda: None)

    with pytest.raises(CrmDataError, match="returned nothing"):
        connector.ask("crm_data")

    assert [s.data for s in connector.received if s.action == "crmData"] == [good, good]
    assert notices(connector) == ["The CRM's settings failed."]


def test_crm_data_models_are_taken_as_they_are(handlers: Handlers) -> None:
    from crmwidget.protocol import crm_data

    model = crm_data(CRM_DATA)
    assert isinstance(model, CrmData)
    with Connector(handlers, crm_data=model) as connector:
        assert connector.ask("crm_data")["currentUser"]["Id"] == "7"
