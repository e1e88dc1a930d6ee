"""Given: what is read of a function or an adapter of the user's, once, when it is given.

Its attributes are code of the user's, too: a property may take its time, wait
for another thread, or raise. Later they are asked for where handlers run, and
what is read here answers for them under a lock.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class GivenFunction:
    """A function given in place of a value."""

    function: Callable[..., Any]
    name: str
    takes_message: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> GivenFunction:
        """Look at it."""
        return cls(function, name_of(function), _positional(function))

    def ask(self, message: object) -> object:
        """What it gives, for a message."""
        return self.function(message) if self.takes_message else self.function()


@dataclass(frozen=True, slots=True)
class GivenAdapter:
    """An object with methods that answer, and which of them it has."""

    adapter: Any
    name: str
    """Its class's name."""
    tried: str
    """Whether it was ever run against the real thing; empty: it does not say."""
    methods: frozenset[str]

    @classmethod
    def of(cls, adapter: Any, methods: Iterable[str]) -> GivenAdapter:
        """Look for these methods; one that it leaves out is there, and falsy."""
        bound = {name: getattr(adapter, name, None) for name in methods}
        has = frozenset(name for name, one in bound.items() if one and callable(one))
        tried = str(getattr(adapter, "tried", "") or "")
        return cls(adapter, type(adapter).__name__, str.__str__(tried), has)

    def call(self, method: str, *arguments: object) -> object:
        """Call one of them, as it is now."""
        return getattr(self.adapter, method)(*arguments)


def is_function(value: object) -> bool:
    """A function or bound method; a Directory or CrmData is not, whatever its class defines."""
    return callable(value) and not isinstance(value, type) and not hasattr(value, "to_wire")


def name_of(function: object) -> str:
    """What people know a function by; of an object that can be called, its class."""
    name = getattr(function, "__name__", None)
    return str.__str__(name) if isinstance(name, str) else type(function).__name__


def _positional(function: Any) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(
        p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
        for p in parameters
    )
