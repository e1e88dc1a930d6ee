"""A client in memory: handlers that raise, hang or come too late."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.errors import (
    HandlerTimeoutError,
)
from crmwidget.testing import (
    Connector,
    interaction_log,
    screen_pop,
)
from tests.client.known import notices

if TYPE_CHECKING:
    from crmwidget import Handlers


def test_a_handler_that_raises_is_kept_with_its_message_and_can_be_run_again(
    handlers: Handlers, connector: Connector
) -> None:
    @handlers.on_screen_pop
    def pop(message: Any) -> None:
        raise ValueError(f"cannot find {message.caller}")

    with pytest.raises(ValueError, match="cannot find"):
        connector.send(screen_pop("+12025550143"))

    (failure,) = connector._client.errors
    assert "2025550143" not in repr(failure)
    assert "ValueError" in repr(failure)
    with pytest.raises(ValueError, match="cannot find"):
        failure.rerun()


def test_a_handler_that_hangs_is_named_and_the_next_message_is_handled(
    handlers: Handlers, connector: Connector
) -> None:
    hang, hanging = threading.Event(), threading.Event()

    @handlers.on_screen_pop(timeout=0.2)
    def pop(message: Any) -> None:
        hanging.set()
        hang.wait(30)

    with pytest.raises(HandlerTimeoutError, match=r"pop\(\) did not answer .* within 0.2 s"):
        connector.send(screen_pop("1"))
    assert hanging.is_set()

    assert connector.ask("directory")["count"] == "3"
    assert notices(connector) == ["The screen pop took too long."]
    hang.set()


def test_a_log_whose_handler_returns_late_is_saved_all_the_same(
    handlers: Handlers, connector: Connector
) -> None:
    late = threading.Event()
    handlers.on_save_log(lambda log: late.wait(30) and 5, timeout=0.2)

    with pytest.raises(HandlerTimeoutError):
        connector.send(interaction_log())
    assert len(connector._client.journal.failed) == 1
    done = threading.Event()
    connector._client.sent = lambda send: done.set()
    late.set()

    assert done.wait(10)
    assert len(connector._client.journal) == 0


def test_an_error_of_a_foreign_event_loop_is_explained(
    handlers: Handlers, connector: Connector
) -> None:
    @handlers.on_screen_pop
    async def pop(message: Any) -> None:
        raise RuntimeError("<asyncio.locks.Lock> is bound to a different event loop")

    with pytest.raises(RuntimeError) as caught:
        connector.send(screen_pop("1"))

    assert "synchronous client" in caught.value.__notes__[0]


def test_a_broken_exception_costs_nothing_else(handlers: Handlers, connector: Connector) -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    @handlers.on_screen_pop
    def pop(message: Any) -> None:
        raise BrokenError

    with pytest.raises(BrokenError):
        connector.send(screen_pop("1"))

    assert connector.ask("directory")["count"] == "3"
