"""Case: what somebody does to the widget, and what becomes of it; data only.

A case is JavaScript that somebody runs: the connector in the widget's frame unless `who` says
otherwise. `say(value)` posts to the window in which the widget listens, `message(action, data)`
makes a message in the connector's envelope; puppet.html has the other words. A case says which
messages reach the kernel's handlers (and with which data), which are refused and why, and what
the connector is told; nothing else may happen. After each one a good message must work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Beside:
    """A frame beside the widget's, in the same page."""

    url: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """A frame in the connector's page."""

    url: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Popup:
    """A window that the connector's page has opened."""

    url: str


@dataclass(frozen=True, slots=True)
class There:
    """The widget's own frame, after it went to another address."""

    url: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The widget's own frame, after it went to another address and came back."""

    url: str


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    does: str
    who: object = "connector"
    """"connector", "page" (the notebook's own), "put back" (the element of a closed frame), ..."""
    passed: tuple[tuple[str, Any], ...] | None = ()
    """(action, data) of what reaches the handlers, without `ready`; None: is not looked at."""
    refused: dict[str, int] = field(default_factory=dict)
    hears: tuple[str, ...] = ()
    """Actions that the connector is told."""
    throws: str = ""
    """The error with which the browser itself does not let it be sent."""
    fresh: bool = False
    """It begins with a frame that was loaded anew and has said nothing."""
    facts: dict[str, Any] = field(default_factory=dict)


CONNECTOR: Final = "http://localhost:{port}"
"""In the widget's frame; arena.py knows the ports of a run."""
GOOD: Final = "say(message('value', 1))"
PASSED: Final = (("value", 1),)
