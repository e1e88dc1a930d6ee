"""Rounds: two or more things measured in turn, and what came out as a table."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROUNDS: Final = 7


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison: a figure of ours against a peer's, and the ratio that is wanted."""

    name: str
    ours: str
    peer: str
    ratio: float
    goal: float

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "met" if self.ratio <= self.goal else "missed"


def in_turn(sides: Mapping[str, Callable[[], float]], *, unit: str) -> dict[str, list[float]]:
    """Measure every side in each of the rounds, printing as it goes.

    The order is turned around every other round. Returns the figures of each side.
    """
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS):
        order = list(sides.items())
        for name, measure in order if number % 2 == 0 else reversed(order):
            found[name].append(measure())
        figures = ", ".join(f"{name} {values[-1]:.2f}" for name, values in found.items())
        print(f"  round {number + 1}: {figures} {unit}", flush=True)
    return found


def compared(
    name: str, ours: Iterable[float], peer: Iterable[float], *, unit: str, goal: float
) -> Result:
    """The medians of two sides, and the median of the rounds' own ratios."""
    mine, theirs = list(ours), list(peer)
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    return Result(name, spread(mine, unit), spread(theirs, unit), median(ratios), goal)


def spread(values: list[float], unit: str) -> str:
    """Median, lowest and highest."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f}) {unit}"


def table(results: Iterable[Result]) -> str:
    """Markdown, for the docs."""
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{ROUNDS} rounds in turn: median (lowest to highest). {where}.",
        "",
        "| what | ours | peer | ratio | goal | |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.ours} | {r.peer} | {r.ratio:.2f} | <= {r.goal:g} | {r.verdict} |"
        for r in results
    ]
    return "\n".join(lines)
