"""Rules that only the whole run can tell: every message that came, and all that was thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, faults, kind
from crmwidget.conformance._stage import NOTICE
from crmwidget.protocol import ACTIONS, FROM_CONNECTOR, TO_CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmwidget.conformance._stage import Stage


@rule(
    "message-envelope",
    "D",
    f'every message is an object with type "{TO_CONNECTOR}" and an action',
    checked="looks at everything that came in the whole run",
    advice=f'Post objects {{type: "{TO_CONNECTOR}", action, data}}, and no JSON text.',
)
def envelope(stage: Stage) -> Verdict:
    def found() -> Iterator[str]:
        for one in stage.heard:
            if one.text:
                yield "a message is text, not object"
            elif not isinstance(one.message, dict):
                yield f"a message is {kind(one.message)}, not object"
            elif one.message.get("type") != TO_CONNECTOR:
                yield f"the type of {one.action or 'a message'} is {_type(one.message)}"
            elif not one.action:
                yield "a message has no action"

    if not stage.heard:
        return idle("the client sent nothing")
    return judged(found(), f"{len(stage.heard)} messages")


def _type(found: dict[str, object]) -> str:
    given = found.get("type", MISSING)
    return f'"{FROM_CONNECTOR}"' if given == FROM_CONNECTOR else kind(given)


@rule(
    "known-actions",
    "D",
    "every action is one of the seven that a client sends, in its exact spelling",
    checked="looks at everything that came in the whole run",
    advice="Send "
    + ", ".join(one.name for one in ACTIONS if one.direction == "to_connector")
    + ", spelt so.",
)
def actions(stage: Stage) -> Verdict:
    names = {one.name for one in ACTIONS if one.direction == "to_connector"}
    spelling = {name.lower(): name for name in names}
    sent = [one for one in stage.heard if one.action]
    if not sent:
        return idle("the client sent nothing")

    def found() -> Iterator[str]:
        for one in sent:
            if one.message["action"] not in names:
                right = spelling.get(one.action)
                yield f"{right} is spelt otherwise" if right else "an action that nobody knows"

    return judged(found(), f"{len({one.action for one in sent})} actions")


@rule(
    "notice-shape",
    "D",
    "displayErrorNotification has its seven keys, with the documented values, under data",
    checked="looks at every notification of the whole run",
    advice="Send data {type, severity, textArray, title, dialogId, persist, store}; type is one "
    "of transient, okDialog, okCancelDialog, fixedDialog, html, and the key is spelt severity.",
)
def notice(stage: Stage) -> Verdict:
    found = [one for one in stage.heard if one.action == NOTICE]
    if not found:
        return idle("the client sent none")
    return judged((fault for one in found for fault in _notice(one.data)), f"{len(found)} of them")


_NOTICE = {
    "type": "text",
    "severity": "text",
    "textArray": "list",
    "title": "text",
    "dialogId": "number",
    "persist": "boolean",
    "store": "boolean",
}
_WORDS = {
    "type": {"transient", "okDialog", "okCancelDialog", "fixedDialog", "html"},
    "severity": {"EVENT", "INFO", "WARNING", "ERROR", "CRITICAL", "SUCCESS"},
}


def _notice(data: object) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f"data is {kind(data)}, not object"
        return
    yield from faults(data, _NOTICE)
    for key, words in _WORDS.items():
        if isinstance(data.get(key), str) and data[key] not in words:
            yield f"{key} is none of its documented words"
    texts = data.get("textArray")
    if isinstance(texts, list) and not all(isinstance(one, str) for one in texts):
        yield "textArray has what is not text"


@rule(
    "dial-only-by-user",
    "D",
    "clickToDialResponse follows a user's click, and nothing else: it starts a call",
    checked="looks for any that came in the whole run without a click",
    advice="Send clickToDialResponse from the handler of a click only.",
)
def by_user(stage: Stage) -> Verdict:
    stage.settle()
    found = [one for one in stage.heard if not one.taken and one.action == "clicktodialresponse"]
    for one in found:
        one.taken = True
    return broken(f"{len(found)} came without a click") if found else kept("none came by itself")


@rule(
    "nothing-unasked",
    "D",
    "nothing else is sent that was not asked for",
    checked="looks for messages of the whole run that answer nothing",
    advice="Send one answer to each question, and to no other message.",
)
def unasked(stage: Stage) -> Verdict:
    actions = {one.name for one in ACTIONS if one.direction == "to_connector"}
    # Answers of the questions that lacked something may come late, and are theirs
    late = {"createhistoryitem", "customfieldsdataresponse", ""}
    left = [one.message["action"] for one in stage.take(0) if one.action not in late]
    known = sorted({name if name in actions else "an unknown action" for name in left})
    return broken(f"{len(left)} messages: {', '.join(known)}") if left else kept("nothing")


@rule(
    "nothing-thrown",
    "O",
    "nothing is thrown at any time of the run",
    checked="listens to the page's uncaught errors and rejections",
    advice="Catch what a handler can throw: look at the browser's console for the whole error.",
)
def thrown(stage: Stage) -> Verdict:
    found = (one for one in stage.errors if one not in stage.judged)
    return judged(found, "no uncaught error but those that are said above")


RULES = (envelope, actions, notice, by_user, unasked, thrown)
