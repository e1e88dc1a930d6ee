"""Handlers: the user's functions, who answers which action, and what a returned value means."""

from crmwidget.handlers._registry import (
    DEFAULT,
    EVERY,
    Default,
    Handler,
    HandlerMethods,
    Handlers,
    Timeout,
)

__all__ = ["DEFAULT", "EVERY", "Default", "Handler", "HandlerMethods", "Handlers", "Timeout"]
