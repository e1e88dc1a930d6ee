"""Names that nothing takes are answered with what is meant: by words, then by spelling."""

from __future__ import annotations

from typing import Any

import pytest

from crmwidget import CRMWidget, CurrentUser, Directory, Handlers
from crmwidget.adapters import HubSpot, Rest, Tryton
from crmwidget.errors import ActionError
from crmwidget.testing import Connector, interaction_log

CONTACTS = [{"name": "Bo Larsen", "phone": "+12025550143"}]


HOST = ("https://c.example.com",)


@pytest.mark.parametrize(
    ("make", "given", "wrong", "meant"),
    [
        (CRMWidget, (), "url", "origin"),
        (CRMWidget, (), "src", "origin"),
        (CRMWidget, (), "country", "region"),
        (CRMWidget, (), "contacts", "directory"),
        (CRMWidget, (), "df", "directory"),
        (CRMWidget, (), "callbacks", "handlers"),
        (CRMWidget, (), "settings", "crm_data"),
        (CRMWidget, (), "direktory", "directory"),
        (Directory, (CONTACTS,), "regon", "region"),
        (Directory, (CONTACTS,), "country", "region"),
        (HubSpot, (), "token", "auth"),
        (Rest, HOST, "finds", "find"),
        (Rest, HOST, "api_key", "auth"),
        (Rest, HOST, "results", "items"),
        (Tryton, HOST, "password", "auth"),
        (interaction_log, (), "calller", "caller"),
        (interaction_log, (), "number", "caller"),
        (CurrentUser, (), "nme", "name"),
    ],
)
def test_the_argument_that_is_meant_is_named(
    make: Any, given: tuple[Any, ...], wrong: str, meant: str
) -> None:
    with pytest.raises(TypeError) as refused:
        make(*given, **{wrong: "x"})

    said = f"{make.__name__}() has no argument {wrong!r}. Did you mean {meant!r}?"
    assert str(refused.value) == said


def test_where_nothing_is_near_all_are_named() -> None:
    with pytest.raises(TypeError, match="There are: frame, region, columns"):
        Directory(CONTACTS, xyzzy=1)  # type: ignore[call-arg]


def test_what_handlers_takes_is_said() -> None:
    given: Any = {"screen_pop": print}

    for make in (lambda: CRMWidget(handlers=given), lambda: Connector(given)):
        with pytest.raises(TypeError, match="Handlers"):
            make()


def test_an_agent_without_a_frame_to_be_found_in_is_refused() -> None:
    with pytest.raises(TypeError, match="give that frame as crm_data="):
        CRMWidget(user="Bo")


def test_a_message_that_nobody_answers_is_to_be_sent() -> None:
    with Connector(Handlers()) as connector, pytest.raises(ActionError, match=r"send\(\) it"):
        connector.ask("screen_pop", {"aniValues": ["+12025550143"]})
