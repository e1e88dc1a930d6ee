"""Simulator: the simulated connector's page, its remote control, and a server for it.

The softphone itself is TypeScript (js/src/connector/connector.ts). Here is what
Python does with it: `page()` gives it to a frame, `Simulator` drives it,
`Scenario` is a script for it, and `serve()` puts it on an origin of its own.
Every phone needs the page; the rest is loaded when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget._lazy import lazily
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

__getattr__, __dir__ = lazily(
    __name__,
    {
        "_remote": (
            "SimulatedCall",
            "SimulatedFault",
            "Simulator",
            "Step",
        ),
        "_run": (
            "Progress",
            "Report",
            "Result",
            "Run",
        ),
        "_scenario": (
            "Scenario",
            "scenario_of",
            "scenarios",
        ),
        "_server": (
            "Server",
            "serve",
        ),
    },
)
