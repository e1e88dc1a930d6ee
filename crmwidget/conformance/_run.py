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


def run(stage: Stage, url: str, progress: Callable[[str], None]) -> Report:
    """Judge every rule; once the page hangs or its frame is gone the rest is not applicable."""
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

    results: list[Result] = []
    hung = ""
    for part, rules in PARTS.items():
        progress(f"{len(results):>3} of {len(RULES)}  {part}")
        for rule in rules:
            began = time.monotonic()
            verdict: Verdict
            if hung:
                verdict = idle(f"not checked: the page answers nothing since {hung}")
            else:
                try:
                    verdict = rule.check(stage)
                except PlaywrightTimeoutError:
                    verdict = broken("the page answers nothing any more: it hangs")
                    hung = rule.id
                except Error as error:
                    gone = stage.frame.is_detached()
                    said = error.message.splitlines()[0] if error.message else "no reason given"
                    verdict = broken(
                        "the frame was removed" if gone else f"the browser said: {said}"
                    )
                    hung = rule.id if gone else ""
            stage.kept[rule.id] = verdict.result
            seconds = time.monotonic() - began
            results.append(Result(rule, verdict.result, verdict.seen, seconds))
    return Report(url, stage.connector, tuple(results))
