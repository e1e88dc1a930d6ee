"""Resolver: who answers which question of the connector.

The first that can: the user's handler, the argument named after the question
(`crm_data=`, `directory=`), the adapter given as `crm=`, the built-in answer.
Nothing is merged, and a handler that raises does not fall through.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

from crmwidget.core.session import SAVING
from crmwidget.handlers import EVERY
from crmwidget.handlers.given import GivenAdapter, GivenFunction, is_function
from crmwidget.protocol import ACTIONS, incoming, named

if TYPE_CHECKING:
    from crmwidget.directory import Directory, Matches
    from crmwidget.handlers import Handler, Handlers
    from crmwidget.protocol import CrmData, Message

QUESTIONS: Final = tuple(a.name for a in ACTIONS if a.direction == "from_connector")

_ADAPTER: Final[Mapping[str, tuple[str, Callable[[Any], tuple[Any, ...]]]]] = {
    "requestCrmData": ("current_user", lambda m: ()),
    "requestGetCrmDirectory": ("contacts", lambda m: ()),
    "requestPerformInteractionScreenPop": ("find", lambda m: (m.ani_values,)),
    "requestNavigateToClickToDialResult": ("open", lambda m: (m.record_id,)),
    "requestSaveInteractionLog": ("save_log", lambda m: (m,)),
    "requestCustomFieldsValues": ("custom_fields", lambda m: (m.names,)),
    "requestOpenReports": ("reports", lambda m: ()),
}
"""The seven questions an adapter may answer: its method, and what it is called with."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers one action."""

    who: str
    """For people: "your handler pop()", "directory="."""
    ask: Callable[[Message], object]
    handler: Handler | None = None
    seconds: float | None = None
    """How long it may take, where neither handler nor phone says; None: as its action may."""

    @property
    def name(self) -> str | None:
        """The function's name, where a function of the user's answers."""
        return self.handler.name if self.handler else None


@dataclass(slots=True)
class Resolver:
    """Everything that can answer; the order lives in `answerer`."""

    handlers: Handlers
    crm_data: CrmData | GivenFunction | None = None
    directory: Directory | GivenFunction | None = None
    crm: GivenAdapter | None = None
    user: Any = None
    """Who of a users frame is the agent."""
    region: str | None = None
    finish: Callable[[Any], Any] = field(default=lambda value: value)
    """Runs an awaitable that a function of the user's returned, gives its value."""

    def answerer(self, action: str) -> Answerer | None:
        """Who answers an action; None: nobody does."""
        known = incoming(action)
        if known is None and (action == EVERY or named(action)):
            return None  # "*" and short names are for `on`; on the wire they are names like any
        name = known.name if known else action
        if handler := self.handlers.get(name):
            return Answerer(f"your handler {handler.name}()", handler, handler)
        # Each is read once: a cell may set another one at any moment.
        crm_data, directory, crm = self.crm_data, self.directory, self.crm
        if name == "requestCrmData" and crm_data is not None:
            return _argument("crm_data", crm_data)
        if name == "requestGetCrmDirectory" and directory is not None:
            return _argument("directory", directory)
        if name in _ADAPTER:
            method, arguments = _ADAPTER[name]
            if crm is not None and method in crm.methods:
                said = f"crm={crm.name}.{method}" + f" ({crm.tried})" * bool(crm.tried)
                seconds = SAVING if method == "contacts" else None  # they come page by page
                return Answerer(said, lambda m: crm.call(method, *arguments(m)), seconds=seconds)
        return self._built_in(name)

    def can(self, method: str) -> bool:
        """Whether there is an adapter with this method."""
        crm = self.crm
        return crm is not None and method in crm.methods

    def _built_in(self, name: str) -> Answerer | None:
        """What this package answers by itself; reports and logs are for the user alone."""
        known: dict[str, tuple[str, Callable[[Any], object]]] = {
            "ready": ("ready", lambda m: None),
            "requestGetCrmDirectory": ("no contacts", lambda m: []),
            "requestEnableClickToDial": ("phone.can_dial", lambda m: None),
            "requestPerformInteractionScreenPop": ("phone.find", lambda m: self.find(m.ani_values)),
            "requestNavigateToClickToDialResult": ("the contact with this id", self._by_id),
            "requestCustomFieldsValues": ("no custom fields", lambda m: None),
        }
        if name not in known:
            return None
        who, ask = known[name]
        return Answerer(f"built-in: {who}", ask)

    @property
    def knows_contacts(self) -> bool:
        """Whether `find` can find anybody."""
        return self.directory is not None or self.can("find")

    def find(self, numbers: str | Iterable[str]) -> Matches:
        """Contacts with any of these numbers, in order of certainty."""
        from crmwidget.directory import matches_of

        directory, crm = self.directory, self.crm
        if directory is None and crm is not None and "find" in crm.methods:
            asked = (numbers,) if isinstance(numbers, str) else tuple(numbers)
            found = self.finish(crm.call("find", asked))
            return matches_of(found, reason=f"Found by {crm.name}.")
        return self._contacts().find(numbers)

    def _by_id(self, message: Any) -> object:
        found = self._contacts().get(message.record_id)
        return [] if found is None else found

    def _contacts(self) -> Directory:
        from crmwidget.directory import Directory

        given: Any = self.directory
        if isinstance(given, GivenFunction):
            given = self.finish(given.function())
        return Directory.of([] if given is None else given, region=self.region)

    def follows(self) -> dict[str, bool]:
        """What is answered, for the settings that follow it where the user set none [I]."""
        contacts = (
            "requestGetCrmDirectory" in self.handlers
            or self.directory is not None
            or self.can("contacts")
        )
        return {
            "call_log": self._by_user("requestSaveInteractionLog"),
            "click_to_dial": "requestEnableClickToDial" in self.handlers or contacts,
            "reports": self._by_user("requestOpenReports"),
            "directory": contacts,
        }

    def _by_user(self, name: str) -> bool:
        return name in self.handlers or self.can(_ADAPTER[name][0])

    def standing(self, name: str) -> object | None:
        """The value that answers `name` whenever it is asked; None: somebody must be asked."""
        if name in self.handlers:
            return None
        value = {"requestCrmData": self.crm_data, "requestGetCrmDirectory": self.directory}.get(
            name
        )
        return None if isinstance(value, GivenFunction) else value

    def now(self) -> tuple[object, ...]:
        """The sources and what follows from them, each the same object while nothing changed."""
        by_handler = ("requestCrmData" in self.handlers, "requestGetCrmDirectory" in self.handlers)
        return self.crm_data, self.directory, self.crm, *by_handler, *self.follows().values()

    def table(self) -> Answers:
        """Who answers which question, for `phone.answers`."""
        found = ((name, self.answerer(name)) for name in QUESTIONS)
        return Answers({name: a.who if a else "nobody" for name, a in found})


def _argument(name: str, value: Any) -> Answerer:
    if isinstance(value, GivenFunction):
        return Answerer(f"{name}={value.name}", value.ask)
    return Answerer(f"{name}=", lambda m: value)


def source_of(value: Any) -> Any:
    """A checked `crm_data=` or `directory=` as Resolver has it; not to be called under a lock."""
    return GivenFunction.of(value) if is_function(value) else value


def adapter_of(value: Any) -> GivenAdapter | None:
    """The same of a checked `crm=`."""
    return (
        None
        if value is None
        else GivenAdapter.of(value, (method for method, _ in _ADAPTER.values()))
    )


def checked_crm_data(value: Any, user: Any = None) -> CrmData | Callable[..., Any] | None:
    """`crm_data=` as it is kept: a function stays one, anything else becomes a CrmData now."""
    if value is None and user is not None:
        raise TypeError(
            "user= says which row of a users frame is the agent: give that frame as crm_data=."
        )
    if value is None or is_function(value):
        return cast("Callable[..., Any] | None", value)
    from crmwidget.handlers.crm_data import crm_data_of

    return crm_data_of(value, user)


def checked_handlers(value: Handlers | None) -> None:
    """Raise TypeError for anything but a Handlers registry."""
    from crmwidget.handlers import Handlers

    if value is not None and not isinstance(value, Handlers):
        raise TypeError(
            f"handlers= takes a Handlers registry, not {type(value).__name__}: handlers = "
            "Handlers(), then @handlers.on_screen_pop or handlers.on('screen_pop', function)."
        )


def checked_directory(value: Any, region: str | None) -> Directory | Callable[..., Any] | None:
    """`directory=` as it is kept: a function stays one, anything else becomes a Directory now."""
    if value is None or is_function(value):
        return cast("Callable[..., Any] | None", value)
    from crmwidget.directory import Directory

    directory = Directory.of(value, region=region)
    directory.warnings  # noqa: B018 - looks at every row: here, and not under the client's lock
    return directory


def checked_adapter(value: Any, region: str | None = None) -> Any:
    """`crm=`: an object with at least one of the seven methods, none of them asynchronous.

    Which of them it has is looked at once, when it is given.

    One that can read national numbers but was not told whose (`region` is None, and it has
    `with_region`) is told the phone's.
    """
    if value is None:
        return None
    methods = [method for method, _ in _ADAPTER.values()]
    bound = {m: getattr(value, m, None) for m in methods}
    if isinstance(value, type) or not any(callable(b) for b in bound.values()):
        advice = "an instance, not the class" if isinstance(value, type) else "an adapter"
        raise TypeError(
            f"crm= needs {advice}: an object with any of the methods {', '.join(methods)}."
        )
    for name, method in bound.items():
        if inspect.iscoroutinefunction(method):
            raise TypeError(
                f"crm.{name} is asynchronous; adapters are synchronous and run on the handlers' "
                "thread. Use the synchronous client."
            )
    placed = getattr(value, "with_region", None)
    if region is not None and callable(placed) and getattr(value, "region", None) is None:
        return placed(region)
    return value


class Answers(Mapping[str, str]):
    """`phone.answers`: wire action to who answers it, in words."""

    def __init__(self, who: dict[str, str]) -> None:
        self._who = who

    def __getitem__(self, action: str) -> str:
        known = named(action)
        return self._who[known.name if known else action]

    def __iter__(self) -> Iterator[str]:
        return iter(self._who)

    def __len__(self) -> int:
        return len(self._who)

    def __repr__(self) -> str:
        width = max(map(len, self._who))
        return "\n".join(f"{action:{width}}  {who}" for action, who in self._who.items())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><code>{action}</code></td><td>{escape(who)}</td></tr>"
            for action, who in self._who.items()
        )
        return f"<table><tr><th>the connector asks</th><th>answered by</th></tr>{rows}</table>"
