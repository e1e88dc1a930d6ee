"""No text of a server, a capture or a client reaches a terminal as it came."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from crmwidget import cli, conformance, simulator
from crmwidget.conformance._report import Report, Result
from crmwidget.errors import CRMWidgetError
from crmwidget.handlers import Handlers
from crmwidget.notebook import demo
from crmwidget.safety.printable import printable
from crmwidget.simulator._run import report_of
from crmwidget.testing import Connector
from tests.conformance.test_report import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = "a\x1b]0;t\x07\x9b31m\x9d0\x7f\u202eb\u2066c\x00\x85\u2028d\re\u061cf\ud800\U000e0041"
SHOWN = r"a\x1b]0;t\x07\x9b31m\x9d0\x7f\u202eb\u2066c\x00\x85\u2028d\x0de\u061cf\ud800\U000e0041"
OBEYED = [chr(n) for n in [*range(32), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029,
          *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xD800, 0xDFFF]]  # fmt: skip


def harmless(text: str) -> bool:
    return not set(text) & (set(OBEYED) - set("\n\t"))


@pytest.mark.parametrize("letter", OBEYED)
def test_what_a_terminal_would_obey_is_shown_as_python_writes_it(letter: str) -> None:
    shown = printable(letter)

    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(json.dumps(eval(f"'{shown}'"))) == letter  # noqa: S307 - a letter of the list


def test_lines_of_ours_stay_and_nobody_else_can_begin_one() -> None:
    assert printable("a\n\tb\r", lines=True) == "a\n\tb\\x0d"
    assert printable("a\n\tb") == r"a\x0a\x09b"


@pytest.mark.parametrize("text", ["Ångström", "שלום", "مرحبا", "👩‍💻", "می‌خواهم", "日本", "\\x1b"])
def test_letters_of_all_scripts_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


# ---------------------------------------------------------------- each command
@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What was printed, once it is asked for; all of it is harmless."""
    found: list[str] = []
    yield found
    both = capsys.readouterr()
    assert harmless(both.out + both.err)
    assert all(one in both.out + both.err for one in found)
    assert found


def test_replay_lists_a_hostile_capture(tmp_path: Path, said: list[str]) -> None:
    phone = Connector(Handlers())
    phone._client.traffic.save(tmp_path / "calls.jsonl")
    head = (tmp_path / "calls.jsonl").read_text().splitlines()[0]
    message = {
        "n": 1,
        "at": "2026-01-15T12:00:00+00:00",
        "direction": "received",
        "action": HOSTILE,
        "data": None,
        "error": f"{HOSTILE}\nforged line",
    }
    (tmp_path / "calls.jsonl").write_text(f"{head}\n{json.dumps(message)}\n")

    cli.main(["replay", str(tmp_path / "calls.jsonl")])

    said += [SHOWN, rf"{SHOWN}\x0aforged line"]


def test_the_report_of_a_simulated_scenario_is_a_strangers(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    result = {"step": HOSTILE, "expected": HOSTILE, "passed": False, "seen": f"{HOSTILE}\nforged"}
    report = report_of(
        {
            "scenario": HOSTILE,
            "ok": True,
            "stopped": False,
            "refused": {"step": HOSTILE, "what": HOSTILE, "error": HOSTILE},
            **dict.fromkeys(("done", "total", "seconds", "passed", "failed"), 1),
            "results": [result],
        }
    )

    class Server:
        url, reason, progress = "http://127.0.0.1:1/", "", ""

        def __init__(self, *_: object) -> None:
            self.report = report

        def serve_forever(self) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(simulator, "serve", Server)

    cli.main(["simulate", "--scenario", "hold"])

    said += [f"{SHOWN}: passed", f"step {SHOWN}: expected {SHOWN}, seen: {SHOWN}\\x0aforged"]


def test_why_no_report_came_may_name_what_a_page_said(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    def serve(*_: object) -> None:
        raise CRMWidgetError(HOSTILE)

    monkeypatch.setattr(simulator, "serve", serve)

    cli.main(["simulate"])

    said.append(SHOWN)


def test_diagnose_shows_a_hostile_server(said: list[str]) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name in ("X-Frame-Options", "Content-Type", "Content-Security-Policy"):
                self.send_header(name, "text/x\x1b[31m\x9b31m\x7f")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cli.main(["diagnose", f"http://127.0.0.1:{server.server_port}/x", "--no-browser"])
        server.shutdown()

    said.append(r"\x1b[31m\x9b31m\x7f")


def test_check_shows_a_hostile_client(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:

    def check(*_: object, progress: object, **__: object) -> Report:
        assert callable(progress)
        progress(HOSTILE)
        result = Result(BY_ID["crm-data-id-text"], "failed", HOSTILE)
        return Report(HOSTILE, HOSTILE, (result,))

    monkeypatch.setattr(conformance, "check", check)

    cli.main(["check", "http://localhost/", "--connector", "https://connector.example.com"])

    said.append(SHOWN)


@pytest.mark.parametrize(
    "error", [CRMWidgetError(HOSTILE), OSError(2, HOSTILE, HOSTILE), RuntimeError(HOSTILE)]
)
def test_what_a_command_raises_is_printed_the_same_way(
    monkeypatch: pytest.MonkeyPatch, said: list[str], error: Exception
) -> None:
    def headless(_: object) -> None:
        sys.stderr.writelines([HOSTILE])
        raise error

    monkeypatch.setattr(demo, "headless", headless)

    assert cli.main(["demo", "--headless"]) == 1

    said.append(SHOWN)


@pytest.mark.parametrize(
    "arguments",
    [[HOSTILE], ["simulate", "--page", HOSTILE], ["diagnose", HOSTILE], ["replay", HOSTILE[:-2]]],
)
def test_wrong_arguments_are_quoted_the_same_way(arguments: list[str], said: list[str]) -> None:
    try:
        assert cli.main(arguments) != 0
    except SystemExit as error:
        assert error.code == 2  # noqa: PT017 - argparse says it so, and not always

    said.append("crmwidget")
