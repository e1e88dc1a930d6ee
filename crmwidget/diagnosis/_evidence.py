"""What is known: of a phone, and of what a browser saw; every part may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from crmwidget.diagnosis.probes.http import is_loopback

Refused = Literal["framing", "certificate", "mixed-content", "no-page", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a browser saw of the address in a frame; without messages, names or paths."""

    page: str
    """The origin of the page around the frame."""
    shows: str | None = None
    """The origin of what the frame shows at the end; None: the browser's own error page."""
    refused: Refused | None = None
    """Why the browser has not shown it."""
    word: str = ""
    """The browser's word for it."""
    greeted: bool = False
    """A `ready` came from an origin that may speak, and was answered."""
    asked: bool = False
    """It asked for crmData."""
    strangers: tuple[str, ...] = ()
    """Other origins that spoke in the frame."""
    odd: int = 0
    """Messages of the frame that are no connector's."""
    password: bool = False
    """It shows a field for a password."""
    lost: int = 0
    """Cookies that it set and the browser did not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a phone."""

    connector: str = "simulator"
    """The origin that may speak."""
    src: str | None = None
    """The address of the frame; no part of it but the origin is ever shown."""
    origins: tuple[str, ...] = ()
    status: str = "not shown"
    closed: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the page, see Facts in js/src/core/wire.ts."""
    ended: str | None = None
    """Why there is no frame any more: "closed", "navigated", "removed"."""
    page_heard: float | None = None
    """Seconds since the page said anything; None: it never did."""
    answers: bool | None = None
    """Whether the page has answered when it was asked just now; None: it could not be asked."""
    making: bool = False
    """The cell that made the phone has not ended."""
    silence: float = 15.0
    """Seconds after which the page calls a connector silent."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Refused messages by reason."""
    stranger: str | None = None
    """The origin in our frame that spoke without being allowed to."""
    received: Mapping[str, int] = field(default_factory=dict)
    """Messages by action, since the last `ready`."""
    sent: Mapping[str, int] = field(default_factory=dict)
    crm_data_by: str | None = None
    """Who answers requestCrmData."""
    crm_data_error: str | None = None
    """Why the last answer to it failed; without data."""
    errors: tuple[str, ...] = ()
    """Of handlers: action, function and class; without data."""
    contradictions: tuple[str, ...] = ()
    """Settings against what answers, as sentences."""
    kept: int = 0
    """Interaction logs that are not saved."""
    waits: bool = False
    """This kernel receives nothing while a cell runs."""
    old_kernel: bool = False
    """... because it is ipykernel 6."""
    nodelay: bool | None = None
    """Whether the server has the extension; None: there is no Jupyter server."""
    beside: bool = False
    """The address was asked on the machine of the browser."""
    seen: Seen | None = None

    @property
    def host(self) -> Mapping[str, Any]:
        """Of the page around the frame, see Host in js/src/page/environment.ts."""
        found = self.facts.get("host")
        return found if isinstance(found, Mapping) else {}

    @property
    def page(self) -> str | None:
        """The origin of the page around the frame."""
        found = self.host.get("origin")
        return found if isinstance(found, str) else None

    @property
    def above(self) -> tuple[str, ...]:
        """The origins of the page and of all pages around it."""
        further = self.host.get("above")
        listed = further if isinstance(further, list) else []
        return (*filter(None, [self.page]), *(str(one) for one in listed))

    @property
    def near(self) -> bool:
        """What this kernel reaches, the browser reaches: they are on one machine."""
        return self.beside or (self.page is not None and is_loopback(self.page))

    @property
    def elsewhere(self) -> bool:
        """The connector is on the browser's own machine, and this kernel on another."""
        return not self.near and self.page is not None and is_loopback(self.connector)

    @property
    def may(self) -> str:
        """The origins that may speak."""
        return ", ".join(self.origins or (self.connector,))

    @property
    def connected(self) -> bool:
        """It has its crmData, and nobody else has spoken in the frame since."""
        return self.status == "configured" and self.stranger is None

    @property
    def speaks(self) -> bool:
        """A browser shows the connector, whatever its address answers to others."""
        return self.connected or (
            self.seen is not None and self.seen.greeted and self.seen.refused is None
        )

    @property
    def greeted(self) -> bool:
        """The connector has said `ready`, and was answered."""
        return self.facts.get("acked") is True or self.status in {"ready", "configured"}


def insecure(origin: str) -> bool:
    """Plain http to another machine, which browsers do not load into a page on https."""
    return origin.startswith("http://") and not is_loopback(origin)


def one_site(a: str, b: str) -> bool:
    """Whether two origins may be of one site, within which every cookie is sent.

    There is no list of public suffixes here: two hosts with one ending count as one site.
    """
    first, second = urlsplit(a), urlsplit(b)
    ours, theirs = first.hostname or "", second.hostname or ""
    if first.scheme != second.scheme or ours == theirs:
        return first.scheme == second.scheme
    if is_loopback(a) or is_loopback(b):
        return False
    return ours.split(".")[-2:] == theirs.split(".")[-2:] and not ours.replace(".", "").isdigit()
