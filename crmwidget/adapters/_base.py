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

- from http/service.py: `request()`, `send()`, `record()`, `pages()`, `segment()` and
  `link_to()`.
- `contact(...)`: a Contact from whatever JSON says.
- `spellings(numbers)`, `endings(numbers)`, `nationals(numbers)`: what to search
  for; `verified(contacts, numbers)`: which of what was found really match.
- `call_of`, `key_of` and `cut` in _calls.py: an interaction log as CRMs keep it.
- `cannot("current_user", give="user=")`: this one is left to the user's handlers.
- `once(...)`: a log is written once, whatever happens in between.
- `bounded(contacts)`: no more than `most`, and a warning about it.

What a subclass may override is named there, too. An object with `headers()` and `renew()`
(`Credentials` in http/credentials.py) is taken as `auth=` as it is: OAuth and sessions are built
so.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, Self

from crmwidget.adapters import _number_queries as _spellings
from crmwidget.adapters._records import contact_of
from crmwidget.errors import AdapterError, CRMTimeoutError, UnreachableError
from crmwidget.http._json import clean
from crmwidget.http.credentials import shown
from crmwidget.http.errors import Complaint, names
from crmwidget.http.service import LONG, Service
from crmwidget.http.transport import Answer, Clock, Rate
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crmwidget.directory import Contact, Matches

__all__ = ["Adapter", "Answer", "Clock", "Complaint", "Rate", "clean", "few", "names", "several"]

_MOST_NUMBERS: Final = 10
"""Of one lookup: a connector sends one or two, a hostile one thousands."""


class Adapter(Service):
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

    seconds_for: ClassVar[Mapping[str, float]] = {
        "current_user": 0,
        "contacts": LONG,
        "find": 0,
        "open": 0,
        "save_log": LONG,
        "custom_fields": 0,
        "reports": 0,
    }

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
        super().__init__(url, auth=auth, client=client, timeout=timeout, clock=clock)
        self.region = region
        self.most = most

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

    def __repr__(self) -> str:
        region = f", region={self.region!r}" if self.region else ""
        auth = shown(self._door.credentials)
        return f"<{type(self).__name__} {mask(self.url)}, auth={auth}{region}; {self.tried}>"

    def _repr_html_(self) -> str:
        from crmwidget.directory._contacts import table_html

        answers = ", ".join(q for q in self.seconds_for if callable(getattr(self, q, None)))
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
