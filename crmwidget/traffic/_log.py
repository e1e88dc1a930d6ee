"""Traffic: the messages of a phone as data, bounded, redacted unless asked for otherwise."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from crmwidget.safety.bounded import Bounded
from crmwidget.safety.privacy import digest, redact
from crmwidget.traffic.file import STAGES, messages_of, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from os import PathLike
    from pathlib import Path

LIMIT: Final = 10_000
"""Messages kept; older ones are forgotten and counted ..."""
BYTES: Final = 64_000_000
"""... and so are those beyond this much memory."""
LARGE: Final = 64 * 1024
"""Bytes of JSON above which a view of a message shows its digest alone."""
_DIAGRAM: Final = 60

Direction = Literal["received", "sent", "rejected"]


@dataclass(slots=True, eq=False)
class Entry:
    """One message; `data` is redacted, the untouched data stays inside the package."""

    number: int
    at: datetime
    direction: Direction
    action: str
    _data: Any
    re: int | None = None
    """`number` of the message that this one answers."""
    problems: tuple[str, ...] = ()
    """What was tolerated, or why it was refused."""
    answered_by: str | None = None
    """Who answered: the page's standing answer, a handler, the built-in answer."""
    milliseconds: float | None = None
    """From the arrival in the kernel to the end of its handler."""
    page: float | None = None
    """ms in the page, until it was handed to the comm; None: there was no page."""
    channel: float | None = None
    """ms from page to kernel, beyond those of the quickest message: two clocks are compared."""
    queue: float | None = None
    """ms until its handler began."""
    error: str | None = None
    """What its handler raised, masked."""
    shown: tuple[str, ...] | None = None
    """Ids of the records, or the link, that the agent was shown; empty: nobody was found."""
    key: str | None = None
    """An interaction log's idempotency key."""

    @property
    def handler(self) -> float | None:
        """Ms in its handler."""
        if self.milliseconds is None or self.queue is None:
            return None
        return max(self.milliseconds - self.queue, 0.0)

    @property
    def data(self) -> Any:
        """What it said, redacted."""
        return self.redacted()

    def redacted(self, key: bytes | None = None) -> Any:
        """What it said, redacted under `key` (see privacy.redact); of a large one its digest."""
        if isinstance(self._data, bytes) and len(self._data) > LARGE:
            return digest(self._data, key)
        return redact(self.untouched, key=key)

    @property
    def untouched(self) -> Any:
        """What it said; for replay, and for who asks for it."""
        # A directory is kept as the bytes that were sent.
        return json.loads(self._data) if isinstance(self._data, bytes) else self._data

    def __repr__(self) -> str:
        return f"<{self.number} {self.direction} {self.action}>"


class Diagram:
    """A sequence diagram in Mermaid's language, which JupyterLab draws; `str()` is its source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __str__(self) -> str:
        return self._source

    def __repr__(self) -> str:
        return self._source

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/vnd.mermaid": self._source, "text/plain": self._source}


class Traffic:
    """The last messages, oldest first: iterate, index, `.to_frame()`, `.latency()`, `.save()`."""

    def __init__(self) -> None:
        self._entries: Bounded[Entry] = Bounded(LIMIT, BYTES)
        self._count = 0
        self.resent = 0
        """Items that were sent to the page a second time, because nothing said they arrived."""
        self.duplicates = 0
        """Items of the page that came again, and were dropped."""
        self.connector = "simulator"
        """The origin that speaks."""

    def add(
        self,
        direction: Direction,
        action: str,
        data: object,
        *,
        at: datetime,
        re: int | None = None,
        problems: tuple[str, ...] = (),
    ) -> Entry:
        """Note a message; what is learned of it later is written into the entry."""
        self._count += 1
        entry = Entry(self._count, at, direction, action, data, re, problems)
        self._entries.add(entry, data)
        return entry

    @property
    def forgotten(self) -> int:
        """How many were dropped because of the bound."""
        return self._entries.forgotten

    @property
    def counts(self) -> dict[str, int]:
        """How many were received, sent and rejected, failed, came again, were forgotten."""
        kept = Counter(entry.direction for entry in self)
        return {
            "received": kept["received"],
            "sent": kept["sent"],
            "rejected": kept["rejected"],
            "failed": sum(entry.error is not None for entry in self),
            "resent": self.resent,
            "duplicates": self.duplicates,
            "forgotten": self.forgotten,
        }

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries[index]

    def __repr__(self) -> str:
        dropped = f", {self.forgotten} older ones forgotten" if self.forgotten else ""
        return f"<{len(self)} messages{dropped}; .to_frame() shows them>"

    def to_frame(self, library: str | None = None, *, redacted: bool = True) -> Any:
        """One row a message, newest last.

        Columns: number, at, direction, action, data (JSON text), re (the number that it
        answers), answered_by, milliseconds, page, channel, queue, handler (ms in each stage),
        error, problems. `library`: "pandas", "polars" or "pyarrow"; None: whichever is
        installed.
        `redacted=False` shows numbers, names and notes as they were.
        """
        from crmwidget.tables import from_rows

        return from_rows(
            [
                {
                    "number": e.number,
                    "at": e.at,
                    "direction": e.direction,
                    "action": e.action,
                    "data": _text(e.data if redacted else e.untouched),
                    "re": e.re,
                    "answered_by": e.answered_by,
                    "milliseconds": e.milliseconds,
                    **{stage: getattr(e, stage) for stage in STAGES},
                    "error": e.error,
                    "problems": "; ".join(e.problems),
                }
                for e in self
            ],
            library=library,
            names=_COLUMNS,
        )

    def latency(self, library: str | None = None) -> Any:
        """How long messages took, in ms: one row for each action and stage that was seen.

        Columns: action, stage ("page", "channel", "queue", "handler", "kernel": queue and
        handler together), count, p50, p95, longest.
        """
        from crmwidget.tables import from_rows

        names = ("action", "stage", "count", "p50", "p95", "longest")
        return from_rows(self._took((*STAGES, "kernel")), library=library, names=names)

    def plot(self) -> Any:
        """The medians of `latency`, stage by stage, as a picture; its `.chart` is Altair's.

        Raises MissingExtraError where Altair is not installed.
        """
        from crmwidget.tables.charts import stages

        return stages(self._took(STAGES), STAGES)

    def _took(self, stages: tuple[str, ...]) -> list[dict[str, Any]]:
        seen: dict[tuple[str, str], list[float]] = {}
        for entry in self:
            for stage in stages:
                ms = entry.milliseconds if stage == "kernel" else getattr(entry, stage)
                if entry.direction == "received" and ms is not None:
                    seen.setdefault((entry.action, stage), []).append(ms)
        return [
            {
                "action": action,
                "stage": stage,
                "count": len(found),
                "p50": _quantile(found, 0.5),
                "p95": _quantile(found, 0.95),
                "longest": max(found),
            }
            for (action, stage), found in seen.items()
        ]

    def save(self, path: str | PathLike[str], *, redacted: bool = True) -> Path:
        """Write the messages as a capture, which Capture.load reads; returns the path.

        Redacted under a key of this user's that stays on this machine: who was meant can be
        found out here, with the same directory, and nowhere else. `redacted=False` writes
        people's data as they are. Raises OSError where the file cannot be written.
        """
        return write(path, *messages_of(self, redacted=redacted))

    def sequence(self, last: int = _DIAGRAM) -> Diagram:
        """The last messages as a sequence diagram, which JupyterLab draws; no data is in it."""
        lines = [
            "sequenceDiagram",
            "    participant C as Connector",
            "    participant P as Page",
            "    participant K as Python",
        ]
        shown = self._entries[-last:]
        for entry in shown:
            lines += _drawn(entry)
        if len(self) > len(shown):
            lines.insert(4, f"    Note over C,K: {len(self) - len(shown)} earlier messages")
        return Diagram("\n".join(lines))


_COLUMNS: Final = (
    "number", "at", "direction", "action", "data", "re", "answered_by", "milliseconds",
    *STAGES, "error", "problems",
)  # fmt: skip


def _drawn(entry: Entry) -> list[str]:
    # What a connector calls an action is its own; nothing of Mermaid's language goes in.
    action = "".join(c for c in entry.action if c.isalnum() or c in "-_*") or "?"
    if entry.direction == "rejected":
        return [f"    C--xP: {action[:60]} (refused)"]
    by_page = entry.answered_by == "the page"
    if entry.direction == "sent":
        posted = f"    P->>C: {action}"
        return [posted] if by_page else [f"    K->>P: {action}", posted]
    lines = [f"    C->>P: {action[:60]}"]
    if not by_page:
        took = "" if entry.milliseconds is None else f"Note over K: {entry.milliseconds:.0f} ms"
        lines.append(f"    P->>K: {action[:60]}")
        lines += [f"    {took}"] if took else []
        lines += ["    Note over K: failed"] if entry.error else []
    return lines


def _quantile(values: list[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-len(ranked) * share // 1) - 1)]


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)
