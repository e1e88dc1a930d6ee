"""Rules of a frame that loads again, as after a login: everything begins anew."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

from crmwidget.conformance._crm_data import crm_data
from crmwidget.conformance._dial import RESPONSE
from crmwidget.conformance._handshake import greeted
from crmwidget.conformance._rule import Verdict, broken, idle, kept, rule
from crmwidget.conformance._shape import MISSING
from crmwidget.conformance._stage import ENABLE, HUNG, message

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage


def _again(stage: Stage) -> dict[str, bool]:
    """Load the frame again, with click-to-dial on; ask for crmData first, then greet."""
    stage.post(message(ENABLE, {"isEnabled": True}))
    stage.settle()
    stage.go(stage.address)
    early = bool(stage.ask("requestCrmData", reply="crmData"))
    greets = bool(stage.ask("ready", reply="ready"))
    since = len(stage.pull())
    clicked = not stage.dial or (stage.clickable() and not stage.click(1.0))
    stage.settle()
    dials = any(one.action == RESPONSE.lower() for one in stage.take(since))
    asked = bool(stage.ask("requestCrmData", reply="crmData"))
    return {"early": early, "ready": greets, "clicked": clicked, "dials": dials, "data": asked}


@rule(
    "reload-answered",
    "O",
    "a frame that has loaded again is greeted again, and gets crmData again",
    checked="loads the frame again, sends ready and requestCrmData",
    advice="Do not count loads or answers: the connector loads again after a login.",
)
def answered(stage: Stage) -> Verdict:
    if not stage.once(greeted) or crm_data(stage) is MISSING:
        return idle("the handshake is not answered the first time")
    again = stage.once(_again)
    if again["ready"] and again["data"]:
        return kept("ready and crmData came again")
    missing = [name for name, key in (("ready", "ready"), ("crmData", "data")) if not again[key]]
    return broken(f"no {' and no '.join(missing)} after the frame has loaded again")


@rule(
    "crm-data-any-time",
    "I",
    "requestCrmData is answered whenever it comes, also before ready",
    checked="loads the frame again, and sends requestCrmData first",
    advice="Answer it in any state: the documents differ about the order.",
)
def any_time(stage: Stage) -> Verdict:
    if crm_data(stage) is MISSING:
        return idle("requestCrmData is not answered at all")
    if stage.once(_again)["early"]:
        return kept("answered before ready")
    return broken("not answered before ready")


@rule(
    "reload-disables-dial",
    "I",
    "click-to-dial is off after the frame has loaded again, until it is enabled again",
    checked="enables it, loads the frame again, greets, and clicks where that is possible",
    advice="Forget isEnabled when the frame loads, or says ready after crmData.",
)
def dial_off(stage: Stage) -> Verdict:
    if not stage.dial:
        return idle("no --dial was given")
    again = stage.once(_again)
    if again["dials"]:
        return broken(f"{RESPONSE} came without requestEnableClickToDial")
    return kept("no call" if again["clicked"] else "what the user clicks is not clickable then")


@rule(
    "simulated-session",
    "D",
    "a session with the simulated connector begins: ready, then crmData",
    checked="loads crmwidget's own simulator into the frame, which pings and asks by itself",
    advice="Open the client with `crmwidget simulate` as its connector, and read its Problems.",
)
def simulated(stage: Stage) -> Verdict:
    stage.simulated = True
    stage.pull()
    limit = stage.patience + 2
    stage.frame.goto(stage.address, wait_until="load", timeout=HUNG * 1000)
    if _configured(stage, limit):
        return kept("it has its crmData")
    return broken("it did not get as far as crmData")


_HEARD: Final = """() => globalThis.simulator?.transcript.some(
    (entry) => entry.direction === "received" && entry.action === "crmData")"""


def _configured(stage: Stage, limit: float) -> bool:
    """Whether the simulator hears crmData within so many seconds, in whichever frame it is."""
    from playwright.sync_api import Error

    end = time.monotonic() + limit
    while time.monotonic() < end:
        for frame in stage.connectors():
            with contextlib.suppress(Error):  # the client has replaced it
                if frame.evaluate(_HEARD):
                    return True
        stage.page.wait_for_timeout(20)
    return False


RULES = (answered, any_time, dial_off)
LAST = (simulated,)
