"""The command line: what is printed, where, and with which exit status."""

from __future__ import annotations

import errno
import signal
import sys
import types
from importlib.metadata import version

import pytest

from crmwidget import cli, demo
from crmwidget.errors import DemoError


class Server:
    """What `crmwidget.simulator.serve` gives; `ends` is how serving ends."""

    url = "http://127.0.0.1:1/"

    def __init__(self, ends: BaseException) -> None:
        self.ends = ends
        self.port: int | None = None
        self.closed = False

    def serve(self, port: int) -> Server:
        self.port = port
        return self

    def serve_forever(self) -> None:
        raise self.ends

    def close(self) -> None:
        self.closed = True


def serving(monkeypatch: pytest.MonkeyPatch, serve: object) -> None:
    simulator = types.SimpleNamespace(serve=serve)
    monkeypatch.setitem(sys.modules, "crmwidget.simulator", simulator)


@pytest.fixture(autouse=True)
def _signals_as_before() -> object:
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def test_simulate_prints_the_address_first_and_closes_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(KeyboardInterrupt())
    serving(monkeypatch, server.serve)

    assert cli.main(["simulate", "--port", "8123"]) == 0

    assert capsys.readouterr().out == "http://127.0.0.1:1/\n"
    assert (server.port, server.closed) == (8123, True)


def test_sigterm_is_an_end_like_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(AssertionError("it went on"))
    monkeypatch.setattr(server, "serve_forever", lambda: signal.raise_signal(signal.SIGTERM))
    serving(monkeypatch, server.serve)

    assert cli.main(["simulate"]) == 0

    assert (server.port, server.closed) == (0, True)


def test_a_port_that_is_taken_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def serve(_port: int) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    serving(monkeypatch, serve)

    assert cli.main(["simulate", "--port", "80"]) == 1

    assert capsys.readouterr() == ("", "crmwidget: port 80: Address already in use. Try another.\n")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DemoError("a", "b", "Do c."), 1, "the demo got as far as: b, then waited for: a. Do c."),
        (PermissionError(13, "Permission denied", "x.png"), 1, "Permission denied: 'x.png'"),
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


def test_a_missing_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([])

    assert "COMMAND" in capsys.readouterr().err
