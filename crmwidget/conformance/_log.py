"""Rules of interaction logs: what a client survives, and what it may say when it has saved one."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, at, faults, leaves
from crmwidget.conformance._stage import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Route

    from crmwidget.conformance._stage import Heard, Stage

SAVE: Final = "requestSaveInteractionLog"
HISTORY: Final = "createHistoryItem"
_NUMBERS: Final = itertools.count(1)


def _log(*left_out: str, start: str = "09:15:00(UTC)") -> dict[str, Any]:
    """Data of a log with an id of its own, without the paths below interactionData named."""
    data: dict[str, Any] = {
        "header": {"kit": [1, None, "header"]},
        "message": {
            "body": {
                "interactionId": f"crmwidget-check-{next(_NUMBERS)}",
                "interactionData": {
                    "updatedOriginatingAddress": "+12025550199",
                    "updatedDestinationAddress": "+12025550143",
                    "interaction": {
                        "topic": "Conformance",
                        "intrinsics": {"START_TIME": start, "START_DATE": "2026-01-15"},
                    },
                    "logDetails": {
                        "subject": "Check",
                        "comments": "Sent by crmwidget check",
                        "customFields": [{"logFieldName": "case_id", "currentValue": "77"}],
                    },
                    "unknown": {"kept": True},
                },
            }
        },
    }
    for path in left_out:
        *way, last = path.split(".")
        inner = data
        for key in way:
            inner = inner[key]
        del inner[last]
    return data


_INSIDE: Final = "message.body.interactionData"


def _items(stage: Stage, log: dict[str, Any], since: int = 0) -> list[Heard]:
    """The history items about a log."""
    id_ = log["message"]["body"]["interactionId"]
    return [
        one
        for one in stage.pull()[since:]
        if one.action == HISTORY.lower()
        and id_ in json.dumps(one.data if one.data is not MISSING else None, default=str)
    ]


def _save(stage: Stage, log: dict[str, Any]) -> Any:
    """Send a log, and give the data of the history item that comes for it, or MISSING."""
    found = stage.ask(SAVE, log, reply=HISTORY)
    return found[0].data if found else MISSING


def _normal(stage: Stage) -> tuple[dict[str, Any], Any, list[tuple[str, str, str]]]:
    """A complete log, its history item's data, and what the client asked of its servers for it."""
    log, before = _log(), len(stage.requests)
    item = _save(stage, log)
    stage.settle()
    return log, item, stage.requests[before:]


_MARKS: Final = ("crmwidget-check-", "Sent by crmwidget check", "2025550199")
"""What the logs say that no other request of a page does: id, comments, caller."""


def saves(method: str, body: str) -> bool:
    """Whether a request writes one of the kit's logs somewhere."""
    return method != "GET" and any(mark in body for mark in _MARKS)


def writing_origins(stage: Stage) -> set[str]:
    """Where the client writes a log to when it saves one."""
    requests = stage.once(_normal)[2]
    return {_origin(url) for method, url, body in requests if saves(method, body)}


def a_log() -> dict[str, object]:
    """A message with a complete log."""
    return message(SAVE, _log())


_NONE: Final = "the client sends no createHistoryItem after a complete log"


@rule(
    "history-shape",
    "D",
    "createHistoryItem has taskId, the log, logParameters and msgData",
    checked="saves a complete log, and reads the createHistoryItem",
    advice="Send {taskId, data: {...received, logParameters, msgData: {message, header}}}.",
)
def shape(stage: Stage) -> Verdict:
    item = stage.once(_normal)[1]
    if item is MISSING:
        return idle(_NONE)
    wanted = {
        "taskId": "id",
        "data": "object",
        "data.message": "object",
        "data.logParameters": "object",
        "data.msgData": "object",
        "data.msgData.message": "object",
    }
    found = [*faults(item, wanted)]
    if at(item, "taskId") == "":
        found.append("taskId is empty")
    return judged(found, "all keys")


@rule(
    "history-echo",
    "D",
    "createHistoryItem repeats message and header as they were received, both twice",
    checked="compares it with the log that was sent, unknown keys included",
    advice="Spread the received data into data, and copy message and header into msgData.",
)
def echo(stage: Stage) -> Verdict:
    log, item, _ = stage.once(_normal)
    if item is MISSING:
        return idle(_NONE)
    # What is missing altogether is judged as the shape
    places = [
        (place, key)
        for key in ("message", "header")
        for place in ("data", "data.msgData")
        if isinstance(at(item, place), dict)
        and (key == "header" or at(item, f"{place}.{key}") is not MISSING)
    ]
    changed = [f"{place}.{key}" for place, key in places if at(item, f"{place}.{key}") != log[key]]
    return judged((f"{path} is not as received" for path in changed), "as received")


@rule(
    "history-parameters",
    "O",
    "logParameters have no duration below zero, and no text such as undefined",
    checked="saves logs that began late in the evening, and without times; reads logParameters",
    advice="Compute a duration from two whole dates, or leave it out: the time of day alone "
    "does not tell it.",
)
def parameters(stage: Stage) -> Verdict:
    if stage.once(_normal)[1] is MISSING:
        return idle(_NONE)
    _save(stage, _log(start="23:59:59(UTC)"))
    _save(stage, _log(f"{_INSIDE}.interaction.intrinsics"))
    stage.settle()
    items = [at(one.data, "data.logParameters") for one in stage.pull() if _is_item(one)]
    return judged(_odd(items), f"{len(items)} items")


def _is_item(one: Heard) -> bool:
    return one.action == HISTORY.lower() and isinstance(one.data, dict)


def _odd(items: Iterable[object]) -> Iterable[str]:
    for name, value in itertools.chain.from_iterable(map(leaves, items)):
        text = str(value)
        if isinstance(value, str) and any(word in text for word in ("undefined", "NaN")):
            yield f"{name} says undefined or NaN"
        elif name == "duration" and (text.startswith("-") or text.endswith("-")):
            yield "duration is below zero, or ends in a dash"


@rule(
    "history-after-success",
    "D",
    "createHistoryItem is sent only after the log has been saved",
    checked="holds the client's writing request while a log is saved; then refuses another's",
    advice="Await the CRM's answer, look whether it succeeded, and only then send it.",
)
def after_success(stage: Stage) -> Verdict:
    item = stage.once(_normal)[1]
    if item is MISSING:
        return idle(_NONE)
    writes = writing_origins(stage)
    if not writes:
        return idle("the client sends no log over the network when it saves one")
    errors = len(stage.errors)
    found = [*_held(stage, writes), *_refused(stage, writes)]
    stage.take_errors(errors)  # it may well say that its CRM is down
    return judged(found, "neither before the answer nor after a refusal")


def _held(stage: Stage, writes: set[str]) -> Iterable[str]:
    log, held = _log(), []

    def hold(route: Route) -> None:
        held.append(route)

    with _routed(stage, writes, hold):
        stage.post(message(SAVE, log))
        stage.settle()
        early = _items(stage, log)
        for route in held:
            route.continue_()
    if early:
        yield "it came before the CRM had answered"
    for _ in range(int(stage.patience / 0.1)):
        if _items(stage, log):
            break
        stage.page.wait_for_timeout(100)
    for one in _items(stage, log):
        one.taken = True


def _refused(stage: Stage, writes: set[str]) -> Iterable[str]:
    log = _log()
    with _routed(stage, writes, lambda route: route.fulfill(status=500)):
        stage.post(message(SAVE, log))
        stage.settle()
        stage.settle()
        found = _items(stage, log)
    for one in found:
        one.taken = True
    if found:
        yield "it came although the CRM had answered 500"


class _routed:  # noqa: N801 - used as a function is
    """The logs that the client writes to these origins go to a function instead."""

    def __init__(self, stage: Stage, origins: set[str], to: Any) -> None:
        self.page = stage.page
        self.origins = origins
        self.to = to

    def _handle(self, route: Route) -> None:
        request = route.request
        body = (request.post_data_buffer or b"").decode(errors="replace")
        if saves(request.method, body):
            self.to(route)
        else:
            route.fallback()

    def _matches(self, url: str) -> bool:
        return _origin(url) in self.origins

    def __enter__(self) -> None:
        self.page.route(self._matches, self._handle)

    def __exit__(self, *_: object) -> None:
        self.page.unroute(self._matches, self._handle)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _saved_without(stage: Stage, **cases: str) -> Verdict:
    """Whether logs that lack something are saved as a complete one is, and nothing is thrown."""
    history = stage.once(_normal)[1] is not MISSING
    found = []
    for name, path in cases.items():
        log, errors = _log(path), len(stage.errors)
        if history:
            item = _save(stage, log)
        else:
            stage.post(message(SAVE, log))
            stage.settle()
        thrown = stage.take_errors(errors)
        found += [f"without {name} it threw {one}" for one in thrown]
        if history and item is MISSING and not thrown:
            found.append(f"without {name} no {HISTORY} comes")
    return judged(found, "saved as a complete log is" if history else "nothing thrown")


@rule(
    "log-without-header",
    "D",
    "a log without header is saved",
    checked="sends a log without header",
    advice="Treat header as optional, and echo it only where it was there.",
)
def without_header(stage: Stage) -> Verdict:
    return _saved_without(stage, header="header")


@rule(
    "log-without-details",
    "O",
    "a log without logDetails or customFields is saved",
    checked="sends a log without each of them",
    advice="Read logDetails?.customFields ?? [].",
)
def without_details(stage: Stage) -> Verdict:
    return _saved_without(
        stage,
        logDetails=f"{_INSIDE}.logDetails",
        customFields=f"{_INSIDE}.logDetails.customFields",
    )


@rule(
    "log-without-body",
    "O",
    "a log without what it is about throws nothing",
    checked="sends logs without interaction, interactionData, interactionId, body, message, data",
    advice="Tell the agent, with displayErrorNotification, that this log cannot be saved.",
)
def without_body(stage: Stage) -> Verdict:
    since = stage.settle()
    paths = (f"{_INSIDE}.interaction", _INSIDE, "message.body.interactionId", "message.body")
    cases = [(path.rpartition(".")[2], json.dumps(message(SAVE, _log(path)))) for path in paths]
    cases += [
        ("message", json.dumps(message(SAVE, {}))),
        ("data", json.dumps(message(SAVE))),
        ("data (null)", json.dumps(message(SAVE, None))),
    ]
    found = [*stage.survives([(f"no {name}", text) for name, text in cases])]
    stage.take(since)
    return judged(found, "nothing thrown")


@rule(
    "log-save-once",
    "O",
    "a log is answered by one createHistoryItem at most",
    checked="counts those of a complete log",
    advice="Send one createHistoryItem for each log that was saved.",
)
def only_once(stage: Stage) -> Verdict:
    log, item, _ = stage.once(_normal)
    if item is MISSING:
        return idle(_NONE)
    found = _items(stage, log)
    for one in found:
        one.taken = True
    return kept("one") if len(found) == 1 else broken(f"{len(found)} came for one log")


RULES = (
    shape,
    echo,
    only_once,
    parameters,
    after_success,
    without_header,
    without_details,
    without_body,
)
