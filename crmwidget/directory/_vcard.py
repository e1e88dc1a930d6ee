"""vCards: the contacts of an address book's file, whatever version and program wrote it.

Reads 2.1, 3.0 and 4.0 as Google, Apple and Outlook export them. A parser of
its own, because no library that was tried reads them all: vobject gives a file
up for one odd line, for a fold after quoted-printable and for 8-bit CHARSET,
and icalendar does not know 2.1. The lines are _card_lines.py's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from crmwidget.directory._card_lines import cards_of
from crmwidget.directory._cells import is_fax
from crmwidget.directory._contacts import Contact, Phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crmwidget.directory._card_lines import Card, Property

__all__ = ["VCards", "contacts_of_vcards"]

_TEL: Final = re.compile("^tel:(?://)?", re.IGNORECASE)
_MAILTO: Final = re.compile("^mailto:", re.IGNORECASE)
_EXTENSION_ONLY: Final = re.compile("[^;]*(?:;ext=[^;]*)?", re.IGNORECASE)
_APPLE_LABEL: Final = re.compile(r"_\$!<(.*)>!\$_")
_KIND_OF_CARD: Final = ("kind", "x-addressbookserver-kind")
# The best says most about a number; "voice" and "pref" say nothing.
_KINDS: Final = {
    "cell": "mobile",
    "mobile": "mobile",
    "iphone": "mobile",
    "work": "work",
    "home": "home",
    "main": "main",
    "car": "car",
    "other": "other",
}
_FIELDS: Final = {"org": "organization", "title": "title", "note": "note", "nickname": "nickname"}


class VCards(NamedTuple):
    """What a file of vCards holds."""

    contacts: list[Contact]
    problems: list[str]
    """One sentence for each card that could not be read, or not whole; no customer's data."""


def contacts_of_vcards(content: str | bytes, name: str | None = None) -> VCards:
    """The contacts of one or many vCards, and what is wrong with the others.

    Names, telephone and e-mail addresses, UID, URL; organisation, title,
    nickname, note and further addresses as fields. Photos are left out, and so
    are groups, which are not persons. `name`: what problems call the only card
    of this content, where its line says nothing.
    """
    found = VCards([], [])
    for position, card in enumerate(cards_of(content), 1):
        where = name or f"card {position} (line {card.line})"
        if not card.whole:
            found.problems.append(f"{where} has no END:VCARD: it is cut off and was left out")
        elif not _is_group(card):
            _read(card, where, found)
    return found


def _read(card: Card, where: str, found: VCards) -> None:
    contact = _contact(card.properties)
    if contact is None:
        found.problems.append(f"{where} has neither a name nor a number: it was left out")
        return
    found.contacts.append(contact)
    if card.unread:
        several = "line is" if card.unread == 1 else "lines are"
        found.problems.append(f"{where}: {card.unread} {several} no vCard and skipped")


def _is_group(card: Card) -> bool:
    """Whether it is a list of others: KIND of 4.0, and what Apple writes in 3.0."""
    kinds = (one for one in card.properties if one.name in _KIND_OF_CARD)
    return any(one.text.lower() == "group" for one in kinds)


def _contact(properties: list[Property]) -> Contact | None:
    by_name: dict[str, list[Property]] = {}
    for one in sorted(properties, key=lambda one: one.parameters.preference):
        by_name.setdefault(one.name, []).append(one)
    labels = {
        one.group: _APPLE_LABEL.sub(r"\1", one.text).strip()
        for one in by_name.get("x-ablabel", ())
        if one.group
    }
    name = _name(by_name)
    numbers: dict[str, Phone] = {}
    for tel in by_name.get("tel", ()):
        for phone in _phones(tel, labels):
            numbers.setdefault(phone.number, phone)
    emails = list(filter(None, map(_address, by_name.get("email", ()))))
    if not name and not numbers and not emails:
        return None
    urls = (one.text for one in by_name.get("url", ()))
    return Contact(
        id=_first(by_name, "uid") or None,
        name=name,
        phones=tuple(numbers.values()),
        email=emails[0] if emails else None,
        url=next((one for one in urls if one.lower().startswith(("https://", "http://"))), None),
        fields=_fields(by_name, emails),
    )


def _name(by_name: dict[str, list[Property]]) -> str:
    """FN, else the parts of N, else the organisation, else the nickname."""
    names = (
        _first(by_name, "fn"),
        next(filter(None, map(_whole_name, by_name.get("n", ()))), ""),
        _first(by_name, "org"),
        _first(by_name, "nickname"),
    )
    return next(filter(None, names), "")


def _whole_name(line: Property) -> str:
    """N is family; given; additional; prefix; suffix."""
    family, given, additional, prefix, suffix = [*line.components, "", "", "", "", ""][:5]
    return " ".join(filter(None, (prefix, given, additional, family, suffix)))


def _first(by_name: dict[str, list[Property]], name: str) -> str:
    """The first of these properties that says something."""
    texts: Iterable[str] = (
        ", ".join(filter(None, one.components)) if name == "org" else one.text
        for one in by_name.get(name, ())
    )
    return next(filter(None, texts), "")


def _fields(by_name: dict[str, list[Property]], emails: Sequence[str]) -> dict[str, object]:
    texts = {called: _first(by_name, name) for name, called in _FIELDS.items()}
    fields: dict[str, object] = {called: text for called, text in texts.items() if text}
    fields.update({f"email {place}": one for place, one in enumerate(emails[1:], 2)})
    return fields


def _phones(line: Property, labels: dict[str, str]) -> Iterator[Phone]:
    number = _number(line)
    types = [*line.parameters.types]
    label = line.parameters.label or labels.get(line.group or "")
    if label:
        types.insert(0, label.lower())
    if not number or any(map(is_fax, types)):
        return
    known = (kind for word, kind in _KINDS.items() if word in types)
    yield Phone(number, next(known, None) or (label.lower() if label else "phone"))


def _number(line: Property) -> str:
    """A URI's number as a person writes it; whole where a parameter says what number it is."""
    text = line.text
    if line.parameters.is_uri or _TEL.match(text):
        text = unquote(text).strip()
    number = _TEL.sub("", text)
    return number if _EXTENSION_ONLY.fullmatch(number) else text


def _address(line: Property) -> str:
    text = line.text
    if _MAILTO.match(text):
        text = unquote(_MAILTO.sub("", text).partition("?")[0]).strip()
    return text
