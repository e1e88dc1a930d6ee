"""DAV answers: the XML of a multistatus, and the cards in it, from their bytes on.

A server puts a hundred cards into one document. A character that XML does not
allow, or bytes of another encoding, in one of them must not cost the others:
they are marked on the way through the XML and are known again in their card.
"""

from __future__ import annotations

import codecs
import re
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final, NamedTuple

from crmwidget.directory._card_lines import text_in

if TYPE_CHECKING:
    from crmwidget.http.transport import Answer

__all__ = ["GivenCard", "OversizeError", "Resource", "card_in", "root_of"]

_DAV: Final = "{DAV:}"
_BOOK: Final = "{urn:ietf:params:xml:ns:carddav}addressbook"
_TYPE: Final = f"{_DAV}resourcetype"
_STATUS: Final = re.compile(r"HTTP/\S+\s+(\d{3})\b")
_OK: Final = 200
DEEPEST: Final = 64
"""Levels of elements; answers have about six."""
MOST_ELEMENTS: Final = 500_000
"""Of one answer; a list of 50,000 cards has some 400,000."""
_BLANKS: Final = re.compile(r"\s*")
_ROOT: Final = re.compile(r"<[A-Za-z_:]")
_HEAD: Final = 300
_IN_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_XML: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_ALLOWED: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|(\d{1,8}));")
_UNREADABLE: Final = "\ufdd0"
"""Stands for a character that XML does not allow; Unicode keeps it for such uses."""
_BYTES: Final = re.compile("[\udc80-\udcff]")
_PRIVATE: Final = re.compile("[\U0010fe80-\U0010feff]")
_TO_PRIVATE: Final = 0x10FE00 - 0xDC00
"""A byte that is no UTF-8 goes through the XML as a character for private use."""


class GivenCard(NamedTuple):
    """What a server gave as a card."""

    content: str | bytes
    """Bytes, where some of them are no UTF-8: their CHARSET may say what they are."""
    unreadable: int
    """How many characters were left out, as XML does not allow them."""

    @property
    def holds_one(self) -> bool:
        """Whether a card begins in it."""
        text = self.content if isinstance(self.content, str) else self.content.decode("latin-1")
        return "BEGIN" in text.upper()


def root_of(answer: Answer) -> ET.Element | None:
    """The document of an answer; None: none, or one with a DOCTYPE.

    Raises OversizeError, whose text says why, for one that is too deep or too long.
    """
    text = _text_of(answer)
    if not _is_plain(text):
        return None
    found = _parsed(text)
    return _parsed(_mended(text)) if found is None else found


def _parsed(text: str) -> ET.Element | None:
    parser = ET.XMLParser(target=_Bounded())  # noqa: S314 - a DOCTYPE was refused above
    try:
        parser.feed(text)
        return parser.close()
    except (ET.ParseError, ValueError):
        return None


class OversizeError(Exception):
    """A document is nested more deeply, or has more elements, than any answer of CardDAV."""


class _Bounded(ET.TreeBuilder):
    """Builds a document while it is within bounds; raises OversizeError with the first beyond."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise OversizeError(f"its answer is nested more than {DEEPEST} deep")
        if self._elements > MOST_ELEMENTS:
            raise OversizeError(f"its answer has more than {MOST_ELEMENTS:,} elements")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def card_in(text: str) -> GivenCard:
    """A card as it was before it went through the XML."""
    unreadable = text.count(_UNREADABLE)
    content = text.replace(_UNREADABLE, "") if unreadable else text
    if not _PRIVATE.search(content):
        return GivenCard(content, unreadable)
    marked = _PRIVATE.sub(lambda found: chr(ord(found[0]) - _TO_PRIVATE), content)
    return GivenCard(marked.encode("utf-8", "surrogateescape"), unreadable)


def _text_of(answer: Answer) -> str:
    """The content in the encoding that it is declared in, where it is, else as UTF-8."""
    content = answer.content
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    header = _IN_HEADER.search(answer.headers.get("content-type", ""))
    own = _IN_XML.search(content[:_HEAD])
    declared = [header[1]] if header else []
    declared += [own[1].decode("ascii")] if own else []
    # A proxy may put its own charset into the header; what is UTF-8 throughout is hardly that.
    for name in sorted(declared, key=lambda one: one.lower() not in {"utf-8", "utf8"}):
        if (text := text_in(content, name)) is not None:
            return text
    text = content.decode("utf-8", "surrogateescape")
    return _BYTES.sub(lambda found: chr(ord(found[0]) + _TO_PRIVATE), text)


def _mended(text: str) -> str:
    """What XML does not allow, as a character and as a reference, becomes a mark."""

    def reference(found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else int(found[2])
        allowed = code <= sys.maxunicode and not _NOT_ALLOWED.match(chr(code))
        return found[0] if allowed else _UNREADABLE

    return _REFERENCE.sub(reference, _NOT_ALLOWED.sub(_UNREADABLE, text))


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
        self.status = _status_of(response)
        """Of the response as a whole, else of the first properties that were not given."""
        self._properties = [
            found
            for part in response.findall(f"{_DAV}propstat")
            if _code(part) == _OK
            for prop in part.findall(f"{_DAV}prop")
            for found in prop
        ]

    def links(self, name: str) -> list[str]:
        """The links that a property holds."""
        found = (href.text for one in self._named(name) for href in one.findall(f"{_DAV}href"))
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


def _status_of(response: ET.Element) -> int | None:
    codes = [_code(response), *map(_code, response.findall(f"{_DAV}propstat"))]
    return next((code for code in codes if code is not None and code != _OK), None)


def _code(element: ET.Element) -> int | None:
    found = _STATUS.match((element.findtext(f"{_DAV}status") or "").strip())
    return int(found[1]) if found else None
