"""The one table of actions; Python asks it and TypeScript is generated from it.

Evidence tags as in docs/wire.md: [D] the vendor's documentation,
[S] what the sample client does, [R] its README, [O] seen in a browser,
[I] inferred.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final, Literal

Direction = Literal["from_connector", "to_connector"]

FROM_CONNECTOR: Final = "CRMConnectMessage"
"""The envelope's `type` on what the connector sends [D]."""
TO_CONNECTOR: Final = "ClientAppMessage"
"""The envelope's `type` on what we send [D]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of the wire."""

    name: str
    """The spelling we send, and the one shown where both are meant."""
    short: str
    """The word `on()` takes beside the wire name."""
    direction: Direction
    evidence: str
    """Where the action is known from."""
    reply: str | None = None
    """The action that answers it."""
    also: tuple[str, ...] = ()
    """Other spellings seen or documented."""
    kept: bool = False
    """An interaction log: kept until its handler is through."""

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.also)


def _asks(name: str, short: str, evidence: str, reply: str | None = None, **more: object) -> Action:
    return Action(
        name=name,
        short=short,
        direction="from_connector",
        evidence=evidence,
        reply=reply,
        **more,  # type: ignore[arg-type]
    )


def _says(name: str, short: str, evidence: str) -> Action:
    return Action(name=name, short=short, direction="to_connector", evidence=evidence)


ACTIONS: Final = (
    _asks("ready", "ready", "D", "ready"),
    _asks("requestCrmData", "crm_data", "D", "crmData"),
    # The documentation writes CRM, the sample client Crm and ignores the other [O].
    _asks(
        "requestGetCrmDirectory",
        "directory",
        "S",
        "crmDirectory",
        also=("requestGetCRMDirectory",),
    ),
    _asks("requestEnableClickToDial", "click_to_dial", "R"),
    _asks("requestNavigateToClickToDialResult", "navigate", "R"),
    _asks("requestPerformInteractionScreenPop", "screen_pop", "D"),
    _asks("requestOpenReports", "open_reports", "R"),
    _asks("requestSaveInteractionLog", "save_log", "D", kept=True),
    _asks("requestCustomFieldsValues", "custom_fields", "D", "customFieldsDataResponse"),
    _says("ready", "ready", "D"),
    _says("crmData", "crm_data", "D"),
    _says("crmDirectory", "directory", "D"),
    _says("clickToDialResponse", "click_to_dial", "D"),
    _says("createHistoryItem", "history_item", "D"),
    _says("customFieldsDataResponse", "custom_fields", "D"),
    _says("displayErrorNotification", "notification", "D"),
)

_FROM = {
    spelling.lower(): action
    for action in ACTIONS
    if action.direction == "from_connector"
    for spelling in action.spellings
}
_SHORT = {action.short: action for action in ACTIONS if action.direction == "from_connector"}
_TO = {action.name.lower(): action for action in ACTIONS if action.direction == "to_connector"}


def incoming(name: str) -> Action | None:
    """The action the connector means by `name`: in any case, in all spellings [D][S].

    None: an action this project does not know.
    """
    return _FROM.get(name.lower())


def named(name: str) -> Action | None:
    """The action a person means by `name`: a wire name as above, or a short name."""
    return _SHORT.get(name) or incoming(name)


def outgoing(name: str) -> Action | None:
    """The action of ours called `name` on the wire, in any case."""
    return _TO.get(name.lower())


def nearest(name: str, direction: Direction = "from_connector") -> str | None:
    """The known name most like `name`, for advice in errors and warnings."""
    table = {**_FROM, **_SHORT} if direction == "from_connector" else _TO
    found = difflib.get_close_matches(name.lower(), table, n=1, cutoff=0.6)
    if not found:
        return None
    action = table[found[0]]
    return action.short if found[0] == action.short else action.name
