"""Gate: which requests the simulator's server takes, and how much of one it reads.

Every page that a browser of this machine shows can send requests to a loopback port. One whose
name was made to lead here (DNS rebinding) even reads the answers, and is known by the Host header
alone; one that posts a form or a report is known by its Origin.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crmwidget.errors import OriginError

if TYPE_CHECKING:
    from email.message import Message

__all__ = ["Gate", "ancestor", "length_of"]

_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_ANCESTOR: Final = re.compile(r"https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(?::\d+)?")


class Gate:
    """Judges requests for a server on this port of the loopback interface."""

    def __init__(self, port: int) -> None:
        usual = _NAMES if port == 80 else ()  # noqa: PLR2004 - a browser leaves http's own port out
        self._hosts = frozenset((*(f"{name}:{port}" for name in _NAMES), *usual))

    def refusal(self, target: str, headers: Message, *, writes: bool) -> HTTPStatus | None:
        """The status that refuses a request; None: it may be answered.

        target: what its first line asks for. writes: it is a POST, which has to come from a page
        of this very server.
        """
        hosts = headers.get_all("Host", [])
        if len(hosts) != 1:
            return HTTPStatus.BAD_REQUEST
        if hosts[0].strip().lower() not in self._hosts:
            return HTTPStatus.MISDIRECTED_REQUEST
        # Another form than a plain path could name a host of its own.
        if not target.startswith("/") or target.startswith("//"):
            return HTTPStatus.BAD_REQUEST
        own = [f"http://{hosts[0].strip().lower()}"]
        if writes and headers.get_all("Origin", []) != own:
            return HTTPStatus.FORBIDDEN
        return None


def length_of(headers: Message, longest: int) -> int | HTTPStatus:
    """How many bytes a request's body has; a status where that is unclear or over `longest`."""
    given = headers.get_all("Content-Length", [])
    if len(given) > 1 or "Transfer-Encoding" in headers:
        return HTTPStatus.BAD_REQUEST
    text = given[0].strip() if given else "0"
    if not _LENGTH.fullmatch(text):
        return HTTPStatus.BAD_REQUEST
    return int(text) if int(text) <= longest else HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def ancestor(origin: str) -> str:
    """The origin of a page that may embed the simulator, as a policy names it.

    Raises OriginError where it is no origin of a web page.
    """
    from crmwidget.http.urls import origin_of

    advice = "Give scheme, host and port, as in https://hub.example.com or http://localhost:8888."
    try:
        found = origin_of(origin) if urlsplit(origin).netloc and "@" not in origin else ""
    except ValueError:
        found = ""
    if not _ANCESTOR.fullmatch(found):
        raise OriginError(origin, "it is no origin of a web page", advice)
    return found
