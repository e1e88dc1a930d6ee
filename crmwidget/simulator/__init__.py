"""The simulated connector seen from Python: its page, a server for it, its remote control.

The softphone itself exists once, in TypeScript (js/src/core/connector.ts).
"""

from __future__ import annotations

from crmwidget.simulator._page import page
from crmwidget.simulator._remote import SimulatedCall, Simulator, Step
from crmwidget.simulator._server import Server, serve

__all__ = ["Server", "SimulatedCall", "Simulator", "Step", "page", "serve"]
