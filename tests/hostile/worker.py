"""Worker: a process that reads what a hostile CRM answers and what hostile files hold, and repeats.

    python -m tests.hostile.worker URL FILES...

It says a line for each round; where something gets in that must not, it ends with an error.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from crmwidget import Capture
from crmwidget.adapters import CardDAV
from crmwidget.errors import AdapterError, CaptureError, LoginError, SimulatorError
from crmwidget.simulator import Scenario
from tests.adapters.acme import Acme


def refused(ask: object, *given: object) -> None:
    """It has to end in one of our own errors."""
    try:
        ask(*given)  # type: ignore[operator]
    except (AdapterError, CaptureError, LoginError, SimulatorError):
        return
    raise AssertionError(given)


def main(url: str, *files: str) -> None:
    """One round after the other, until its standard input has no further line."""
    for _ in sys.stdin:
        for kind in ("bomb", "json", "values", "deep"):
            refused(Acme(f"{url}/{kind}", auth="tok", region="US").find, ["+12025550143"])
        refused(CardDAV(f"{url}/xml", auth=("ada", "key")).contacts)
        for file in map(Path, files):
            refused(Capture.load if file.suffix == ".jsonl" else Scenario.load, file)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
