"""Adapters: CRMs over their APIs, for `crm=`; each loaded when it is first used.

An adapter answers those of the connector's questions that its CRM can answer.
Each says with `tried` whether it was ever run against the real thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget._lazy import lazily

if TYPE_CHECKING:
    from crmwidget.adapters._base import Adapter
    from crmwidget.adapters._bottlecrm import BottleCRM
    from crmwidget.adapters._dynamics import Dynamics
    from crmwidget.adapters._hubspot import HubSpot
    from crmwidget.adapters._rest import Rest
    from crmwidget.adapters._salesforce import Salesforce
    from crmwidget.adapters._tryton import Tryton
    from crmwidget.adapters._zendesk import Zendesk
    from crmwidget.http.credentials import Credentials, from_env, from_keyring
    from crmwidget.http.login.oauth import AuthorizationCode, ClientCredentials, DeviceFlow

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

__getattr__, __dir__ = lazily(
    __name__,
    {
        ".http.credentials": ("Credentials", "from_env", "from_keyring"),
        ".http.login.oauth": ("AuthorizationCode", "ClientCredentials", "DeviceFlow"),
        "_base": ("Adapter",),
        "_bottlecrm": ("BottleCRM",),
        "_dynamics": ("Dynamics",),
        "_hubspot": ("HubSpot",),
        "_rest": ("Rest",),
        "_salesforce": ("Salesforce",),
        "_tryton": ("Tryton",),
        "_zendesk": ("Zendesk",),
    },
)
