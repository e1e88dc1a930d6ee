"""Calls: an interaction log as CRMs keep it: with whom, about what, and its key.

What has no field of its own in a CRM goes into the text, so that nothing of
the agent's is lost; what is cut there says so, in the text and as a warning.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crmwidget.adapters._base import clean, names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import InteractionLog

__all__ = ["Call", "call_of", "cut", "key_of"]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_./:\-]{1,100}")


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """An interaction log, and the record it belongs to."""

    log: InteractionLog
    contact: Contact | None
    """The one contact that certainly has the number; None: nobody, or several."""
    inbound: bool | None
    """Whether the contact called: they are the caller [I]. None: not known."""

    def subject(self, longest: int) -> str:
        """The topic, else what kind of interaction it was; one line."""
        given = self.log.topic or self.log.subject or "Interaction"
        return cut(" ".join(clean(given).split()) or "Interaction", longest, "the subject")

    def text(
        self, longest: int, *, kept: Collection[str] = (), size: Callable[[str], int] = len
    ) -> str:
        """The comments, and under them all that has no field of its own, a line each.

        kept: names of custom fields that have one. size: how much room a text
        takes in the CRM.
        """
        lines = [f"{label}: {value}" for label, value in self._details(kept) if value]
        # The key is among the details: they stay when the comments are too long.
        details = cut(clean("\n".join(lines)), longest // 2, "the details", size)
        left = longest - size("\n\n" + details)
        comments = cut(clean(self.log.comments or ""), left, "the comments", size)
        return "\n\n".join(part for part in (comments, details) if part)

    def _details(self, kept: Collection[str]) -> Iterator[tuple[str, object]]:
        log = self.log
        yield "Topic", log.topic
        yield "Type", log.subject
        yield "From", log.caller
        yield "To", log.called
        for name, value in log.intrinsics.items():
            if isinstance(value, str | int | float):
                yield name, value
        for name, value in log.custom_fields.items():
            if name not in kept:
                yield name, value
        yield "Interaction", log.interaction_id
        yield "Log", key_of(log)
        yield "Not kept", ", ".join(names(log.extra))


def call_of(log: InteractionLog, find: Callable[[Sequence[str]], Matches]) -> Call:
    """The log with its contact: the caller if a contact has that number, else the one called."""
    for number, inbound in ((log.caller, True), (log.called, False)):
        if number and number.strip():
            contact = find([number]).contact
            if contact is not None and contact.id is not None:
                return Call(log, contact, inbound)
    return Call(log, None, None)


def key_of(log: InteractionLog) -> str | None:
    """The log's key as any CRM can store and search it; an odd one as its digest."""
    key = log.key
    if not key:
        return None
    if _PLAIN_KEY.fullmatch(key):
        return key
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:40]


def cut(text: str, longest: int, what: str, size: Callable[[str], int] = len) -> str:
    """What takes no more room than `longest`; a cut is said at the end, and in a warning.

    size: how much room a text takes; without it, that of its letters.
    """
    if size(text) <= longest:
        return text
    warnings.warn(
        f"the CRM has room for {longest:,} letters of {what}; the rest was cut off.", stacklevel=3
    )
    mark = " [cut]"
    counts = range(1, len(text) + 1)
    kept = bisect_right(counts, longest - size(mark), key=lambda count: size(text[:count]))
    return text[:kept] + mark
