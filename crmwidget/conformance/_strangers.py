"""Rules of who and what is not heard: strangers, other types, unknown actions, no objects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crmwidget.conformance._handshake import greeted
from crmwidget.conformance._log import a_log, saves
from crmwidget.conformance._pop import open_one, other_opened
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._stage import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Frame

    from crmwidget.conformance._stage import Heard, Stage

QUESTIONS: Final = [
    message("ready"),
    message("requestCrmData"),
    message("requestGetCrmDirectory"),
]


def _unanswered(stage: Stage, *messages: object) -> Verdict:
    """Post messages that are not for the client; broken where any is answered."""
    since = stage.settle()
    stage.post(*messages)
    stage.settle()
    return _count(stage.take(since))


def _count(found: Iterable[Heard]) -> Verdict:
    counts = Counter(one.message.get("action") for one in found if one.action)
    if not counts:
        return kept("none is answered")
    return broken(", ".join(f"{n} times {name} came back" for name, n in sorted(counts.items())))


@rule(
    "other-types-ignored",
    "D",
    "a message is heard only with the connector's type",
    checked="sends questions without type, with the client's own, and with others",
    advice='Take a message only where data.type === "CRMConnectMessage".',
)
def types(stage: Stage) -> Verdict:
    others: tuple[dict[str, object], ...] = (
        {},
        {"type": "ClientAppMessage"},
        {"type": "crmconnectmessage"},
        {"type": None},
    )
    return _unanswered(
        stage,
        *(
            {**{key: value for key, value in one.items() if key != "type"}, **other}
            for other in others
            for one in QUESTIONS
        ),
    )


@rule(
    "unknown-actions-ignored",
    "O",
    "an action that the client does not know is ignored",
    checked="sends unknown actions, names of every object's own keys, and no action at all",
    advice="Look actions up in a Map or a switch, and leave out what is not in it.",
)
def unknown(stage: Stage) -> Verdict:
    names = ("requestNothing", "", "constructor", "toString", "__proto__", "crmData")
    cases = [
        (f"the action {name or '(empty)'}", f'{{type: "CRMConnectMessage", action: "{name}"}}')
        for name in names
    ]
    cases += [
        ("no action", '{type: "CRMConnectMessage"}'),
        ("a number as action", '{type: "CRMConnectMessage", action: 7}'),
        ("null as action", '{type: "CRMConnectMessage", action: null}'),
    ]
    since = stage.settle()
    found = [*stage.survives(cases)]
    answers = _count(stage.take(since))
    return judged([*found, *([answers.seen] if answers.result == "failed" else [])], "ignored")


@rule(
    "no-objects-survived",
    "O",
    "messages that are no objects throw nothing, and the next good one is answered",
    checked="sends null, undefined, texts, numbers, booleans, lists and a date",
    advice='Begin with: if (typeof data !== "object" || data === null) return.',
)
def no_objects(stage: Stage) -> Verdict:
    values = (
        "null",
        "undefined",
        '"text"',
        '\'{"type":"CRMConnectMessage","action":"requestCrmData"\'',
        "7",
        "true",
        "[]",
        "[null]",
        "new Date(0)",
        "new Map()",
    )
    since = stage.settle()
    found = [*stage.survives([(value, value) for value in values])]
    stage.take(since)
    return judged(found, "the next message is answered each time")


# ---------------------------------------------------------------- other windows
def _nested(stage: Stage, origin: str) -> list[str]:
    """Questions from a frame inside the connector's: where they were answered."""
    since = stage.settle()
    before = len(stage.frame.child_frames)
    stage.frame.evaluate("src => { probe.nest(src) }", f"{origin}/nested#nested")
    while len(stage.frame.child_frames) == before:
        stage.page.wait_for_timeout(10)
    inner = stage.frame.child_frames[before]
    inner.wait_for_function("() => 'probe' in window")
    there = _asked(stage, inner)
    stage.settle()
    found = [f"{there} answers to the stranger"] if there else []
    if stage.take(since):
        found.append("answers to the connector that had not asked")
    return found


def _asked(stage: Stage, frame: Frame) -> int:
    """Ask from another frame; the messages that come to it from the client."""
    given = {"messages": QUESTIONS, "action": "", "count": 1, "since": 0}
    given |= {"ms": 0, "rest": 1000 * stage.late}
    came = frame.evaluate("arg => probe.exchange(arg)", given)["heard"]
    return sum(one["client"] for one in came)


@rule(
    "other-windows-ignored",
    "I",
    "a message is heard only from the frame's own window",
    checked="asks from a frame of the connector's origin inside the connector",
    advice="Take a message only where event.source === iframe.contentWindow.",
)
def windows(stage: Stage) -> Verdict:
    return judged(_nested(stage, stage.connector), "nothing is answered")


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of answers while the frame was at another origin."""

    held: int
    """The connector's questions that the client heard only then."""
    leaked: int
    """Its answers to them that reached the other origin."""
    heard: list[str]
    """What shows that it heard what the other origin said."""


def _moved(stage: Stage) -> Moved:
    heard = _nested(stage, stage.stranger)
    open_one(stage)
    watched = stage.kit("opened") is not None
    if watched:
        stage.kit("hold()")
        stage.post(*QUESTIONS[:2])
        for _ in range(50):
            if stage.kit("waiting()"):
                break
            stage.page.wait_for_timeout(20)
    stage.go(f"{stage.stranger}/elsewhere")
    held = stage.kit("release()") if watched else 0
    stage.page.wait_for_timeout(1000 * stage.late)
    since = len(stage.heard)
    leaked = sum(one.client for one in stage.pull()[since:])
    if _asked(stage, stage.frame) > leaked:
        heard.append("the frame is answered at another origin")
    heard += _effects(stage)
    stage.pull()
    stage.take(since)
    stage.go(stage.address)
    return Moved(held, leaked, heard)


def _effects(stage: Stage) -> list[str]:
    """What shows that the client acts upon what its frame says at another origin.

    Answers do not always tell: those to the connector's exact origin never arrive there.
    """
    errors, requests = len(stage.errors), len(stage.requests)
    found = [f"there {seen}" for seen in other_opened(stage)]
    stage.post(a_log())
    stage.page.wait_for_timeout(1000 * stage.late)
    if any(saves(method, body) for method, _, body in stage.requests[requests:]):
        found.append("there a log was saved")
    return [*found, *(f"there it threw {one}" for one in stage.take_errors(errors))]


@rule(
    "other-origins-ignored",
    "D",
    "a message is heard only from the connector's exact origin",
    checked="asks, rings and saves from another origin, whose name begins like the connector's: "
    "inside the connector, and in the client's own frame after it went there",
    advice="Take a message only where event.origin === the connector's origin, whole.",
)
def origins(stage: Stage) -> Verdict:
    return judged(stage.once(_moved).heard, "nothing is answered, nothing is done")


@rule(
    "exact-target-origin",
    "S",
    'answers are posted to the connector\'s exact origin, never to "*"',
    checked="lets the client hear questions only when its frame has gone to another origin, and "
    "looks whether that one gets the answers",
    advice="Post with the connector's origin as second argument, not with *.",
)
def target(stage: Stage) -> Verdict:
    moved = stage.once(_moved)
    if moved.leaked:
        return broken(f"{moved.leaked} answers reached another origin")
    if not moved.held:
        return idle("the client's messages cannot be held back")
    if not stage.once(greeted):
        return idle("the client answers nothing")
    return kept(f"{moved.held} questions heard, and no answer reached the other origin")


RULES = (types, unknown, no_objects)
MOVING = (windows, origins, target)
