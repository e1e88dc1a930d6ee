"""Directory: contacts from whatever the user has, and lookups by telephone number.

Takes a frame of any library, rows, columns or Contacts; finds who has a number
without ever guessing, and gives the JSON that the connector's address book is
answered with. Nothing is loaded or indexed before it is needed.
"""

from __future__ import annotations

import copy
import re
from threading import RLock
from typing import TYPE_CHECKING, Final

from crmwidget import phones
from crmwidget.directory._contacts import Contact, Match, Matches, Phone, Rule, table_html
from crmwidget.directory._index import Index
from crmwidget.directory._ladder import ORDER, Asked, asked
from crmwidget.directory._opened import contacts_of, opened
from crmwidget.directory._warnings import warnings_of
from crmwidget.directory._wire import wire
from crmwidget.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmwidget.directory._columns import ColumnNames

__all__ = ["Contact", "Directory", "Match", "Matches", "Phone", "contacts_of", "matches_of"]

# phonenumbers may put an area code before a local number, never within its last six digits.
_ENDING: Final = 6
_NUMBER_LIKE: Final = re.compile(r"[+\d][\d\s()+\-./]{2,}")
_DISPLAYED: Final = 20


class Directory:
    """Contacts, found by any of their numbers.

    frame: a pandas, polars, pyarrow or DuckDB table (a lazy one is collected),
    rows as mappings, a mapping of columns, or Contacts.
    region: "US", for numbers written without a country code.
    columns: {"name": "Full name", "phone": ["Phone", "Mobile"]} for columns
    that are not recognised: roles id, name, phone, email, url; None for none.

    Raises DirectoryError where no contacts can be read from it.
    """

    def __init__(
        self, frame: object, region: str | None = None, columns: ColumnNames | None = None
    ) -> None:
        self.region = _checked(region)
        """Whose numbers those without a country code are."""
        self._opened = opened(frame, self.region, columns)
        self._source = self._opened.source
        self._lock = RLock()
        self._found_index: Index | None = None
        self._found_warnings: tuple[str, ...] | None = None
        self._found_wire: bytes | None = None

    @classmethod
    def of(
        cls, value: object, region: str | None = None, columns: ColumnNames | None = None
    ) -> Directory:
        """`value` as a Directory; one that is given keeps its own region if it has one."""
        if not isinstance(value, Directory):
            return cls(value, region, columns)
        if columns is not None:
            return cls(value.frame, value.region or region, columns)
        if value.region is None and region is not None:
            return value.with_region(region)
        return value

    def with_region(self, region: str | None) -> Directory:
        """The same contacts, national numbers read as those of `region`; an index is shared."""
        code = _checked(region)
        source = self._source.placed(code)
        other = copy.copy(self)
        vars(other).update(region=code, _source=source, _found_warnings=None, _found_wire=None)
        return other

    @property
    def frame(self) -> object:
        """What the contacts were read from, as it was given."""
        return self._opened.frame

    @property
    def library(self) -> str | None:
        """The dataframe library the contacts came in ("pandas"), None for rows and Contacts."""
        return self._opened.library

    @property
    def recognised(self) -> str:
        """What was understood of the columns, in one line."""
        count = f"{len(self):,} contact{'' if len(self) == 1 else 's'}"
        plan = self._opened.plan
        return count if plan is None or not plan.read else f"{count}: {plan.sentence()}"

    @property
    def warnings(self) -> list[str]:
        """What there is to know or to mend, worst first; the first call looks at every row."""
        with self._lock:
            if self._found_warnings is None:
                survey = self._source.survey()
                self._found_warnings = tuple(warnings_of(survey, self._opened.plan, self.region))
            return list(self._found_warnings)

    def find(self, number: object) -> Matches:
        """Who has this number, or any of these numbers; all who are equally certain.

        The ladder: the same digits as written; the same E.164 number, read
        with `region`. Both are certain. Blanks and withheld numbers find nobody.
        """
        found: dict[int, Match] = {}
        for one in asked(number, self.region):
            for row, phone, rule in self._matching(one):
                held = found.get(row)
                if held is None or ORDER.index(rule) < ORDER.index(held.rule):
                    found[row] = self._match(row, phone, rule)
        ranked = sorted(found.items(), key=lambda item: (ORDER.index(item[1].rule), item[0]))
        return Matches(match for _, match in ranked)

    def get(self, record_id: object) -> Contact | None:
        """The first contact with this id; ids are compared as text, as they come off the wire."""
        wanted = str(record_id)
        ids = enumerate(self._source.ids())
        row = next((row for row, own in ids if own is not None and str(own) == wanted), None)
        return None if row is None else self._source.contact(row)

    def search(self, text: str, offset: int = 0, limit: int = 50) -> tuple[int, list[Contact]]:
        """How many contacts have `text` in any column, and `limit` of them from `offset` on.

        Case does not matter; a number is found however it is written.
        """
        wanted = text.strip()
        rows = self._rows_with(wanted) if wanted else range(len(self))
        first = max(offset, 0)
        return len(rows), [self._source.contact(row) for row in rows[first : first + max(limit, 0)]]

    def to_wire(self) -> bytes:
        """The JSON of crmDirectory's data in UTF-8, made once.

        Contacts with neither number nor address are left out. An id beyond
        2**53 is sent as text, because JavaScript would round it. A lone
        surrogate is sent as its JSON escape, which JSON.parse turns back into it.
        """
        with self._lock:
            if self._found_wire is None:
                self._found_wire = wire(self._source.listed())
            return self._found_wire

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Contact]:
        return self._source.contacts()

    def __repr__(self) -> str:
        return f"Directory({len(self)} contacts, region={self.region!r})"

    def _repr_html_(self) -> str:
        _, shown = self.search("", limit=_DISPLAYED)
        rows = ((c.id, c.name, c.phone, c.email) for c in shown)
        return table_html(("id", "name", "phone", "email"), rows, caption=self.recognised)

    def _rows_with(self, wanted: str) -> list[int]:
        digits = phones.digits(wanted) if _NUMBER_LIKE.fullmatch(wanted) else ""
        same = {row for one in asked(wanted, self.region) for row, *_ in self._matching(one)}
        return sorted(same.union(self._source.matching(wanted.casefold(), digits)))

    def _index(self) -> Index:
        with self._lock:
            if self._found_index is None:
                self._found_index = Index(self._source.numbers())
            return self._found_index

    def _matching(self, one: Asked) -> Iterator[tuple[int, Phone, Rule]]:
        """Row, number and rule of everybody who has it, each by the best of their numbers."""
        index = self._index()
        rows = set(index.same(one.digits))
        if one.e164 is not None:
            rows.update(index.ending(phones.national(one.e164)[-_ENDING:]))
        for row in sorted(rows):
            rules = [(one.rule(p.number, self.region), p) for p in self._source.phones(row)]
            known = [(rule, phone) for rule, phone in rules if rule is not None]
            if known:
                rule, phone = min(known, key=lambda pair: ORDER.index(pair[0]))
                yield row, phone, rule

    def _match(self, row: int, phone: Phone, rule: Rule) -> Match:
        kind = "phone number" if phone.kind == "phone" else f"{phone.kind} phone number"
        reason = f"Same digits as the {kind}."
        if rule == "e164":
            read = f", read with region {self.region}" if self.region else ""
            reason = f"Same international number as the {kind}{read}."
        return Match(self._source.contact(row), rule, reason, certain=True)


def matches_of(value: object, reason: str = "Given.") -> Matches:
    """`value`, anything that contacts_of takes, as Matches; a Match keeps its own reason.

    Somebody has chosen these contacts, so each is certain and several are a choice.
    """
    if isinstance(value, Matches):
        return value
    if isinstance(value, Match):
        return Matches([value])
    if isinstance(value, list):
        return Matches(match for one in value for match in matches_of(one, reason))
    return Matches(Match(one, "given", reason, certain=True) for one in contacts_of(value))


def _checked(region: str | None) -> str | None:
    if region is None:
        return None
    code = phones.region_code(str(region))
    if code is None:
        raise DirectoryError(
            f"no region is called {region!r}: give the two letters of a country, "
            "such as 'US', 'DE' or 'GB' for the United Kingdom."
        )
    return code
