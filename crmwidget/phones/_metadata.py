"""Metadata: what the installed phonenumbers knows of a region, as far as parsing needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import phonenumbers

from crmwidget.phones._patterns import UnknownPatternError, widths

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata
    from phonenumbers.phonemetadata import PhoneNumberDesc

__all__ = [
    "LENGTHS",
    "LONGEST_CODE",
    "Metadata",
    "code_of",
    "lengths_of",
    "main_region_of",
    "may_be_dialled",
    "metadata_of",
    "regions_of",
]

LENGTHS: Final = range(2, 18)
"""National numbers of other lengths phonenumbers does not parse."""
LONGEST_CODE: Final = 3
_NON_GEOGRAPHIC: Final = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
_TYPES: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
)
_PIECE: Final = re.compile(r"[0-9]+|\\[1-9]")


@dataclass(frozen=True, slots=True)
class Metadata:
    """One region, or one calling code that belongs to none."""

    code: int
    international_prefix: str | None
    national_prefix: str | None
    """Its pattern."""
    transformation: tuple[str, ...]
    """What a number becomes that had the prefix: digits, and groups of the pattern (`\\1`)."""
    last_group: int
    leading_digits: str | None
    general: str
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]
    types: tuple[tuple[str, tuple[int, ...]], ...]
    """The pattern of each type of number, and its lengths; none: any."""

    def patterns(self, length: int) -> tuple[str, ...]:
        """The patterns of all types that have numbers of this length."""
        if self.lengths and length not in self.lengths:
            return ()
        found = {pattern for pattern, lengths in self.types if not lengths or length in lengths}
        return tuple(sorted(found))

    def without_prefix(self, length: int) -> set[int]:
        """The lengths that numbers of this length may have when a national prefix is taken off."""
        if not self.national_prefix:
            return {length}
        ends = widths(self.national_prefix)
        if not self.transformation:
            return {length, *(length - end for end in ends)}
        new = sum(len(piece) for piece in self.transformation if not piece.startswith("\\"))
        return {*range(length - max(ends), length + new + 1)}

    def may_have(self, length: int) -> bool:
        """Whether numbers of this length, national prefix or not, can be valid ones of its code."""
        return not self.without_prefix(length).isdisjoint(lengths_of(self.code))

    def size(self, length: int) -> str:
        """What _test_number_length() says: "possible", "too long", or "other"."""
        if length in self.local_lengths:
            return "other"
        if length in self.lengths:
            return "possible"
        return "too long" if length > self.lengths[-1] else "other"


@lru_cache(maxsize=512)
def metadata_of(region: str, code: int = 0) -> Metadata:
    """The metadata of a region, or of a calling code where the region is "001".

    LookupError, AttributeError, UnknownPatternError: they are not as this package expects.
    """
    known = phonenumbers.PhoneMetadata
    if region == _NON_GEOGRAPHIC:
        found = known.metadata_for_nongeo_region(code, None)
    else:
        found = known.metadata_for_region(region, None)
    if found is None or found.general_desc is None or found.country_code is None:
        raise LookupError(region)
    return _read(found, found.general_desc, found.country_code)


def _read(found: PhoneMetadata, general: PhoneNumberDesc, code: int) -> Metadata:
    named = [*_TYPES] if found.same_mobile_and_fixed_line_pattern else [*_TYPES, "mobile"]
    types = (getattr(found, name) for name in named)
    prefix = found.national_prefix_for_parsing
    rule = found.national_prefix_transform_rule or ""
    pieces = tuple(_PIECE.findall(rule))
    groups = re.compile(prefix).groups if prefix else 0
    # Of several groups without_prefix() could not tell how long what they leave is.
    if "".join(pieces) != rule or (rule and not groups) or rule.count("\\") > 1:
        raise UnknownPatternError(rule)
    return Metadata(
        code,
        found.international_prefix,
        prefix,
        pieces,
        groups,
        found.leading_digits,
        general.national_number_pattern or "",
        tuple(general.possible_length),
        tuple(general.possible_length_local_only),
        tuple(
            (one.national_number_pattern, tuple(one.possible_length))
            for one in types
            if one is not None and one.national_number_pattern
        ),
    )


def regions_of(code: int) -> tuple[str, ...]:
    """The regions that share a calling code, in the order in which they are tried."""
    return phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]


def main_region_of(code: int) -> Metadata:
    """The metadata by which numbers with this calling code are parsed."""
    return metadata_of(regions_of(code)[0], code)


@lru_cache(maxsize=512)
def lengths_of(code: int) -> frozenset[int]:
    """The lengths that valid national numbers with this calling code have."""
    known = [metadata_of(region, code) for region in regions_of(code)]
    return frozenset(
        length for length in LENGTHS if any(metadata.patterns(length) for metadata in known)
    )


@lru_cache(maxsize=8192)
def may_be_dialled(region: str, length: int) -> bool:
    """Whether numbers of this length can be valid ones of the region's own calling code.

    With or without that code and a national prefix, before it or after it.
    """
    metadata = metadata_of(region)
    before_code = metadata.without_prefix(length - len(str(metadata.code)))
    return any(map(metadata.may_have, {length, *before_code}))


def code_of(digits: str) -> int | None:
    """The calling code that digits begin with."""
    for count in range(1, min(len(digits), LONGEST_CODE) + 1):
        if digits[0] != "0" and int(digits[:count]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return int(digits[:count])
    return None
