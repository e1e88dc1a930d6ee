"""Testing: a connector in memory, messages for handlers, replay of captures, fuzzing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget._lazy import lazily

if TYPE_CHECKING:
    from crmwidget.testing._connector import (
        Connector,
        Sent,
        Shown,
        click_to_dial,
        crm_data_request,
        custom_fields,
        directory_request,
        interaction_log,
        navigate,
        open_reports,
        ready,
        screen_pop,
    )

__all__ = [
    "Connector",
    "Sent",
    "Shown",
    "click_to_dial",
    "crm_data_request",
    "custom_fields",
    "directory_request",
    "interaction_log",
    "navigate",
    "open_reports",
    "ready",
    "screen_pop",
]

__getattr__, __dir__ = lazily(__name__, {"_connector": __all__})
