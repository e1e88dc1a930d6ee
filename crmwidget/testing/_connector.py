"""Testing: a connector in memory, and messages to put into handlers.

`Connector` speaks to a phone or to a `Handlers` registry as the real one
would, through the same session and runner, without browser, kernel or
anywidget. The builders make one typed message each, valid, with what matters
to the test given and the rest filled in.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from crmwidget.client import Client
from crmwidget.client._card import asked_of
from crmwidget.core.session import ABSENT, Send
from crmwidget.errors import ActionError, CRMWidgetError
from crmwidget.errors._arguments import advises
from crmwidget.handlers import Handlers
from crmwidget.handlers.resolver import (
    adapter_of,
    checked_adapter,
    checked_crm_data,
    checked_directory,
    source_of,
)
from crmwidget.protocol import ACTIONS, named, nearest, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from crmwidget.client.handler_errors import HandlerErrors
    from crmwidget.client.journal import Journal
    from crmwidget.directory import Contact, Match
    from crmwidget.notebook.widget import CRMWidget
    from crmwidget.protocol import (
        ClickToDial,
        CrmDataRequest,
        CustomFieldsRequest,
        DirectoryRequest,
        InteractionLog,
        Message,
        Navigate,
        OpenReports,
        Ready,
        ScreenPop,
    )
    from crmwidget.simulator import Report
    from crmwidget.traffic import Traffic

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

PATIENCE: Final = 120.0
"""Seconds until a handler without a time-out is given up by a test."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the client sent."""

    action: str
    data: Any
    """As JSON has it; None when the message has no data."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The record card as the agent sees it."""

    stage: str
    """"asking", "found", "handled", "failed", "late" or "missed"."""
    asked: str
    """The number or id that was asked for, as it came; empty: there was none."""
    matches: tuple[Match, ...]
    """Whom the agent may open; one that is not certain is offered as possible."""
    link: str | None
    """What the agent is asked to open in the CRM."""
    html: str | None
    """A document that the handler returned."""
    by: str | None
    """Who answered: "pop()", "HubSpot"; None: the built-in answer."""
    error: str | None
    """Why there is no answer."""
    log: str | None
    """What became of the call's log: "came", "saved", "kept" or "failed"; None: none came."""


class Connector:
    """A connector in memory.

    phone: a CRMWidget, or the Handlers of a notebook or product.
    crm_data, user, directory, crm, region: as for CRMWidget, where there is no phone.

    >>> connector = Connector(handlers, directory=[{"name": "Bo Larsen", "phone": "+12025550143"}])
    >>> connector.send("screen_pop", {"aniValues": ["+12025550143"]})
    >>> connector.ask("custom_fields", {"object": {"voice": ["case"], "digital": []}})
    """

    def __init__(
        self,
        phone: CRMWidget | Handlers,
        *,
        crm_data: Any = None,
        user: Any = None,
        directory: Any = None,
        crm: Any = None,
        region: str | None = None,
    ) -> None:
        if isinstance(phone, Handlers):
            self._client = Client("test", phone)
            sources = self._client.sources
            sources.crm_data, sources.user = source_of(checked_crm_data(crm_data, user)), user
            sources.region = region
            sources.directory = source_of(checked_directory(directory, region))
            sources.crm = adapter_of(checked_adapter(crm, region))
        elif isinstance(client := getattr(phone, "_client", None), Client):
            self._client = client
        else:
            msg = f"Connector() needs a CRMWidget or Handlers, not {type(phone).__name__}."
            raise TypeError(msg)
        self.received: list[Sent] = []
        """What the client has sent, oldest first."""
        self._client.in_memory = True
        self._client.sent = self._note
        self._client.configure()

    def send(self, action: str | Message, data: object = None) -> None:
        """Say something, wait until its handler has finished, re-raise what it raised.

        Warns of a log that was saved without its place in the history.

        `action`: a wire name, a short name, or a message made by a builder.
        """
        self._deliver(action, data)

    def ask(self, action: str | Message, data: object = None) -> Any:
        """Ask, and give the data of the reply; raises what the handler raised.

        CRMWidgetError: nothing answered. ActionError: the action has no reply.
        """
        name = action if isinstance(action, str) else action.action
        known = named(name)
        if known is None or known.reply is None:
            asked = tuple(a.name for a in ACTIONS if a.direction == "from_connector" and a.reply)
            why = (
                f"{name} has no answer: connector.send() it, and look at connector.received. "
                f"These have one: {', '.join(asked)}."
            )
            near = nearest(name) if known is None else None
            raise ActionError(name, near, asked, None if known is None else why)
        for send in self._deliver(action, data):
            if send.action == known.reply:
                return _plain(send)
        raise CRMWidgetError(f"nothing answered {known.name}; connector.received is what was sent.")

    def dial(self, number: str, record: object = None) -> None:
        """Call as a person in the client application does; `record` is whose number it is.

        ClickToDialDisabled until the connector has sent click_to_dial(). ChoiceError: this is no
        number.
        """
        self._client.dial(number, record)

    @property
    def record(self) -> Contact | None:
        """The one record that the agent has before them, as `phone.record`."""
        return self._client.panel.record

    @property
    def candidates(self) -> tuple[Contact, ...]:
        """All that the agent is offered, as `phone.candidates`."""
        return self._client.panel.candidates

    @property
    def shown(self) -> Shown | None:
        """The record card; None before the first question for a record."""
        card = self._client.panel.card
        if card is None:
            return None
        return Shown(
            stage=card.stage,
            asked=asked_of(card.job.message),
            matches=tuple(card.matches),
            link=card.link,
            html=card.drawn.html,
            by=card.by,
            error=card.error,
            log=card.log and card.log[0],
        )

    @property
    def traffic(self) -> Traffic:
        """All messages, as `phone.traffic`."""
        return self._client.traffic

    @property
    def errors(self) -> HandlerErrors:
        """What went wrong in handlers, as `phone.errors`."""
        return self._client.errors

    @property
    def journal(self) -> Journal:
        """Interaction logs that are not saved yet, as `phone.journal`."""
        return self._client.journal

    def run(self, scenario: object) -> Report:
        """Work a scenario off, without waiting for its times; raises what a handler raises.

        scenario: as for `phone.simulator.run()`. There is no page: what has to do with faults
        and logins is refused, and the report says so. `print` the report, or assert that it
        `passed`.
        """
        from crmwidget.simulator._in_memory import play

        return play(scenario, self.send, self.received)

    @property
    def handlers(self) -> Handlers:
        """The functions that answer it."""
        return self._client.handlers

    def close(self) -> None:
        """End the threads; a phone that was given goes on."""
        if self._client.name == "test":
            self._client.close(force=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _deliver(self, message: str | Message, data: object) -> list[Send]:
        if isinstance(message, str):
            known = named(message)
            spelling = known.name if known and message == known.short else message
        else:
            spelling, data = message.action, message.raw
        job = self._client.deliver(spelling, data)
        if not job.wait(PATIENCE):
            raise CRMWidgetError(f"no handler of {spelling} finished within {PATIENCE:g} s.")
        if job.error is not None:
            raise job.error
        for text in job.warnings:
            warnings.warn(text, stacklevel=3)
        return job.sent

    def _note(self, send: Send) -> None:
        self.received.append(Sent(send.action, _plain(send)))


def _plain(send: Send) -> Any:
    """The data as it arrives on the other side: what JSON does not carry fails here."""
    if send.data is ABSENT:
        return None
    return json.loads(send.data if isinstance(send.data, bytes) else json.dumps(send.data))


# ---------------------------------------------------------------- builders
def _message(action: str, data: object = None, key: str | None = None) -> Any:
    return parse(action, data, at=datetime.now(UTC), key=key)


def ready() -> Ready:
    """The connector's ping."""
    found: Ready = _message("ready")
    return found


def crm_data_request() -> CrmDataRequest:
    """RequestCrmData."""
    found: CrmDataRequest = _message("requestCrmData")
    return found


@advises
def directory_request(*, documented_spelling: bool = False) -> DirectoryRequest:
    """The directory request, as the sample client or as the documentation spells it."""
    found: DirectoryRequest = _message(
        "requestGetCRMDirectory" if documented_spelling else "requestGetCrmDirectory"
    )
    return found


def screen_pop(*numbers: str, **more: object) -> ScreenPop:
    """RequestPerformInteractionScreenPop with these aniValues; `more`: further keys of the data."""
    found: ScreenPop = _message(
        "requestPerformInteractionScreenPop", {"aniValues": list(numbers), **more}
    )
    return found


@advises
def click_to_dial(enabled: bool = True) -> ClickToDial:  # noqa: FBT001, FBT002 - it is the message
    """RequestEnableClickToDial."""
    found: ClickToDial = _message("requestEnableClickToDial", {"isEnabled": enabled})
    return found


def navigate(record_id: str | int, **more: object) -> Navigate:
    """RequestNavigateToClickToDialResult."""
    found: Navigate = _message(
        "requestNavigateToClickToDialResult", {"recordId": record_id, **more}
    )
    return found


def open_reports() -> OpenReports:
    """RequestOpenReports."""
    found: OpenReports = _message("requestOpenReports")
    return found


@advises
def custom_fields(voice: Sequence[str] = (), digital: Sequence[str] = ()) -> CustomFieldsRequest:
    """RequestCustomFieldsValues."""
    found: CustomFieldsRequest = _message(
        "requestCustomFieldsValues", {"object": {"voice": list(voice), "digital": list(digital)}}
    )
    return found


@advises
def interaction_log(
    *,
    caller: str = "+12025550143",
    called: str = "+12025550100",
    topic: str = "Renewal",
    subject: str = "Call",
    comments: str = "",
    custom_fields: Mapping[str, str] | None = None,
    interaction_id: str = "interaction-1",
    header: object = None,
    key: str = "test/1",
) -> InteractionLog:
    """RequestSaveInteractionLog in the evidenced shape; `key` is its idempotency key."""
    data: dict[str, Any] = {
        "message": {
            "body": {
                "interactionId": interaction_id,
                "interactionData": {
                    "updatedOriginatingAddress": caller,
                    "updatedDestinationAddress": called,
                    "interaction": {
                        "topic": topic,
                        "intrinsics": {"START_TIME": "12:04:31", "START_DATE": "2026-01-15"},
                    },
                    "logDetails": {
                        "subject": subject,
                        "comments": comments,
                        "customFields": [
                            {"logFieldName": name, "currentValue": value}
                            for name, value in (custom_fields or {}).items()
                        ],
                    },
                },
            }
        }
    }
    if header is not None:
        data["header"] = header
    found: InteractionLog = _message("requestSaveInteractionLog", data, key)
    return found
