"""A contact-centre softphone in your notebook: it asks, your Python answers.

What users import, loaded on first use: `import crmwidget` needs no Jupyter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget._lazy import lazily

if TYPE_CHECKING:
    from crmwidget.directory import Contact, Directory, Match, Matches
    from crmwidget.handlers import Handlers
    from crmwidget.notebook.widget import CRMWidget
    from crmwidget.protocol import (
        Capabilities,
        CrmData,
        CurrentUser,
        CustomField,
        HistoryItem,
        Reply,
        Settings,
    )
    from crmwidget.safety.privacy import Secret
    from crmwidget.testing.replay import Capture

__version__ = "0.1.0"

__all__ = [
    "CRMWidget",
    "Capabilities",
    "Capture",
    "Contact",
    "CrmData",
    "CurrentUser",
    "CustomField",
    "Directory",
    "Handlers",
    "HistoryItem",
    "Match",
    "Matches",
    "Reply",
    "Secret",
    "Settings",
    "__version__",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "directory": ("Contact", "Directory", "Match", "Matches"),
        "handlers": ("Handlers",),
        "notebook.widget": ("CRMWidget",),
        "protocol": (
            "Capabilities",
            "CrmData",
            "CurrentUser",
            "CustomField",
            "HistoryItem",
            "Reply",
            "Settings",
        ),
        "safety.privacy": ("Secret",),
        "testing.replay": ("Capture",),
    },
)
