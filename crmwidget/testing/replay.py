"""Replay: messages that were saved, run through today's handlers, and compared."""

from __future__ import annotations

import json
import re
import textwrap
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from crmwidget.client import Client
from crmwidget.client.dry_run import DryRun
from crmwidget.core.session import ABSENT
from crmwidget.errors import CRMWidgetError
from crmwidget.handlers import Handlers
from crmwidget.safety.printable import printable
from crmwidget.safety.privacy import TAG, digest, is_id, kept_key, key_name, redact, tags_of
from crmwidget.safety.private_files import write_own
from crmwidget.traffic import LARGE
from crmwidget.traffic.file import Head, Message, messages_of, read, redacted_ids, write

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from crmwidget.core.session import Send
    from crmwidget.handlers.resolver import Resolver
    from crmwidget.notebook.widget import CRMWidget
    from crmwidget.traffic import Traffic

__all__ = ["Capture", "Difference", "Message", "Replay"]

_LONGEST_PAUSE: Final = 10.0
"""Seconds: at the speed it happened, nobody waits for an hour in which nothing was said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One message that is answered in another way than it was; redacted."""

    n: int
    action: str
    """Of the message that is answered."""
    then: Mapping[str, Any]
    """`answers`: the actions sent and their data, `shown`: ids of records, `error`."""
    now: Mapping[str, Any]

    def __str__(self) -> str:
        changed = [name for name in self.then if self.then[name] != self.now[name]]
        said = "; ".join(f"{n}: {_short(self.then[n])} -> {_short(self.now[n])}" for n in changed)
        return printable(f"{self.action} (message {self.n}): {said}")


@dataclass(frozen=True, slots=True, repr=False)
class Replay:
    """What came of a replay."""

    messages: int
    """How many were run."""
    diff: list[Difference]
    """One entry for each answer that changed; empty when all answer as then."""
    errors: tuple[str, ...] = ()
    """What handlers raised now: action, class and masked message."""
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        same = f"{self.messages - len(self.diff)} of {self.messages} messages are answered as then"
        lines = [same, *map(str, self.diff), *self.errors, *self.warnings]
        return "\n".join(map(printable, lines))

    def to_frame(self, library: str | None = None) -> Any:
        """One row a difference: n, action, then, now (JSON text)."""
        from crmwidget.tables import from_rows

        rows = [
            {"n": d.n, "action": d.action, "then": json.dumps(d.then), "now": json.dumps(d.now)}
            for d in self.diff
        ]
        return from_rows(rows, library=library, names=("n", "action", "then", "now"))


class Capture:
    """Messages of a phone, oldest first: iterate, `.replay(phone)`, `.to_frame()`."""

    def __init__(self, messages: Iterable[Message], head: Head | None = None) -> None:
        self.messages = tuple(messages)
        self.head = head or Head("simulator")

    @classmethod
    def of(cls, traffic: Traffic, *, redacted: bool = True) -> Self:
        """What a phone has said and heard so far: `Capture.of(phone.traffic)`."""
        head, messages = messages_of(traffic, redacted=redacted)
        return cls(messages, head)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file; raises CaptureError, which names the line, where it is no capture."""
        head, messages = read(path)
        return cls(messages, head)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it, whole or not at all; returns the path."""
        return write(path, self.head, self.messages)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a message.

        Columns: n, at, direction, action, data (JSON text), re, by, error, problems.
        """
        from crmwidget.tables import from_rows

        names = ("n", "at", "direction", "action", "data", "re", "by", "error", "problems")
        rows = [
            {
                **{name: getattr(m, name) for name in names},
                "data": json.dumps(m.data, ensure_ascii=False),
                "problems": "; ".join(m.problems),
            }
            for m in self.messages
        ]
        return from_rows(rows, library=library, names=names)

    def replay(self, phone: CRMWidget | Handlers | Any, *, speed: float | None = None) -> Replay:
        """Run what was received through today's handlers, without a browser.

        phone: a CRMWidget, a Handlers registry or a testing.Connector. Its handlers,
        crm_data, directory and crm answer; nothing of it reaches the connector. A handler
        that saves a log saves it, under the key that the log had.
        speed: 1 runs them at the speed at which they came, 2 twice as fast; None at once.
        Tags of a redacted capture are turned back where the phone's own contacts tell
        whose they are; other callers stay unknown.
        """
        source = _client_of(phone)
        key = kept_key()
        warnings = []
        if self.head.key is not None and self.head.key != key_name(key):
            warnings.append(
                "It was redacted by another user or on another machine: nobody in it can be found."
            )
        heard = [m for m in self.messages if m.direction == "received"]
        values = _Values(heard, source.sources, key)
        then = self._answers()
        diff: list[Difference] = []
        errors: list[str] = []
        unknown: set[str] = set()
        with DryRun(source) as stage:
            for before, message in zip([None, *heard], heard, strict=False):
                _pause(before, message, speed)
                data = values.restored(message.data)
                now, raw = _ran(stage, message, data, key)
                if now["error"] is not None:
                    errors.append(f"{message.action} (message {message.n}): {now['error']}")
                answered = {"answers": then.get(message.n, []), "shown": message.shown}
                was = _redacted({**answered, "error": message.error}, key)
                tags = set(_tags_in(data))
                unknown.update(_tags_in(data, ids=False))
                if not _same(was, now, raw, tags):
                    diff.append(Difference(message.n, message.action, was, now))
        callers = sum(not tag.startswith("<text") for tag in unknown)
        if callers and not warnings and (diff or errors):
            warnings.append(
                f"The capture is redacted, and {_callers(callers)} not among this phone's "
                "contacts: a handler that searches its own directory cannot find them. Give the "
                "phone that directory, as in Connector(handlers, directory=contacts), or save the "
                "capture with redacted=False."
            )
        return Replay(len(heard), diff, tuple(errors), tuple(warnings))

    def to_pytest(self, path: str | os.PathLike[str]) -> Path:
        """Write a test beside a copy of this capture: what is answered stays as it was.

        The test takes the fixture `phone`, which is yours: a CRMWidget or Handlers with the
        directory and handlers to be tested. Returns the path of the test.
        """
        test = Path(path)
        name = test.stem.removeprefix("test_") or "capture"
        file = self.save(test.with_name(f"{name}.jsonl"))
        # A file's name may hold anything: in code it is a quoted text, and a part of an identifier
        code = _TEST.format(file=file.name, name=re.sub(r"\W", "_", name))
        write_own(test, code)
        return test

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __repr__(self) -> str:
        kind = "redacted" if self.head.key is not None else "not redacted"
        return f"<capture of {len(self)} messages with {self.head.connector}, {kind}>"

    def _answers(self) -> dict[int, list[Any]]:
        """What was sent because of which message."""
        found: dict[int, list[Any]] = {}
        for message in self.messages:
            if message.direction == "sent" and message.re is not None:
                found.setdefault(message.re, []).append([message.action, message.data])
        return found


_TEST: Final = '''"""What the handlers answered when it was captured, they answer today."""

from pathlib import Path

from crmwidget import Capture


def test_{name}(phone):
    replay = Capture.load(Path(__file__).with_name({file!r})).replay(phone)

    assert not replay.diff, replay
'''


class _Values:
    """Whose the tags are, as far as the phone's own contacts and user tell."""

    def __init__(self, heard: Iterable[Message], sources: Resolver, key: bytes) -> None:
        self._known: dict[str, str] = {}
        wanted = {tag for message in heard for tag in _tags_in(message.data)}
        if not wanted:
            return
        for text in _texts(sources):
            for tag in tags_of(text, key):
                if tag in wanted:
                    self._known.setdefault(tag, text)
                    wanted.discard(tag)
            if not wanted:
                return

    def restored(self, data: Any) -> Any:
        """`data` with the texts that are known in place of their tags."""
        if isinstance(data, str):
            return self._known.get(data, data)
        if isinstance(data, dict):
            return {name: self.restored(value) for name, value in data.items()}
        return [self.restored(value) for value in data] if isinstance(data, list) else data


def _texts(sources: Resolver) -> Iterator[str]:
    """Every text of the phone's own that a message may have held: numbers first."""
    from crmwidget import phones

    directory: Any = sources.directory
    if not hasattr(directory, "search") or getattr(directory, "pushed", False):
        return
    for contact in directory:
        for one in contact.phones:
            international = phones.e164(one.number, directory.region)
            yield from filter(None, (international, one.number, phones.digits(one.number)))
            if international:
                yield phones.national(international)
        yield from (str(v) for v in (contact.id, contact.name, contact.email, contact.url) if v)


def _callers(count: int) -> str:
    return "one number or address in it is" if count == 1 else f"{count} numbers in it are"


def _tags_in(data: Any, *, ids: bool = True) -> Iterator[str]:
    """Tags of what was said; without `ids` none that stands for an id."""
    if isinstance(data, str):
        if TAG.fullmatch(data):
            yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            if ids or not is_id(name):
                yield from _tags_in(value, ids=ids)
    elif isinstance(data, list):
        for value in data:
            yield from _tags_in(value, ids=ids)


def _ran(
    stage: DryRun, message: Message, data: object, key: bytes
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Deliver one, and say what came of it: redacted, and as it was."""
    try:
        ran = stage.run(message.action, data, message.key)
    except CRMWidgetError as error:
        raise CRMWidgetError(f"message {message.n}, {error}") from None
    answers = [[send.action, _said(send, key)] for send in ran.sent]
    raw = {"answers": answers, "shown": ran.entry.shown, "error": ran.entry.error}
    return _redacted(raw, key), raw


def _said(send: Send, key: bytes) -> Any:
    if send.data is ABSENT:
        return None
    if isinstance(send.data, bytes) and len(send.data) > LARGE:
        return digest(send.data, key)
    data = json.loads(send.data) if isinstance(send.data, bytes) else send.data
    return json.loads(json.dumps(data))


def _redacted(what: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """What came of a message as a capture keeps it; what is redacted stays what it is."""
    answers = [[action, redact(data, key=key)] for action, data in what["answers"]]
    return {**what, "answers": answers, "shown": redacted_ids(what["shown"], key)}


def _same(then: Any, now: Any, raw: Any, unknown: set[str]) -> bool:
    """Whether it is the same now as then, both redacted.

    raw: what it is now, not redacted. A text in it that names one of these `unknown` callers is
    taken for the same, because then it was another text.
    """
    then, now, raw = _read(then), _read(now), _read(raw)
    if isinstance(raw, str) and not unknown.isdisjoint(TAG.findall(raw)):
        return isinstance(then, str)
    if isinstance(now, dict) and isinstance(then, dict) and then.keys() == now.keys():
        inner = zip(now.items(), raw.values(), strict=False)
        return all(_same(then[name], value, before, unknown) for (name, value), before in inner)
    if isinstance(now, list | tuple) and isinstance(then, list | tuple) and len(then) == len(now):
        return all(map(partial(_same, unknown=unknown), then, now, raw))
    return bool(then == now)


def _read(data: Any) -> Any:
    """The custom fields' reply is JSON in a text: the order of its keys says nothing."""
    if isinstance(data, str) and data[:1] == "{":
        try:
            return json.loads(data)
        except ValueError:
            return data
    return data


def _pause(before: Message | None, message: Message, speed: float | None) -> None:
    if speed is None or before is None:
        return
    gap = (message.at - before.at).total_seconds() / speed
    time.sleep(min(max(gap, 0.0), _LONGEST_PAUSE))


def _client_of(phone: object) -> Client:
    if isinstance(phone, Handlers):
        return Client("replayed", phone)
    client = getattr(phone, "_client", None)
    if not isinstance(client, Client):
        raise TypeError(
            f"replay() needs a CRMWidget, Handlers or Connector, not {type(phone).__name__}."
        )
    return client


def _short(value: object) -> str:
    return textwrap.shorten(json.dumps(value, ensure_ascii=False), 200, placeholder=" ...")
