"""Serve: BottleCRM to try a notebook with, `python -m tests.systems.serve`, until Ctrl-C.

Prints its address and a personal token as the two lines that a shell wants. It
is the server of the tests, with their invented people; its data are gone after it.
"""

from __future__ import annotations

import contextlib
import signal
import sys

from tests.systems.bottlecrm import BottleCRMServer


def main() -> None:
    """Start it, say where it is, and wait."""
    sys.stderr.write("BottleCRM is being started; the first time it is installed as well.\n")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), BottleCRMServer() as server:
        sys.stdout.write(f"export BOTTLECRM_URL={server.url}\n")
        sys.stdout.write(f"export BOTTLECRM_TOKEN={server.credentials['personal']}\n")
        sys.stdout.flush()
        sys.stderr.write("It runs until Ctrl-C.\n")
        signal.pause()


if __name__ == "__main__":
    main()
