"""The run: every rule in its order, on one stage."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from crmwidget.conformance import (
    _crm_data,
    _dial,
    _directory,
    _fields,
    _frame,
    _handshake,
    _log,
    _pop,
    _reload,
    _strangers,
    _whole,
)
from crmwidget.conformance._report import Report, Result
from crmwidget.conformance._rule import Verdict, broken, idle
from crmwidget.conformance._stage import FrameGoneError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.conformance._rule import Rule
    from crmwidget.conformance._stage import Stage

# Answers come before what must not be answered: how long they take says how long to wait.
PARTS: Final[dict[str, tuple[Rule, ...]]] = {
    "the frame": _frame.RULES,
    "the handshake": _handshake.RULES,
    "crmData": _crm_data.RULES,
    "the address book": _directory.RULES,
    "custom fields": _fields.RULES,
    "click-to-dial, before it is enabled": _dial.BEFORE,
    "screen pops": _pop.RULES,
    "click-to-dial": _dial.RULES,
    "interaction logs": _log.RULES,
    "strangers": _strangers.RULES,
    "the frame loads again": _reload.RULES,
    "other windows and origins": _strangers.MOVING,
    "the whole run": _whole.RULES,
    "the simulator": _reload.LAST,
}
RULES: Final = tuple(rule for rules in PARTS.values() for rule in rules)


AGAIN: Final = 3
"""How often a rule is judged at most that fails while the client replaces its frame."""
NEEDS: Final = {
    "ready-each-time": "ready-answered",
    "reload-answered": "ready-answered",
    **dict.fromkeys(
        (
            "crm-data-required",
            "crm-data-id-text",
            "settings-sections",
            "settings-text",
            "settings-yes-no",
            "capabilities",
            "crm-data-any-time",
        ),
        "crm-data-answered",
    ),
    **dict.fromkeys(
        ("dial-once", "dial-shape", "dial-emails-text", "dial-phones-list"), "dial-after-enabled"
    ),
    "dial-not-after-disabled": "dial-after-enabled",
}
"""Rules that have nothing to judge where another one fails."""


def run(stage: Stage, url: str, progress: Callable[[str], None]) -> Report:
    """Judge every rule; once the page hangs or its frame is gone the rest is not checked."""
    results: list[Result] = []
    root, end = "", ""
    for part, rules in PARTS.items():
        progress(f"{len(results):>3} of {len(RULES)}  {part}")
        for rule in rules:
            began = time.monotonic()
            if root:
                verdict = idle(f"not checked: {end} since {root}")
                results.append(Result(rule, verdict.result, verdict.seen, 0.0, root))
                continue
            verdict, end = _judge(rule, stage)
            root = rule.id if end else ""
            stage.kept[rule.id] = verdict.result
            seconds = time.monotonic() - began
            results.append(Result(rule, verdict.result, verdict.seen, seconds, _root(rule, stage)))
    return Report(url, stage.connector, tuple(results))


def _root(rule: Rule, stage: Stage) -> str:
    """The rule whose failure leaves this one nothing to judge."""
    needed = NEEDS.get(rule.id, "")
    idle = stage.kept[rule.id] == "not applicable" and stage.kept.get(needed) == "failed"
    return needed if idle else ""


def _judge(rule: Rule, stage: Stage) -> tuple[Verdict, str]:
    """The verdict on a rule, and why nothing can be checked after it.

    A frame that is replaced takes questions and answers along: a rule that fails meanwhile is
    judged again, with all that it had found out forgotten.
    """
    for _ in range(AGAIN):
        mark = stage.mark()
        verdict, end = _tried(rule, stage)
        if end or verdict.result != "failed" or stage.replaced == mark.replaced:
            break
        stage.back_to(mark)
    return verdict, end


def _tried(rule: Rule, stage: Stage) -> tuple[Verdict, str]:
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

    try:
        try:
            return rule.check(stage), ""
        except PlaywrightTimeoutError:
            raise
        except Error as error:
            if stage.lost():
                stage.follow()
                return broken("the client replaces its frame"), ""
            said = error.message.splitlines()[0] if error.message else "no reason given"
            return broken(f"the browser said: {said}"), ""
    except PlaywrightTimeoutError:
        stage.hangs = True
        why = "the page answers nothing any more: it hangs"
        return broken(why), "the page answers nothing"
    except FrameGoneError as gone:
        return broken(str(gone)), "there is no frame to ask from"
