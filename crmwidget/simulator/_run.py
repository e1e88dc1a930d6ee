"""Runs: a scenario that the simulated connector is working off, and its report."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import SimulatorError
from crmwidget.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from concurrent.futures import Future

    from crmwidget.simulator._remote import Step

QUIET: Final = 90.0
"""Seconds without any sign of the page after which a scenario is given up."""
_LOOK: Final = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scenario is."""

    done: int = 0
    """Steps that took effect, and calls of a day."""
    total: int = 0
    """0: it has not begun."""
    passed: int = 0
    failed: int = 0
    """Expectations that were met, and that were not."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one expectation."""

    step: str
    """"3", or "3.2" for the second step of what the third repeats."""
    expected: str
    passed: bool
    seen: str
    """What came, in names of actions: no contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a scenario; `print` it."""

    scenario: str
    passed: bool
    """It ran to its end, and every expectation was met."""
    stopped: bool = False
    refused: str | None = None
    """The step that could not be carried out, and why."""
    done: int
    total: int
    seconds: float
    met: int
    missed: int
    """How many expectations were met, and how many were not."""
    results: tuple[Result, ...]
    """All that were missed and the first that were met; 200 of each at most."""

    @property
    def failed(self) -> tuple[Result, ...]:
        """The expectations that were not met."""
        return tuple(one for one in self.results if not one.passed)

    def __str__(self) -> str:
        word = "passed" if self.passed else "stopped" if self.stopped else "failed"
        expected = f"{self.met:,} of {self.met + self.missed:,} expectations met"
        steps = f"{self.done:,} of {self.total:,} steps in {self.seconds:.1f} s"
        lines = [f"{self.scenario}: {word}. {steps}, {expected}"]
        lines += [f"  step {r.step}: expected {r.expected}, seen: {r.seen}" for r in self.failed]
        if self.refused:
            lines.append(f"  refused: {self.refused}")
        return "\n".join(map(printable, lines))


def report_of(said: Mapping[str, Any]) -> Report:
    """The page's report."""
    refused = said.get("refused")
    return Report(
        scenario=str(said["scenario"]),
        passed=said["ok"] is True,
        stopped=said["stopped"] is True,
        refused=None
        if refused is None
        else f"step {refused['step']} ({refused['what']}): {refused['error']}",
        done=int(said["done"]),
        total=int(said["total"]),
        seconds=float(said["seconds"]),
        met=int(said["passed"]),
        missed=int(said["failed"]),
        results=tuple(
            Result(str(one["step"]), str(one["expected"]), one["passed"] is True, str(one["seen"]))
            for one in said["results"]
        ),
    )


class Run:
    """A scenario under way; made by `phone.simulator.run()`.

    `await` it, or ask for its `result()`: both give the Report, once everything that it caused
    has reached the handlers. Both raise SimulatorError where a step was refused (the report
    is then in `report`), or where the page gives no sign for 90 s. What is expected and does
    not come raises nothing: look at `report.passed`.
    """

    def __init__(self, name: str, future: Future[dict[str, Any]], stop: Callable[[], Step]) -> None:
        self.name = name
        """The scenario's."""
        self._future = future
        self._stop = stop
        self._began = time.monotonic()

    @property
    def progress(self) -> Progress:
        """How far it is, as the page told last."""
        if (report := self.report) is not None:
            return Progress(report.done, report.total, report.met, report.missed)
        said = getattr(self._future, "progress", None) or {}
        return Progress(**{key: int(said.get(key) or 0) for key in Progress.__slots__})

    @property
    def report(self) -> Report | None:
        """None while it is under way, or when it ended without one."""
        if not self._future.done() or self._future.cancelled() or self._future.exception():
            return None
        said = self._future.result().get("run")
        return None if said is None else report_of(said)

    def done(self) -> bool:
        """Whether it has come to its end."""
        return self._future.done()

    def stop(self) -> Step:
        """End it before its time; the report says that it was stopped."""
        return self._stop()

    def result(self, timeout: float | None = None) -> Report:
        """The report; waits for it, `timeout` seconds at most. In a cell prefer `await`."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LOOK if end is None else min(_LOOK, max(end - time.monotonic(), 0))
            try:
                self._future.result(left)
            except TimeoutError:
                self._check(timeout, end)
            else:
                return self._reported()

    def __await__(self) -> Generator[Any, None, Report]:
        return self._wait().__await__()

    async def _wait(self) -> Report:
        answer = asyncio.wrap_future(self._future)
        while True:
            done, _ = await asyncio.wait([answer], timeout=_LOOK)
            if done:
                answer.result()
                return self._reported()
            self._check(None, None)

    def _reported(self) -> Report:
        report = self.report
        if report is None:
            raise SimulatorError(f"the scenario {self.name!r} ended without a report.")
        if report.refused:
            raise SimulatorError(f"the scenario {self.name!r} ended at {report.refused}")
        return report

    def _check(self, timeout: float | None, end: float | None) -> None:
        if end is not None and time.monotonic() >= end:
            raise SimulatorError(
                f"the scenario {self.name!r} has not ended within {timeout:g} s: "
                f"{self.progress.done} of {self.progress.total} steps are done. Give it more time, "
                "or run.stop() it."
            )
        heard = getattr(self._future, "heard", None) or self._began
        if time.monotonic() - heard > QUIET:
            raise SimulatorError(
                f"the page has given no sign of the scenario {self.name!r} for {QUIET:g} s. "
                "Display the phone: put `phone` on the last line of a cell, look at phone.status. "
                "Where messages arrive only between cells (ipykernel 6), go on in the next cell."
            )

    def __repr__(self) -> str:
        if (report := self.report) is not None:
            return f"<Run {report}>"
        if self._future.done():
            return f"<Run {self.name}: refused>"
        found = self.progress
        return f"<Run {self.name}: {found.done:,} of {found.total:,}>"
