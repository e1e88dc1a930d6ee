"""The registry: names, decorators, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.handlers import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = {
    "on_ready": "ready",
    "on_crm_data": "requestCrmData",
    "on_directory": "requestGetCrmDirectory",
    "on_click_to_dial": "requestEnableClickToDial",
    "on_navigate": "requestNavigateToClickToDialResult",
    "on_screen_pop": "requestPerformInteractionScreenPop",
    "on_open_reports": "requestOpenReports",
    "on_save_log": "requestSaveInteractionLog",
    "on_custom_fields": "requestCustomFieldsValues",
}


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.mark.parametrize(("method", "action"), METHODS.items())
def test_each_method_works_bare_called_and_as_a_call(
    handlers: Handlers, method: str, action: str
) -> None:
    register: Callable[..., Any] = getattr(handlers, method)

    def f() -> None: ...

    for way, timeout in ((register, DEFAULT), (register(timeout=5), 5)):
        assert way(f) is f
        found = handlers.get(action)
        assert found is not None
        assert (found.function, found.timeout) == (f, timeout)


@pytest.mark.parametrize(("method", "action"), METHODS.items())
def test_each_method_is_documented_beginning_with_its_wire_name(method: str, action: str) -> None:
    assert (getattr(Handlers, method).__doc__ or "").startswith(f"`{action}`")


@pytest.mark.parametrize(
    "name",
    ["screen_pop", "requestPerformInteractionScreenPop", "REQUESTPERFORMINTERACTIONSCREENPOP"],
)
def test_short_names_and_wire_names_in_any_case_are_one_action(
    handlers: Handlers, name: str
) -> None:
    handlers.on(name, print)

    assert "requestPerformInteractionScreenPop" in handlers


def test_both_spellings_of_the_directory_request_are_one_action(handlers: Handlers) -> None:
    handlers.on("requestGetCRMDirectory", print)
    handlers.on("requestGetCrmDirectory", repr)

    assert [h.function for h in handlers] == [repr]


def test_an_unknown_name_registers_with_a_warning_that_gives_the_nearest(
    handlers: Handlers,
) -> None:
    with pytest.warns(UserWarning, match="Did you mean 'screen_pop'"):
        handlers.on("screen_popp", print)

    assert "screen_popp" in handlers


def test_a_function_in_place_of_the_name_says_how_to_write_it(handlers: Handlers) -> None:
    with pytest.raises(TypeError, match=r"@phone\.on\('screen_pop'\)"):
        handlers.on(lambda pop: None)  # type: ignore[call-overload]


@pytest.mark.parametrize("thing", ["pop", 3, [print]])
def test_what_is_no_function_is_refused(handlers: Handlers, thing: object) -> None:
    with pytest.raises(TypeError, match="a handler must be a function"):
        handlers.on("ready", thing)  # type: ignore[call-overload]


def test_a_function_that_wants_more_than_the_message_is_refused_by_its_parameters(
    handlers: Handlers,
) -> None:
    def pop(message: object, contacts: object) -> None: ...

    with pytest.raises(TypeError, match=r"pop\(message, contacts\) cannot be a handler"):
        handlers.on_screen_pop(pop)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda: "nothing", "nothing"),
        (lambda m: m, "message"),
        (lambda *a: a[0], "message"),
        (lambda m=1: m, "message"),
    ],
    ids=["none", "one", "any", "default"],
)
def test_a_handler_may_take_no_argument(
    handlers: Handlers, f: Callable[..., Any], expected: str
) -> None:
    handlers.on("ready", f)

    found = handlers.get("ready")
    assert found is not None
    assert found("message") == expected


@pytest.mark.parametrize("timeout", [0, -1, "5", True])
def test_a_timeout_is_seconds_above_zero(handlers: Handlers, timeout: Any) -> None:
    with pytest.raises(ValueError, match="seconds above 0, or None"):
        handlers.on("ready", print, timeout=timeout)


def test_off_removes_and_says_what_there_is_when_there_is_none(handlers: Handlers) -> None:
    handlers.on_ready(print)

    handlers.off("ready")

    assert len(handlers) == 0
    with pytest.raises(KeyError, match="Registered: none"):
        handlers.off("ready")


def test_watchers_hear_of_every_change_until_they_end(handlers: Handlers) -> None:
    heard: list[str] = []
    end = handlers.watch(heard.append)
    handlers.on_ready(print)
    handlers.off("ready")
    end()
    handlers.on_ready(print)

    assert heard == ["ready", "ready"]
