"""Every place where code of the user's is called: it has a time limit, a net and no lock of ours.

`PLACES` is the list. Whatever is put there raises, leaves the thread, waits for ever, blocks or
refuses to be cancelled: it is named in `phone.errors`, and the next message is handled.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from crmwidget import CRMWidget
from crmwidget.client import _lanes as lanes
from crmwidget.client import _runner as runner
from crmwidget.errors import HandlerAbandonedError, HandlerTimeoutError
from crmwidget.handlers.crm_data import demonstration
from crmwidget.testing import Connector, interaction_log
from tests.client.known import until

SOON: Final = 0.2
"""Seconds that each place gives to what hangs."""
POP, FIELDS = "requestPerformInteractionScreenPop", "requestCustomFieldsValues"
REPORTS, CRM_DATA = "requestOpenReports", "requestCrmData"
CONTACTS = "requestGetCrmDirectory"
Code = Callable[..., Any]


@dataclass(frozen=True)
class Place:
    register: Callable[[CRMWidget, Code], object]
    """Puts code there."""
    asynchronous: bool = False
    action: str = POP
    """Which message leads to it."""

    def put(self, phone: CRMWidget, body: Callable[[], object]) -> None:
        if self.asynchronous:

            async def users(*_: object) -> object:
                value = body()
                return await value if asyncio.iscoroutine(value) else value
        else:

            def users(*_: object) -> object:  # type: ignore[misc]
                return body()

        self.register(phone, users)


class Report:
    """What a handler returns to be drawn in the panel."""

    def __init__(self, draw: Code) -> None:
        self._draw = draw

    def _repr_html_(self) -> str:
        self._draw()
        return ""


def handler(phone: CRMWidget, code: Code) -> None:
    phone.on_screen_pop(code)


def observer_of_every_message(phone: CRMWidget, code: Code) -> None:
    phone.on("*", code)


def observer_of_a_trait(phone: CRMWidget, code: Code) -> None:
    phone.observe(code, "last_message")


def observer_of_all_traits(phone: CRMWidget, code: Code) -> None:
    phone.observe(lambda change: change["name"] == "last_message" and code(change))


def report(phone: CRMWidget, code: Code) -> None:
    phone.on_open_reports(lambda asked: Report(code))


def function_of_crm_data(phone: CRMWidget, code: Code) -> None:
    phone.crm_data = code


def function_of_contacts(phone: CRMWidget, code: Code) -> None:
    phone.directory = code


def method_of_an_adapter(phone: CRMWidget, code: Code) -> None:
    class Own:
        find = staticmethod(code)
        contacts = staticmethod(code)

    phone.crm = Own()


def property_of_an_adapter(phone: CRMWidget, code: Code) -> None:
    """A method that is made anew whenever it is asked for, once the adapter is given."""
    given = threading.Event()

    class Own:
        @property
        def find(self) -> Code:
            if given.is_set():
                code()
            return lambda numbers: None

    phone.crm = Own()
    given.set()


def text_of_an_error(phone: CRMWidget, code: Code) -> None:
    class OwnError(Exception):
        def __str__(self) -> str:
            return str(code())

    def fail(pop: object) -> None:
        raise OwnError

    phone.on_screen_pop(fail)


PLACES: Final = {
    "a handler": Place(handler),
    "an async handler": Place(handler, asynchronous=True),
    "the handler of *": Place(observer_of_every_message),
    "an async handler of *": Place(observer_of_every_message, asynchronous=True),
    "an observer of a trait": Place(observer_of_a_trait),
    "an async observer of a trait": Place(observer_of_a_trait, asynchronous=True),
    "an observer of all traits": Place(observer_of_all_traits),
    "what draws a report": Place(report, action=REPORTS),
    "crm_data=": Place(function_of_crm_data, action=CRM_DATA),
    "crm_data=, async": Place(function_of_crm_data, asynchronous=True, action=CRM_DATA),
    "directory=": Place(function_of_contacts, action=CONTACTS),
    "directory=, async": Place(function_of_contacts, asynchronous=True, action=CONTACTS),
    "directory=, looked in for a caller": Place(function_of_contacts),
    "directory=, async, looked in for a caller": Place(function_of_contacts, asynchronous=True),
    "an adapter's find": Place(method_of_an_adapter),
    "an adapter's contacts": Place(method_of_an_adapter, action=CONTACTS),
    "an adapter's property": Place(property_of_an_adapter),
}
place = pytest.mark.parametrize("at", PLACES.values(), ids=PLACES)


@pytest.fixture
def phone() -> Iterator[CRMWidget]:
    phone = CRMWidget(name="user's code")
    yield phone
    phone.close(force=True)


@pytest.fixture
def soon(phone: CRMWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is late soon; elsewhere a busy machine has as long as users have."""
    monkeypatch.setattr(runner, "TIMEOUT", SOON)
    monkeypatch.setattr(lanes, "MOMENT", SOON)
    phone._client.timeout = SOON


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What hangs in a test ends with it."""
    event = threading.Event()
    yield event
    event.set()


def comes(phone: CRMWidget, at: Place = PLACES["a handler"]) -> None:
    """Its message comes; nothing is waited for."""
    data = {"aniValues": ["+12025550143"]} if at.action == POP else None
    phone._client.deliver(at.action, data)


def the_next_is_handled(phone: CRMWidget) -> None:
    asked: list[object] = []
    phone.on_custom_fields(lambda fields: asked.append(fields) or {})
    phone._client.in_memory = True
    phone._client.deliver(FIELDS, {"object": {"voice": ["case"], "digital": []}})
    until(lambda: asked)


def raises(error: BaseException) -> Callable[[], object]:
    def body() -> None:
        raise error

    return body


@place
@pytest.mark.parametrize("error", [KeyError("plan"), SystemExit(), asyncio.CancelledError()])
def test_what_raises_is_in_the_errors_and_the_next_message_is_handled(
    phone: CRMWidget, at: Place, error: BaseException
) -> None:
    at.put(phone, raises(error))
    Connector(phone)

    comes(phone, at)

    until(lambda: phone.errors)
    # A coroutine that is waited for in another thread is cancelled under another class's name
    names = [type(failure.error).__name__ for failure in phone.errors]
    assert names == [type(error).__name__]
    the_next_is_handled(phone)


@pytest.mark.usefixtures("soon")
@place
def test_what_hangs_is_named_late_and_the_next_message_is_handled(
    phone: CRMWidget, at: Place, let_go: threading.Event
) -> None:
    at.put(phone, asyncio.Event().wait if at.asynchronous else lambda: let_go.wait(60))
    Connector(phone)

    comes(phone, at)

    until(lambda: phone.errors)
    the_next_is_handled(phone)
    assert {type(failure.error) for failure in phone.errors} == {HandlerTimeoutError}


@place
def test_nothing_of_the_users_runs_under_a_lock_of_the_client(phone: CRMWidget, at: Place) -> None:
    free: list[bool] = []

    def look() -> str:
        def try_it() -> None:
            if phone._client.lock.acquire(timeout=10):
                phone._client.lock.release()
                free.append(True)
            else:
                free.append(False)

        other = threading.Thread(target=try_it)
        other.start()
        other.join()
        return ""

    at.put(phone, look)
    Connector(phone)

    comes(phone, at)

    until(lambda: free)
    assert all(free)


def test_the_text_of_an_error_is_the_users_code_too(phone: CRMWidget) -> None:
    free: list[bool] = []

    def look() -> str:
        other = threading.Thread(
            target=lambda: (
                free.append(phone._client.lock.acquire(timeout=10))
                or (free[-1] and phone._client.lock.release())
            )
        )
        other.start()
        other.join()
        return "text"

    text_of_an_error(phone, look)
    comes(phone)

    until(lambda: phone.errors)
    assert free
    assert all(free)


def is_free(phone: CRMWidget) -> bool:
    """Whether another thread gets the client's lock."""
    got: list[bool] = []

    def try_it() -> None:
        got.append(phone._client.lock.acquire(timeout=10))
        if got[0]:
            phone._client.lock.release()

    other = threading.Thread(target=try_it)
    other.start()
    other.join()
    return got[0]


def test_what_a_log_was_saved_as_is_the_users_code_too(phone: CRMWidget) -> None:
    free: list[bool] = []

    class Number(str):
        __slots__ = ()

        def __str__(self) -> str:
            free.append(is_free(phone))
            return "task-1"

    phone.on_save_log(lambda log: Number("task-1"))
    log = interaction_log()

    assert phone._client.deliver(log.action, log.raw).wait(60)

    assert all(free)


@pytest.mark.usefixtures("soon")
def test_where_an_error_is_shown_is_the_users_code_too(
    phone: CRMWidget, let_go: threading.Event
) -> None:
    free: list[bool] = []

    class Cell:
        ended = let_go
        shown = contextlib.nullcontext

        def show_error(self, error: BaseException) -> None:
            free.append(is_free(phone))

    handler(phone, lambda pop: let_go.wait(60))
    comes(phone)
    phone._client.runner.cell = Cell()  # type: ignore[assignment]

    until(lambda: free)
    phone._client.runner.cell = None
    assert all(free)


def test_an_engine_that_is_searched_is_the_users_code_too(phone: CRMWidget) -> None:
    free: list[bool] = []

    class Engine:
        warnings = ()
        recognised = None

        def __len__(self) -> int:
            return 0

        def search(self, *_: object, **__: object) -> tuple[int, list[object]]:
            free.append(is_free(phone))
            return 0, []

    phone._client.sources.directory = Engine()  # type: ignore[assignment]

    phone._client._panel_actions.pressed({"what": "search", "args": {"text": "Bo"}, "seq": 1})

    assert free == [True]


# ---------------------------------------------------------------- what is only looked at
def adapter_whose_attributes(look: Code) -> dict[str, Any]:
    class Own:
        tried = "never"

        def __getattribute__(self, name: str) -> Any:
            look()
            return object.__getattribute__(self, name)

        def find(self, numbers: object) -> list[object]:
            return []

        contacts = custom_fields = reports = current_user = find

    return {"crm": Own()}


def function_whose_attributes(look: Code) -> Code:
    class Own:
        def __getattribute__(self, name: str) -> Any:
            look()
            return object.__getattribute__(self, name)

        def __call__(self, *_: object) -> object:
            return [{"name": "Bo Larsen", "phone": "+12025550143"}]

    return Own()


def value_whose_text(look: Code) -> object:
    class Own:
        def __str__(self) -> str:
            look()
            return "text"

    return Own()


def mapping_whose_keys(look: Code) -> Mapping[str, object]:
    class Own(UserDict[str, object]):
        def __iter__(self) -> Iterator[str]:
            look()
            return super().__iter__()

    return Own({"a": 1})


LOOKED_AT: Final[dict[str, Callable[[Code], dict[str, Any]]]] = {
    "an adapter": adapter_whose_attributes,
    "crm_data=": lambda look: {"crm_data": function_whose_attributes(look)},
    "directory=": lambda look: {"directory": function_whose_attributes(look)},
    "a value in crm_data=": lambda look: {
        "crm_data": replace(demonstration(), other={"more": mapping_whose_keys(look)})
    },
    "a value in directory=": lambda look: {
        "directory": [{"name": "Bo", "phone": "+12025550143", "plan": value_whose_text(look)}]
    },
    "a handler": lambda look: {"screen_pop": function_whose_attributes(look)},
    "a value of a handler's": lambda look: {
        "screen_pop": lambda pop: {"name": "Bo", "plan": value_whose_text(look)}
    },
}


@pytest.mark.parametrize("make", LOOKED_AT.values(), ids=LOOKED_AT)
def test_what_is_only_looked_at_is_not_looked_at_under_a_lock(
    phone: CRMWidget, make: Callable[[Code], dict[str, Any]]
) -> None:
    free: list[bool] = []
    given = make(lambda: free.append(is_free(phone)))
    if pop := given.pop("screen_pop", None):
        phone.on_screen_pop(pop)
    for name, value in given.items():
        setattr(phone, name, value)
    Connector(phone)

    @phone.on_open_reports
    def reports(asked: object) -> None:
        pass

    for action in (POP, FIELDS, CRM_DATA, CONTACTS):
        data = {"aniValues": ["+12025550143"]} if action == POP else None
        phone._client.deliver(action, data).wait(60)
    phone.off("open_reports")
    phone._client.page_status.evidence()
    phone._client._panel_actions.pressed({"what": "search", "args": {"text": "Bo"}, "seq": 1})
    repr(phone.answers)

    assert free
    assert all(free)


# ---------------------------------------------------------------- coroutines beyond their time
def send(phone: CRMWidget, number: str) -> None:
    phone._client.deliver(POP, {"aniValues": [number]})


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("how", ["waits", "refuses to be cancelled", "blocks the loop"])
def test_the_next_of_the_same_action_is_handled(
    phone: CRMWidget, let_go: threading.Event, how: str
) -> None:
    begun: list[str] = []

    @phone.on_screen_pop(timeout=SOON)
    async def lookup(pop: Any) -> None:
        begun.append(pop.caller)
        if len(begun) > 1:
            return
        if how == "blocks the loop":
            let_go.wait(60)
        while not let_go.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                if how == "waits":
                    raise

    send(phone, "+12025550171")
    send(phone, "+12025550172")

    until(lambda: len(begun) == 2)
    late, *more = [type(failure.error) for failure in phone.errors]
    assert late is HandlerTimeoutError
    assert more == ([] if how == "waits" else [HandlerAbandonedError])


@pytest.mark.usefixtures("soon")
def test_a_redefined_coroutine_is_used_for_what_waited(phone: CRMWidget) -> None:
    begun: list[str] = []
    hanging = threading.Event()

    @phone.on_screen_pop(timeout=SOON)
    async def first(pop: Any) -> None:
        hanging.set()
        await asyncio.Event().wait()

    send(phone, "+12025550171")
    assert hanging.wait(60)

    @phone.on_screen_pop
    async def second(pop: Any) -> None:
        begun.append(pop.caller)

    send(phone, "+12025550172")

    until(lambda: begun)
    assert begun == ["+12025550172"]


def test_a_task_that_leaves_the_thread_does_not_end_the_loop(phone: CRMWidget) -> None:
    @phone.on_screen_pop
    async def lookup(pop: Any) -> None:
        async def exits() -> None:
            raise SystemExit

        begun.append(asyncio.ensure_future(exits()))
        await asyncio.sleep(0)

    begun: list[Any] = []
    send(phone, "+12025550171")
    send(phone, "+12025550172")

    until(lambda: len(begun) == 2)


# ---------------------------------------------------------------- observers
def test_an_observer_is_forgotten_by_its_function(phone: CRMWidget) -> None:
    seen: list[object] = []
    phone.observe(seen.append, "last_message")
    phone.unobserve(seen.append, "last_message")

    comes(phone)

    the_next_is_handled(phone)
    assert seen == []


@pytest.mark.usefixtures("soon")
def test_the_other_observers_are_told_though_one_hangs(
    phone: CRMWidget, let_go: threading.Event
) -> None:
    seen: list[object] = []
    phone.observe(lambda change: let_go.wait(60), "last_message")
    phone.observe(seen.append, "last_message")

    comes(phone)

    until(lambda: seen)


def test_an_observer_of_what_the_user_sets_raises_where_it_is_set(phone: CRMWidget) -> None:
    def refuse(change: object) -> None:
        raise KeyError("plan")

    phone.observe(refuse, "directory")

    with pytest.raises(KeyError):
        phone.directory = [{"name": "Bo Larsen", "phone": "+12025550143"}]
