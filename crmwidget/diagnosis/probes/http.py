"""HTTP probe: what an address answers, as far as that decides whether it can be framed.

One GET a hop, without cookies or credentials, of the address that a person asks
to have looked at; nothing of what comes back is kept but headers that decide.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

from crmwidget.diagnosis.probes._framing import NONE, Framing, framing
from crmwidget.http.urls import host_of, is_loopback_host, origin_of
from crmwidget.safety.inflate import DecodingError, TooLargeError, coding_of, inflated

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Hop", "Reach", "is_loopback", "origin_of", "reach"]

TIMEOUT: Final = 5.0
"""Seconds for connecting, and for each part of an answer."""
WHOLE: Final = 10.0
"""Seconds for the whole look: names, connections, redirects, and answers that trickle."""
_MOST_HOPS: Final = 8
_PEEKED: Final = 65_536
"""Bytes of a page, once inflated, that tell whether it is packed as it says."""
_LONGEST: Final = 100
"""Letters of a header that are worth keeping."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_EMPTY: Final = frozenset({204, 205})
"""Statuses at which a browser leaves the frame as it was."""
_TOKEN: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)

Problem = Literal["name", "refused", "timeout", "slow", "certificate", "protocol", "unasked"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer; no path or query is in it, since those can carry tokens."""

    origin: str
    status: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of it; `problem` is None where there was an answer."""

    origin: str
    hops: tuple[Hop, ...] = ()
    problem: Problem | None = None
    detail: str = ""
    asked: str | None = None
    """The origin that did not answer, where there is a problem."""
    content_type: str = ""
    no_page: str = ""
    """What the answer is instead of a page, in words that follow its origin; "": it may be one."""
    framing: Framing = NONE
    """The headers of the last answer that decide about frames."""
    cookies: tuple[str, ...] = ()
    """Why a browser would not send a cookie of it from within a frame of another site."""
    third_party: bool = False
    """A cookie of it is sent there only where third-party cookies are allowed."""

    @property
    def status(self) -> int | None:
        """Of the last answer."""
        return self.hops[-1].status if self.hops else None

    @property
    def last(self) -> str:
        """The origin that answered last, or that was asked."""
        return self.hops[-1].origin if self.hops else self.origin

    @property
    def origins(self) -> tuple[str, ...]:
        """All that were asked, in order."""
        return (*(hop.origin for hop in self.hops), *filter(None, [self.asked]))

    @property
    def redirected(self) -> bool:
        """Whether the page is of another origin than the address."""
        return self.problem is None and self.last != self.origin

    def may_be_framed(self, by: str | None) -> bool | None:
        """Whether a page of origin `by` may show it; None: that depends on an origin not known."""
        return self.framing.admits(by, self.last)


def reach(url: str, timeout: float = TIMEOUT, *, whole: float = WHOLE, client: Any = None) -> Reach:
    """Ask `url` and follow its redirects, as a browser would; never raises for what it meets.

    timeout: seconds for connecting and for each part of an answer; whole: for all of it.
    client: an httpx.Client or one like it; None: one of our own, which checks certificates.
    """
    import httpx

    if client is not None:
        return _Look(client, url, timeout).within(whole)
    hooks = {"response": [_keep_location]}
    with httpx.Client(timeout=timeout, follow_redirects=False, event_hooks=hooks) as own:
        return _Look(own, url, timeout).within(whole)


def is_loopback(origin: str) -> bool:
    """Whether browsers take it for secure without https."""
    return is_loopback_host(urlsplit(origin).hostname or "")


class _Look:
    """One look, on a thread of its own.

    A library's time-outs begin anew with each byte, and none of them holds for a name server. So
    who asks waits for so long and no longer, and then the connection is cut.
    """

    def __init__(self, client: Any, url: str, timeout: float) -> None:
        self._client = client
        self._url = url
        self._timeout = timeout
        self._origin = origin_of(url)
        self._hops: list[Hop] = []
        self._asked = self._origin
        self._sockets: list[Any] = []
        self._over = False

    def within(self, whole: float) -> Reach:
        """What came of it; a problem where that takes longer than `whole` seconds."""
        found: concurrent.futures.Future[Reach] = concurrent.futures.Future()
        threading.Thread(target=self._run, args=(found,), daemon=True, name="reach").start()
        try:
            return found.result(whole)
        except concurrent.futures.TimeoutError:
            self._cut()
            return self._failed("slow", f"no complete answer within {whole:g} s")

    def _run(self, found: concurrent.futures.Future[Reach]) -> None:
        try:
            found.set_result(self._follow())
        except Exception as error:  # noqa: BLE001 - by its name: there are twins of httpx
            found.set_result(self._failed(*_problem(error, self._timeout)))

    def _follow(self) -> Reach:
        """Ask one address after the other, until one answers with something else."""
        url = self._url
        while True:
            self._asked = origin_of(url)
            status, headers, targets, instead = self._ask(url)
            self._hops.append(Hop(self._asked, status))
            if status not in _REDIRECTS or not targets:
                return _read(self._origin, tuple(self._hops), headers, instead)
            if len(self._hops) == _MOST_HOPS:
                return self._failed("protocol", f"it redirects more than {_MOST_HOPS} times")
            following = _target(url, targets.pop()) if len(targets) == 1 else None
            if following is None:
                return self._failed("protocol", "it redirects to what is no address of a page")
            url = following

    def _ask(self, url: str) -> tuple[int, Any, set[str], str]:
        """Status, headers, where it redirects to, and what it is instead of a page."""
        headers = {"Accept": "text/html,*/*;q=0.8"}
        extensions = {"trace": self._traced}
        asking = self._client.stream("GET", _written(url), headers=headers, extensions=extensions)
        with asking as answer:
            status = int(answer.status_code)
            instead = no_page(status, answer.headers.get("content-disposition", ""))
            targets = answer.extensions.get("location") or answer.headers.get_list("location")
            return status, answer.headers, set(filter(None, targets)), instead or _garbled(answer)

    def _traced(self, event: str, told: Mapping[str, Any]) -> None:
        """Remember the connection: it is the one thing that ends an answer that trickles."""
        if self._over:
            raise TimeoutError
        info = getattr(told.get("return_value"), "get_extra_info", None)
        if event.endswith(".complete") and info is not None:
            self._sockets.append(info("socket"))

    def _cut(self) -> None:
        self._over = True
        for each in self._sockets:
            with contextlib.suppress(OSError, AttributeError):  # it is closed, or of another make
                each.shutdown(socket.SHUT_RDWR)

    def _failed(self, problem: Problem, detail: str) -> Reach:
        return Reach(self._origin, tuple(self._hops), problem, detail, self._asked)


def _keep_location(answer: Any) -> None:
    """Put it where httpx does not look: it refuses some redirects that browsers follow."""
    answer.extensions["location"] = answer.headers.get_list("location")
    answer.headers.pop("location", None)


def _target(url: str, location: str) -> str | None:
    """Where a redirect leads; None: nowhere that a browser shows in a frame."""
    cleaned = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(33)))))
    path = re.split("[?#]", cleaned, maxsplit=1)[0]
    cleaned = path.replace("\\", "/") + cleaned[len(path) :]
    try:
        found = urljoin(url, cleaned)
        parts = urlsplit(found)
        parts.port  # noqa: B018 - reading it is how a wrong one is found
    except ValueError:
        return None
    known = parts.scheme in {"http", "https"} and host_of(parts.hostname or "") is not None
    return found if known else None


def _written(url: str) -> str:
    """The address as it is asked for: its host as browsers write it, and nobody's password."""
    parts = urlsplit(url)
    return urlunsplit((*urlsplit(origin_of(url))[:2], parts.path, parts.query, ""))


def no_page(status: int, disposition: str) -> str:
    """What an answer is instead of a page, in words that follow its origin; "": it may be one.

    disposition: its Content-Disposition.
    """
    if status in _EMPTY:
        return f"answers {status}, which shows nothing: the frame stays empty"
    kind = disposition.partition(";")[0].strip()
    if _TOKEN.fullmatch(kind) and kind.lower() != "inline":
        return "sends a download (Content-Disposition) instead of a page"
    return ""


def _garbled(answer: Any) -> str:
    """The same where its beginning cannot be decoded; what is not encoded is not read at all."""
    encoding = answer.headers.get("content-encoding", "")
    try:
        coding = coding_of(encoding)
    except DecodingError:
        return ""  # packed as browsers may understand it: that is not looked into
    try:
        if coding and not answer.is_stream_consumed:
            next(inflated(answer.iter_raw(), coding, _PEEKED), b"")
    except (DecodingError, TooLargeError):
        return f"sends what is not encoded as it says (Content-Encoding: {encoding[:_LONGEST]})"
    return ""


_REFUSED: Final[tuple[Problem, str]] = ("refused", "nothing answers at this port")


def _problem(error: BaseException, timeout: float) -> tuple[Problem, str]:
    names = {kind.__name__ for kind in type(error).__mro__}
    causes = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) and deeper not in causes:
        causes.append(deeper)
    texts = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or (
        "CERTIFICATE_VERIFY_FAILED" in texts
    ):
        return "certificate", "the certificate is not one that this machine trusts"
    if "TimeoutException" in names:
        return "timeout", f"no answer within {timeout:g} s"
    if any(type(cause).__name__ == "gaierror" for cause in causes):
        return "name", "there is no host of this name"
    if isinstance(error, UnicodeError) or "InvalidURL" in names:
        # httpx keeps to IDNA 2008, which has no name with an emoji, for one.
        return "unasked", "Python's client cannot ask for a host of this name"
    if "ConnectError" in names:
        secure = "ssl" in texts.lower()
        return ("protocol", "it does not speak https at this port") if secure else _REFUSED
    return "protocol", f"it does not speak this scheme at this port ({type(error).__name__})"


def _read(origin: str, hops: tuple[Hop, ...], headers: Any, no_page: str) -> Reach:
    cookies = [_words(line) for line in headers.get_list("set-cookie") if line.strip()]
    cookies = [words for words in cookies if "max-age=0" not in words]
    return Reach(
        origin,
        hops,
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower()[:_LONGEST],
        no_page=no_page,
        framing=framing(
            headers.get_list("x-frame-options"), headers.get_list("content-security-policy")
        ),
        cookies=tuple(filter(None, map(_unsent, cookies))),
        third_party=any(_unsent(words) is None and "partitioned" not in words for words in cookies),
    )


def _words(cookie: str) -> set[str]:
    """The attributes of a cookie; its name and value are looked at by nobody."""
    return {part.strip().lower() for part in cookie.split(";")[1:]}


def _unsent(words: set[str]) -> str | None:
    """Why a cookie stays at home in a frame of another site; None: it is sent."""
    if "samesite=none" not in words:
        return "a cookie without SameSite=None"
    return None if "secure" in words else "a cookie without Secure"
