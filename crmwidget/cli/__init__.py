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
import threading
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmwidget.cli._deadline import Deadline
from crmwidget.errors import CRMWidgetError
from crmwidget.safety.printable import Door, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOR_EVER: Final = threading.TIMEOUT_MAX
SCREENSHOT = Path("crmwidget-demo.png")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status; a command may return its own.

    What a terminal would obey is made visible in all that is printed meanwhile.
    """
    with (
        contextlib.redirect_stdout(Door(sys.stdout)),
        contextlib.redirect_stderr(Door(sys.stderr)),
    ):
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    arguments = parser().parse_args(argv)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.default_int_handler)
    limit = arguments.deadline if getattr(arguments, arguments.ends, True) else None
    deadline = Deadline(limit or _FOR_EVER, f"crmwidget {arguments.named}")
    try:
        with deadline:
            return int(arguments.command(arguments) or 0)
    except KeyboardInterrupt:
        return 1 if deadline.over else 130
    except CRMWidgetError as error:
        print(f"crmwidget: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        said = f"{error.filename}: {error.strerror}." if error.filename else error
        print(f"crmwidget: {said}", file=sys.stderr)
        return 1
    except Exception:  # noqa: BLE001 - as Python would, but through the same door
        traceback.print_exc()
        return 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `command`, a function of the arguments."""
    parser = argparse.ArgumentParser(
        prog="crmwidget", description="A contact-centre softphone in your notebook."
    )
    # `ends` names the argument with which a command comes to an end by itself
    parser.set_defaults(deadline=None, ends="command")
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
    _add_deadline(command, 900, "seconds that --headless may take in all")
    command.set_defaults(command=demo, named="demo", ends="headless")

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
    command.add_argument(
        "--scenario",
        metavar="FILE",
        help="a scenario as YAML or JSON, or the name of one that is built in: it is worked off "
        "once a page has embedded the connector, its report printed, and the exit status is 0 "
        "where all that it expects came, else 1",
    )
    command.add_argument(
        "--page",
        type=_origin,
        metavar="ORIGIN",
        help="the one page that may embed it, such as http://localhost:8888 (any page)",
    )
    _add_deadline(command, 3600, "seconds that a --scenario may take in all")
    command.set_defaults(command=simulate, named="simulate", ends="scenario")

    text = (
        "say why a connector at an address may stay silent, asked from here and in a browser; exit "
        "status 0: nothing is in its way, 1: something is, 2: this is no address"
    )
    command = commands.add_parser("diagnose", help=text, description=text)
    command.add_argument("url", metavar="URL", help="the connector's address, as in the notebook")
    command.add_argument(
        "--page",
        type=_origin,
        metavar="ORIGIN",
        help="where the notebook is, such as https://hub.example.com",
    )
    command.add_argument(
        "--no-browser", action="store_true", help="ask from here alone, start no browser"
    )
    command.add_argument(
        "--headed", action="store_true", help="show the browser, to log in while it waits"
    )
    command.add_argument(
        "--patience", type=float, default=15.0, metavar="S", help="seconds for its `ready` (15)"
    )
    command.set_defaults(command=diagnose, named="diagnose")

    text = "drive a client application in a browser, and say which rules of the wire it keeps"
    command = commands.add_parser("check", help=text, description=text)
    command.add_argument("url", metavar="URL", help="the page that shows the client")
    command.add_argument(
        "--connector",
        type=_origin,
        required=True,
        metavar="ORIGIN",
        help="the origin of its iframe's src; what it loads from there is answered by the kit",
    )
    command.add_argument(
        "--dial",
        action="append",
        metavar="SELECTOR",
        help="what a user clicks to call; given several times: clicked one after the other",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    command.add_argument("--junit", type=Path, metavar="FILE", help="write them as JUnit XML")
    command.add_argument(
        "--patience", type=float, default=5.0, metavar="S", help="seconds an answer may take (5)"
    )
    command.add_argument("--headed", action="store_true", help="show the browser")
    command.add_argument(
        "--insecure", action="store_true", help="take any certificate, as of a server of your own"
    )
    _add_deadline(command, 1800, "seconds it may take in all")
    command.set_defaults(command=check, named="check")

    text = "run a capture through today's handlers, and compare; without --with: show it"
    command = commands.add_parser("replay", help=text, description=text)
    command.add_argument("file", type=Path, metavar="FILE", help="made by phone.traffic.save()")
    command.add_argument(
        "--with",
        dest="phone",
        metavar="MODULE:NAME",
        help="where the Handlers, CRMWidget or testing.Connector is, such as phone:handlers",
    )
    _add_deadline(command, 1800, "seconds it may take in all")
    command.set_defaults(command=replay, named="replay")
    return parser


def _add_deadline(command: argparse.ArgumentParser, seconds: float, about: str) -> None:
    command.add_argument(
        "--deadline", type=_seconds, default=seconds, metavar="S", help=f"{about} ({seconds:g})"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= _FOR_EVER:
        raise argparse.ArgumentTypeError("it is a number of seconds above 0")
    return seconds


def demo(arguments: argparse.Namespace) -> None:
    """Open the quickstart, or run it in a headless browser."""
    from crmwidget.notebook.demo import headless, interactive

    if arguments.headless:
        headless(arguments.screenshot)
    else:
        with contextlib.suppress(KeyboardInterrupt):
            interactive()


def simulate(arguments: argparse.Namespace) -> int:
    """Serve the simulated connector until interrupted, or until a scenario is through."""
    from crmwidget.simulator import Scenario, scenario_of, serve

    named = arguments.scenario
    if named is None:
        scenario = None
    else:
        scenario = Scenario.load(named) if Path(named).is_file() else scenario_of(named)
    server = serve(arguments.port, arguments.login, scenario, arguments.page)
    with contextlib.closing(server), contextlib.suppress(KeyboardInterrupt):
        print(server.url, flush=True)
        server.serve_forever()
    if scenario is None:
        return 0
    if server.report is None:
        raise CRMWidgetError(server.reason or server.progress)
    print(server.report)
    return 0 if server.report.passed else 1


def check(arguments: argparse.Namespace) -> int:
    """Check a client application; 1 where it breaks a rule."""
    from crmwidget.conformance import check as checked

    report = checked(
        arguments.url,
        arguments.connector,
        arguments.dial,
        patience=arguments.patience,
        headed=arguments.headed,
        insecure=arguments.insecure,
        progress=lambda part: print(part, file=sys.stderr, flush=True),
    )
    if arguments.json is not None:
        arguments.json.write_text(report.to_json(), encoding="utf-8")
    if arguments.junit is not None:
        arguments.junit.write_text(report.to_junit(), encoding="utf-8")
    print(report)
    return 0 if report.passed else 1


def _origin(text: str) -> str:
    """The origin in an argument; a wrong one is a wrong use."""
    from crmwidget.conformance import origin_of
    from crmwidget.errors import OriginError

    try:
        return origin_of(text)
    except OriginError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def replay(arguments: argparse.Namespace) -> int:
    """Compare what is answered today, 1 where something changed; or list the messages."""
    from crmwidget.testing.replay import Capture

    capture = Capture.load(arguments.file)
    if arguments.phone is None:
        for message in capture:
            answers = "" if message.re is None else f"  answers {message.re}"
            failed = "" if message.error is None else f"  {message.error}"
            time = f"{message.at:%H:%M:%S.%f}"[:-3]
            line = (
                f"{message.n:>6}  {time}  {message.direction:8}  {message.action}{answers}{failed}"
            )
            print(printable(line))
        return 0
    from crmwidget.handlers import Handlers

    phone = _named(arguments.phone)
    if not (isinstance(phone, Handlers) or hasattr(phone, "_client")):
        raise CRMWidgetError(
            f"--with {arguments.phone} is a {type(phone).__name__}: name a CRMWidget, Handlers or "
            "Connector of that module."
        )
    found = capture.replay(phone)
    print(found)
    return 1 if found.diff else 0


def _named(place: str) -> object:
    """What stands at MODULE:NAME; modules of the working directory are found."""
    module, _, name = place.partition(":")
    if not (module and name):
        raise CRMWidgetError(
            f"--with {place} names no phone: give MODULE:NAME, such as {module or 'app'}:phone."
        )
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise CRMWidgetError(f"there is no {place}: {error}. Give MODULE:NAME.") from error


def diagnose(arguments: argparse.Namespace) -> int:
    """Print what an address tells; 1 where something stands in the way, 2 where it is none."""
    import warnings

    from crmwidget.diagnosis import of_address
    from crmwidget.diagnosis.probes.http import origin_of, reach
    from crmwidget.errors import BrowserError, MissingExtraError, OriginError
    from crmwidget.http.urls import address

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where a connector usually lives is no question here
            src = address(arguments.url).src
    except OriginError as error:
        print(f"crmwidget: {error}", file=sys.stderr)
        return 2
    page = arguments.page and origin_of(arguments.page)
    seen, why = None, "it was not asked to."
    if not arguments.no_browser:
        from crmwidget.diagnosis.probes.browser import look

        try:
            seen = look(src, page, patience=arguments.patience, headed=arguments.headed)
        except (MissingExtraError, BrowserError) as error:
            why = str(error)
    found = of_address(reach(src), page, seen)
    print(found)
    if seen is None:
        print(f"No browser has looked: {why}")
    return 0 if found.good else 1
