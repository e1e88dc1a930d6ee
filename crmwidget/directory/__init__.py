"""Directory: contacts from whatever the user has, and lookups by telephone number.

Takes a frame of any library, rows, columns or Contacts; finds who has a number
without ever guessing, and gives the JSON that the connector's address book is
answered with. Nothing is loaded or indexed before it is needed.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Final

from crmwidget import phones
from crmwidget.directory._card_lines import content_of
from crmwidget.directory._contacts import Contact, Match, Matches, Phone, Rule, table_html
from crmwidget.directory._inputs import contacts_of, opened
from crmwidget.directory._match_rules import asked
from crmwidget.directory._vcard import VCards, contacts_of_vcards
from crmwidget.directory._warnings import warnings_of
from crmwidget.directory._wire import wire
from crmwidget.directory.audit import Audit, audited
from crmwidget.directory.audit._calls import calls_of
from crmwidget.errors import DirectoryError
from crmwidget.errors._arguments import advises

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crmwidget.directory._columns import ColumnNames

__all__ = ["Contact", "Directory", "Match", "Matches", "Phone", "contacts_of", "matches_of"]

_DISPLAYED: Final = 20


class Directory:
    """Contacts, found by any of their numbers.

    frame: a pandas, polars, pyarrow or Modin frame, rows as mappings, a mapping
    of columns, or Contacts; or a lazy one: a DuckDB relation, an Ibis table,
    Dask, PySpark, polars. A lazy frame is never read as a whole: its engine
    filters, contacts come in the order in which it gives them, and they have
    ids only where there is a column of ids.
    region: "US", for numbers written without a country code.
    columns: {"name": "Full name", "phone": ["Phone", "Mobile"]} for columns
    that are not recognised: roles id, name, phone, email, url; None for none.

    Raises DirectoryError where no contacts can be read from it.
    """

    @advises
    def __init__(
        self, frame: object, region: str | None = None, columns: ColumnNames | None = None
    ) -> None:
        self.region = _checked(region)
        """Whose numbers those without a country code are."""
        self._opened = opened(frame, self.region, columns)
        self._source = self._opened.source
        self._lock = RLock()
        self._problems: tuple[str, ...] = ()
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

    @classmethod
    def from_vcard(cls, source: object, region: str | None = None) -> Directory:
        """The contacts of one or many vCards (2.1, 3.0, 4.0), as address books export them.

        source: the path of a .vcf file, an open file, bytes, or the text.
        Cards without a UID are numbered from 1 where no card has one. What
        could not be read is in `warnings`, with the place of its card.

        Raises DirectoryError where there is no vCard in it.
        """
        return cls._of_cards(contacts_of_vcards(content_of(source)), region)

    @classmethod
    def _of_cards(cls, found: VCards, region: str | None) -> Directory:
        contacts = found.contacts
        if all(contact.id is None for contact in contacts):
            contacts = [replace(one, id=place) for place, one in enumerate(contacts, 1)]
        directory = cls(contacts, region)
        directory._problems = tuple(found.problems)
        return directory

    @classmethod
    def from_carddav(
        cls, url: str, *, auth: object = None, client: object = None, region: str | None = None
    ) -> Directory:
        """The contacts of all address books behind a CardDAV address, as they are now.

        url: of an address book, of a user's home, or of the server. auth, client:
        as for an adapter: ("ada", "password"), or a ready httpx client.

        Raises AdapterError where they cannot be had.
        """
        from crmwidget.directory._carddav import CardDAV

        with CardDAV(url, auth=auth, client=client, region=region) as server:
            return server.contacts()

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
    def pushed(self) -> bool:
        """Whether the frame is lazy: its engine filters, and only what may match is fetched."""
        return self._source.pushed

    @property
    def recognised(self) -> str:
        """What was understood of the columns, in one line."""
        count = f"{len(self):,} contact{'' if len(self) == 1 else 's'}"
        plan = self._opened.plan
        return count if plan is None or not plan.read else f"{count}: {plan.sentence()}"

    @property
    def warnings(self) -> list[str]:
        """What there is to know or to mend, worst first; the first call looks at every row.

        Of a lazy frame only the first 10,000 are looked at, and it is said.
        """
        with self._lock:
            if self._found_warnings is None:
                survey = self._source.survey()
                found = warnings_of(survey, self._opened.plan, self.region)
                self._found_warnings = (*self._problems, *found)
            return [*self._found_warnings, *self._source.remarks()]

    def find(self, number: object) -> Matches:
        """Who has this number, or any of these numbers; all who are equally certain.

        The ladder: the same digits as written; the same E.164 number, read
        with `region`. Both are certain. Where nobody is: the same number under
        another region; else the last 9, 8 or 7 digits, of seven and more. Both
        are only possible, and `Matches.contact` is None. Blanks and withheld
        numbers find nobody, and an extension is found by its own digits alone.
        An e-mail or chat address finds the contacts that have it, and is certain.
        """
        numbers = list(asked(number, self.region))
        return self._source.near(numbers).matches(numbers)

    def audit(
        self,
        calls: object,
        column: str | None = None,
        region: str | None = None,
        contact_id: str | Sequence[object] | None = None,
        rules: Iterable[Rule] | None = None,
    ) -> Audit:
        """What would have happened with each of these calls: hit, ambiguous, miss, ...

        calls: a dataframe, rows, columns or a list of caller numbers.
        column: where the numbers are, when the usual names (ani, caller,
        from, phone, number) do not say it.
        region: another than the directory's, to compare the two.
        contact_id: the record that was right: a column of `calls`, or one id
        a call; a call that opens another one is counted as a disclosure.
        rules: those that open a record; None: "same digits", "e164" and "address",
        which are certain. "national" and "last digits" show what a laxer rule would open.

        Each different number is looked up once; in a lazy frame 10,000 at most.

        Raises DirectoryError where the calls cannot be read, or are too many.
        """
        if region is not None:
            return self.with_region(region).audit(calls, column, None, contact_id, rules)
        return audited(
            calls_of(calls, column, contact_id),
            self._source,
            region=self.region,
            rules=rules,
            library=self.library,
        )

    def get(self, record_id: object) -> Contact | None:
        """The first contact with this id; ids are compared as text, as they come off the wire."""
        return self._source.get(str(record_id))

    def search(self, text: str, offset: int = 0, limit: int = 50) -> tuple[int, list[Contact]]:
        """How many contacts have `text` in any column, and `limit` of them from `offset` on.

        Case does not matter; a number is found however it is written.
        """
        return self._source.search(text.strip(), max(offset, 0), max(limit, 0))

    def to_wire(self) -> bytes:
        """The JSON of crmDirectory's data in UTF-8, made once.

        Contacts with neither number nor address are left out. An id beyond
        2**53 is sent as text, because JavaScript would round it. A lone
        surrogate is sent as its JSON escape, which JSON.parse turns back into it.
        Of a lazy frame the first million contacts are listed.
        """
        with self._lock:
            if self._found_wire is None:
                self._found_wire = wire(self._source.pieces(), len(self))
            return self._found_wire

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Contact]:
        """Every contact in order; raises DirectoryError for a lazy frame of more than a million."""
        return self._source.contacts()

    def __repr__(self) -> str:
        # Whoever looks at a variable does not start an engine.
        count = f"{len(self)} contacts" if not self.pushed else f"contacts in {self.library}"
        return f"Directory({count}, region={self.region!r})"

    def _repr_html_(self) -> str:
        _, shown = self.search("", limit=_DISPLAYED)
        rows = ((c.id, c.name, c.phone, c.email) for c in shown)
        return table_html(("id", "name", "phone", "email"), rows, caption=self.recognised)


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
