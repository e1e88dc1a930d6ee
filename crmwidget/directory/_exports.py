"""Systems: whose export a table is, where its columns leave no doubt.

Only for the line that says what was recognised, and for what a system means
by a name that others use otherwise; the roles are found without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "WITHOUT_LINK",
    "encoding_advice",
    "holds_contact",
    "reading_advice",
    "separator_in",
    "system_of",
]

WITHOUT_LINK: Final = frozenset({"Zendesk API"})
"""Systems whose `url` is an address of the API: no page a person could open."""


class _Mark(NamedTuple):
    """The columns that give a system away, spelled as it spells them."""

    system: str
    every: frozenset[str]
    some: frozenset[str] = frozenset()
    none: frozenset[str] = frozenset()


def _mark(system: str, every: str, some: str = "", none: str = "") -> _Mark:
    return _Mark(
        system, *(frozenset(filter(None, text.split("|"))) for text in (every, some, none))
    )


# The first that fits; a system whose names others use as well has the columns beside them.
_MARKS: Final = (
    _mark("Google CSV", "First Name", "Phone 1 - Label|E-mail 1 - Label"),
    _mark("Google CSV (old format)", "Given Name", "Phone 1 - Type|E-mail 1 - Type"),
    _mark("Dynamics 365", "(Do Not Modify) Contact"),
    _mark("Dataverse", "contactid", "fullname|telephone1|mobilephone|emailaddress1"),
    _mark("Pipedrive", "Person - Name"),
    _mark("HubSpot API", "properties.hs_object_id"),
    _mark("HubSpot API", "properties.firstname|properties.lastname"),
    _mark("HubSpot", "Record ID", "Phone Number|Mobile Phone Number|Lifecycle Stage|Contact owner"),
    _mark("Zoho CRM", "Record Id", "Last Name|Contact Owner|Contact Owner.id"),
    _mark("Salesforce report", "Contact ID|Last Name"),
    _mark("Salesforce", "Id|LastName", "Phone|MobilePhone|HomePhone|OtherPhone|AccountId"),
    _mark("Salesforce", "Id|Name", "MobilePhone|HomePhone|OtherPhone|AssistantPhone|AccountId"),
    _mark("Outlook CSV", "E-mail Address", "Business Phone|Home Phone|Mobile Phone|Primary Phone"),
    _mark("BottleCRM", "id|first_name|last_name|phone_e164"),
    _mark("Zendesk API", "id|external_id|name", "role|organization_id|ticket_restriction"),
    _mark("Zendesk CSV", "external_id|name", "role|restriction|organization|details", "id"),
    _mark("Tryton", "id|code|rec_name"),
    _mark("Odoo", "External ID", "Phone|Display Name|Complete Name"),
    _mark("Odoo", "id|name", "is_company|company_type|commercial_partner_id|complete_name"),
    _mark("vCard", "FN", "TEL|TEL;TYPE=CELL|TEL;TYPE=HOME|TEL;TYPE=WORK|TEL;TYPE=VOICE"),
)
_SEPARATORS: Final = ";\t|,^~\x1f"
_SAYS_SEPARATOR: Final = re.compile(r"[\ufeff\"]*sep=([^\"]?)\"*", re.IGNORECASE)
"""What Excel takes from the first line of a file."""
# Of pandas, of polars and its Excel reader, of DuckDB; pyarrow leaves the name empty.
_UNNAMED: Final = re.compile(
    r"unnamed: ?\d+(?:_level_\d+)?|_*unnamed_*\d*|_?duplicated_\d+|column_?\d+|", re.IGNORECASE
)
_NUMBERED: Final = re.compile(r"column_?\d+")
_NUMBER: Final = re.compile(r"[+(]?[\d\s()./-]+")
_OF_A_DATE: Final = 8
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_UTF8_AS_CP1252: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u2018-\u2122]")


def system_of(names: Iterable[str]) -> str | None:
    """The system that exports these columns, None where several might."""
    known = {name.strip('\ufeff \t"') for name in names}
    for mark in _MARKS:
        if mark.every <= known and (not mark.some or mark.some & known) and not mark.none & known:
            return mark.system
    return None


def encoding_advice(names: Iterable[str]) -> str | None:
    """How to read the file again, where names of columns show that its encoding was mistaken."""
    text = "\n".join(names)
    if "\0" in text or "\u00ff\u00fe" in text or "\u00fe\u00ff" in text:
        return _again("is UTF-16, as Outlook and Excel write it", "utf-16")
    if "\u00ef\u00bb\u00bf" in text or _UTF8_AS_CP1252.search(text):
        return _again("is UTF-8 and was read as something else", "utf-8-sig")
    if "\ufffd" in text:
        return _again("is not UTF-8, on Windows most likely cp1252", "cp1252")
    return None


def _again(what: str, encoding: str) -> str:
    return f'the file {what}: pd.read_csv(path, encoding="{encoding}")'


def reading_advice(names: Sequence[str]) -> str | None:
    """How to read the file again, where its separator or its first line was mistaken."""
    for name in names:
        if found := _SAYS_SEPARATOR.fullmatch(name.strip()):
            return (
                "the first line of the file says only how it is separated: "
                f"pd.read_csv(path, sep={found[1] or ','!r}, skiprows=1)"
            )
    if separator := separator_in(names):
        return (
            f"the columns of the file are separated by {separator!r}: "
            f"pd.read_csv(path, sep={separator!r}); for polars separator={separator!r}"
        )
    # The first one alone may be an index that was saved along.
    unnamed = any(_UNNAMED.fullmatch(name.strip()) for name in names[1:])
    if unnamed and not all(map(_NUMBERED.fullmatch, names)):
        return (
            "the names of the columns are not in the first line of the file: "
            "pd.read_csv(path, header=1), or skiprows= with the lines above them"
        )
    return None


def holds_contact(names: Iterable[str]) -> bool:
    """Whether these are no names of columns, but a contact of a file without them."""
    texts = [name.strip() for name in names]
    return any(_is_number(text) or _ADDRESS.fullmatch(text) for text in texts)


def _is_number(text: str) -> bool:
    # A date has eight digits, and may well be the name of a column.
    return bool(_NUMBER.fullmatch(text)) and sum(map(str.isdigit, text)) > _OF_A_DATE


def separator_in(names: Sequence[str]) -> str | None:
    """What separates names within a name; None where it is in fewer than there are names."""
    text = "".join(names)
    most = max(_SEPARATORS, key=text.count)
    return most if names and text.count(most) >= len(names) else None
