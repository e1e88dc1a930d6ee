"""A client in memory: handlers that raise, hang or come too late."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.client.handler_errors import BYTES, MOST, PRINTED, WHOLE, Failure, HandlerErrors
from crmwidget.errors import (
    HandlerTimeoutError,
)
from crmwidget.notebook._cell_output import CellOutput
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

    (failure,) = connector.errors
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
    assert len(connector.journal.failed) == 1
    done = threading.Event()
    connector._client.sent = lambda send: done.set()
    late.set()

    assert done.wait(10)
    assert len(connector.journal) == 0


class Prints(CellOutput):
    """A cell that notes what is printed in it."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []
        self.said: list[str] = []

    def show_error(self, error: BaseException) -> None:
        self.errors.append(error)

    def say(self, text: str) -> None:
        self.said.append(text)


def test_what_a_handler_raises_all_day_is_printed_only_some_times(
    handlers: Handlers, connector: Connector
) -> None:
    connector._client.runner.cell = cell = Prints()

    def pop(message: Any) -> None:
        raise (ValueError if message.caller.endswith("1") else KeyError)(message.caller)

    def ring(times: int, caller: str) -> None:
        for _ in range(times):
            with pytest.raises((ValueError, KeyError)):
                connector.send(screen_pop(caller))

    handlers.on_screen_pop(pop)
    ring(PRINTED + 5, "+12025550141")
    ring(3, "+12025550142")

    assert [type(one) for one in cell.errors] == [ValueError] * PRINTED + [KeyError] * 3
    (said,) = cell.said
    assert said.startswith(f"pop has failed with ValueError {PRINTED} times. ")
    assert said.endswith(f"phone.errors has the newest {MOST}.")
    assert len(connector.errors) == PRINTED + 8

    handlers.on_screen_pop(pop)
    ring(2, "+12025550141")

    assert len(cell.errors) == PRINTED + 5


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


# ---------------------------------------------------------------- what is kept of them
class Answer:
    """What a CRM has answered, as large as is said."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __sizeof__(self) -> int:
        return self.size


def failed(size: int, cause: BaseException | None = None) -> Failure:
    def lookup() -> None:
        answer = Answer(size)
        raise ConnectionError(f"{answer.__class__.__name__} is cut off") from cause

    try:
        lookup()
    except ConnectionError as error:
        return Failure(screen_pop("+12025550143"), "lookup", error, None)
    raise AssertionError


def is_whole(failure: Failure) -> bool:
    return failure.error.__traceback__ is not None


def test_the_newest_failures_keep_their_variables_and_older_ones_say_where_they_were_raised() -> (
    None
):
    kept = HandlerErrors()

    for _ in range(WHOLE + 2):
        kept.append(failed(1))

    assert list(map(is_whole, kept)) == [False] * 2 + [True] * WHOLE
    said = "".join(traceback.format_exception(kept[0].error))
    assert "in lookup" in said
    assert "Answer is cut off" in said


def test_large_variables_are_let_go_earlier_and_the_last_failure_keeps_its_own() -> None:
    kept = HandlerErrors()

    for size in (BYTES // 2, BYTES // 3, BYTES // 3, 2 * BYTES):
        kept.append(failed(size))

    assert list(map(is_whole, kept)) == [False, False, False, True]


def test_the_causes_of_an_old_failure_let_their_variables_go_too() -> None:
    kept = HandlerErrors()
    first = failed(1, failed(1).error)

    for failure in (first, failed(2 * BYTES)):
        kept.append(failure)

    assert first.error.__cause__ is not None
    assert first.error.__cause__.__traceback__ is None


def test_an_error_that_is_raised_again_is_as_new_as_its_last_failure() -> None:
    kept, again = HandlerErrors(), failed(1)

    for failure in (again, *(failed(1) for _ in range(WHOLE - 1)), again):
        kept.append(failure)

    assert is_whole(again)


def test_only_so_many_failures_are_kept() -> None:
    kept = HandlerErrors()

    for _ in range(MOST + 1):
        kept.append(failed(1))

    assert len(kept) == MOST
