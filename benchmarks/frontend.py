"""Frontend: the size of what the page has to load. One figure, no rounds: it does not vary."""

from __future__ import annotations

import gzip
from pathlib import Path

from benchmarks._rounds import Result

STATIC = Path(__file__).resolve().parents[1] / "crmwidget" / "static"
GOALS = {"widget.js": 25.0, "simulator.html": 15.0, "simulator.login.js": 3.0}
"""kB after gzip; the login's page is a script that is sent when it is asked for."""


def run() -> list[Result]:
    """Goal 9, the sizes."""
    print("frontend")
    results = []
    for name, goal in GOALS.items():
        size = len(gzip.compress((STATIC / name).read_bytes(), 9)) / 1000
        print(f"  {name}: {size:.2f} kB after gzip")
        results.append(Result(f"`{name}`", f"{size:.2f} kB gzip", f"{goal:g} kB", size / goal, 1.0))
    return results
