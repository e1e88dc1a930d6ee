"""The command line: what is printed, where, and with which exit status."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from crmwidget import cli, simulator
from crmwidget.errors import DemoError, SimulatorError
from crmwidget.handlers import Handlers
from crmwidget.notebook import demo
from crmwidget.testing import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.getsignal(name) for name in names}
    # What a shell started in the background ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_simulate_prints_its_address_first_and_ends_in_good_order(
    tmp_path: Path, end: signal.Signals
) -> None:
    (tmp_path / "simulator.html").write_text("<script>1</script><style>2</style>")
    (tmp_path / "simulator.scenario.js").write_text("3")
    code = "import pathlib, sys, crmwidget.simulator._page as page\n"
    code += f"page.STATIC = pathlib.Path({str(tmp_path)!r})\n"
    code += "from crmwidget.cli import main\nsys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "simulate"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = process.stdout.readline().strip()
    with urllib.request.urlopen(url, timeout=20) as page:  # noqa: S310 - on this machine
        assert page.status == 200

    process.send_signal(end)

    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_a_port_that_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def serve(port: int, login: str | None, *_: object) -> None:
        raise SimulatorError(f"not {port} {login}")

    monkeypatch.setattr(simulator, "serve", serve)

    assert cli.main(["simulate", "--port", "80"]) == 1

    assert capsys.readouterr() == ("", "crmwidget: not 80 None\n")


@pytest.mark.parametrize(
    ("arguments", "login"),
    [(["--login"], "form"), (["--login=form"], "form"), (["--login", "sso"], "sso")],
)
def test_simulate_can_be_asked_for_a_login(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], login: str
) -> None:
    asked: list[object] = []

    def serve(*given: object) -> None:
        asked.extend(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(simulator, "serve", serve)

    cli.main(["simulate", *arguments])

    assert asked == [0, login, None, None]


def test_simulate_can_be_told_which_page_may_embed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def serve(*given: object) -> None:
        asked.extend(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(simulator, "serve", serve)

    cli.main(["simulate", "--page", "http://localhost:8888"])

    assert asked == [0, None, None, "http://localhost:8888"]


def test_a_login_of_another_kind_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["simulate", "--login", "password"])

    assert "'form', 'sso'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DemoError("a", "b", "Do c."), 1, "the demo got as far as: b, then waited for: a. Do c."),
        (PermissionError(13, "Permission denied", "x.png"), 1, "x.png: Permission denied."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failed_demo_is_one_sentence_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    def headless(_screenshot: object) -> None:
        raise error

    monkeypatch.setattr(demo, "headless", headless)

    assert cli.main(["demo", "--headless"]) == status

    assert said in capsys.readouterr().err


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])

    assert capsys.readouterr().out == f"{version('crmwidget')}\n"


def test_a_file_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "calls.jsonl"

    assert cli.main(["replay", str(missing)]) == 1
    assert capsys.readouterr().err == f"crmwidget: {missing}: No such file or directory.\n"


def test_a_missing_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([])

    assert "COMMAND" in capsys.readouterr().err


def test_a_command_that_does_not_end_is_ended_at_its_deadline(tmp_path: Path) -> None:
    # Its handler waits for ever: what is imported holds the main thread
    (tmp_path / "stuck.py").write_text("import threading\nthreading.Event().wait()\n")
    Connector(Handlers())._client.traffic.save(tmp_path / "calls.jsonl")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "crmwidget", "replay", "calls.jsonl"),
            *("--with=stuck:phone", "--deadline=0.5"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "crmwidget: crmwidget replay has not ended within 0.5 s, and was given up. Give it more "
        "time with --deadline.\n"
    )
