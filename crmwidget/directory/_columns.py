"""Columns: which column of an export holds what, by the names that the usual systems give.

A name is compared without case, punctuation and known prefixes, and has to be
in a table here exactly: nothing is guessed, and a fax is no telephone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from crmwidget.directory._exports import (
    WITHOUT_LINK,
    encoding_advice,
    holds_contact,
    reading_advice,
    separator_in,
    system_of,
)
from crmwidget.errors import DirectoryError

__all__ = ["ColumnNames", "NumberColumn", "Plan", "recognise"]

ColumnNames = Mapping[str, "str | Sequence[str] | None"]
"""What `columns=` takes: a role (id, name, phone, email, url), its column or columns."""

_ROLES: Final = ("id", "name", "phone", "email", "url")
_PREFIXES: Final = ("properties", "person", "donotmodify")
# Best first; two columns of one line are a question for the user.
_IDS: Final = (
    ("id", "contactid", "recordid", "donotmodifycontact"),
    ("hsobjectid", "uid"),
    ("externalid",),
    ("code",),
)
_NAMES: Final = (("name",), ("fullname",), ("displayname",), ("recname",), ("fn",))
_PARTS: Final = (("firstname", "givenname"), ("middlename",), ("lastname", "familyname"))
_FILED_AS: Final = (("fileas",),)
# The last resort, for a record that is a company: Google, Outlook, Salesforce, Zoho, HubSpot,
# Dynamics, Odoo, Zendesk and Pipedrive, vCard, each in its own words.
_COMPANIES: Final = (
    ("organizationname", "organization1name"),
    ("company", "companyname", "associatedcompany", "primaryassociatedcompany"),
    ("accountname", "parentaccount", "parentcustomer", "relatedcompany", "commercialcompanyname"),
    ("organization", "organisation", "organisationname", "org"),
)
_EMAILS: Final = frozenset({"email", "emailaddress", "emails", "emailwork"})
_URLS: Final = (("url", "recordurl", "contacturl", "crmurl"),)
_PHONES: Final = {
    **dict.fromkeys(("phone", "phones", "phonenumber", "phonee164", "telephone", "tel"), "phone"),
    **dict.fromkeys(("mobile", "mobilephone", "mobilephonenumber", "mobilenumber"), "mobile"),
    **dict.fromkeys(("cell", "cellphone", "teltypecell", "phonemobile"), "mobile"),
    # Dataverse's own labels for its telephone1 and telephone2.
    **dict.fromkeys(("businessphone", "telephone1"), "business"),
    **dict.fromkeys(("homephone", "telephone2", "teltypehome", "phonehome"), "home"),
    **dict.fromkeys(("workphone", "teltypework", "phonework"), "work"),
    **dict.fromkeys(("assistantphone", "assistantsphone", "asstphone"), "assistant"),
    **dict.fromkeys(("otherphone", "telephone3", "phoneother"), "other"),
    "primaryphone": "primary",
    "companymainphone": "company",
    "carphone": "car",
    "radiophone": "radio",
    "teltypevoice": "phone",
}
_GOOGLE_PHONE: Final = re.compile(r"phone(\d+)value")
_GOOGLE_EMAIL: Final = re.compile(r"email\d+value|email\d+address")
# Phone.1 (pandas), Phone_1 (DuckDB), Phone_duplicated_0 (polars), Business Phone 2.
_COUNTER: Final = re.compile(r"(duplicated)?\d+$")
_MARK_AS_CP1252: Final = "\u00ef\u00bb\u00bf"
_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of telephone numbers."""

    name: str
    kind: str
    label: str | None = None
    """The column that says the kind row by row, as in Google's exports."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that have to be read."""
        return (self.name,) if self.label is None else (self.name, self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a contact's parts are in a table."""

    id: str | None
    names: tuple[tuple[str, ...], ...]
    """Each is joined by blanks; the first that is not blank is the name."""
    numbers: tuple[NumberColumn, ...]
    emails: tuple[str, ...]
    """The first that is not blank is the address."""
    url: str | None
    kept: tuple[str, ...]
    """The other columns: the fields of a contact."""
    system: str | None = None
    """Whose export it is, where that is certain."""
    advice: str | None = None
    """What to do about names of columns that were read with the wrong encoding."""

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of id, name, phones, email and url."""
        numbers = [name for column in self.numbers for name in column.columns]
        names = [name for names in self.names for name in names]
        every = (self.id, *names, *numbers, *self.emails, self.url)
        return tuple(dict.fromkeys(name for name in every if name is not None))

    def sentence(self) -> str:
        """What was recognised: `Google CSV: name (First Name + ...) recognised; Notes kept`."""
        numbers = [column.name for column in self.numbers]
        parts = [
            _said("id", [self.id] if self.id else []),
            _said("name", [" + ".join(names) for names in self.names[:1]]),
            _said("phone", numbers),
            _said("email", list(self.emails[:1])),
            _said("url", [self.url] if self.url else []),
        ]
        line = ", ".join(part for part in parts if part) + " recognised"
        if self.system is not None:
            line = f"{self.system}: {line}"
        if self.kept:
            line += f"; {_listed(self.kept, 8)} kept"
        return line if self.id else line + "; no column of ids, so rows are numbered from 1"


def recognise(
    names: Sequence[str], given: ColumnNames | None = None, *, strict: bool = True
) -> Plan:
    """The plan for a table with these columns; `given` decides where it says something.

    Raises DirectoryError where a column of `given` does not exist and, if
    `strict`, where nothing or more than one thing can be meant.
    """
    chosen = _checked(names, given or {})
    table = _Named(names, strict=strict)
    # Not chosen.get(): what the user has decided is no question any more.
    system = system_of(names)
    ids = chosen["id"] if "id" in chosen else table.first("id", _IDS)
    links = () if system in WITHOUT_LINK else _URLS
    urls = chosen["url"] if "url" in chosen else table.first("url", links)
    if "name" in chosen:
        found = tuple(tuple(columns) for columns in (chosen["name"],) if columns)
    else:
        found = table.names()
    if "phone" in chosen:
        numbers = tuple(table.number(name) or _own_kind(name) for name in chosen["phone"])
    else:
        numbers = tuple(column for name in names if (column := table.number(name)))
    emails = tuple(chosen["email"]) if "email" in chosen else table.emails()
    taken = {*ids, *urls, *(found[0] if found else ()), *emails[:1]}
    taken |= {name for column in numbers for name in column.columns}
    plan = Plan(
        id=next(iter(ids), None),
        names=found,
        numbers=numbers,
        emails=emails,
        url=next(iter(urls), None),
        kept=tuple(name for name in names if name not in taken),
        system=system,
        advice=encoding_advice(names),
    )
    if strict and names:
        _complete(names, plan, nameless="name" in chosen, chosen=bool(chosen))
    return plan


class _Named:
    """The columns of one table by their compared names."""

    def __init__(self, names: Sequence[str], *, strict: bool) -> None:
        self._names = names
        self._strict = strict
        self._keys: dict[str, list[str]] = {}
        for name in names:
            self._keys.setdefault(_key(name), []).append(name)

    def first(self, role: str, ranks: Iterable[tuple[str, ...]]) -> list[str]:
        """The one column of the best rank that has any."""
        for rank in ranks:
            found = [name for name in self._names if _key(name) in rank]
            if len(found) > 1 and self._strict:
                both = " and ".join(map(repr, found))
                raise DirectoryError(
                    f"{both} could each be the {role}. "
                    f"Say which it is: columns={{{role!r}: {found[0]!r}}}. "
                    f"The columns are {_listed(map(repr, self._names), _SHOWN)}."
                )
            if found:
                return found[:1]
        return []

    def names(self) -> tuple[tuple[str, ...], ...]:
        whole = (tuple(self.first("name", [rank])) for rank in _NAMES)
        parts = tuple(name for part in _PARTS for name in self.first("name", [part]))
        filed = tuple(self.first("name", _FILED_AS))
        return tuple(columns for columns in (*whole, parts, filed, *self._companies()) if columns)

    def _companies(self) -> Iterator[tuple[str, ...]]:
        return ((name,) for rank in _COMPANIES for name in self._names if _key(name) in rank)

    def emails(self) -> tuple[str, ...]:
        found = (name for name in self._names if _is_email(_key(name)))
        return tuple(found)

    def number(self, name: str) -> NumberColumn | None:
        """The column as one of telephone numbers, None if it is not known as one."""
        key = _key(name)
        if google := _GOOGLE_PHONE.fullmatch(key):
            labels = (f"phone{google[1]}{word}" for word in ("label", "type"))
            label = next((self._keys[key][0] for key in labels if key in self._keys), None)
            return NumberColumn(name, "phone", label)
        kind = _PHONES.get(key) or _PHONES.get(_COUNTER.sub("", key))
        return NumberColumn(name, kind) if kind else None


def _key(name: str) -> str:
    # A byte-order mark is no letter, but read as cp1252 its first byte is one.
    key = "".join(char for char in name.removeprefix(_MARK_AS_CP1252).lower() if char.isalnum())
    if any(key in rank for rank in _IDS):
        return key
    for prefix in _PREFIXES:
        if key.startswith(prefix) and len(key) > len(prefix):
            return key.removeprefix(prefix)
    return key


def _is_email(key: str) -> bool:
    return bool(_GOOGLE_EMAIL.fullmatch(key)) or _COUNTER.sub("", key) in _EMAILS


def _own_kind(name: str) -> NumberColumn:
    return NumberColumn(name, name.strip().lower())


def _checked(names: Sequence[str], given: ColumnNames) -> dict[str, list[str]]:
    """`given` with lists of existing columns only."""
    if not isinstance(given, Mapping):
        raise DirectoryError(
            f"columns= is a {type(given).__name__}. Give a mapping from what a column is to its "
            'name, as in columns={"phone": "Mobile"}.'
        )
    chosen: dict[str, list[str]] = {}
    for role, wanted in given.items():
        if role not in _ROLES:
            near = difflib.get_close_matches(str(role), _ROLES, n=1, cutoff=0.3)
            advice = f"Did you mean {near[0]!r}? " if near else ""
            raise DirectoryError(
                f"columns= has no {role!r}. {advice}It takes {', '.join(map(repr, _ROLES))}."
            )
        # Columns that pandas has numbered are known by their numbers as text.
        several = [wanted] if isinstance(wanted, str | int) else wanted or ()
        listed = list(map(str, several))
        for name in listed:
            if name not in names:
                near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.0)
                advice = f"The nearest is {near[0]!r}. " if near else ""
                raise DirectoryError(
                    f"columns= names {name!r} as {role}, but there is no such column. {advice}"
                    f"The columns are {_listed(map(repr, names), _SHOWN)}."
                )
        chosen[role] = listed
    return chosen


def _complete(names: Sequence[str], plan: Plan, *, nameless: bool, chosen: bool) -> None:
    missing = []
    # Where no column is left over, there is none that could hold the name.
    if not plan.names and plan.kept and not nameless:
        missing.append("name")
    if not plan.numbers and not plan.emails:
        missing.append("phone")
    if missing or (not chosen and _is_unsplit(names)):
        raise DirectoryError(_unrecognised(names, plan, missing))


def _is_unsplit(names: Sequence[str]) -> bool:
    """Whether the only column is several that were not separated, as in "Phone;Mobile"."""
    separator = separator_in(names) if len(names) == 1 else None
    # vCards as tables have columns such as TEL;TYPE=CELL.
    if separator is None or "=" in names[0]:
        return False
    return len(recognise(names[0].split(separator), strict=False).read) > 1


def _unrecognised(names: Sequence[str], plan: Plan, missing: Sequence[str]) -> str:
    """What was not recognised, and what helps; columns that are a contact's data are not shown."""
    what = " and no ".join(missing or _ROLES[1:3]).replace("phone", "phone or email")
    if holds_contact(names):
        return (
            f"no {what} was recognised: the first line of the file holds a contact and no names "
            'of columns. Read it with names: pd.read_csv(path, header=None, names=["name", ...]).'
        )
    shown = ", ".join(f'"{role}": "..."' for role in missing or _ROLES[1:3])
    advice = plan.advice or reading_advice(names)
    again = f"It seems that {advice}. Otherwise say" if advice else "Say"
    return (
        f"no {what} was recognised among the columns {_listed(map(repr, names), _SHOWN)}. "
        f"{again} which it is: columns={{{shown}}}; several columns as a list."
    )


def _said(role: Literal["id", "name", "phone", "email", "url"], columns: list[str]) -> str:
    if not columns or [name.strip().lower() for name in columns] == [role]:
        return role if columns else ""
    return f"{role} ({', '.join(columns)})"


def _listed(names: Iterable[str], most: int) -> str:
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
