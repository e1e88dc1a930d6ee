"""Whom the served simulator answers: pages of its own, and nothing that only found its port."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from crmwidget.errors import OriginError
from crmwidget.simulator import Scenario, _page, serve
from crmwidget.simulator._server import _Server
from tests.test_simulator import AT_LOGIN, get

if TYPE_CHECKING:
    from pathlib import Path

    from crmwidget.simulator import Server

REPORT = {
    "scenario": "hold",
    "ok": True,
    "stopped": False,
    "refused": None,
    "done": 1,
    "total": 1,
    "seconds": 1.0,
    "passed": 1,
    "failed": 0,
    "results": [],
}


@pytest.fixture(autouse=True)
def _built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "simulator.html").write_text("<html><style>b{}</style><body></body></html>")
    (tmp_path / "simulator.login.js").write_text("2")
    (tmp_path / "simulator.scenario.js").write_text("3")
    monkeypatch.setattr(_page, "STATIC", tmp_path)


def asked(server: Server, *lines: str, body: bytes = b"") -> bytes:
    """The status line that answers a request written by hand; what follows it is read, too."""
    head = "\r\n".join([*lines, "", ""]).replace("PORT", str(server.port)).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer.partition(b"\r\n")[0]


# ---------------------------------------------------------------- by which name
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LocalHost"])
def test_the_names_of_this_machine_are_answered(name: str) -> None:
    with serve() as server:
        assert get(server, "/", host=name)[0].status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/", "/login", "/provider", "/?login"])
def test_a_name_that_was_made_to_lead_here_gets_nothing(method: str, path: str) -> None:
    with serve(scenario=Scenario.named("hold"), login="form") as server:
        answer, text = get(server, path, method, host="rebound.example")
        page_after = get(server, "/")[1]

    assert answer.status == 421
    assert "data-" not in text
    assert AT_LOGIN in page_after


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:PORT",
        "127.0.0.1",
        "localhost:1",
        "127.0.0.1:PORT.rebound.example",
        "localhost.:PORT",
        "localhost.rebound.example:PORT",
        "rebound.example@localhost:PORT",
        "127.0.0.1:0PORT",
        "127.0.0.2:PORT",
        "0.0.0.0:PORT",
        "2130706433:PORT",
        "::1:PORT",
        "",
        "null",
    ],
)
def test_nothing_but_its_own_name_and_port_is_a_host(host: str) -> None:
    with serve() as server:
        assert b" 421 " in asked(server, "GET / HTTP/1.1", f"Host: {host}")


@pytest.mark.parametrize(
    "lines",
    [
        ["GET / HTTP/1.1"],
        ["GET / HTTP/1.0"],
        ["GET / HTTP/1.1", "Host: localhost:PORT", "Host: rebound.example:PORT"],
        ["GET / HTTP/1.1", "Host: localhost:PORT", "Host: localhost:PORT"],
        ["GET http://rebound.example/ HTTP/1.1", "Host: localhost:PORT"],
        ["GET http://[ HTTP/1.1", "Host: localhost:PORT"],
        ["GET * HTTP/1.1", "Host: localhost:PORT"],
    ],
)
def test_a_request_that_leaves_open_whom_it_asks_is_refused(
    lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with serve() as server:
        assert b" 400 " in asked(server, *lines)

    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------- from which page
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "http://rebound.example"]
)
def test_a_report_that_another_page_posts_is_not_believed(origin: str) -> None:
    with serve(scenario=Scenario.named("hold")) as server:
        place = get(server, "/")[1].partition('data-report="')[2].partition('"')[0]
        forged = get(server, place, "POST", form=json.dumps(REPORT), Origin=origin)[0]
        other = f"http://localhost:{server.port}"
        swapped = get(server, place, "POST", form=json.dumps(REPORT), Origin=other)[0]
        before = server.report
        own = get(server, place, "POST", form=json.dumps(REPORT))[0]

    assert (forged.status, swapped.status, before, own.status) == (403, 403, None, 204)


def test_a_report_without_an_origin_or_with_two_is_not_believed() -> None:
    with serve(scenario=Scenario.named("hold")) as server:
        place = get(server, "/")[1].partition('data-report="')[2].partition('"')[0]
        body = json.dumps(REPORT).encode()
        head = [f"POST {place} HTTP/1.1", "Host: localhost:PORT", f"Content-Length: {len(body)}"]
        own = "Origin: http://localhost:PORT"

        assert b" 403 " in asked(server, *head, body=body)
        assert b" 403 " in asked(server, *head, own, "Origin: http://x", body=body)
        assert server.report is None
        assert b" 204 " in asked(server, *head, own, body=body)


@pytest.mark.parametrize("path", ["/login", "/logout", "/provider"])
def test_a_form_of_another_page_logs_nobody_in_or_out(path: str) -> None:
    with serve(login="form") as server:
        refused = get(server, path, "POST", form="way=sso", Origin="https://evil.example")[0]
        page_after = get(server, "/")[1]

    assert refused.status == 403
    assert AT_LOGIN in page_after


# ---------------------------------------------------------------- in which page
def test_only_the_page_that_was_named_may_embed_it() -> None:
    with serve(embedder="https://Hub.Example.com:443/lab") as server:
        policy = get(server, "/")[0].headers["Content-Security-Policy"]

    assert policy.endswith("; frame-ancestors https://hub.example.com")


@pytest.mark.parametrize(
    "origin",
    ["", "*", "hub.example.com", "https://*.example.com", "https://a; script-src *", "https://",
     "https://a b", "https://u@a.example", "data:text/html,x", "https://a'b", "https://[::1"],
)  # fmt: skip
def test_what_is_no_origin_never_becomes_part_of_the_policy(origin: str) -> None:
    with pytest.raises(OriginError):
        serve(embedder=origin)


# ---------------------------------------------------------------- how much of it
@pytest.mark.parametrize(
    "length",
    ["abc", "-1", "+5", "0x5", "5.0", "1_0", "5 5", "\u0665", "", "1e3", "9" * 5_000, "5, 5"],
)
def test_a_length_that_is_not_plain_digits_is_refused(
    length: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve() as server:
        head = ["POST /logout HTTP/1.1", "Host: localhost:PORT", "Origin: http://localhost:PORT"]
        said = asked(server, *head, f"Content-Length: {length}", body=b"way=form")
        page_after = get(server, "/")[1]

    assert b" 400 " in said
    assert AT_LOGIN not in page_after
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "more", [["Content-Length: 8", "Content-Length: 9"], ["Transfer-Encoding: chunked"]]
)
def test_a_length_that_is_given_twice_or_in_parts_is_refused(more: list[str]) -> None:
    with serve() as server:
        head = ["POST /logout HTTP/1.1", "Host: localhost:PORT", "Origin: http://localhost:PORT"]
        assert b" 400 " in asked(server, *head, *more, body=b"way=form")


def test_a_report_that_is_too_long_is_refused_before_it_is_read() -> None:
    with serve(scenario=Scenario.named("hold")) as server:
        place = get(server, "/")[1].partition('data-report="')[2].partition('"')[0]
        head = [f"POST {place} HTTP/1.1", "Host: localhost:PORT", "Origin: http://localhost:PORT"]
        assert b" 413 " in asked(server, *head, "Content-Length: 1000001")


@pytest.mark.parametrize(
    "said",
    [
        "[" * 100_000,
        json.dumps({"page": "p", "configured": True, "gone": False, "progress": {"done": 1e999}}),
        json.dumps({"page": "p", "configured": True, "gone": False, "progress": "x"}),
        json.dumps({**REPORT, "done": 1e999}),
        json.dumps({**REPORT, "results": [1]}),
        "null",
        "1",
        '"page"',
        "\ud800",
    ],
)
def test_what_is_no_report_is_refused_without_a_word_on_the_terminal(
    said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve(scenario=Scenario.named("hold")) as server:
        place = get(server, "/")[1].partition('data-report="')[2].partition('"')[0]
        body = said.encode(errors="surrogatepass")
        head = [f"POST {place} HTTP/1.1", "Host: localhost:PORT", "Origin: http://localhost:PORT"]

        assert b" 400 " in asked(server, *head, f"Content-Length: {len(body)}", body=body)
        assert server.report is None

    assert capfd.readouterr() == ("", "")


def test_a_request_that_stands_still_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crmwidget.simulator._server._Handler.timeout", 0.05)
    with (
        serve() as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
    ):
        connection.sendall(b"POST /logout HTTP/1.1\r\n")

        assert connection.recv(100) == b""

    assert capfd.readouterr() == ("", "")


def test_what_goes_wrong_in_a_request_prints_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(_Server, "process_request", broken)
    with serve() as server, pytest.raises(OSError, match=r".*"):
        get(server, "/")

    assert capfd.readouterr() == ("", "")
