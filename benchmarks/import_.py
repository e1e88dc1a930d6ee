"""Import: what importing the package, and the widget, costs beside `import anywidget`.

CPU time of one statement in a fresh interpreter, whose own start does not count.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from benchmarks._rounds import Result, compared, in_turn

STATEMENTS = {
    "anywidget": "import anywidget",
    "crmwidget": "import crmwidget",
    "CRMWidget": "from crmwidget import CRMWidget",
}


def run() -> list[Result]:
    """Goal 8."""
    print("import")
    for statement in STATEMENTS.values():  # so that no round compiles
        milliseconds(statement)
    sides = {name: partial(milliseconds, statement) for name, statement in STATEMENTS.items()}
    found = in_turn(sides, unit="ms CPU")
    peer = found["anywidget"]
    return [
        compared("`import crmwidget`", found["crmwidget"], peer, unit="ms CPU", goal=0.5),
        compared(
            "`from crmwidget import CRMWidget`", found["CRMWidget"], peer, unit="ms CPU", goal=1.1
        ),
    ]


def milliseconds(statement: str) -> float:
    """Milliseconds of CPU that a statement takes."""
    code = (
        "import time; start = time.process_time(); "
        f"{statement}; print((time.process_time() - start) * 1000)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
