"""Service: a web service over HTTP, as an adapter of a CRM and an address book see it.

To build on it, subclass Service and ask with what it gives, all of it safe to use with hostile
values:

- `request()` for JSON, `send()` for anything else: the one way to the network.
- `record()`: one object, or None; `pages()`: request() again and again, bounded.
- `segment(value)`: a value within a path. `link_to(path)`: a link for people.

What a subclass may override: `credentials(auth)` (another kind of header), `refused(answer)`
(credentials refused in another way than by a status), `complaint(status, body)` (the service's own
error format, also for a failure inside a 200). All requests of a method in `seconds_for` share its
time.
"""

from __future__ import annotations

import functools
import inspect
import json as jsons
import re
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crmwidget.errors import AdapterError, RecordNotFoundError
from crmwidget.errors._arguments import advises
from crmwidget.http._json import clean, query_of
from crmwidget.http.credentials import Credentials, credentials_of, shown
from crmwidget.http.errors import Complaint, Refusals
from crmwidget.http.options import address_of, client_of
from crmwidget.http.transport import Answer, Ask, Clock, Door, Rate, joined, origin_of
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

__all__ = ["Service"]

LONG: Final = 60.0
"""Seconds that a method which moves much may take, where `timeout` is shorter."""
_SHARE: Final = 0.95
"""Of a method's time: what is wrong here is to be said before the handler's time is over."""
_LONGEST_ID: Final = 200
_CONTROL: Final = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


class Service:
    """A web service at an address.

    url: where it is; https, or http on this machine. auth: a token (text or Secret), a (user, key)
    pair, a function returning a token, an auth of httpx, an object with headers() and renew().
    client: a ready httpx.Client, httpx2.Client or Authlib OAuth2Client; it stays yours to close.
    timeout: seconds for a method in `seconds_for`. clock: for tests.

    Raises TypeError or ValueError for what none of these can be, SecretError for a token that is
    none.
    """

    crm: ClassVar[str] = "CRM"
    """As errors and people call it."""
    tried: ClassVar[str] = "not run against the vendor"
    """Whether this was ever run against the real thing, for people to see."""
    seconds_for: ClassVar[Mapping[str, float]] = {}
    """By method whose requests share a time: seconds that it has at least."""
    rate: ClassVar[Rate | None] = None
    """What is asked at most, so that the service's own limit is not met."""
    scheme: ClassVar[str] = "Bearer"
    """The word before a token."""
    refused_statuses: ClassVar[frozenset[int]] = frozenset({401})
    """Which statuses are worth another try with a new token."""
    credentials_advice: ClassVar[str] = ""
    timeout_advice: ClassVar[str] = ""
    most_pages: ClassVar[int] = 1_000

    def __init__(
        self,
        url: str,
        *,
        auth: object = None,
        client: object = None,
        timeout: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        self.url = address_of(url)
        """Where the API is, without a slash at its end."""
        self.timeout = timeout
        self._door = Door(
            url=self.url,
            credentials=self.credentials(auth),
            refusals=Refusals(
                self.crm,
                urlsplit(self.url).netloc,
                self.credentials_advice,
                self.timeout_advice,
            ),
            client=client_of(client, type(self).__name__),
            timeout=timeout,
            rate=self.rate,
            clock=clock,
        )

    def __init_subclass__(cls) -> None:
        """Each method of `seconds_for` that a subclass defines gets its time."""
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__ = advises(cls.__init__, super(cls, cls).__init__)  # type: ignore[method-assign]
        for name, seconds in cls.seconds_for.items():
            method = vars(cls).get(name)
            if inspect.isfunction(method):
                setattr(cls, name, _timed(method, seconds))

    # ------------------------------------------------------- the network
    def request(
        self,
        method: str,
        path: str,
        *,
        call: str,
        params: Mapping[str, object] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Any:
        """What the CRM answers, as Python has JSON; None for an empty answer.

        path: "/contacts", under url, values in it by segment(); or a whole link
        of the same host. call: what it is for, in errors: "find contacts".
        params: of the query; None is left out. json: the body; NUL and lone
        surrogates in it become U+FFFD. retry: whether it may be repeated: None
        for GET and HEAD only; True for a POST that only reads, or a write that
        the CRM does once however often it comes; False never.

        Raises an AdapterError for every status from 300 on, and for what
        complaint() makes of any other.
        """
        answer = self.send_json(
            method, path, call=call, params=params, json=json, headers=headers, retry=retry
        )
        return self.data(answer, call=call, writes=not _repeatable(method, retry))

    def record(
        self,
        path: str,
        *,
        call: str,
        within: str | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """The JSON object of one record; None where the CRM has none there.

        within: the key below which the answer has it. Raises as request() does.
        """
        try:
            answer = self.request("GET", path, call=call, params=params, headers=headers)
        except RecordNotFoundError:
            return None
        found = answer
        if within is not None:
            found = answer.get(within) if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise self.odd(call, f"its answer has no {within or 'record'}")
        return found

    def send_json(
        self,
        method: str,
        path: str,
        *,
        call: str,
        params: Mapping[str, object] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Answer:
        """As request(), but the answer as send() gives it, whatever its status."""
        sent = {"Accept": "application/json", **(headers or {})}
        content = None
        if json is not None:
            content = jsons.dumps(clean(json), ensure_ascii=False, allow_nan=False).encode()
            sent = {"Content-Type": "application/json", **sent}
        return self.send(
            method, path, call=call, params=params, content=content, headers=sent, retry=retry
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        call: str,
        params: Mapping[str, object] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Answer:
        """The answer, whatever its status: `.status`, `.headers` (lower case), `.content`, `.text`.

        For what is no JSON; parameters as in request(). Raises an AdapterError
        where there is no answer.
        """
        return self._door.send(
            Ask(
                call=call,
                method=method.upper(),
                url=self._target(path, call),
                params=query_of(params),
                content=content,
                headers=dict(headers or {}),
                again=retry,
            ),
            self.refused,
        )

    def data(self, answer: Answer, *, call: str, writes: bool = False) -> Any:
        """The JSON of an answer; an AdapterError where it is a complaint or no JSON."""
        failed = answer.status >= 300  # noqa: PLR2004 - HTTP's
        try:
            body = answer.json()
        except ValueError:
            body, readable = None, False
        else:
            readable = True
        complaint = self.complaint(answer.status, body)
        if complaint is None and failed:
            complaint = Complaint()
        refusals = self._door.refusals
        if complaint is not None:
            wait = self._door.retry_after(answer)
            raise refusals.complained(call, answer.status, complaint, writes=writes, wait=wait)
        if not readable:
            kind = answer.headers.get("content-type", "")
            raise refusals.not_json(call, answer.status, kind, unclear=writes)
        return body

    def pages(
        self,
        method: str,
        path: str,
        *,
        call: str,
        following: Callable[[Any], str | Mapping[str, object] | None],
        params: Mapping[str, object] | None = None,
        json: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Iterator[Any]:
        """The answers page by page, at most `most_pages`.

        following: from an answer to the next page: a link (of the same host; its
        query replaces params), or what changes in json (in params, where there
        is no json), or None after the last one.
        """
        seen: set[str] = set()
        for _ in range(self.most_pages):
            page = self.request(
                method, path, call=call, params=params, json=json, headers=headers, retry=retry
            )
            yield page
            step = following(page)
            if not step:
                return
            if isinstance(step, str):
                path, params = joined(self._target(path, call), step), None
            elif json is not None:
                json = {**json, **step}
            else:
                path, params = _without(path, step), {**(params or {}), **step}
            mark = jsons.dumps([path, params, json], default=str)
            if mark in seen:
                raise self.odd(call, "its pages go round in a circle")
            seen.add(mark)
        warnings.warn(
            f"{self.crm}, to {call}: it has more than {self.most_pages:,} pages; the others were "
            "not read.",
            stacklevel=2,
        )

    def refused(self, answer: Answer) -> bool:
        """Whether an answer says that the credentials are not accepted."""
        return answer.status in self.refused_statuses

    def complaint(self, status: int, body: Any) -> Complaint | None:  # noqa: ARG002 - for overriding
        """What the CRM complains about; None: nothing, or no more than its status says.

        body: the answer's JSON, None where it is none. Asked for every answer,
        so that a failure inside a 200 is found, too.
        """
        return None

    def credentials(self, auth: object) -> Credentials:
        """`auth=` as headers."""
        return credentials_of(auth, self.scheme)

    def odd(self, call: str, what: str, *, unclear: bool = False) -> AdapterError:
        """An error to raise for an answer of another shape; `what` has no value in it.

        unclear: it is the answer to a write, which may have been done.
        """
        return self._door.refusals.odd(call, what, unclear=unclear)

    def rows(self, value: object, *, call: str) -> list[dict[str, Any]]:
        """`value` as the list of objects it should be; an AdapterError where it is no list."""
        if not isinstance(value, list):
            raise self.odd(call, "its answer has no list of records where there should be one")
        return [row for row in value if isinstance(row, dict)]

    # -------------------------------------------------------- addresses
    def segment(self, value: object) -> str | None:
        """An id as one piece of a path; None for what cannot be one, so that it finds nothing."""
        text = "" if value is None or isinstance(value, bool) else str(value).strip()
        if text in {"", ".", ".."} or len(text) > _LONGEST_ID or _CONTROL.search(text):
            return None
        return quote(text, safe="")

    def link_to(self, path: str, base: str | None = None) -> str:
        """A link for people, under `base` (default: the API's host)."""
        return f"{(base or origin_of(self.url)).rstrip('/')}/{path.lstrip('/')}"

    def _target(self, path: str, call: str) -> str:
        if path.startswith("/") and not path.startswith("//"):
            return self.url + path
        if not self._door.same_origin(path):
            raise self._door.refusals.elsewhere(call, origin_of(path))
        return path

    # ------------------------------------------------------------ itself
    def __repr__(self) -> str:
        auth = shown(self._door.credentials)
        return f"<{type(self).__name__} {mask(self.url)}, auth={auth}; {self.tried}>"

    def close(self) -> None:
        """Close the connections; a client that was given stays open. It can be used again."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _without(path: str, names: Mapping[str, object]) -> str:
    """The path without these parameters, which change from page to page; the others stay."""
    path, _, query = path.partition("?")
    left = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in names]
    return f"{path}?{urlencode(left, quote_via=quote)}" if left else path


def _timed(method: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    @functools.wraps(method)
    def timed(self: Service, *arguments: Any, **more: Any) -> Any:
        with self._door.within(max(self.timeout, seconds) * _SHARE):
            return method(self, *arguments, **more)

    return timed


def _repeatable(method: str, retry: bool | None) -> bool:  # noqa: FBT001 - as in request()
    return Ask(call="", method=method.upper(), url="", again=retry).repeatable
