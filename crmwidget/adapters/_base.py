"""Adapter: what the adapters of all CRMs share.

To build one, subclass Adapter and write those of the seven public methods that
the CRM can answer; `crm=` looks them up by name, so one that is not there
leaves its question to the user's handlers:

    class Acme(Adapter):
        crm = "Acme"                          # as errors and people call it
        tried = "run against Acme 3.1"        # or "not run against the vendor"
        rate = Rate(100, 10.0)                # 100 requests within 10 seconds
        refused_statuses = frozenset({401, 403})    # "renew the token and ask once more"
        credentials_advice = "A personal token needs the scope contacts:read."

        def find(self, numbers: Sequence[str]) -> Matches:
            found = []
            for text in self.spellings(numbers):
                page = self.request("GET", "/contacts", call="find contacts", params={"q": text})
                found += [self.contact(row["id"], row["name"], [row["phone"]]) for row in page]
            return self.verified(found, numbers)

The seven: `current_user() -> CurrentUser or mapping`, `contacts() -> list of
Contact or Directory`, `find(numbers) -> Matches`, `open(record_id) -> Contact,
URL, or an empty Matches where there is none`, `save_log(log) -> id or
HistoryItem`, `custom_fields(names) -> list or dict of CustomField`,
`reports() -> URL`. All synchronous. While one of them runs, all its requests
share its time: `timeout` seconds, and 60 for contacts and save_log.

What a subclass is given, all of it safe to use with hostile values:

- `request()` for JSON, `send()` for anything else: the one door to the network.
- `record()`: one object, or None; `pages()`: request() again and again, bounded.
- `segment(value)`: a value within a path. `link_to(path)`: a link for people.
- `contact(...)`: a Contact from whatever JSON says.
- `spellings(numbers)`, `endings(numbers)`, `nationals(numbers)`: what to search
  for; `verified(contacts, numbers)`: which of what was found really match.
- `call_of`, `key_of` and `cut` in _calls.py: an interaction log as CRMs keep it.
- `cannot("current_user", give="user=")`: this one is left to the user's handlers.
- `once(...)`: a log is written once, whatever happens in between.
- `bounded(contacts)`: no more than `most`, and a warning about it.

What a subclass may override: `credentials(auth)` (another kind of header),
`refused(answer)` (credentials refused in another way than by a status),
`complaint(status, body)` (the CRM's own error format; also for a failure
inside a 200). An object with `headers()` and `renew()` (`Credentials` in
_auth.py) is taken as `auth=` as it is: OAuth and sessions are built so.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json as jsons
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crmwidget._arguments import advises
from crmwidget.adapters import _spellings
from crmwidget.adapters._auth import Credentials, credentials_of, shown
from crmwidget.adapters._door import Answer, Ask, Clock, Door, Rate, joined, origin_of
from crmwidget.adapters._given import address_of, client_of
from crmwidget.adapters._records import clean, contact_of, query_of
from crmwidget.adapters._refusals import Complaint, Refusals, names
from crmwidget.errors import (
    AdapterError,
    CRMTimeoutError,
    RecordNotFoundError,
    UnreachableError,
)
from crmwidget.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from crmwidget.directory import Contact, Matches

__all__ = ["Adapter", "Answer", "Clock", "Complaint", "Rate", "clean", "few", "names", "several"]

_QUESTIONS: Final = (
    "current_user",
    "contacts",
    "find",
    "open",
    "save_log",
    "custom_fields",
    "reports",
)
_LONG: Final = frozenset({"contacts", "save_log"})
_LONG_SECONDS: Final = 60.0
_SHARE: Final = 0.95
"""Of that time: what is wrong here is to be said before the handler's time is over."""
_LONGEST_ID: Final = 200
_MOST_NUMBERS: Final = 10
"""Of one lookup: a connector sends one or two, a hostile one thousands."""
_CONTROL: Final = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


class Adapter:
    """A CRM over its API.

    url: where the API is; https, or http on this machine. auth: a token (text
    or Secret), a (user, key) pair, a function returning a token, an auth of
    httpx, an object with headers() and renew(). client: a ready httpx.Client,
    httpx2.Client or Authlib OAuth2Client; it stays yours to close. region:
    "US", for numbers without a country code. timeout: seconds for a question.
    most: contacts that are listed at most. clock: for tests.

    Raises TypeError or ValueError for what none of these can be, SecretError
    for a token that is none.
    """

    crm: ClassVar[str] = "CRM"
    """As errors and people call it."""
    tried: ClassVar[str] = "not run against the vendor"
    """Whether this was ever run against the real thing, for people to see."""
    rate: ClassVar[Rate | None] = None
    """What is asked at most, so that the CRM's own limit is not met."""
    scheme: ClassVar[str] = "Bearer"
    """The word before a token."""
    refused_statuses: ClassVar[frozenset[int]] = frozenset({401})
    """Which statuses are worth another try with a new token."""
    credentials_advice: ClassVar[str] = ""
    timeout_advice: ClassVar[str] = ""
    most_pages: ClassVar[int] = 1_000

    @advises
    def __init__(
        self,
        url: str,
        *,
        auth: object = None,
        client: object = None,
        region: str | None = None,
        timeout: float = 10.0,
        most: int = 10_000,
        clock: Clock | None = None,
    ) -> None:
        self.url = address_of(url)
        """Where the API is, without a slash at its end."""
        self.region = region
        self.timeout = timeout
        self.most = most
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
        """Each of the seven that a subclass defines gets its time."""
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__ = advises(cls.__init__, Adapter.__init__)  # type: ignore[method-assign]
        for question in _QUESTIONS:
            method = vars(cls).get(question)
            if inspect.isfunction(method):
                setattr(cls, question, _timed(question, method))

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

    # --------------------------------------------------------- contacts
    def contact(
        self,
        record_id: object,
        name: object = "",
        numbers: Iterable[object] | Mapping[str, object] = (),
        *,
        email: object = None,
        url: str | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> Contact:
        """A Contact from whatever JSON says.

        name: a text, or its parts. numbers: texts, or a mapping from kind
        ("mobile") to number or list of numbers. What is no text is left out.
        """
        return contact_of(record_id, name, numbers, email=email, url=url, fields=fields)

    def bounded(self, contacts: Iterable[Contact]) -> list[Contact]:
        """At most `most` of them; where there are more, a warning says so."""
        found: list[Contact] = []
        for contact in contacts:
            if len(found) >= self.most:
                warnings.warn(
                    f"{self.crm} has more than {self.most:,} contacts; the others are not listed. "
                    f"Give {type(self).__name__}(..., most=) for more; a lookup asks for all.",
                    stacklevel=2,
                )
                break
            found.append(contact)
        return found

    def cannot(self, *questions: str, give: str = "") -> None:
        """Leave these to the user's handlers: what answers them was not given.

        give: the argument that was left out, as in "user=", for the error of a direct call.
        """
        for question in questions:
            setattr(self, question, LeftOut(type(self).__name__, question, give))

    def spellings(self, numbers: Iterable[str]) -> list[str]:
        """The ways these numbers may be written, see _spellings.spellings; each once."""
        found = (text for one in few(numbers) for text in _spellings.spellings(one, self.region))
        return list(dict.fromkeys(found))

    def nationals(self, numbers: Iterable[str]) -> list[str]:
        """The digits of each without its country code; of what is not valid, all digits."""
        found = (_spellings.national(one, self.region) for one in few(numbers))
        return list(dict.fromkeys(text for text in found if text))

    def endings(self, numbers: Iterable[str]) -> list[str]:
        """The last 9, 8 and 7 digits of these numbers, for a search within the text."""
        found = (text for one in few(numbers) for text in _spellings.endings(one, self.region))
        return list(dict.fromkeys(found))

    def verified(self, contacts: Iterable[Contact], numbers: Iterable[str]) -> Matches:
        """Those that really have one of the numbers, by the rules of Directory.find."""
        return _spellings.verified(contacts, several(numbers), self.region)

    # ------------------------------------------------------------- logs
    def once(self, *, look_up: Callable[[], str | None], write: Callable[[], str]) -> str:
        """The id of a log that is written once.

        look_up: the id of the record that carries the log's key, or None; asked
        before writing, because an earlier try may have got through, and again
        when a write ended unclearly. It is not written a second time then: the
        log stays in the journal, and the next try looks first.
        """
        if (known := look_up()) is not None:
            return known
        try:
            return write()
        except AdapterError as error:
            # One that may be repeated is not called unclear, and may be there all the same.
            if not error.unclear and not isinstance(error, CRMTimeoutError | UnreachableError):
                raise
            unclear = error
        try:
            known = look_up()
        except AdapterError:
            known = None
        if known is None:
            raise unclear
        return known

    # ------------------------------------------------------------ itself
    def with_region(self, region: str | None) -> Self:
        """The same CRM over the same client, national numbers read as those of `region`."""
        other = copy.copy(self)
        other.region = region
        return other

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

    def __repr__(self) -> str:
        region = f", region={self.region!r}" if self.region else ""
        auth = shown(self._door.credentials)
        return f"<{type(self).__name__} {mask(self.url)}, auth={auth}{region}; {self.tried}>"

    def _repr_html_(self) -> str:
        from crmwidget.directory._contacts import table_html

        answers = ", ".join(q for q in _QUESTIONS if callable(getattr(self, q, None)))
        rows = (("address", mask(self.url)), ("answers", answers), ("tried", self.tried))
        return table_html(("", ""), rows, caption=self.crm)


def few(numbers: str | Iterable[str]) -> list[str]:
    """As many different ones as one lookup asks for."""
    return list(dict.fromkeys(several(numbers)))[:_MOST_NUMBERS]


def several(given: str | Iterable[str]) -> list[str]:
    """A list of texts; one text is a list of one, and not of its letters."""
    return [given] if isinstance(given, str) else list(given)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Replaces a method that an adapter cannot answer; falsy, so the client does not call it."""

    adapter: str
    question: str
    give: str

    def __bool__(self) -> bool:
        return False

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Say what is missing."""
        advice = f"Give {self.adapter}(..., {self.give})" if self.give else "Give that"
        raise TypeError(
            f"this {self.adapter} was made without what {self.question}() asks for. {advice}, or "
            "answer with a handler."
        )


def _without(path: str, names: Mapping[str, object]) -> str:
    """The path without these parameters, which change from page to page; the others stay."""
    path, _, query = path.partition("?")
    left = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in names]
    return f"{path}?{urlencode(left, quote_via=quote)}" if left else path


def _timed(question: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def timed(self: Adapter, *arguments: Any, **more: Any) -> Any:
        seconds = max(self.timeout, _LONG_SECONDS) if question in _LONG else self.timeout
        with self._door.within(seconds * _SHARE):
            return method(self, *arguments, **more)

    return timed


def _repeatable(method: str, retry: bool | None) -> bool:  # noqa: FBT001 - as in request()
    return Ask(call="", method=method.upper(), url="", again=retry).repeatable
