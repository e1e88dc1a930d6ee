"""Standing: what follows from who answers, until another source or handler is given.

It is made of the user's values, which may take their time: a row's text, a count
that an engine has to make. So it is made without a lock, and only read under one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmwidget.core.session import ABSENT
from crmwidget.handlers.replies import plain

if TYPE_CHECKING:
    from crmwidget.handlers.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Standing:
    """The answers that the page can give alone, and what a person is told of the sources."""

    crm_data: Any = ABSENT
    """The finished answer to requestCrmData; ABSENT: somebody must be asked."""
    directory: bytes | None = None
    """That to requestGetCrmDirectory, as JSON."""
    contradictions: tuple[str, ...] = ()
    """Settings of crm_data= that say another thing than who answers."""
    agent: str | None = None
    contacts: int | None = 0
    """How many; None: a function or the CRM is asked for them when they are needed."""
    recognised: str | None = None
    warnings: tuple[str, ...] = ()
    """What there is to know of the directory."""
    of: tuple[object, ...] = ()
    """The sources that it was made of, see Resolver.now."""

    @classmethod
    def made(cls, sources: Resolver) -> Standing:
        """Of the sources as they are; not to be called under a lock."""
        of = sources.now()
        facts = {**_of_crm_data(sources), **_of_directory(sources)}
        return cls(**facts, of=of)

    def holds(self, sources: Resolver) -> bool:
        """Whether it is of the sources as they are now; nothing of theirs is called for that."""
        now = sources.now()
        return len(now) == len(self.of) and all(a is b for a, b in zip(now, self.of, strict=True))


def _of_crm_data(sources: Resolver) -> dict[str, Any]:
    agent = getattr(sources.crm_data, "agent", None)
    facts = {"agent": plain(agent, "crmData")}
    data: Any = sources.standing("requestCrmData")
    if data is None:
        return facts
    follows = sources.follows()
    complete = data.with_defaults(**follows).to_wire()
    facts["crm_data"] = plain(complete, "crmData")
    facts["contradictions"] = tuple(data.contradictions(**follows))
    return facts


def _of_directory(sources: Resolver) -> dict[str, Any]:
    given: Any = sources.directory
    if not hasattr(given, "recognised"):
        without = given is None and not sources.can("contacts")
        return {"contacts": 0 if without else None}
    stands: Any = sources.standing("requestGetCrmDirectory")
    return {
        "contacts": len(given),
        "recognised": given.recognised,
        "warnings": tuple(given.warnings),
        "directory": None if stands is None else stands.to_wire(),
    }
