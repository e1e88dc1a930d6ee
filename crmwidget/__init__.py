"""A contact-centre softphone in your notebook: it asks, your Python answers.

What users import, loaded on first use: `import crmwidget` needs no Jupyter.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmwidget.capture import Capture
    from crmwidget.directory import Contact, Directory, Match, Matches
    from crmwidget.handlers import Handlers
    from crmwidget.privacy import Secret
    from crmwidget.protocol import (
        Capabilities,
        CrmData,
        CurrentUser,
        CustomField,
        HistoryItem,
        Reply,
        Settings,
    )
    from crmwidget.widget import CRMWidget

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

_HOME = {
    "CRMWidget": "widget",
    "Capture": "capture",
    "Contact": "directory",
    "Directory": "directory",
    "Handlers": "handlers",
    "Match": "directory",
    "Matches": "directory",
    "Secret": "privacy",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        msg = f"module 'crmwidget' has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"crmwidget.{_HOME.get(name, 'protocol')}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
