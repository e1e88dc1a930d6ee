"""Rules of the handshake: who speaks first, and ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crmwidget.conformance._rule import Verdict, broken, idle, kept, rule
from crmwidget.conformance._stage import GREETING
from crmwidget.protocol import TO_CONNECTOR

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage

SILENCE: Final = 200
"""Milliseconds in which a client that speaks first would have spoken."""


@rule(
    "silent-until-greeted",
    "S",
    "nothing is sent before the connector has spoken",
    checked="says nothing for a moment after the frame has loaded",
    advice="Never send ready first: it is the answer to the connector's ready.",
)
def silent(stage: Stage) -> Verdict:
    stage.page.wait_for_timeout(SILENCE)
    first = stage.pull()
    for one in first:
        one.taken = True
    if first:
        return broken(f"{len(first)} messages before the first ready")
    return kept("silence until the first ready")


def greeted(stage: Stage) -> bool:
    """Whether the first ready was answered."""
    stage.greeted = True
    for _ in range(max(2, round(stage.patience / GREETING))):
        if stage.ask("ready", reply="ready", wait=GREETING):
            stage.take(0)
            return True
    return False


@rule(
    "ready-answered",
    "D",
    "ready is answered with ready",
    checked="sends ready every second until it is answered",
    advice=f'On ready post {{type: "{TO_CONNECTOR}", action: "ready"}} to the frame. Without it '
    "the connector never starts.",
)
def answered(stage: Stage) -> Verdict:
    if stage.once(greeted):
        return kept("ready came back")
    return broken(f"no ready within {stage.patience:g} s")


@rule(
    "ready-each-time",
    "O",
    "every ready is answered, once",
    checked="sends ready twice, and then three at once",
    advice="Answer in the listener itself, and do not remember that ready was answered before: "
    "the connector repeats it, and says it again after a login.",
)
def each_time(stage: Stage) -> Verdict:
    if not stage.once(greeted):
        return idle("ready is not answered at all")
    since = len(stage.pull())
    for count in (1, 1, 3):
        stage.ask("ready", reply="ready", count=count, times=count, wait=stage.patience / 2)
    stage.settle()
    stage.take(since)
    found = sum(one.action == "ready" for one in stage.heard[since:])
    return kept("5 of 5") if found == 5 else broken(f"5 times ready, {found} answers")  # noqa: PLR2004 - the sum of the counts


RULES = (silent, answered, each_time)
