"""Simulator: the simulated connector's page, its remote control, and a server for it.

The softphone itself is TypeScript (js/src/core/connector.ts). Here is what
Python does with it: `page()` gives it to a frame, `Simulator` drives it,
`Scenario` is a script for it, and `serve()` puts it on an origin of its own.
Every phone needs the page; the rest is loaded when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from crmwidget.simulator._page import page, wanted

if TYPE_CHECKING:
    from crmwidget.simulator._remote import SimulatedCall, SimulatedFault, Simulator, Step
    from crmwidget.simulator._run import Progress, Report, Result, Run
    from crmwidget.simulator._scenario import Scenario, scenario_of, scenarios
    from crmwidget.simulator._server import Server, serve

__all__ = [
    "Progress",
    "Report",
    "Result",
    "Run",
    "Scenario",
    "Server",
    "SimulatedCall",
    "SimulatedFault",
    "Simulator",
    "Step",
    "page",
    "scenario_of",
    "scenarios",
    "serve",
    "wanted",
]

_ROOMS: Final = {
    "Progress": "_run",
    "Report": "_run",
    "Result": "_run",
    "Run": "_run",
    "Scenario": "_scenario",
    "Server": "_server",
    "SimulatedCall": "_remote",
    "SimulatedFault": "_remote",
    "Simulator": "_remote",
    "Step": "_remote",
    "scenario_of": "_scenario",
    "scenarios": "_scenario",
    "serve": "_server",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
