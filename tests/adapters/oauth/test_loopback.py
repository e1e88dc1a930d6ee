"""Where the end of a login is received, and by whom it cannot be caught."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import pytest

from crmwidget.errors import LoginPlaceError
from crmwidget.http.login import _loopback
from crmwidget.http.login._loopback import Loopback
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = Secret("the-state")


def asked(address: str, port: int, target: str) -> bytes:
    """The status line that answers a browser at this address."""
    with socket.create_connection((address, port), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return connection.recv(100).partition(b"\r\n")[0]


def port_of(loopback: Loopback) -> int:
    return int(loopback.uri.rpartition(":")[2].partition("/")[0])


@pytest.fixture
def squatter() -> Iterator[socket.socket]:
    """Another program that waits for what comes to ::1."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        yield taken


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_localhost_is_received_at_both_of_its_addresses(host: str, address: str) -> None:
    with Loopback(f"http://{host}/callback", STATE) as loopback:
        said = asked(address, port_of(loopback), "/callback?state=the-state&code=c")

        assert b" 200 " in said
        assert loopback.answer(5) == {"state": "the-state", "code": "c"}


def test_no_other_program_can_have_the_second_address_of_localhost_meanwhile() -> None:
    with (
        Loopback("http://localhost/callback", STATE) as loopback,
        pytest.raises(OSError, match="in use"),
    ):
        socket.create_server(("::1", port_of(loopback)), family=socket.AF_INET6)


def test_a_port_of_which_another_program_has_half_is_not_used(squatter: socket.socket) -> None:
    port = squatter.getsockname()[1]

    with pytest.raises(LoginPlaceError, match="End what listens on that port"):
        Loopback(f"http://localhost:{port}/callback", STATE)

    with socket.create_server(("127.0.0.1", port)):
        """What had been bound before is free again."""


def test_where_any_port_will_do_one_is_found_that_is_free_at_both(
    squatter: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = squatter.getsockname()[1]
    tried: list[int] = []
    made = _loopback._server

    def server(address: str, port: int, handler: type) -> object:
        tried.append(port)
        return made(address, taken if tried == [0] else port, handler)

    monkeypatch.setattr(_loopback, "_server", server)

    with Loopback("http://localhost/callback", STATE) as loopback:
        assert port_of(loopback) != taken
        assert tried[:3] == [0, taken, 0]


@pytest.mark.parametrize("code", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_a_machine_without_ipv6_has_one_address(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(code, "no such thing here")

    monkeypatch.setattr(_loopback, "_ServerV6", none)

    with Loopback("http://localhost/callback", STATE) as loopback:
        assert b" 200 " in asked("127.0.0.1", port_of(loopback), "/callback?state=the-state")


def test_another_address_of_this_machine_is_listened_at_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, asked_for = _loopback._server, list[str]()

    def server(address: str, port: int, handler: type) -> object:
        asked_for.append(address)
        return made("127.0.0.1", port, handler)  # not every system has the other one

    monkeypatch.setattr(_loopback, "_server", server)

    with Loopback("http://127.0.0.2/callback", STATE) as loopback:
        assert loopback.uri.startswith("http://127.0.0.2:")
    assert asked_for == ["127.0.0.2"]


@pytest.mark.parametrize(
    "target",
    [
        "//callback?state=the-state",
        "///callback?state=the-state",
        "/callback/?state=the-state",
        "/./callback?state=the-state",
        "/%63allback?state=the-state",
        "/callback;x?state=the-state",
        "/callback#?state=the-state",
        "http://localhost/callback?state=the-state",
        "//localhost/callback?state=the-state",
        "callback?state=the-state",
        "/?state=the-state",
        "http://[/callback?state=the-state",
    ],
)
def test_only_the_very_path_that_is_registered_counts(
    target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with Loopback("http://127.0.0.1/callback", STATE) as loopback:
        said = asked("127.0.0.1", port_of(loopback), target)

        assert b" 404 " in said
        assert loopback.answer(0.01) is None

    assert capfd.readouterr() == ("", "")
