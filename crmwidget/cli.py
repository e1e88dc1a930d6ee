"""Command line: parse, call, print.

Exit status 0: done; 1: it failed, with one sentence on standard error; 2: bad arguments; 130:
interrupted. Ctrl-C, SIGTERM and a closed terminal are the good end of what runs until then.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from crmwidget.errors import CRMWidgetError

if TYPE_CHECKING:
    from collections.abc import Sequence

SCREENSHOT = Path("crmwidget-demo.png")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status."""
    arguments = parser().parse_args(argv)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        arguments.command(arguments)
    except KeyboardInterrupt:
        return 130
    except (CRMWidgetError, OSError) as error:
        print(f"crmwidget: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `command`, a function of the arguments."""
    parser = argparse.ArgumentParser(
        prog="crmwidget", description="A contact-centre softphone in your notebook."
    )
    parser.add_argument("--version", action="version", version=version("crmwidget"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    text = "open the quickstart in JupyterLab, with a simulated connector"
    command = commands.add_parser("demo", help=text, description=text)
    command.add_argument("--headless", action="store_true", help="in a browser without a window")
    command.add_argument(
        "--screenshot",
        type=Path,
        default=SCREENSHOT,
        metavar="PATH",
        help=f"where --headless saves a picture of the page ({SCREENSHOT})",
    )
    command.set_defaults(command=demo)

    text = "serve the simulated connector over http; prints its URL first"
    command = commands.add_parser("simulate", help=text, description=text)
    command.add_argument("--port", type=int, default=0, help="the port (a free one)")
    command.set_defaults(command=simulate)
    return parser


def demo(arguments: argparse.Namespace) -> None:
    """Open the quickstart, or run it in a headless browser."""
    from crmwidget.demo import headless, interactive

    if arguments.headless:
        headless(arguments.screenshot)
    else:
        with contextlib.suppress(KeyboardInterrupt):
            interactive()


def simulate(arguments: argparse.Namespace) -> None:
    """Serve the simulated connector until interrupted."""
    from crmwidget.simulator import serve

    server = serve(arguments.port)
    with contextlib.closing(server), contextlib.suppress(KeyboardInterrupt):
        print(server.url, flush=True)
        server.serve_forever()
