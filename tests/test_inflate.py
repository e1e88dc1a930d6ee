"""The body of an answer is inflated as far as it may be long, and no further."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from crmwidget.diagnosis.probes.http import reach
from crmwidget.errors import AdapterError, LoginServerError
from crmwidget.http.login._server import Client, LoginServer
from crmwidget.http.transport import LARGEST
from crmwidget.safety.inflate import DecodingError, TooLargeError, coding_of, inflated
from crmwidget.safety.privacy import Secret
from tests.adapters.acme import ROW, Acme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BIG = b"0" * (8 * LARGEST)
TEXT = bytes(range(256)) * 1_000


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


# ---------------------------------------------------------------- what is inflated
@pytest.mark.parametrize("step", [1, 7, 65_536, 10**9])
@pytest.mark.parametrize(
    ("pack", "coding"),
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (raw, "deflate"), (bytes, None)],
)
def test_a_body_is_the_same_however_it_is_packed_and_cut(
    pack: Callable[[bytes], bytes], coding: str | None, step: int
) -> None:
    packed = pack(TEXT)
    parts = (packed[at : at + step] for at in range(0, len(packed), step))

    assert b"".join(inflated(parts, coding, len(TEXT))) == TEXT


@pytest.mark.parametrize(
    ("pack", "coding"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (raw, "deflate")]
)
def test_nothing_is_inflated_past_the_bound(pack: Callable[[bytes], bytes], coding: str) -> None:
    packed = pack(BIG)
    tracemalloc.start()

    with pytest.raises(TooLargeError):
        deque(inflated([packed], coding, LARGEST), maxlen=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(TEXT)[:9] + b"\xff" * 99])
def test_what_is_not_packed_as_it_says_is_an_error(packed: bytes) -> None:
    with pytest.raises(DecodingError):
        list(inflated([packed], "gzip", LARGEST))


@pytest.mark.parametrize(
    ("header", "coding"),
    [("", None), ("identity", None), ("GZIP", "gzip"), ("x-gzip", "gzip"), ("deflate", "deflate"),
     ("identity, gzip", "gzip"), (" , gzip", "gzip")],
)  # fmt: skip
def test_a_body_is_packed_once_at_most(header: str, coding: str | None) -> None:
    assert coding_of(header) == coding


@pytest.mark.parametrize("header", ["gzip, gzip", "gzip,deflate", "br", "zstd", "gzip;q=1", "x"])
def test_any_other_way_to_pack_is_refused(header: str) -> None:
    with pytest.raises(DecodingError):
        coding_of(header)


# ---------------------------------------------------------------- who asks
@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A CRM that answers with `packed`, and headers of its choice."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            asked.append(self.headers["Accept-Encoding"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            for coding in server.codings:  # type: ignore[attr-defined]
                self.send_header("Content-Encoding", coding)
            self.send_header("Content-Length", str(len(server.packed)))  # type: ignore[attr-defined]
            self.end_headers()
            self.wfile.write(server.packed)  # type: ignore[attr-defined]

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.asked = asked  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


ASKED = {
    "token": lambda login: login.token("log in", "client_credentials", {}),
    "document": lambda login: login.metadata(),
    "code": lambda login: login.device_code({}),
}
TWICE = gzip.compress(gzip.compress(BIG))


@pytest.mark.parametrize(
    ("codings", "packed", "said"),
    [
        (["gzip"], gzip.compress(BIG), "over 16 MB"),
        (["deflate"], raw(BIG), "over 16 MB"),
        (["gzip, gzip"], TWICE, "Acme, to find contacts"),
        (["gzip", "gzip"], TWICE, "Acme, to find contacts"),
    ],
)
def test_a_small_answer_of_a_crm_does_not_fill_the_memory(
    server: ThreadingHTTPServer, codings: list[str], packed: bytes, said: str
) -> None:
    server.codings, server.packed = codings, packed  # type: ignore[attr-defined]
    adapter = Acme(f"http://127.0.0.1:{server.server_port}", auth="tok", region="US")
    tracemalloc.start()

    with pytest.raises(AdapterError, match=said):
        adapter.find(["+12025550143"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2 * LARGEST
    assert set(server.asked) == {"gzip, deflate"}  # type: ignore[attr-defined]


def test_a_packed_answer_of_a_crm_is_read(server: ThreadingHTTPServer) -> None:
    import json

    server.codings = ["gzip"]  # type: ignore[attr-defined]
    server.packed = gzip.compress(json.dumps([ROW]).encode())  # type: ignore[attr-defined]
    adapter = Acme(f"http://127.0.0.1:{server.server_port}", auth="tok", region="US")

    assert len(adapter.find(["+12025550143"])) == 1


@pytest.mark.parametrize("codings", [["gzip"], ["gzip, gzip"], ["gzip", "gzip"]])
def test_a_look_at_an_address_inflates_its_beginning_only(
    server: ThreadingHTTPServer, codings: list[str]
) -> None:
    server.codings, server.packed = codings, TWICE  # type: ignore[attr-defined]
    tracemalloc.start()

    found = reach(f"http://127.0.0.1:{server.server_port}/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found.status == 200
    assert peak < 4_000_000


ODD = "does not answer as a login server does"


@pytest.mark.parametrize(
    ("asked", "codings", "packed", "said"),
    [
        ("token", ["gzip"], gzip.compress(BIG), "its answer is too large"),
        ("document", ["gzip"], gzip.compress(BIG), "its answer is too large"),
        ("code", ["gzip"], gzip.compress(BIG), "its answer is too large"),
        ("token", [], BIG[:20_000_000], "its answer is too large"),
        ("token", ["gzip, gzip"], TWICE, ODD),
        ("token", ["gzip", "gzip"], TWICE, ODD),
        ("token", ["br"], b"?", ODD),
        ("token", ["gzip"], b"?", ODD),
    ],
)
def test_an_answer_of_a_login_server_does_not_fill_the_memory(
    server: ThreadingHTTPServer, asked: str, codings: list[str], packed: bytes, said: str
) -> None:
    server.codings, server.packed = codings, packed  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{server.server_port}"
    client = Client("me", Secret("s"))
    login = (
        LoginServer(url, {}, client)
        if asked == "document"
        else LoginServer(None, endpoints(url), client)
    )
    tracemalloc.start()

    with pytest.raises(LoginServerError, match=said):
        ASKED[asked](login)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20_000_000  # with what is imported; it was over 120 MB
    assert set(server.asked) == {"gzip, deflate"}  # type: ignore[attr-defined]


def test_an_answer_of_a_login_server_that_trickles_is_not_waited_for(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.codings, server.packed = [], b"{}"  # type: ignore[attr-defined]
    monkeypatch.setattr("crmwidget.http.login._server._PATIENCE", 1e-9)
    monkeypatch.setattr("authlib.integrations.httpx_client.OAuth2Client.send", sent_patiently)
    url = f"http://127.0.0.1:{server.server_port}"

    with pytest.raises(LoginServerError, match="it does not answer"):
        LoginServer(None, endpoints(url), Client("me")).token("log in", "client_credentials", {})


def sent_patiently(self: Any, request: Any, **more: Any) -> Any:
    """Of the time-outs only that of the whole answer is left."""
    request.extensions["timeout"] = {}
    return httpx2.Client.send(self, request, **more)


def endpoints(url: str) -> dict[str, str | None]:
    return {"token_endpoint": url, "device_authorization_endpoint": url}


def test_a_packed_answer_of_a_login_server_is_read(server: ThreadingHTTPServer) -> None:
    token = b'{"access_token": "t0", "token_type": "Bearer"}'
    server.codings, server.packed = ["gzip"], gzip.compress(token)  # type: ignore[attr-defined]
    login = LoginServer(
        None, endpoints(f"http://127.0.0.1:{server.server_port}"), Client("me", Secret("s"))
    )

    assert login.token("log in", "client_credentials", {}).access.reveal() == "t0"
