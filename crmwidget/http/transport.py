"""Door: one exchange with a CRM, the only place that touches a network.

Bounded in every direction: time, tries, rate, size, and the host, which is the
one the user gave. Speaks to anything with the face of httpx's client, and tells
its errors apart by name, because httpx and httpx2 share no classes.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from crmwidget.http._log_filter import quiet
from crmwidget.http.credentials import HttpxAuth
from crmwidget.http.errors import Refusals, bare, failure_of
from crmwidget.safety.inflate import ACCEPTED, TooLargeError, coding_of, inflated
from crmwidget.safety.reading import json_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crmwidget.errors import AdapterError
    from crmwidget.http.credentials import Credentials

__all__ = ["Answer", "Ask", "Clock", "Door", "Rate", "joined", "origin_of"]

TRIES: Final = 4
"""Of a request that may be repeated."""
LARGEST: Final = 16 * 2**20
"""Bytes of one answer."""
REDIRECTS: Final = 3
_AGAIN: Final = frozenset({429, 502, 503, 504})
_SEE_OTHER: Final = 303
"""What came of a write is elsewhere."""
_MOVED: Final = frozenset({301, 302, _SEE_OTHER, 307, 308})
_SAFE: Final = frozenset({"GET", "HEAD"})
_READS: Final = _SAFE | {"PROPFIND", "REPORT"}
_EACH_WAIT: Final = re.compile(r",(?=\s*(?:[\d.]+\s*(?:,|$)|[A-Za-z]{3,9},))")
"""Between two waits; a date has a comma within it."""
_FIRST_PAUSE: Final = 0.25
_AGENT: Final = "crmwidget"

# Until when the question that is being answered has to be, on the door's own clock.
_UNTIL: ContextVar[float | None] = ContextVar("crmwidget_adapter_until", default=None)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, as an argument: seconds that only grow, waiting, and seconds since 1970."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests` within `seconds`, in a burst or evenly."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ask:
    """A request."""

    call: str
    """What it is for, as in "find contacts"."""
    method: str
    url: str
    params: Mapping[str, str] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool | None = None
    """Whether it may be repeated; None: when it is a GET or HEAD."""

    @property
    def repeatable(self) -> bool:
        """Whether it changes nothing, or is known to be done once however often it comes."""
        return self.method in _SAFE if self.again is None else self.again


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back, whatever its status; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8; what is none of it becomes U+FFFD."""
        return self.content.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The content as JSON, None where it is empty; ValueError where it is no JSON."""
        if not self.content.strip():
            return None
        return json_of(self.text)


@dataclass(frozen=True, slots=True)
class Broken:
    """An exchange without an answer."""

    error: AdapterError
    again: bool = False
    """Whether it never got there, or was cut: another try can help, unlike with a slow CRM."""


class Door:
    """The way to one CRM; shared by the copies of an adapter."""

    def __init__(
        self,
        *,
        url: str,
        credentials: Credentials,
        refusals: Refusals,
        client: Any = None,
        timeout: float = 10.0,
        rate: Rate | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.url = url
        self.origin = origin_of(url)
        self.credentials = credentials
        self.refusals = refusals
        self.timeout = timeout
        self.clock = clock or Clock()
        self._client = client
        self._given = client is not None
        self._bucket = Bucket(rate) if rate else None
        self._lock = Lock()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All requests inside share this time; an earlier end that already holds, stays."""
        ends = self.clock.now() + seconds
        outer = _UNTIL.get()
        mark = _UNTIL.set(ends if outer is None else min(ends, outer))
        try:
            yield
        finally:
            _UNTIL.reset(mark)

    def send(self, ask: Ask, refused: Callable[[Answer], bool]) -> Answer:
        """The answer, whatever its status; AdapterError where there is none.

        `refused`: whether an answer says that the credentials are not accepted.
        """
        until = _UNTIL.get()
        until = self.clock.now() + self.timeout if until is None else until
        renewed = False
        tries = 1
        while True:
            self._take_turn(ask, until)
            result = self._followed(ask, until)
            if isinstance(result, Answer) and not renewed and refused(result):
                renewed = True
                if self.credentials.renew():
                    continue
            pause = self._pause(ask, result, tries)
            if pause is None or self.clock.now() + pause >= until:
                break
            self.clock.sleep(pause)
            tries += 1
        if isinstance(result, Broken):
            raise result.error
        return result

    def retry_after(self, answer: Answer) -> float | None:
        """The seconds an answer asks to wait; None where it does not, or not readably.

        Of several, as a header that was sent twice has them, the longest.
        """
        given = _EACH_WAIT.split(answer.headers.get("retry-after", ""))
        waits = [wait for one in given if (wait := self._wait(one.strip())) is not None]
        return max(waits, default=None)

    def _wait(self, given: str) -> float | None:
        if given.isascii() and given.replace(".", "", 1).isdigit():
            return float(given[:12])
        try:
            when = parsedate_to_datetime(given)
            when = when if when.tzinfo else when.replace(tzinfo=UTC)
            return max(0.0, when.timestamp() - self.clock.wall())
        except (TypeError, ValueError, OverflowError):
            return None

    def same_origin(self, link: str) -> bool:
        """Whether an absolute link leads to the host the user gave."""
        return origin_of(link) == self.origin

    def close(self) -> None:
        """Close the client, if it is this door's own."""
        with self._lock:
            client, self._client = self._client, self._client if self._given else None
        if client is not None and not self._given:
            client.close()

    # ------------------------------------------------------------ inside
    def _pause(self, ask: Ask, result: Answer | Broken, tries: int) -> float | None:
        """Seconds until the next try; None: there is none."""
        if not ask.repeatable or tries >= TRIES:
            return None
        backoff: float = _FIRST_PAUSE * 2 ** (tries - 1)
        if isinstance(result, Broken):
            return backoff if result.again else None
        if result.status not in _AGAIN:
            return None
        asked = self.retry_after(result)
        return backoff if asked is None else asked

    def _take_turn(self, ask: Ask, until: float) -> None:
        if self._bucket is None:
            return
        now = self.clock.now()
        wait = self._bucket.take(now, until)
        if wait <= 0:
            return
        if now + wait >= until:
            raise self.refusals.own_rate(ask.call, wait)
        self.clock.sleep(wait)

    def _followed(self, ask: Ask, until: float) -> Answer | Broken:
        """The answer at the end of redirects within the same host; those of what only reads."""
        url, params, status = ask.url, ask.params, 0
        for _ in range(REDIRECTS + 1):
            result = self._exchanged(ask, url, params, until)
            if isinstance(result, Broken) or result.status not in _MOVED:
                return result
            status = result.status
            location = result.headers.get("location", "")
            target = joined(url, location) if location else ""
            if ask.method not in _READS or not self.same_origin(target):
                unclear = not ask.repeatable and status == _SEE_OTHER
                return Broken(
                    self.refusals.moved(ask.call, status, target, self.origin, unclear=unclear)
                )
            url, params = target, None
        return Broken(self.refusals.moved(ask.call, status, "", self.origin))

    def _exchanged(
        self, ask: Ask, url: str, params: Mapping[str, str] | None, until: float
    ) -> Answer | Broken:
        left = until - self.clock.now()
        if left <= 0:
            return Broken(self.refusals.out_of_time(ask.call))
        # What a request carries is in no variable here, nor, once it has ended, in a frame below.
        try:
            with quiet():
                return self._read(ask, _with_query(url, params), self._arguments(ask, left), until)
        except BaseException as error:  # noqa: BLE001 - an interrupt, too, which goes on below
            failure = failure_of(error)
            unknown = None if failure else bare(error)
        if failure is None:
            raise unknown or AssertionError
        # Raised from here, the error does not carry the client's, whose text has the address.
        said = self.refusals.failed(ask.call, failure, writes=not ask.repeatable)
        unsent = failure.kind == "timeout" and not failure.sent
        return Broken(said, again=failure.kind == "unreachable" or unsent)

    def _arguments(self, ask: Ask, left: float) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "headers": {"Accept-Encoding": ACCEPTED, **ask.headers, **self.credentials.headers()},
            "timeout": min(left, self.timeout),
            "follow_redirects": False,
        }
        if ask.content is not None:
            arguments["content"] = ask.content
        if isinstance(self.credentials, HttpxAuth):
            arguments["auth"] = self.credentials.auth
        return arguments

    def _read(self, ask: Ask, url: str, arguments: dict[str, Any], until: float) -> Answer | Broken:
        client = self._opened()
        if getattr(client, "params", None):
            # Its own would take the place of the address's.
            url, _, query = url.partition("?")
            arguments["params"] = parse_qsl(query, keep_blank_values=True)
        if not callable(getattr(client, "stream", None)):
            response = client.request(ask.method, url, **arguments)
            body = getattr(response, "content", None)
            if not isinstance(body, bytes):
                body = json.dumps(response.json()).encode()
            if len(body) > LARGEST:
                return Broken(self.refusals.too_large(ask.call, LARGEST))
            return Answer(response.status_code, _lower(response.headers), body)
        with client.stream(ask.method, url, **arguments) as response:
            parts = []
            try:
                for part in _body(response):
                    if self.clock.now() >= until:
                        unclear = not ask.repeatable
                        return Broken(self.refusals.out_of_time(ask.call, unclear=unclear))
                    parts.append(part)
            except TooLargeError:
                return Broken(self.refusals.too_large(ask.call, LARGEST))
            return Answer(response.status_code, _lower(response.headers), b"".join(parts))

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                import httpx

                self._client = httpx.Client(headers={"User-Agent": _AGENT})
            return self._client


class Bucket:
    """Tokens that come back evenly; who finds none is told how long to wait.

    Who cannot wait that long takes none, or those who are refused would keep all others out.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = float(rate.requests)
        self._at: float | None = None
        self._lock = Lock()

    def take(self, now: float, until: float) -> float:
        """Take one, if that can be used before `until`; the seconds to wait for it."""
        each = self._rate.seconds / self._rate.requests
        with self._lock:
            passed = 0.0 if self._at is None else max(0.0, now - self._at)
            self._at = now
            self._left = min(float(self._rate.requests), self._left + passed / each)
            wait = max(0.0, (1 - self._left) * each)
            if wait <= 0 or now + wait < until:
                self._left -= 1
            return wait


def origin_of(url: str) -> str:
    """`https://crm.example.com:8443`: scheme, host and a port of its own; empty where none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in {"http", "https"} or not host:
        return ""
    usual = {"http": 80, "https": 443}[scheme]
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{port}" if port not in {None, usual} else "")


def joined(url: str, link: str) -> str:
    """A link of an answer, whole; empty for what is none.

    A name and a password in it are left out: they would go instead of the user's credentials.
    """
    try:
        whole = urlsplit(urljoin(url, link) if link.isprintable() else "")
    except ValueError:
        return ""
    return whole._replace(netloc=whole.netloc.rpartition("@")[2]).geturl()


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    """The address with these parameters behind those it has."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, quote_via=quote)}"


def _body(response: Any) -> Iterator[bytes]:
    """The body of an answer, inflated no further than it may be long."""
    if getattr(response, "is_stream_consumed", False) or not hasattr(response, "iter_raw"):
        return inflated(response.iter_bytes(), None, LARGEST)  # its client has read it already
    coding = coding_of(response.headers.get("content-encoding", ""))
    return inflated(response.iter_raw(), coding, LARGEST)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}
