"""Command line: parse, call, print.

Exit status 0: done; 1: it failed, with one sentence on standard error; 2: bad arguments; 130:
interrupted. Ctrl-C, SIGTERM and a closed terminal are the good end of what runs until then.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
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
    """Run one command, and return its exit status; a command may return its own."""
    arguments = parser().parse_args(argv)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        return int(arguments.command(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except (CRMWidgetError, OSError) as error:
        print(f"crmwidget: {error}", file=sys.stderr)
        return 1


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
    command.add_argument(
        "--login",
        nargs="?",
        choices=("form", "sso"),
        const="form",
        help="the agent has to log in first: at its own login page (form), or by single sign-on "
        "that refuses to be framed (sso)",
    )
    command.set_defaults(command=simulate)

    text = "ask an address why a connector there may stay silent; exit status 1 where it is found"
    command = commands.add_parser("diagnose", help=text, description=text)
    command.add_argument("url", metavar="URL", help="the connector's address, as in the notebook")
    command.add_argument(
        "--page", metavar="ORIGIN", help="where the notebook is, such as https://hub.example.com"
    )
    command.set_defaults(command=diagnose)

    text = "run a capture through today's handlers, and compare; without --with: show it"
    command = commands.add_parser("replay", help=text, description=text)
    command.add_argument("file", type=Path, metavar="FILE", help="made by phone.traffic.save()")
    command.add_argument(
        "--with",
        dest="phone",
        metavar="MODULE:NAME",
        help="where the Handlers, CRMWidget or testing.Connector is, such as phone:handlers",
    )
    command.set_defaults(command=replay)
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

    server = serve(arguments.port, arguments.login)
    with contextlib.closing(server), contextlib.suppress(KeyboardInterrupt):
        print(server.url, flush=True)
        server.serve_forever()


def replay(arguments: argparse.Namespace) -> int:
    """Compare what is answered today, 1 where something changed; or list the messages."""
    from crmwidget.capture import Capture

    capture = Capture.load(arguments.file)
    if arguments.phone is None:
        for message in capture:
            answers = "" if message.re is None else f"  answers {message.re}"
            failed = "" if message.error is None else f"  {message.error}"
            time = f"{message.at:%H:%M:%S.%f}"[:-3]
            print(
                f"{message.n:>6}  {time}  {message.direction:8}  {message.action}{answers}{failed}"
            )
        return 0
    found = capture.replay(_named(arguments.phone))
    print(found)
    return 1 if found.diff else 0


def _named(place: str) -> object:
    """What stands at MODULE:NAME; modules of the working directory are found."""
    module, _, name = place.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise CRMWidgetError(f"there is no {place}: {error}. Give MODULE:NAME.") from error


def diagnose(arguments: argparse.Namespace) -> int:
    """Print what an address tells, 1 where something stands in the way."""
    from crmwidget.address import address
    from crmwidget.diagnosis import of_address
    from crmwidget.reach import reach

    found = of_address(reach(address(arguments.url).src), arguments.page)
    print(found)
    return 0 if found.good else 1
