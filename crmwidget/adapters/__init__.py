"""Adapters: CRMs over their APIs, for `crm=`; each loaded when it is first used.

An adapter answers those of the connector's questions that its CRM can answer.
Each says with `tried` whether it was ever run against the real thing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crmwidget.adapters._auth import Credentials, from_env, from_keyring
    from crmwidget.adapters._base import Adapter
    from crmwidget.adapters._bottlecrm import BottleCRM
    from crmwidget.adapters._dynamics import Dynamics
    from crmwidget.adapters._hubspot import HubSpot
    from crmwidget.adapters._oauth import AuthorizationCode, ClientCredentials, DeviceFlow
    from crmwidget.adapters._rest import Rest
    from crmwidget.adapters._salesforce import Salesforce
    from crmwidget.adapters._tryton import Tryton
    from crmwidget.adapters._zendesk import Zendesk

__all__ = [
    "Adapter",
    "AuthorizationCode",
    "BottleCRM",
    "ClientCredentials",
    "Credentials",
    "DeviceFlow",
    "Dynamics",
    "HubSpot",
    "Rest",
    "Salesforce",
    "Tryton",
    "Zendesk",
    "from_env",
    "from_keyring",
]

_HOME: Final = {
    "Adapter": "_base",
    "AuthorizationCode": "_oauth",
    "BottleCRM": "_bottlecrm",
    "ClientCredentials": "_oauth",
    "Credentials": "_auth",
    "DeviceFlow": "_oauth",
    "Dynamics": "_dynamics",
    "HubSpot": "_hubspot",
    "Rest": "_rest",
    "Salesforce": "_salesforce",
    "Tryton": "_tryton",
    "Zendesk": "_zendesk",
    "from_env": "_auth",
    "from_keyring": "_auth",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        msg = f"module 'crmwidget.adapters' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"crmwidget.adapters.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
