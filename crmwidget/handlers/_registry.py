"""Handlers: which of the user's functions answers which action.

The registry and nothing else: what a function's value means is replies.py,
who answers where no function does is resolver.py. A registry travels from
notebook to tests to product, as a blueprint does.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, overload

from crmwidget.handlers.given import name_of
from crmwidget.protocol import named, nearest

if TYPE_CHECKING:
    from crmwidget import protocol

F = TypeVar("F", bound=Callable[..., Any])
GivenFunction = Callable[..., Any]

EVERY: Final = "*"
"""The name under which a handler observes every message."""


class Default:
    def __repr__(self) -> str:
        return "default"


DEFAULT: Final = Default()
"""The phone's own time-out applies."""
Timeout = float | None | Default


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered function and how to call it."""

    action: str
    """As named() spells it, or a name nobody knows, or "*"."""
    function: GivenFunction
    timeout: Timeout
    takes_message: bool
    name: str = field(init=False)
    """For errors and the record card."""

    def __post_init__(self) -> None:
        # At once, where nothing is locked: an object's attributes are code of the user's.
        object.__setattr__(self, "name", name_of(self.function))

    def __call__(self, message: object) -> object:
        """Call the function, with the message if it wants one."""
        return self.function(message) if self.takes_message else self.function()


def canonical(action: str) -> str:
    """The one name under which all spellings of an action are registered."""
    known = named(action)
    return known.name if known else action


class Register(Protocol):
    """What `@phone.on_screen_pop(timeout=5)` gives: takes the function, returns it."""

    def __call__(self, f: F, /) -> F:
        """Register `f`."""


# What each method takes: a function of its message, or of nothing.
_Ready = TypeVar("_Ready", bound="Callable[[protocol.Ready], Any] | Callable[[], Any]")
_CrmDataRequest = TypeVar(
    "_CrmDataRequest", bound="Callable[[protocol.CrmDataRequest], Any] | Callable[[], Any]"
)
_DirectoryRequest = TypeVar(
    "_DirectoryRequest", bound="Callable[[protocol.DirectoryRequest], Any] | Callable[[], Any]"
)
_ClickToDial = TypeVar(
    "_ClickToDial", bound="Callable[[protocol.ClickToDial], Any] | Callable[[], Any]"
)
_Navigate = TypeVar("_Navigate", bound="Callable[[protocol.Navigate], Any] | Callable[[], Any]")
_ScreenPop = TypeVar("_ScreenPop", bound="Callable[[protocol.ScreenPop], Any] | Callable[[], Any]")
_OpenReports = TypeVar(
    "_OpenReports", bound="Callable[[protocol.OpenReports], Any] | Callable[[], Any]"
)
_InteractionLog = TypeVar(
    "_InteractionLog", bound="Callable[[protocol.InteractionLog], Any] | Callable[[], Any]"
)
_CustomFieldsRequest = TypeVar(
    "_CustomFieldsRequest",
    bound="Callable[[protocol.CustomFieldsRequest], Any] | Callable[[], Any]",
)


class HandlerMethods:
    """`on`, and the nine `on_*` methods; each works bare, called with options, and as a call."""

    # No abstract method: a widget's metaclass is another one.
    _register: Callable[[str, Any, Timeout], Any]
    """Puts a function into the registry; without one, gives the decorator."""

    @overload
    def on(self, action: str, f: F, *, timeout: Timeout = ...) -> F: ...
    @overload
    def on(self, action: str, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on(self, action: str, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """Register `f` for an action, replacing the one before; without `f`, a decorator.

        `action`: a wire name in any case, a short name (`"screen_pop"`), a name that this
        package does not know (registered with a warning that gives the nearest known one),
        or `"*"` to observe every message. `timeout`: seconds, None for no limit.
        Returns `f` unchanged.
        """
        return self._register(action, f, timeout)

    @overload
    def on_ready(self, f: _Ready, *, timeout: Timeout = ...) -> _Ready: ...
    @overload
    def on_ready(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_ready(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`ready`: the connector is there, and was answered; what `f` returns is ignored."""
        return self._register("ready", f, timeout)

    @overload
    def on_crm_data(self, f: _CrmDataRequest, *, timeout: Timeout = ...) -> _CrmDataRequest: ...
    @overload
    def on_crm_data(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_crm_data(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestCrmData`: return a CrmData, a mapping, or a users frame (with `user=`)."""
        return self._register("requestCrmData", f, timeout)

    @overload
    def on_directory(
        self, f: _DirectoryRequest, *, timeout: Timeout = ...
    ) -> _DirectoryRequest: ...
    @overload
    def on_directory(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_directory(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestGetCrmDirectory`, in both spellings: return contacts in any form."""
        return self._register("requestGetCrmDirectory", f, timeout)

    @overload
    def on_click_to_dial(self, f: _ClickToDial, *, timeout: Timeout = ...) -> _ClickToDial: ...
    @overload
    def on_click_to_dial(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_click_to_dial(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestEnableClickToDial`: see `is_enabled`; what `f` returns is ignored."""
        return self._register("requestEnableClickToDial", f, timeout)

    @overload
    def on_navigate(self, f: _Navigate, *, timeout: Timeout = ...) -> _Navigate: ...
    @overload
    def on_navigate(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_navigate(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestNavigateToClickToDialResult`: return the contact of `record_id`, or a URL."""
        return self._register("requestNavigateToClickToDialResult", f, timeout)

    @overload
    def on_screen_pop(self, f: _ScreenPop, *, timeout: Timeout = ...) -> _ScreenPop: ...
    @overload
    def on_screen_pop(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_screen_pop(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestPerformInteractionScreenPop`: return who calls; nobody: the agent is told."""
        return self._register("requestPerformInteractionScreenPop", f, timeout)

    @overload
    def on_open_reports(self, f: _OpenReports, *, timeout: Timeout = ...) -> _OpenReports: ...
    @overload
    def on_open_reports(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_open_reports(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestOpenReports`: return a URL, or anything that a notebook displays."""
        return self._register("requestOpenReports", f, timeout)

    @overload
    def on_save_log(self, f: _InteractionLog, *, timeout: Timeout = ...) -> _InteractionLog: ...
    @overload
    def on_save_log(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_save_log(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestSaveInteractionLog`: save it, return its id or a HistoryItem."""
        return self._register("requestSaveInteractionLog", f, timeout)

    @overload
    def on_custom_fields(
        self, f: _CustomFieldsRequest, *, timeout: Timeout = ...
    ) -> _CustomFieldsRequest: ...
    @overload
    def on_custom_fields(self, f: None = None, *, timeout: Timeout = ...) -> Register: ...
    def on_custom_fields(self, f: Any = None, *, timeout: Timeout = DEFAULT) -> Any:
        """`requestCustomFieldsValues`: return `{name: CustomField or label}`."""
        return self._register("requestCustomFieldsValues", f, timeout)


class Handlers(HandlerMethods):
    """A registry of handlers, usable with `CRMWidget(handlers=...)` and `Connector(...)`."""

    def __init__(self) -> None:
        self._by_action: dict[str, Handler] = {}
        self._watchers: list[Callable[[str], None]] = []

    def _register(self, action: str, f: Any, timeout: Timeout) -> Any:
        if not isinstance(action, str):
            msg = (
                f"on() needs the action's name first, not {type(action).__name__}: "
                "@phone.on('screen_pop'), or @phone.on_screen_pop."
            )
            raise TypeError(msg)
        _check_timeout(timeout)
        if f is None:
            return lambda function: self._register(action, function, timeout)
        name = canonical(action)
        if name != EVERY and named(action) is None:
            like = nearest(action)
            advice = f"Did you mean {like!r}?" if like else "It is registered all the same."
            warnings.warn(f"no known action is called {action!r}. {advice}", stacklevel=3)
        self._by_action[name] = Handler(name, f, timeout, _takes_message(f))
        self._tell(name)
        return f

    def off(self, action: str) -> None:
        """Remove the handler of an action; the next in the order of precedence takes over."""
        name = canonical(action)
        if name not in self._by_action:
            registered = ", ".join(sorted(self._by_action)) or "none"
            raise KeyError(f"no handler for {action!r}. Registered: {registered}.")
        del self._by_action[name]
        self._tell(name)

    def get(self, action: str) -> Handler | None:
        """The handler of an action in any spelling, or None."""
        return self._by_action.get(canonical(action))

    def __contains__(self, action: str) -> bool:
        return canonical(action) in self._by_action

    def __iter__(self) -> Iterator[Handler]:
        return iter(self._by_action.values())

    def __len__(self) -> int:
        return len(self._by_action)

    def __repr__(self) -> str:
        return f"Handlers({', '.join(f'{h.action}: {h.name}' for h in self)})"

    def watch(self, changed: Callable[[str], None]) -> Callable[[], None]:
        """Call `changed(action)` after each change; returns the function that ends it."""
        self._watchers.append(changed)

        def end() -> None:
            with contextlib.suppress(ValueError):  # it was ended before
                self._watchers.remove(changed)

        return end

    def _tell(self, action: str) -> None:
        for changed in tuple(self._watchers):
            changed(action)


def _takes_message(f: object) -> bool:
    """Whether `f` wants the message; a handler may also take no argument."""
    if not callable(f):
        msg = f"a handler must be a function, not {type(f).__name__}: phone.on(action, function)."
        raise TypeError(msg)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # some builtins tell nothing
        return True
    kinds = inspect.Parameter
    positional = [
        p
        for p in signature.parameters.values()
        if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    ]
    required = [p for p in positional if p.default is kinds.empty]
    keywords = [
        p
        for p in signature.parameters.values()
        if p.kind is kinds.KEYWORD_ONLY and p.default is kinds.empty
    ]
    if len(required) > 1 or keywords:
        name = getattr(f, "__name__", "the handler")
        wanted = ", ".join(p.name for p in (*required, *keywords))
        msg = f"{name}({wanted}) cannot be a handler: it is called with one message, or nothing."
        raise TypeError(msg)
    takes_any = any(p.kind is kinds.VAR_POSITIONAL for p in signature.parameters.values())
    return bool(positional) or takes_any


def _check_timeout(timeout: Timeout) -> None:
    if timeout is None or isinstance(timeout, Default):
        return
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or timeout <= 0:
        raise ValueError(f"timeout={timeout!r}: seconds above 0, or None for no limit.")
