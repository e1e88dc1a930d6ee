"""Contacts: what a lookup gives, and how a person sees it.

A repr ends up in tracebacks and logs, so it shows no customer's data; the
HTML, which a person displays on purpose, does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, overload

from crmwidget import tables

__all__ = ["Contact", "Match", "Matches", "Phone", "Rule", "id_in", "table_html"]

Rule = Literal["same digits", "e164", "address", "national", "last digits", "given"]
"""Why a contact matched: equal as written; equal in E.164; the same e-mail address; equal under
another region; the last 9, 8 or 7 digits equal; or chosen by whoever returned it."""

_SHORTENED: Final = 1e11
"""Excel shows larger numbers as 4.42E+11, with at most six digits."""
_ID_KINDS: Final = frozenset({str, int, type(None)})
# NUL and lone surrogates would not survive the way to the page.
_UNSHOWABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Phone:
    """One number of a contact, as written, and its kind: "phone", "mobile", "home" ..."""

    number: str
    kind: str = "phone"

    def __repr__(self) -> str:
        return f"Phone(kind={self.kind!r})"


@dataclass(frozen=True, slots=True)
class Contact:
    """One record of the CRM. `fields` has the row's other columns, by their own names."""

    id: str | int | None
    name: str = ""
    phones: tuple[Phone, ...] = ()
    """Plain strings are taken, too, and one alone."""
    email: str | None = None
    url: str | None = None
    """Where a person opens the record; http or https."""
    fields: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        given: Iterable[object] = self.phones
        if given.__class__ is not tuple:
            given = _listed(given)
        numbers = tuple(
            one if one.__class__ is Phone else Phone(text)
            for one in given
            if one.__class__ is Phone or (text := _text(one))
        )
        object.__setattr__(self, "phones", numbers)
        # From a row of a dataframe come NaN for what is absent, and numbers of its own kinds.
        if self.id.__class__ not in _ID_KINDS:
            object.__setattr__(self, "id", id_in(tables.plain(self.id)))
        if self.name.__class__ is not str:
            object.__setattr__(self, "name", _text(self.name))
        if self.email is not None and self.email.__class__ is not str:
            object.__setattr__(self, "email", _text(self.email) or None)

    @property
    def phone(self) -> str | None:
        """The first number, as written."""
        return self.phones[0].number if self.phones else None

    def to_wire(self) -> dict[str, str | int | None]:
        """The contact as crmDirectory lists it: id, name, phone, email."""
        return {"id": self.id, "name": self.name, "phone": self.phone, "email": self.email}

    def __repr__(self) -> str:
        return f"Contact(id={self.id!r})"

    def _repr_html_(self) -> str:
        numbers = ((phone.kind, phone.number) for phone in self.phones)
        known = (("id", self.id), *numbers, ("email", self.email), ("url", self.url))
        shown = "".join(
            f"<tr><th>{_shown(name)}</th><td>{_shown(value)}</td></tr>"
            for name, value in (*known, *self.fields.items())
            if value is not None
        )
        return f"<table><caption>{_shown(self.name)}</caption>{shown}</table>"


def id_in(value: object) -> str | int | None:
    """The id that a cell holds."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or (isinstance(value, int) and value.__class__ is int):
        return value
    return str(value)


def _listed(given: object) -> Iterable[object]:
    """The numbers of a contact, of which there may be one or none."""
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        return given
    return (given,)


def _text(value: object) -> str:
    """A text, a number as its digits, nothing for what is absent."""
    plain = tables.plain(value)
    if isinstance(plain, float) and plain.is_integer():
        # What a spreadsheet has shortened stays so, and is said where it is read.
        shortened = plain >= _SHORTENED and plain == float(f"{plain:.5e}")
        plain = f"{plain:.5E}" if shortened else int(plain)
    return "" if plain is None else str(plain)


@dataclass(frozen=True, slots=True)
class Match:
    """A contact, and why it was found."""

    contact: Contact
    rule: Rule
    reason: str
    """The rule as a sentence."""
    certain: bool
    """Whether the number is this contact's without any assumption."""

    def __repr__(self) -> str:
        return f"Match({self.contact!r}, rule={self.rule!r}, certain={self.certain})"

    def _repr_html_(self) -> str:
        return Matches([self])._repr_html_()


class Matches(Sequence[Match]):
    """Matches in order of certainty; falsy when nobody was found."""

    __slots__ = ("_matches",)

    def __init__(self, matches: Iterable[Match] = ()) -> None:
        self._matches = tuple(matches)

    @property
    def contact(self) -> Contact | None:
        """The one contact that is certain; None when there is none or another one as certain."""
        certain = [match.contact for match in self._matches if match.certain]
        first = certain[0] if certain else None
        # Two rows with one id and name are one record of the CRM.
        if first and all((other.id, other.name) == (first.id, first.name) for other in certain):
            return first if first.id is not None or len(certain) == 1 else None
        return None

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Everybody who was found, in order of certainty."""
        return tuple(match.contact for match in self._matches)

    def __len__(self) -> int:
        return len(self._matches)

    def __iter__(self) -> Iterator[Match]:
        return iter(self._matches)

    @overload
    def __getitem__(self, index: int) -> Match: ...
    @overload
    def __getitem__(self, index: slice) -> Matches: ...
    def __getitem__(self, index: int | slice) -> Match | Matches:
        if isinstance(index, slice):
            return Matches(self._matches[index])
        return self._matches[index]

    def __repr__(self) -> str:
        certain = sum(match.certain for match in self._matches)
        return f"Matches({len(self)} found, {certain} certain)"

    def _repr_html_(self) -> str:
        if not self._matches:
            return "<p>Nobody was found.</p>"
        return table_html(
            ("id", "name", "phone", "email", "why"),
            ((*_cells(match.contact), match.reason) for match in self._matches),
        )


def table_html(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """An HTML table of untrusted values."""
    names = "".join(f"<th>{_shown(name)}</th>" for name in head)
    lines = (f"<tr>{''.join(f'<td>{_shown(value)}</td>' for value in row)}</tr>" for row in rows)
    title = f"<caption>{_shown(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{names}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cells(contact: Contact) -> tuple[object, ...]:
    numbers = ", ".join(f"{phone.number} ({phone.kind})" for phone in contact.phones)
    return (contact.id, contact.name, numbers, contact.email)


def _shown(value: object) -> str:
    text = "" if value is None else _UNSHOWABLE.sub("\ufffd", str(value))
    # A right-to-left name does not turn its neighbours around.
    return f"<bdi>{html.escape(text)}</bdi>"
