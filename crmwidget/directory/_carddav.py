"""CardDAV: the address books of a server; run against Radicale 3.9.0.

The way to them is that of RFC 6764: the address that was given, the principal
it names, that one's home; the well-known address where the first is no CardDAV.
Only the host that was given is asked, wherever its answers point. A document
with a DOCTYPE is refused: no entity is ever expanded. One card that cannot be
read costs only itself: what spoils an answer is found by asking for fewer.
"""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import unquote, urlsplit

from crmwidget.directory import Directory
from crmwidget.directory._dav_answers import OversizeError, Resource, card_in, root_of
from crmwidget.directory._vcard import VCards, contacts_of_vcards
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.http.service import LONG, Service
from crmwidget.http.transport import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crmwidget.http.transport import Clock

__all__ = ["CardDAV"]

_DAV: Final = "{DAV:}"
_CARD: Final = "{urn:ietf:params:xml:ns:carddav}"
_HOME: Final = f"{_CARD}addressbook-home-set"
_DATA: Final = f"{_CARD}address-data"
_TYPE: Final = f"{_DAV}resourcetype"
_PRINCIPAL: Final = f"{_DAV}current-user-principal"
_WELL_KNOWN: Final = "/.well-known/carddav"
_MULTI_STATUS: Final = 207
_UNAUTHORIZED: Final = 401
_GONE: Final = frozenset({404, 410})
_AT_ONCE: Final = 100
"""Cards asked for at once; fewer where an answer is too large or cannot be read."""
_OF_ONE_CARD: Final = frozenset({None, 400, 413, 422, 500, 507})
"""Statuses that one card among many can cause; None: an answer that is too large, or no XML."""
_MOST_IN_VAIN: Final = 3
"""Cards asked for alone and in vain; if none was read before, it is not the cards."""
_MOST_NAMED: Final = 5
_CARD_LINES: Final = (
    *("VERSION", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND", "FN", "N", "NICKNAME"),
    *("TEL", "EMAIL", "ORG", "TITLE", "NOTE", "URL", "X-ABLABEL"),
)
"""What is read of a card; a server that knows how leaves the pictures out."""
_NO_NAME: Final = re.compile(r"(?:\d{1,6}|[0-9a-f-]{16,64})(?:\.vcf)?", re.IGNORECASE)
"""Files that are numbered, or called by a UUID: others may be called after a person."""


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    found: VCards = field(default_factory=lambda: VCards([], []))
    asked: int = 0
    """How many cards were asked for before these."""
    read: int = 0
    in_vain: int = 0

    def called(self, place: int, link: str) -> str:
        """A card for a warning: by its place, and its file where that is called after nobody."""
        file = _path(link).rsplit("/", 1)[-1]
        known = f" ({file})" if _NO_NAME.fullmatch(file) else ""
        return f"card {self.asked + place}{known}"

    def lost(self, place: int, link: str, why: str) -> None:
        self.found.problems.append(f"{self.called(place, link)} {why}: it was left out")

    def missed(self, cards: Sequence[tuple[int, str]]) -> None:
        """Cards that were asked for and are in no answer."""
        for place, link in cards[:_MOST_NAMED]:
            self.lost(place, link, "is not in the server's answer")
        if more := len(cards[_MOST_NAMED:]):
            self.found.problems.append(f"{more:,} more cards are not in the server's answer")

    def take(self, place: int, link: str, text: str) -> None:
        card = card_in(text)
        name = self.called(place, link)
        contacts, problems = contacts_of_vcards(card.content, name)
        self.found.contacts.extend(contacts)
        self.found.problems.extend(problems)
        self.read += 1
        if not (contacts or problems or card.holds_one):
            self.found.problems.append(f"{name} is no vCard: it was left out")
        if card.unreadable:
            several = "characters" if card.unreadable > 1 else "character"
            self.found.problems.append(
                f"{name}: {card.unreadable} control {several} that XML does not allow left out"
            )


class CardDAV(Service):
    """The address books behind a CardDAV address.

    url: of an address book, of a principal or its home, or of the server: then
    all address books of the user are read. region: "US", for numbers without a country code.
    most: contacts that are read at most. The others as for every Service.
    """

    crm = "CardDAV"
    tried = "run against Radicale 3.9.0"
    refused_statuses: ClassVar[frozenset[int]] = frozenset({401})
    credentials_advice = "Many servers want a password that was made for this program alone."
    seconds_for: ClassVar[Mapping[str, float]] = {"contacts": LONG}

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

    def contacts(self) -> Directory:
        """All contacts of all address books; its `warnings` say what could not be read.

        Raises UnexpectedAnswerError where no address book is found.
        """
        call = "read an address book"
        reading = _Reading()
        for book in self._books():
            listed = self._propfind(book, (_TYPE,), call=call, depth=1)
            names = [one.link for one in listed if one.link and not one.is_collection]
            left = self.most - reading.asked
            if len(names) > left:
                warnings.warn(
                    f"there are more than {self.most:,} contacts; the others are not listed.",
                    stacklevel=2,
                )
            self._read_cards(book, names[:left], reading, call=call)
        return Directory._of_cards(reading.found, self.region)  # noqa: SLF001 - its second way in

    # ----------------------------------------------------------- discovery
    def _books(self) -> list[str]:
        """The links of the address books, the way of RFC 6764."""
        call = "find the address books"
        failures = []
        for start in (self.url, self._door.origin + _WELL_KNOWN):
            try:
                found = self._books_from(start, call=call)
            except (RecordNotFoundError, RefusedError):
                continue  # such a page need not know PROPFIND
            except (UnexpectedAnswerError, CredentialsError) as error:
                if not _is_a_page(error):
                    raise
                failures.append(error)
                continue
            if found:
                return found
        if failures:
            raise failures[0]
        raise self.odd(call, "there is no address book at this address or behind it")

    def _books_from(self, start: str, *, call: str) -> list[str]:
        wanted = (_TYPE, _PRINCIPAL, _HOME)
        resource = self._first(start, wanted, call=call)
        if resource.is_book:
            return [self._link(resource.link)]
        homes = resource.links(_HOME)
        if not homes:
            for principal in resource.links(_PRINCIPAL):
                homes += self._first(self._link(principal), (_HOME,), call=call).links(_HOME)
        return [
            self._link(found.link)
            for home in homes or [start]
            for found in self._propfind(self._link(home), (_TYPE,), call=call, depth=1)
            if found.is_book
        ]

    def _first(self, link: str, wanted: Sequence[str], *, call: str) -> Resource:
        found = self._propfind(link, wanted, call=call, depth=0)
        return next(found, Resource(ET.Element(f"{_DAV}response")))

    def _link(self, href: str) -> str:
        """A link of an answer, whole; the door refuses one that leads to another host."""
        return joined(f"{self._door.origin}/", href)

    # --------------------------------------------------------------- cards
    def _read_cards(self, book: str, names: Sequence[str], reading: _Reading, *, call: str) -> None:
        """The cards of these names, some at a time: fewer while an answer is none."""
        size = _AT_ONCE
        while names:
            some = names[:size]
            try:
                answers = list(self._multiget(book, some, call=call))
            except (UnexpectedAnswerError, RefusedError) as error:
                if error.status not in _OF_ONE_CARD:
                    raise
                if len(some) > 1:
                    size = len(some) // 2
                    continue
                reading.in_vain += 1
                if not reading.read and reading.in_vain >= _MOST_IN_VAIN:
                    raise
                reading.lost(1, some[0], "could not be read")
                size = _AT_ONCE
            else:
                self._take(answers, some, reading)
            reading.asked += len(some)
            names = names[len(some) :]

    def _multiget(self, book: str, names: Sequence[str], *, call: str) -> Iterator[Resource]:
        query = ET.Element(f"{_CARD}addressbook-multiget")
        data = ET.SubElement(ET.SubElement(query, f"{_DAV}prop"), _DATA)
        for name in _CARD_LINES:
            ET.SubElement(data, f"{_CARD}prop", name=name)
        for name in names:
            ET.SubElement(query, f"{_DAV}href").text = name
        return self._multistatus("REPORT", book, query, call=call, depth=1)

    @staticmethod
    def _take(answers: Sequence[Resource], names: Sequence[str], reading: _Reading) -> None:
        places = {_path(name): place for place, name in enumerate(names, 1)}
        missing = dict(places)
        for order, one in enumerate(answers, 1):
            place = places.get(_path(one.link), order)
            missing.pop(_path(one.link), None)
            text = one.text(_DATA)
            if text.strip():
                reading.take(place, one.link, text)
            elif one.status not in _GONE:
                said = f" (HTTP {one.status})" if one.status else ""
                reading.lost(place, one.link, f"was not given by the server{said}")
        if len(answers) < len(names):
            reading.missed([(place, path) for path, place in missing.items()])

    # ----------------------------------------------------------------- XML
    def _propfind(
        self, link: str, wanted: Sequence[str], *, call: str, depth: int
    ) -> Iterator[Resource]:
        query = ET.Element(f"{_DAV}propfind")
        prop = ET.SubElement(query, f"{_DAV}prop")
        for name in wanted:
            ET.SubElement(prop, name)
        return self._multistatus("PROPFIND", link, query, call=call, depth=depth)

    def _multistatus(
        self, method: str, link: str, query: ET.Element, *, call: str, depth: int
    ) -> Iterator[Resource]:
        answer = self.send(
            method,
            link,
            call=call,
            content=ET.tostring(query, encoding="utf-8", xml_declaration=True),
            headers={"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)},
            retry=True,
        )
        if answer.status >= 300:  # noqa: PLR2004 - HTTP's
            self.data(answer, call=call)
        try:
            root = root_of(answer) if answer.status == _MULTI_STATUS else None
        except OversizeError as error:
            raise self.odd(call, str(error)) from None
        if root is None:
            raise self.odd(call, "its answer is no CardDAV")
        return map(Resource, root.findall(f"{_DAV}response"))


def _is_a_page(error: AdapterError) -> bool:
    """Whether this is what a web server says that has CardDAV, if at all, at another place."""
    if isinstance(error, CredentialsError):
        return error.status != _UNAUTHORIZED
    # A link to another host is CardDAV's own answer; a redirect to one can be any page's.
    names_a_host = isinstance(error, UnexpectedAnswerError) and error.host is not None
    return error.status is not None or not names_a_host


def _path(link: str) -> str:
    """A link for comparing: servers give it whole or not, and quote it in their own way."""
    try:
        return unquote(urlsplit(link).path)
    except ValueError:
        return link
