"""Simulator: the simulated connector's page, its remote control, and a server for it.

The softphone itself is TypeScript (js/src/core/connector.ts). Here is what
Python does with it: `page()` gives it to a frame, `Simulator` drives it, and
`serve()` puts it on an origin of its own. Every phone needs the page; the other
two are loaded when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from crmwidget.simulator._page import page

if TYPE_CHECKING:
    from crmwidget.simulator._remote import SimulatedCall, Simulator, Step
    from crmwidget.simulator._server import Server, serve

__all__ = ["Server", "SimulatedCall", "Simulator", "Step", "page", "serve"]

_ROOMS: Final = {
    "Server": "_server",
    "SimulatedCall": "_remote",
    "Simulator": "_remote",
    "Step": "_remote",
    "serve": "_server",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
