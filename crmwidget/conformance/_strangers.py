"""Rules of who and what is not heard: strangers, other types, unknown actions, no objects."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crmwidget.conformance._fields import ASK as ASK_FIELDS
from crmwidget.conformance._handshake import greeted
from crmwidget.conformance._log import SAVE, a_log, saves
from crmwidget.conformance._pop import call_of_another, look, open_one, other_opened
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._stage import ENABLE, GREETING, HUNG, message
from crmwidget.protocol import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Frame

    from crmwidget.conformance._stage import Heard, Stage

TRIES: Final = 3
"""How often what needs a steady frame is tried."""
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
    for _ in range(int(HUNG / 0.01)):
        if len(stage.frame.child_frames) > before:
            break
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


# ---------------------------------------------------------------- other origins
def alike(connector: str) -> dict[str, str]:
    """Origins that a loose comparison takes for the connector's, by what tells them apart."""
    parts = urlsplit(connector)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    shown = f"[{host}]" if ":" in host else host
    other = {"http": "https", "https": "http"}[parts.scheme]
    found = {
        "another scheme": f"{other}://{shown}{port}",
        "another port": f"{parts.scheme}://{shown}:{8443 if parts.port != 8443 else 9443}",  # noqa: PLR2004
        "more after it": f"{connector}.stranger.example",
        "no origin": "null",
    }
    above = host.partition(".")[2]
    if any(letter.isalpha() for letter in host) and ":" not in host:
        found |= {
            "a name that ends alike": f"{parts.scheme}://stranger{host}{port}",
            "a name below it": f"{parts.scheme}://stranger.{host}{port}",
            "a name with a letter for a dot": f"{parts.scheme}://{host.replace('.', 'x', 1)}{port}",
        }
    if "." in above and "a name below it" in found:
        found["another name of its domain"] = f"{parts.scheme}://stranger.{above}{port}"
    return {how: origin for how, origin in found.items() if origin != connector}


def _disguised(stage: Stage) -> tuple[list[str], bool]:
    """What shows that messages are heard as from such origins, and whether that could be tried."""
    near = alike(stage.connector)
    heard = _heard_from(stage, [*near.values()])
    if not heard:
        return [], heard is not None
    each = {how: _heard_from(stage, [origin]) for how, origin in near.items()}
    named = [f"{how} is heard" for how, seen in each.items() if seen]
    return named or [f"an origin that is nearly alike is heard: {one}" for one in heard], True


def _heard_from(stage: Stage, origins: list[str]) -> list[str] | None:
    """Say what a client acts upon, as from these origins; what shows that it did.

    None: the client's listeners are none that the kit can speak to so.
    """
    open_one(stage)
    since, errors, requests = stage.settle(), len(stage.errors), len(stage.requests)
    before = look(stage)
    messages = [*QUESTIONS, a_log(), *call_of_another(stage)]
    if stage.kit(f"disguise({json.dumps([stage.connector, len(messages), origins])})") is None:
        return None
    stage.post(*messages)
    stage.page.wait_for_timeout(1000 * stage.late)
    for _ in range(int(stage.patience / 0.1)):
        if not stage.kit("disguises()"):
            break
        stage.page.wait_for_timeout(100)
    untold = stage.kit("reveal()")
    stage.settle()
    if untold:
        stage.take(since)
        return None
    answers = _count(stage.take(since))
    return [
        *([answers.seen] if answers.result == "failed" else []),
        *look(stage).since(before),
        *_saved(stage, requests),
        *(f"it threw {one}" for one in stage.take_errors(errors)),
    ]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of answers while the frame was at another origin."""

    held: int
    """The connector's questions that the client heard only then."""
    leaked: tuple[str, ...]
    """Its answers to them that reached the other origin."""
    heard: list[str]
    """What shows that it heard what the other origin said."""


def _steadily(find: Callable[..., Moved]) -> Callable[[Stage], Moved]:
    """Find it out again where the client has replaced its frame meanwhile.

    Some load a page anew once they have saved a log: then it is done without logs.
    """

    def found(stage: Stage) -> Moved:
        for logs in (True, *[False] * (TRIES - 1)):
            open_one(stage)
            before = stage.replaced
            moved = _unless_lost(stage, partial(find, stage, logs=logs))
            if moved and stage.replaced == before:
                return moved
        return moved or Moved(0, (), ["the frame did not stay"])

    return found


def _unless_lost(stage: Stage, find: Callable[[], Moved]) -> Moved | None:
    """None: the client has replaced its frame, and the stage goes on in the new one."""
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as HungError

    try:
        return find()
    except HungError:
        raise
    except Error:
        if not stage.lost():
            raise
        stage.follow()
        return None


def _elsewhere(stage: Stage, *, logs: bool) -> Moved:
    watched = stage.kit("opened") is not None
    stage.post(message(ENABLE, {"isEnabled": True}))
    stage.settle()
    asked = [*QUESTIONS, *_more(stage, logs=logs)]
    if watched:
        stage.kit("hold()")
        stage.post(*asked)
        for _ in range(int(stage.patience / 0.02)):
            if stage.kit("waiting()") >= len(asked):
                break
            stage.page.wait_for_timeout(20)
    stage.go(f"{stage.stranger}/elsewhere")
    since = len(stage.heard)
    held = stage.kit("release()") if watched else 0
    stage.page.wait_for_timeout(1000 * stage.late)
    if stage.dial and stage.clickable():
        stage.click(GREETING)
    stage.page.wait_for_timeout(1000 * stage.late)
    there = [one for one in stage.pull()[since:] if one.client]
    heard = []
    if _asked(stage, stage.frame) > len(there):
        heard.append("the frame is answered at another origin")
    heard += _effects(stage)
    stage.pull()
    stage.take(since)
    stage.go(stage.address)
    stage.greet()
    return Moved(held, tuple(one.action for one in there), heard)


def _more(stage: Stage, *, logs: bool) -> list[dict[str, object]]:
    """What else makes a client post something: fields, history, a notification, and dialling."""
    names = {"object": {"voice": ["case_id"], "digital": []}}
    lists = [message(ASK_FIELDS, names)] if stage.kept.get("fields-text") == "passed" else []
    saves = [a_log(), message(SAVE, {})] if logs else []
    return [*lists, *saves, message(ENABLE, {"isEnabled": True})]


_moved = _steadily(_elsewhere)


def _effects(stage: Stage) -> list[str]:
    """What shows that the client acts upon what its frame says at another origin.

    Answers do not always tell: those to the connector's exact origin never arrive there.
    """
    errors, requests = len(stage.errors), len(stage.requests)
    found = [f"there {seen}" for seen in other_opened(stage)]
    stage.post(a_log())
    stage.page.wait_for_timeout(1000 * stage.late)
    found += [f"there {one}" for one in _saved(stage, requests)]
    return [*found, *(f"there it threw {one}" for one in stage.take_errors(errors))]


def _saved(stage: Stage, since: int) -> list[str]:
    found = any(saves(method, body) for method, _, body in stage.requests[since:])
    return ["a log was saved"] if found else []


@rule(
    "other-origins-ignored",
    "D",
    "a message is heard only from the connector's exact origin",
    checked="asks, rings and saves from another origin, whose name begins like the connector's: "
    "inside the connector, and in the client's own frame after it went there. Then shows the "
    "connector's messages to the client's listeners as if they came from origins that differ in "
    "scheme, port, ending, subdomain, domain or one letter",
    advice="Take a message only where event.origin === the connector's origin, whole.",
)
def origins(stage: Stage) -> Verdict:
    found = _nested(stage, stage.stranger) + stage.once(_moved).heard
    if found:
        return judged(found, "")
    near, tried = _disguised(stage)
    untried = "" if tried else "; origins that are nearly alike could not be tried"
    return judged(near, f"nothing is answered, nothing is done{untried}")


@rule(
    "exact-target-origin",
    "S",
    'answers are posted to the connector\'s exact origin, never to "*"',
    checked="lets the client hear questions, a log and a click only when its frame has gone to "
    "another origin, and looks whether that one gets the answers",
    advice="Post with the connector's origin as second argument, not with *.",
)
def target(stage: Stage) -> Verdict:
    moved = stage.once(_moved)
    if moved.leaked:
        known = {one.name.lower(): one.name for one in ACTIONS}
        names = sorted({known.get(one, "an unknown action") for one in moved.leaked})
        return broken(f"{', '.join(names)} reached another origin")
    if not moved.held:
        return idle("the client's messages cannot be held back")
    if not stage.once(greeted):
        return idle("the client answers nothing")
    return kept(f"{moved.held} questions heard, and no answer reached the other origin")


RULES = (types, unknown, no_objects)
MOVING = (windows, origins, target)
