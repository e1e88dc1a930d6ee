"""The door: time and tries are bounded; any of the three clients goes through."""

from __future__ import annotations

import json
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    CRMTimeoutError,
    RateLimitedError,
    RecordNotFoundError,
    UnexpectedAnswerError,
    UnreachableError,
)
from tests.adapters.acme import ROW, URL, Acme, acme
from tests.adapters.fake import Time, Vendor

if TYPE_CHECKING:
    from collections.abc import Iterator


# ---------------------------------------------------------------- clients
@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_ready_client_of_httpx_and_httpx2_works_unchanged(module: Any) -> None:
    vendor = Vendor(module=module).on("GET /api/people", [ROW])

    found = acme(vendor).find(["+12025550143"])

    assert found.contact is not None
    assert found.contact.id == 7
    assert vendor.asked[0].query == {"q": "+12025550143"}
    assert vendor.asked[0].headers["authorization"] == "Bearer tok"
    assert vendor.asked[0].headers["accept"] == "application/json"


def test_a_ready_client_of_authlib_sends_its_own_token() -> None:
    vendor = Vendor(module=httpx2).on("GET /api/people", [ROW])
    client = OAuth2Client(
        transport=httpx2.MockTransport(vendor),
        token={"access_token": "from-authlib", "token_type": "bearer"},
    )

    found = Acme(URL, client=client, region="US").find(["+12025550143"])

    assert len(found) == 1
    assert vendor.asked[0].headers["authorization"] == "Bearer from-authlib"


def test_an_authlib_client_without_a_token_is_told_to_fetch_one() -> None:
    client = OAuth2Client(transport=httpx2.MockTransport(Vendor(module=httpx2)))

    with pytest.raises(CredentialsError, match=r"fetch_token"):
        Acme(URL, client=client).find(["+12025550143"])


@pytest.mark.parametrize(
    ("kind", "twin"),
    [
        (httpx.AsyncClient, "httpx AsyncClient.*twin Client"),
        (httpx2.AsyncClient, "httpx2 AsyncClient.*twin Client"),
        (AsyncOAuth2Client, "authlib AsyncOAuth2Client.*twin OAuth2Client"),
    ],
)
def test_an_asynchronous_client_is_refused_with_its_twins_name(kind: Any, twin: str) -> None:
    with pytest.raises(TypeError, match=twin):
        Acme(URL, client=kind())


@pytest.mark.parametrize("client", [httpx.Client, object(), "client"])
def test_what_is_no_client_is_refused(client: object) -> None:
    with pytest.raises(TypeError, match=r"takes an httpx\.Client"):
        Acme(URL, client=client)


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_parameters_of_a_client_that_was_given_and_ours_go_together(module: Any) -> None:
    fake = Vendor(module=module).on("GET /api/people", [ROW])
    client = module.Client(transport=module.MockTransport(fake), params={"api_key": "K"})

    assert len(Acme(URL, client=client, region="US").find(["202 555 0143"])) == 1
    assert fake.asked[0].query == {"api_key": "K", "q": "202 555 0143"}


def test_a_client_with_nothing_but_request_is_enough() -> None:
    class Response:
        status_code = 200
        headers = {"X-Kind": "plain"}  # noqa: RUF012 - a stand-in

        def json(self) -> Any:
            return [ROW]

    class Plain:
        def request(self, method: str, url: str, **arguments: Any) -> Response:
            asked.append((method, url, arguments["follow_redirects"]))
            return Response()

    asked: list[tuple[str, str, bool]] = []

    assert len(Acme(URL, client=Plain(), region="US").find(["202 555 0143"])) == 1
    assert asked == [("GET", f"{URL}/people?q=202%20555%200143", False)]


def test_the_adapters_own_client_is_made_when_it_is_first_needed(server: Server) -> None:
    adapter = Acme(server.url, auth="tok", region="US")
    assert adapter._door._client is None

    with adapter:
        assert len(adapter.find(["+12025550143"])) == 1

    assert adapter._door._client is None
    assert server.paths == ["/people?q=%2B12025550143"]


def test_a_client_that_was_given_stays_open() -> None:
    vendor = Vendor().on("GET /api/people", [ROW])
    client = vendor.client()

    with Acme(URL, client=client, region="US") as adapter:
        adapter.find(["+12025550143"])

    assert not client.is_closed


def test_a_copy_with_a_region_shares_the_client_and_the_rate() -> None:
    vendor = Vendor().on("GET /api/people", [ROW])
    adapter = Acme(URL, client=vendor.client())

    placed = adapter.with_region("US")

    assert (adapter.region, placed.region) == (None, "US")
    assert len(placed.find(["+12025550143"])) == 1
    assert placed._door is adapter._door


# ------------------------------------------------------------------- tries
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_safe_request_is_repeated_with_growing_pauses_and_then_given_up(status: int) -> None:
    vendor, time = Vendor().on("GET /api/people", status), Time()

    with pytest.raises((RateLimitedError, UnexpectedAnswerError)) as raised:
        acme(vendor, time).find(["+12025550143"])

    assert len(vendor.asked) == 4
    assert time.slept == [0.25, 0.5, 1.0]
    assert raised.value.status == status


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 501])
def test_other_failures_are_not_repeated(status: int) -> None:
    vendor = Vendor().on("GET /api/people", status)

    with pytest.raises(Exception, match=str(status)):
        acme(vendor).find(["+12025550143"])

    assert len(vendor.asked) == 1


def test_a_retry_after_in_seconds_is_waited_for() -> None:
    vendor = Vendor().on("GET /api/people", (429, {}, {"Retry-After": "3"}), [ROW])
    time = Time()

    assert len(acme(vendor, time).find(["+12025550143"])) == 1
    assert time.slept == [3.0]


def test_a_retry_after_as_a_date_is_waited_for() -> None:
    date = formatdate(1_780_000_004, usegmt=True)
    vendor = Vendor().on("GET /api/people", (503, {}, {"Retry-After": date}), [ROW])
    time = Time()

    assert len(acme(vendor, time).find(["+12025550143"])) == 1
    assert time.slept == [4.0]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2,4", 4.0),
        ("4, 2", 4.0),
        ("soon, 3", 3.0),
        (f"2, {formatdate(1_780_000_004, usegmt=True)}", 4.0),
        (f"{formatdate(1_780_000_003, usegmt=True)}, 2", 3.0),
    ],
)
def test_of_several_retry_afters_the_longest_is_waited_for(given: str, seconds: float) -> None:
    vendor = Vendor().on("GET /api/people", (429, {}, {"Retry-After": given}), [ROW])
    time = Time()

    assert len(acme(vendor, time).find(["+12025550143"])) == 1
    assert time.slept == [seconds]


@pytest.mark.parametrize("given", ["soon", "-5", "", "NaN", "1e9", "Tue, 99 Foo 2026"])
def test_a_retry_after_that_means_nothing_is_ignored(given: str) -> None:
    vendor = Vendor().on("GET /api/people", (429, {}, {"Retry-After": given}), [ROW])
    time = Time()

    assert len(acme(vendor, time).find(["+12025550143"])) == 1
    assert time.slept == [0.25]


def test_a_retry_after_beyond_the_time_there_is_is_said_and_not_waited_for() -> None:
    vendor = Vendor().on("GET /api/people", (429, {}, {"Retry-After": "3600"}))
    time = Time()

    with pytest.raises(RateLimitedError, match=r"asks to wait 3,600 s, longer than") as raised:
        acme(vendor, time).find(["+12025550143"])

    assert time.slept == []
    assert len(vendor.asked) == 1
    assert raised.value.retry_after == 3600


@pytest.mark.parametrize("status", [408, 423, 425, 477])
@pytest.mark.parametrize("wait", [None, 3600])
def test_a_status_that_means_later_is_no_mistake_of_the_request(
    status: int, wait: int | None
) -> None:
    headers = {} if wait is None else {"Retry-After": str(wait)}
    vendor = Vendor().on("GET /api/people", (status, {"error": "x"}, headers))

    with pytest.raises(RateLimitedError, match="cannot do this just now") as raised:
        acme(vendor).find(["+12025550143"])

    advice = "Wait a moment" if wait is None else "It asks to wait 3,600 s: ask again after that."
    assert raised.value.advice.startswith(advice)
    assert (raised.value.retry_after, raised.value.status) == (wait, status)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RateLimitedError),
        (403, RateLimitedError),
        (409, RateLimitedError),
        (449, RateLimitedError),
        (401, CredentialsError),
        (404, RecordNotFoundError),
        (500, UnexpectedAnswerError),
    ],
)
def test_an_answer_that_asks_to_wait_says_how_long(status: int, kind: type[AdapterError]) -> None:
    vendor = Vendor().on("GET /api/people", (status, {}, {"Retry-After": "90"}))

    with pytest.raises(kind) as raised:
        acme(vendor).find(["+12025550143"])

    assert ("90 s" in str(raised.value)) == (kind not in {CredentialsError, RecordNotFoundError})


def test_all_tries_together_stay_within_the_time_of_the_question() -> None:
    vendor = Vendor().on("GET /api/people", (429, {}, {"Retry-After": "4"}))
    time = Time()

    with pytest.raises(RateLimitedError):
        acme(vendor, time, timeout=10).find(["+12025550143"])

    assert time.slept == [4.0, 4.0]


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_failed_connection_is_tried_again_a_slow_answer_is_not(module: Any) -> None:
    broken = Vendor(module=module).on("GET /api/people", module.ConnectError("refused"), [ROW])
    slow = Vendor(module=module).on("GET /api/people", module.ReadTimeout("late"), [ROW])

    assert len(acme(broken).find(["+12025550143"])) == 1
    with pytest.raises(CRMTimeoutError, match=r"A bad password can look like this"):
        acme(slow).find(["+12025550143"])

    assert (len(broken.asked), len(slow.asked)) == (2, 1)


@pytest.mark.parametrize("answer", [503, 429, httpx.ConnectError("no"), httpx.ReadError("cut")])
def test_a_write_is_never_repeated(answer: Any) -> None:
    vendor = Vendor().on("POST /api/calls", answer)

    with pytest.raises((RateLimitedError, UnexpectedAnswerError, UnreachableError)):
        acme(vendor).write()

    assert len(vendor.asked) == 1


def test_a_write_that_the_crm_does_once_is_repeated() -> None:
    vendor = Vendor().on("POST /api/calls", 503, httpx.ReadError("cut"), (201, {"id": 1}))

    assert acme(vendor).write(retry=True) == {"id": 1}
    assert len(vendor.asked) == 3


@pytest.mark.parametrize(
    ("failure", "unclear"),
    [
        (httpx.ConnectError("never sent"), False),
        (httpx.ConnectTimeout("never sent"), False),
        (httpx.ReadTimeout("sent"), True),
        (httpx.RemoteProtocolError("sent"), True),
        (500, True),
        (400, False),
    ],
)
def test_an_error_of_a_write_says_whether_it_may_have_been_done(
    failure: Any, unclear: bool
) -> None:
    vendor = Vendor().on("POST /api/calls", failure)

    with pytest.raises(Exception, match=r"Acme, to save a log") as raised:
        acme(vendor).write()

    assert raised.value.unclear is unclear  # type: ignore[attr-defined]
    assert ("look before writing again" in str(raised.value)) is unclear


@pytest.mark.parametrize("answer", [(201, b""), (201, b'{"id": '), (200, b"<html>log in</html>")])
def test_an_answer_to_a_write_that_cannot_be_read_is_looked_into(answer: Any) -> None:
    fake = Vendor().on("POST /api/calls", answer)
    adapter = acme(fake)
    looked: list[str] = []

    def look_up() -> str | None:
        looked.append("look")
        return "9" if len(looked) > 1 else None

    def write() -> str:
        made = adapter.write()
        if made is None:
            raise adapter.odd("save a log", "its answer has no id", unclear=True)
        return str(made["id"])

    assert adapter.once(look_up=look_up, write=write) == "9"
    assert fake.routes() == ["POST /api/calls"]


def test_a_write_that_may_be_repeated_and_ends_in_a_time_out_is_looked_for() -> None:
    fake = Vendor().on("POST /api/calls", httpx.ReadTimeout("slow"))
    adapter = acme(fake)
    found = iter([None, "9"])

    saved = adapter.once(look_up=lambda: next(found), write=lambda: adapter.write(retry=True))

    assert saved == "9"


@pytest.mark.parametrize("link", ["https://[x", "//[x", "/people?after=\ud800", "\n"])
def test_a_link_to_the_next_page_that_is_none_is_an_error_of_the_crm(link: str) -> None:
    page = json.dumps({"items": [ROW], "next": link}).encode()  # in ASCII, as a server may
    fake = Vendor().on("GET /api/people", (200, page))

    with pytest.raises(UnexpectedAnswerError):
        acme(fake).contacts()

    assert len(fake.asked) == 1


def test_pages_that_are_left_out_are_said() -> None:
    pages = ({"items": [ROW], "next": f"/api/people?page={number}"} for number in range(2, 9))
    fake = Vendor().on("GET /api/people", *pages)
    adapter = acme(fake)
    adapter.most_pages = 3  # type: ignore[misc]

    with pytest.warns(UserWarning, match="more than 3 pages"):
        assert len(adapter.contacts()) == 3


def test_pages_share_the_time_of_their_question() -> None:
    time = Time()

    def page(asked: Any) -> Any:
        time.at += 25
        return {"items": [ROW], "next": f"/api/people?page={len(vendor.asked)}"}

    vendor = Vendor().on("GET /api/people", page)

    with pytest.raises(CRMTimeoutError, match=r"to list contacts: no answer in time"):
        acme(vendor, time).contacts()

    assert len(vendor.asked) == 3


def test_a_question_within_another_ends_with_it() -> None:
    time = Time()
    vendor = Vendor().on("GET /api/people", {"items": [], "next": None})
    adapter = acme(vendor, time)

    with adapter._door.within(5):
        time.at += 6
        with pytest.raises(CRMTimeoutError):
            adapter.contacts()
    adapter.contacts()

    assert len(vendor.asked) == 1


# ------------------------------------------------------------- credentials
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_renewed_once_and_the_request_repeated(status: int) -> None:
    tokens = iter(["old", "new", "never"])
    vendor = Vendor().on("GET /api/people", status, [ROW])

    assert len(acme(vendor, auth=lambda: next(tokens)).find(["+12025550143"])) == 1
    assert [one.headers["authorization"] for one in vendor.asked] == ["Bearer old", "Bearer new"]


def test_a_token_that_stays_refused_is_an_error_after_one_renewal() -> None:
    tokens = iter(["old", "new", "never"])
    vendor = Vendor().on("GET /api/people", 401)

    with pytest.raises(CredentialsError, match=r"Check auth="):
        acme(vendor, auth=lambda: next(tokens)).find(["+12025550143"])

    assert len(vendor.asked) == 2
    assert next(tokens) == "never"


def test_a_token_is_asked_for_once_while_it_is_accepted() -> None:
    calls: list[int] = []

    def token() -> str:
        calls.append(1)
        return "tok"

    vendor = Vendor().on("GET /api/people", [ROW])
    adapter = acme(vendor, auth=token)

    for _ in range(3):
        adapter.find(["+12025550143"])

    assert (len(calls), len(vendor.asked)) == (1, 3)


def test_a_write_that_was_refused_for_its_token_is_sent_again_with_a_new_one() -> None:
    tokens = iter(["old", "new"])
    vendor = Vendor().on("POST /api/calls", 401, (201, {"id": 1}))

    assert acme(vendor, auth=lambda: next(tokens)).write() == {"id": 1}
    assert len(vendor.asked) == 2


def test_a_token_that_cannot_change_is_not_tried_twice() -> None:
    vendor = Vendor().on("GET /api/people", 401)

    with pytest.raises(CredentialsError):
        acme(vendor, auth="tok").find(["+12025550143"])

    assert len(vendor.asked) == 1


# ------------------------------------------------------------ a real socket
class Server:
    """A server on this machine; an asked path is remembered, an answer given or withheld."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.hang = threading.Event()
        self.silent = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                if outer.silent:
                    outer.hang.wait(30)
                    return
                body = b'[{"id": 7, "name": "Bo Larsen", "phone": "(202) 555-0143"}]'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.hang.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_server_that_never_answers_is_a_time_out_over_a_real_socket(
    server: Server, module: Any
) -> None:
    server.silent = True

    with module.Client(trust_env=False) as client:
        adapter = Acme(server.url, client=client, timeout=0.2)
        with pytest.raises(CRMTimeoutError, match=r"no answer in time"):
            adapter.find(["+12025550143"])

    assert len(server.paths) == 1


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_server_that_is_not_there_is_unreachable(server: Server, module: Any) -> None:
    server.stop()
    time = Time()

    with module.Client(trust_env=False) as client:
        adapter = Acme(server.url, client=client, clock=time.clock())
        with pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1"):
            adapter.find(["+12025550143"])

    assert time.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_https_where_plain_http_is_spoken_is_said_with_the_port(
    server: Server, module: Any
) -> None:
    url = server.url.replace("http:", "https:")

    with module.Client(trust_env=False) as client:
        adapter = Acme(url, client=client, clock=Time().clock())
        with pytest.raises(UnreachableError) as raised:
            adapter.find(["+12025550143"])

    said = str(raised.value)
    assert f"{url.removeprefix('https://')} does not speak https" in said
    assert "Check the port in url=, and whether it should begin with http://" in said
