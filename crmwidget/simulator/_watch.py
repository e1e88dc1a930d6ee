"""Watch: whether the report of a scenario that a page runs can still come, and if not, why.

No clock and no server. Give it the page's signs with the time, and ask it now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EMBEDDED: Final = 600.0
"""Seconds in which a client has to embed the page."""
CONFIGURED: Final = 90.0
"""Seconds in which it has to answer `ready` and `requestCrmData`."""
QUIET: Final = 90.0
"""Seconds without a sign of the page: browsers wake a page in the background once a minute."""
BACK: Final = 30.0
"""Seconds in which a client that took the page away shows it again."""
BREAKS: Final = 2
"""The page may go once in a scenario, as when a component is mounted anew; then it runs again."""


class Watch:
    """The pages that run one scenario, as far as they have told."""

    def __init__(self, scenario: str) -> None:
        self.scenario = scenario
        self._began: float | None = None
        self._pages: dict[str, float] = {}
        """When each that is there gave its last sign."""
        self._waiting: float | None = None
        """Since when the client is to answer."""
        self._configured = False
        self._done = self._total = 0
        self._breaks = 0
        self._left: float | None = None
        """Since when no page is there."""

    def sign(self, said: Mapping[str, Any], now: float) -> None:
        """A page has told how far it is, or that it goes."""
        page, progress = str(said["page"]), said.get("progress") or {}
        configured = said["configured"] is True
        self._done = int(progress.get("done") or 0)
        self._total = int(progress.get("total") or 0)
        if said["gone"] is True:
            self._go(page, now, broken=configured)
            return
        if self._waiting is None or configured:
            self._waiting = now
        self._left = None
        self._pages[page] = now
        self._configured = configured

    def _go(self, page: str, now: float, *, broken: bool) -> None:
        self._pages.pop(page, None)
        self._breaks += broken
        if not self._pages:
            self._left = now

    def over(self, now: float) -> str:
        """Why no report will come; empty: it may."""
        self._began = now if self._began is None else self._began
        if self._breaks >= BREAKS:
            return (
                f"{self._gone()} It did so {self._breaks} times, and the scenario began anew each "
                "time. Let the client keep its page while a call is on, or give a scenario that "
                "does not make it load another."
            )
        if self._left is not None:
            why = self._gone() if self._breaks else f"{self._name} did not begin: its page is gone."
            late = now > self._left + BACK
            return f"{why} It did not come back within {BACK:g} s." if late else ""
        if self._waiting is None:
            late = now > self._began + EMBEDDED
            return f"{self._never()} It waited {EMBEDDED:g} s." if late else ""
        if now > max(self._pages.values()) + QUIET:
            return f"the page gave no sign for {QUIET:g} s: {self.told()}"
        if not self._configured and now > self._waiting + CONFIGURED:
            return (
                f"the client has not answered ready and requestCrmData within {CONFIGURED:g} s, so "
                f"{self._name} did not begin. Run `crmwidget check`."
            )
        return ""

    def told(self) -> str:
        """How far it is."""
        if self._total:
            return f"{self._name} got as far as {self._done} of {self._total} steps."
        if self._pages:
            return f"a page has embedded the simulator, and {self._name} did not begin."
        return self._never()

    @property
    def _name(self) -> str:
        return f"the scenario {self.scenario!r}"

    def _never(self) -> str:
        return f"no page has run {self._name}: embed the address as a connector's."

    def _gone(self) -> str:
        return (
            f"the client loaded another page, or took the simulator's frame away, after "
            f"{self._done} of {self._total} steps of {self._name}."
        )
