"""Traffic file: messages as they stand in a capture's file.

A file has one JSON object a line. The first says what it is: `{"capture": 1,
"saved", "connector", "redacted", "key"}`; each further line is one message:
`n` (its number), `at` (ISO 8601, UTC), `direction` ("received", "sent",
"rejected"), `action`, `data`, and where there is something to say `re` (the
number it answers), `by`, `error`, `problems`, `shown`, `key`, and the stages
in ms. Redacted values are tags, `<phone 1a2b3c4d ..43>`: one value, one tag.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from crmwidget.errors import CaptureError
from crmwidget.safety.privacy import kept_key, key_name, mask, tag_of
from crmwidget.safety.private_files import write_own
from crmwidget.safety.reading import json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from crmwidget.traffic import Entry, Traffic

T = TypeVar("T")

__all__ = ["Head", "Message", "messages_of", "read", "redacted_ids", "write"]

VERSION: Final = 1
LARGEST: Final = 256_000_000
"""Bytes of a file: what a phone keeps has less, however it is escaped."""
STAGES: Final = ("page", "channel", "queue", "handler")
"""Where a message spends its time, in the order in which it does."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself."""

    connector: str
    """The origin that spoke, or "simulator"."""
    key: str | None = None
    """The name of the key it is redacted under; None: it is not redacted."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One line of a capture."""

    n: int
    at: datetime
    direction: str
    action: str
    data: Any = None
    re: int | None = None
    by: str | None = None
    """Who answered it, or sent it."""
    error: str | None = None
    problems: tuple[str, ...] = ()
    shown: tuple[str, ...] | None = None
    key: str | None = None
    stages: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.n} {self.direction} {self.action}>"

    def to_line(self) -> str:
        """As it stands in a file."""
        line = {
            "n": self.n,
            "at": self.at.isoformat(),
            "direction": self.direction,
            "action": self.action,
            "data": self.data,
            "re": self.re,
            "by": self.by,
            "error": self.error,
            "problems": list(self.problems) or None,
            "shown": None if self.shown is None else list(self.shown),
            "key": self.key,
            **self.stages,
        }
        known = {name: value for name, value in line.items() if value is not None}
        return json.dumps(known, ensure_ascii=True, default=str)

    @classmethod
    def of_line(cls, line: Mapping[str, Any]) -> Self:
        """From a line of a file; raises KeyError, TypeError, ValueError or OverflowError."""
        shown = line.get("shown")
        return cls(
            n=int(line["n"]),
            at=datetime.fromisoformat(line["at"]),
            direction=str(line["direction"]),
            action=str(line["action"]),
            data=line.get("data"),
            re=_checked(line.get("re"), int),
            by=_checked(line.get("by"), str),
            error=_checked(line.get("error"), str),
            problems=tuple(map(str, line.get("problems", ()))),
            shown=None if shown is None else tuple(map(str, shown)),
            key=_checked(line.get("key"), str),
            stages={name: float(line[name]) for name in STAGES if name in line},
        )


def _checked(value: Any, kind: type[T]) -> T | None:
    """A value of a file that may be missing; TypeError where it is of another kind."""
    if value is None or isinstance(value, kind):
        return value
    raise TypeError


def messages_of(traffic: Traffic, *, redacted: bool = True) -> tuple[Head, list[Message]]:
    """What a phone has said and heard so far, redacted under this user's key."""
    key = kept_key() if redacted else None
    head = Head(traffic.connector, None if key is None else key_name(key))
    return head, [_message(entry, key) for entry in traffic]


def write(path: str | PathLike[str], head: Head, messages: Iterable[Message]) -> Path:
    """Write a file that its owner alone can read, whole or not at all; returns its path."""
    target = Path(path)
    first = {
        "capture": VERSION,
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "connector": head.connector,
        "redacted": head.key is not None,
        "key": head.key,
    }
    lines = [json.dumps(first), *(message.to_line() for message in messages)]
    write_own(target, "\n".join(lines) + "\n")
    return target


def read(path: str | PathLike[str]) -> tuple[Head, list[Message]]:
    """Read a file; raises CaptureError, which names the line, where it is no capture."""
    try:
        text = text_of(path, LARGEST)
    except ValueError as error:
        raise CaptureError(path, 1, str(error)) from error
    # Not splitlines(): a text may hold other characters that Python takes for a line's end.
    numbered = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    lines = [(n, _parsed(path, n, line)) for n, line in numbered]
    first = lines[0][1] if lines else {}
    if first.get("capture") != VERSION:
        what = f'it does not begin with {{"capture": {VERSION}}}'
        if isinstance(first.get("capture"), int):
            what = f"it is of version {first['capture']}, and this package reads {VERSION}"
        raise CaptureError(path, 1, what)
    messages = []
    for n, line in lines[1:]:
        try:
            messages.append(Message.of_line(line))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CaptureError(path, n, "it is no message") from error
    key = first.get("key")
    return Head(str(first.get("connector")), None if key is None else str(key)), messages


def _message(entry: Entry, key: bytes | None) -> Message:
    stages = {name: round(ms, 2) for name in STAGES if (ms := getattr(entry, name)) is not None}
    problems = tuple(map(mask, entry.problems)) if key else entry.problems
    return Message(
        entry.number,
        entry.at,
        entry.direction,
        mask(entry.action)[:200] if key else entry.action,
        entry.untouched if key is None else entry.redacted(key),
        entry.re,
        entry.answered_by,
        entry.error,
        problems,
        entry.shown if key is None else redacted_ids(entry.shown, key),
        entry.key,
        stages,
    )


def redacted_ids(shown: tuple[str, ...] | None, key: bytes) -> tuple[str, ...] | None:
    """Ids and links as a capture keeps them; what is not certain has `? ` before it."""
    if shown is None:
        return None
    marks = ("? " if own.startswith("? ") else "" for own in shown)
    return tuple(
        mark + tag_of(own.removeprefix(mark), key) for mark, own in zip(marks, shown, strict=True)
    )


def _parsed(path: str | PathLike[str], number: int, line: str) -> dict[str, Any]:
    try:
        found = json_of(line)
    except ValueError as error:
        raise CaptureError(path, number, "it is no JSON") from error
    if not isinstance(found, dict):
        raise CaptureError(path, number, "it is no JSON object")
    return found
