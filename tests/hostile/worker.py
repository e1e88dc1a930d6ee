"""Worker: a process that reads what a hostile CRM answers and what hostile files hold, and repeats.

    python -m tests.hostile.worker URL FILES...

It says a line for each round; where something gets in that must not, it ends with an error.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmwidget import Capture
from crmwidget.directory._carddav import CardDAV
from crmwidget.errors import AdapterError, CaptureError, LoginError, SimulatorError
from crmwidget.safety.reading import MOST_VALUES
from crmwidget.simulator import Scenario
from tests.adapters.acme import Acme

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(ask: Callable[..., object], *given: object) -> None:
    """It has to end in one of our own errors."""
    try:
        ask(*given)
    except (AdapterError, CaptureError, LoginError, SimulatorError):
        return
    raise AssertionError(given)


def asks(url: str) -> Callable[[], Any]:
    """A CRM's question there."""
    crm = Acme(url, auth="tok", region="US")
    return lambda: crm.request("GET", "/people", call="find contacts")


def main(url: str, *files: str) -> None:
    """One round after the other, until its standard input has no further line."""
    for _ in sys.stdin:
        for kind in ("bomb", "values", "deep"):
            refused(asks(f"{url}/{kind}"))
        assert len(asks(f"{url}/json")()) == MOST_VALUES - 9  # the most that is taken
        refused(CardDAV(f"{url}/xml", auth=("ada", "key")).contacts)
        for file in map(Path, files):
            refused(Capture.load if file.suffix == ".jsonl" else Scenario.load, file)
        sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
