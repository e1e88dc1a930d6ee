"""CardDAV: the address books of a server; run against Radicale 3.9.0.

The way to them is that of RFC 6764: the address that was given, the principal
it names, that one's home. Only the host that was given is asked, wherever its
answers point. A document with a DOCTYPE is refused: no entity is ever expanded.
"""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, ClassVar, Final

from crmwidget.adapters._base import Adapter
from crmwidget.adapters._door import joined
from crmwidget.directory import Directory
from crmwidget.errors import RecordNotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CardDAV"]

_DAV: Final = "{DAV:}"
_CARD: Final = "{urn:ietf:params:xml:ns:carddav}"
_BOOK: Final = f"{_CARD}addressbook"
_HOME: Final = f"{_CARD}addressbook-home-set"
_DATA: Final = f"{_CARD}address-data"
_TYPE: Final = f"{_DAV}resourcetype"
_PRINCIPAL: Final = f"{_DAV}current-user-principal"
_WELL_KNOWN: Final = "/.well-known/carddav"
_MULTI_STATUS: Final = 207
_OK: Final = re.compile(r"HTTP/\S+ 200\b")
_AT_ONCE: Final = 100
"""Cards asked for at once: an answer has to stay below the door's largest."""
_CARD_LINES: Final = (
    *("VERSION", "UID", "FN", "N", "NICKNAME", "TEL", "EMAIL"),
    *("ORG", "TITLE", "NOTE", "URL", "X-ABLABEL"),
)
"""What is read of a card; a server that knows how leaves the pictures out."""
_BLANKS: Final = re.compile(r"\s*")
_ROOT: Final = re.compile(r"<[A-Za-z_:]")


class CardDAV(Adapter):
    """The address books behind a CardDAV address.

    url: of an address book, of a principal or its home, or of the server: then
    all address books of the user are read. The others as for every Adapter.
    """

    crm = "CardDAV"
    tried = "run against Radicale 3.9.0"
    refused_statuses: ClassVar[frozenset[int]] = frozenset({401})
    credentials_advice = "Many servers want a password that was made for this program alone."

    def contacts(self) -> Directory:
        """All contacts of all address books; its `warnings` say what could not be read.

        Raises UnexpectedAnswerError where no address book is found.
        """
        cards = list(self._listed())
        return Directory.from_vcard("\n".join(cards), self.region) if cards else Directory([])

    def _listed(self) -> Iterator[str]:
        """The text of each card, `most` of them."""
        call = "read an address book"
        left = self.most
        for book in self._books():
            found = self._propfind(book, (_TYPE,), call=call, depth=1)
            names = [one.link for one in found if one.link and not one.is_collection]
            if len(names) > left:
                warnings.warn(
                    f"there are more than {self.most:,} contacts; the others are not listed.",
                    stacklevel=2,
                )
            yield from self._cards(book, names[:left], call=call)
            left -= len(names[:left])

    # ----------------------------------------------------------- discovery
    def _books(self) -> list[str]:
        """The links of the address books, the way of RFC 6764."""
        call = "find the address books"
        for start in (self.url, self._door.origin + _WELL_KNOWN):
            try:
                found = self._books_from(start, call=call)
            except (RecordNotFoundError, RefusedError):
                continue  # such a page need not know PROPFIND
            if found:
                return found
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
    def _cards(self, book: str, names: Sequence[str], *, call: str) -> Iterator[str]:
        """The cards of these names, some at a time."""
        for start in range(0, len(names), _AT_ONCE):
            query = ET.Element(f"{_CARD}addressbook-multiget")
            data = ET.SubElement(ET.SubElement(query, f"{_DAV}prop"), _DATA)
            for name in _CARD_LINES:
                ET.SubElement(data, f"{_CARD}prop", name=name)
            for name in names[start : start + _AT_ONCE]:
                ET.SubElement(query, f"{_DAV}href").text = name
            for card in self._multistatus("REPORT", book, query, call=call, depth=1):
                yield card.text(_DATA)

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
        if answer.status != _MULTI_STATUS or not _is_plain(answer.text):
            raise self.odd(call, "its answer is no CardDAV")
        try:
            root = ET.fromstring(answer.text)  # noqa: S314 - there is no DOCTYPE in it
        except ET.ParseError:
            raise self.odd(call, "its answer is no XML") from None
        return map(Resource, root.iter(f"{_DAV}response"))


def _is_plain(text: str) -> bool:
    """Whether nothing but instructions and comments, no DOCTYPE, comes before the first element."""
    at = 0
    while True:
        at = next(_BLANKS.finditer(text, at)).end()
        for begins, ends in (("<?", "?>"), ("<!--", "-->")):
            if text.startswith(begins, at):
                end = text.find(ends, at + len(begins))
                if end < 0:
                    return False
                at = end + len(ends)
                break
        else:
            return _ROOT.match(text, at) is not None


class Resource:
    """One response of a multistatus: its link and the properties that the server has."""

    def __init__(self, response: ET.Element) -> None:
        self.link = (response.findtext(f"{_DAV}href") or "").strip()
        self._properties = [
            found
            for part in response.iter(f"{_DAV}propstat")
            if _OK.match(part.findtext(f"{_DAV}status") or "")
            for prop in part.iter(f"{_DAV}prop")
            for found in prop
        ]

    def links(self, name: str) -> list[str]:
        """The links that a property holds."""
        found = (href.text for one in self._named(name) for href in one.iter(f"{_DAV}href"))
        return [text.strip() for text in found if text and text.strip()]

    def text(self, name: str) -> str:
        """The text of a property."""
        return "".join(text for one in self._named(name) for text in one.itertext())

    @property
    def is_book(self) -> bool:
        """Whether it is an address book."""
        return any(one.find(_BOOK) is not None for one in self._named(_TYPE))

    @property
    def is_collection(self) -> bool:
        """Whether it has others in it."""
        return any(one.find(f"{_DAV}collection") is not None for one in self._named(_TYPE))

    def _named(self, name: str) -> list[ET.Element]:
        return [one for one in self._properties if one.tag == name]
