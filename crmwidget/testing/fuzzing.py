"""Fuzzing: every message a connector may send, and the smallest one that breaks a handler.

Needs Hypothesis (pip install hypothesis). The strategies give messages as
`crmwidget.testing`'s builders do: mostly as the wire has them, and with what
protocol.RULES says is tolerated: keys that are missing or unknown, other types,
blanks, both spellings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import ActionError, MissingExtraError
from crmwidget.handlers import EVERY
from crmwidget.protocol import ACTIONS, named, nearest, parse
from crmwidget.safety.private_files import write_own
from crmwidget.testing import Connector
from crmwidget.traffic.file import Head, write
from crmwidget.traffic.file import Message as Line

if TYPE_CHECKING:
    import os

    from hypothesis.strategies import SearchStrategy

    from crmwidget.handlers import Handlers
    from crmwidget.notebook.widget import CRMWidget
    from crmwidget.protocol import Message

__all__ = ["Finding", "fuzz", "messages"]

_NUMBERS: Final = ("+12025550143", "(202) 555-0143", "+442079460018", "4021", "anonymous", "", " ")


def messages(action: str | None = None) -> SearchStrategy[Message]:
    """Messages of one action, or of any: a Hypothesis strategy.

    action: a wire name or short name. Raises ActionError for one that nobody knows,
    MissingExtraError without Hypothesis.
    """
    st = _hypothesis()
    if action is None:
        every: SearchStrategy[Message] = st.one_of(*map(messages, _questions()))
        return every
    known = named(action)
    if known is None or known.direction != "from_connector":
        raise ActionError(action, nearest(action), _questions())
    found: SearchStrategy[Message] = st.builds(
        lambda spelling, data: parse(spelling, data, at=datetime.now(UTC), key="fuzz/1"),
        st.sampled_from(sorted(known.spellings)),
        _data(known.name),
    )
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """The smallest message that a handler does not stand."""

    message: Message
    error: BaseException
    path: Path | None = None
    """The test that shows it, where one was to be saved."""

    def __repr__(self) -> str:
        saved = f"; {self.path} shows it" if self.path else ""
        return f"<{self.message.action} {self.message.raw!r}: {type(self.error).__name__}{saved}>"


def fuzz(
    phone: CRMWidget | Handlers | Connector,
    action: str | None = None,
    *,
    examples: int = 200,
    save: str | os.PathLike[str] | None = None,
) -> list[Finding]:
    """Send messages until a handler raises, and shrink what made it.

    phone: a CRMWidget, Handlers or testing.Connector; its handlers really run.
    action: of this one alone; None: of all that have a handler.
    examples: messages tried for each action.
    save: a folder, into which a test and its capture are written for each finding; the test
        takes your fixture `phone`.
    Returns at most one finding an action. Raises MissingExtraError without Hypothesis.
    """
    connector = phone if isinstance(phone, Connector) else Connector(phone)
    try:
        registered = {handler.action for handler in connector.handlers}
        every = (
            _questions() if EVERY in registered else [a for a in _questions() if a in registered]
        )
        chosen = every if action is None else [_known(action)]
        found = [_smallest(connector, name, examples) for name in chosen]
    finally:
        if connector is not phone:
            connector.close()
    findings = [one for one in found if one is not None]
    return findings if save is None else [_saved(one, Path(save)) for one in findings]


def _smallest(connector: Connector, action: str, examples: int) -> Finding | None:
    _hypothesis()
    import hypothesis

    last: list[Finding] = []

    def stands(message: Message) -> None:
        try:
            connector.send(message)
        except Exception as error:
            last.append(Finding(message, error))
            raise

    run = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        verbosity=hypothesis.Verbosity.quiet,
    )(hypothesis.given(messages(action))(stands))
    try:
        run()
    except Exception:  # noqa: BLE001 - whatever the handler raised; the last one is the smallest
        return last[-1] if last else None
    return None


_TEST: Final = '''"""A message that once broke a handler: {error}."""

from pathlib import Path

from crmwidget import Capture


def test_{name}(phone):
    replay = Capture.load(Path(__file__).with_name("{file}")).replay(phone)

    assert not replay.errors, replay
'''


def _saved(found: Finding, folder: Path) -> Finding:
    folder.mkdir(parents=True, exist_ok=True)
    message = found.message
    known = named(message.action)
    name = f"fuzzed_{known.short if known else 'message'}"
    line = Line(1, message.at, "received", message.action, message.raw, key="fuzz/1")
    # Nobody's data is in it: it was made up.
    file = write(folder / f"{name}.jsonl", Head("simulator"), [line])
    test = folder / f"test_{name}.py"
    error = type(found.error).__name__
    write_own(test, _TEST.format(error=error, name=name, file=file.name))
    return Finding(message, found.error, test)


def _questions() -> tuple[str, ...]:
    return tuple(a.name for a in ACTIONS if a.direction == "from_connector")


def _known(action: str) -> str:
    known = named(action)
    if known is None:
        raise ActionError(action, nearest(action), _questions())
    return known.name


def _hypothesis() -> Any:
    try:
        import hypothesis.strategies as st
    except ImportError:
        raise MissingExtraError("Hypothesis", "testing") from None
    return st


def _data(action: str) -> SearchStrategy[object]:
    """The data of an action, mostly as the wire has it."""
    st = _hypothesis()
    text = st.text(max_size=20)
    number = st.sampled_from(_NUMBERS) | text
    names = _odd(st.lists(_odd(st.sampled_from(["case_id", "ticket", "", " "]) | text), max_size=4))
    record = st.integers() | text
    info = dict.fromkeys(("recordName", "objectType", "email", "url"), text)
    fields = st.lists(_object(logFieldName=text, currentValue=text), max_size=3)
    log = _object(
        updatedOriginatingAddress=number,
        updatedDestinationAddress=number,
        interaction=_object(topic=text, intrinsics=_object(START_TIME=text, START_DATE=text)),
        logDetails=_object(subject=text, comments=text, customFields=fields),
    )
    shapes = {
        "requestEnableClickToDial": _object(isEnabled=st.booleans()),
        "requestNavigateToClickToDialResult": _object(recordId=record, number=number, **info),
        "requestPerformInteractionScreenPop": _object(aniValues=st.lists(_odd(number), max_size=3)),
        "requestSaveInteractionLog": _object(
            header=_any(), message=_object(body=_object(interactionId=text, interactionData=log))
        ),
        "requestCustomFieldsValues": _object(object=_object(voice=names, digital=names)),
    }
    return _odd(shapes.get(action, st.just({}) | st.none()))


def _object(**parts: SearchStrategy[object]) -> SearchStrategy[object]:
    """An object with these keys, some of them missing or odd, and perhaps others."""
    st = _hypothesis()
    more = st.dictionaries(st.text(max_size=8), _any(), max_size=1)
    whole = st.fixed_dictionaries(parts)
    partly = st.fixed_dictionaries({}, optional={key: _odd(part) for key, part in parts.items()})
    found: SearchStrategy[object] = st.builds(
        lambda extra, known: {**extra, **known}, st.just({}) | more, whole | partly
    )
    return found


def _odd(usual: SearchStrategy[object]) -> SearchStrategy[object]:
    """Mostly the usual, sometimes anything else."""
    st = _hypothesis()
    # Not one_of: it takes the branches of what it is given for its own, and most are odd ones.
    chosen = st.sampled_from([usual, usual, usual, _any()])
    found: SearchStrategy[object] = chosen.flatmap(lambda strategy: strategy)
    return found


def _any() -> SearchStrategy[object]:
    st = _hypothesis()
    # What JSON carries: no NaN.
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    scalars = st.none() | st.booleans() | numbers | st.text(max_size=8)
    found: SearchStrategy[object] = st.one_of(scalars, st.lists(scalars, max_size=2))
    return found
