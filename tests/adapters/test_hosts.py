"""The door: host, size and rate are bounded, and an odd answer is an error that says so."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from crmwidget.adapters._base import Complaint, Rate
from crmwidget.errors import RateLimitedError, RefusedError, UnexpectedAnswerError
from tests.adapters.acme import ROW, URL, Acme, acme
from tests.adapters.fake import Time, Vendor


# ------------------------------------------------------------------ hosts
def test_a_redirect_within_the_host_is_followed_for_a_get() -> None:
    vendor = Vendor()
    vendor.on("GET /api/people", (302, {}, {"Location": "/v2/people?q=moved"}))
    vendor.on("GET /v2/people", [ROW])

    assert len(acme(vendor).find(["+12025550143"])) == 1
    assert vendor.asked[1].query == {"q": "moved"}
    assert vendor.asked[1].headers["authorization"] == "Bearer tok"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.org/people",
        "http://crm.example.com/api/people",
        "https://crm.example.com:8443/api/people",
        "//evil.example.org/people",
        "https://crm.example.com@evil.example.org/",
        "https://crm.example.com.evil.example.org/",
        "https://[bad",
        "",
    ],
)
def test_a_redirect_to_another_host_is_refused(location: str) -> None:
    vendor = Vendor().on("GET /api/people", (302, {}, {"Location": location}))

    with pytest.raises(UnexpectedAnswerError, match=r"Only https://crm\.example\.com is asked"):
        acme(vendor).find(["+12025550143"])

    assert len(vendor.asked) == 1


def test_a_redirect_is_not_followed_by_a_client_that_would() -> None:
    vendor = Vendor().on("GET /api/people", (302, {}, {"Location": "https://evil.example.org/"}))
    adapter = Acme(URL, auth="tok", client=vendor.client(follow_redirects=True))

    with pytest.raises(UnexpectedAnswerError):
        adapter.find(["+12025550143"])

    assert [one.url.partition("?")[0] for one in vendor.asked] == [f"{URL}/people"]


def test_redirects_in_a_circle_end() -> None:
    vendor = Vendor().on("GET /api/people", (302, {}, {"Location": "/api/people"}))

    with pytest.raises(UnexpectedAnswerError, match=r"sends us elsewhere"):
        acme(vendor).find(["+12025550143"])

    assert len(vendor.asked) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_write_is_not_followed(status: int) -> None:
    vendor = Vendor().on("POST /api/calls", (status, {}, {"Location": "/api/calls2"}))

    with pytest.raises(UnexpectedAnswerError):
        acme(vendor).write()

    assert len(vendor.asked) == 1


def test_pages_are_followed_within_the_host() -> None:
    vendor = Vendor().on(
        "GET /api/people",
        {"items": [ROW], "next": "https://crm.example.com/api/people?page=2"},
        {"items": [{**ROW, "id": 8}], "next": "?page=3"},
        {"items": [{**ROW, "id": 9}], "next": None},
    )

    found = acme(vendor).contacts()

    assert [contact.id for contact in found] == [7, 8, 9]
    assert [one.query for one in vendor.asked] == [{}, {"page": "2"}, {"page": "3"}]


@pytest.mark.parametrize(
    "link", ["https://evil.example.org/people?page=2", "//evil.example.org/x", "file:///etc/hosts"]
)
def test_a_next_page_on_another_host_is_refused(link: str) -> None:
    vendor = Vendor().on("GET /api/people", {"items": [ROW], "next": link})

    with pytest.raises(UnexpectedAnswerError, match=r"links to another host"):
        acme(vendor).contacts()

    assert len(vendor.asked) == 1


LINK = "https://u:p@crm.example.com/api/people?page=2"


@pytest.mark.parametrize(
    "first", [{"items": [ROW], "next": LINK}, (302, {}, {"Location": LINK})], ids=["page", "moved"]
)
def test_credentials_in_a_link_never_replace_the_users(first: Any) -> None:
    vendor = Vendor().on("GET /api/people", first, {"items": [ROW], "next": None})

    assert acme(vendor).contacts()

    one, other = vendor.asked
    assert one.headers["authorization"] == other.headers["authorization"]
    assert other.query == {"page": "2"}


def test_pages_in_a_circle_end() -> None:
    vendor = Vendor().on("GET /api/people", {"items": [ROW], "next": "?page=2"})

    with pytest.raises(UnexpectedAnswerError, match=r"round in a circle"):
        acme(vendor).contacts()

    assert len(vendor.asked) == 2


def test_more_contacts_than_asked_for_are_left_out_with_a_warning() -> None:
    def page(asked: Any) -> Any:
        return {"items": [ROW, ROW], "next": f"?page={len(vendor.asked)}"}

    vendor = Vendor().on("GET /api/people", page)

    with pytest.warns(UserWarning, match=r"more than 3 contacts"):
        found = acme(vendor, most=3).contacts()

    assert (len(found), len(vendor.asked)) == (3, 2)


@pytest.mark.parametrize(
    "url",
    [
        "crm.example.com",
        "ftp://crm.example.com",
        "https://user:secret@crm.example.com",
        "https://crm.example.com/?token=1",
        "https://crm.example.com/#x",
        "https://",
        "",
        None,
    ],
)
def test_an_address_that_is_none_or_has_secrets_in_it_is_refused(url: Any) -> None:
    with pytest.raises(ValueError, match=r"url= is (an|the) address") as raised:
        Acme(url)

    assert "secret@" not in str(raised.value)


def test_an_address_without_encryption_is_warned_about_but_not_on_this_machine() -> None:
    with pytest.warns(UserWarning, match=r"is not encrypted"):
        Acme("http://crm.example.com")
    Acme("http://127.0.0.1:8000")
    Acme("http://localhost:8000")


# ------------------------------------------------------------ size and rate
def test_an_answer_over_the_cap_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.http.transport.LARGEST", 1_000)
    vendor = Vendor().on("GET /api/people", (200, b"[" + b" " * 2_000 + b"]"))

    with pytest.raises(UnexpectedAnswerError, match=r"Ask for less"):
        acme(vendor).find(["+12025550143"])


def test_a_burst_over_the_rate_waits_for_its_turn() -> None:
    class Slow(Acme):
        rate = Rate(2, 4.0)

    vendor, time = Vendor().on("GET /api/people", [ROW]), Time()
    adapter = Slow(URL, client=vendor.client(), region="US", clock=time.clock())

    for _ in range(4):
        adapter.find(["+12025550143"])

    assert time.slept == [2.0, 2.0]


def test_a_turn_that_comes_too_late_is_an_error_without_a_request() -> None:
    class Slow(Acme):
        rate = Rate(1, 100.0)

    vendor, time = Vendor().on("GET /api/people", [ROW]), Time()
    adapter = Slow(URL, client=vendor.client(), region="US", clock=time.clock())
    adapter.find(["+12025550143"])

    for _ in range(5):  # who is refused takes no turn, and makes nobody wait longer
        with pytest.raises(RateLimitedError, match=r"Wait 100 s"):
            adapter.find(["+12025550143"])

    assert len(vendor.asked) == 1


# ------------------------------------------------------------ odd answers
@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"<html>log in</html>", "text/html", "a web page instead of data"),
        (b"{broken", "application/json", "no JSON"),
        (b"[" * 100_000, "application/json", "no JSON"),
        (b"\xff\xfe", "application/json", "no JSON"),
        (b"1" * 5_000, "application/json", "no JSON"),
    ],
)
def test_what_is_no_json_is_an_unexpected_answer(content: bytes, kind: str, words: str) -> None:
    vendor = Vendor().on("GET /api/people", (200, content, {"Content-Type": kind}))

    with pytest.raises(UnexpectedAnswerError, match=words):
        acme(vendor).find(["+12025550143"])


def test_a_failure_inside_a_200_is_a_failure() -> None:
    class Careful(Acme):
        def complaint(self, status: int, body: Any) -> Complaint | None:
            if isinstance(body, dict) and body.get("error"):
                return Complaint("refused", "ValidationError", tuple(body["error"]))
            return None

    body = {"error": ["phone", "+1 202 555 0143", "bo@example.com", "a" * 100, "n12025550143"]}
    vendor = Vendor().on("GET /api/people", body)
    adapter = Careful(URL, client=vendor.client())

    with pytest.raises(RefusedError, match=r"ValidationError; it complains about phone") as raised:
        adapter.find(["+12025550143"])

    assert raised.value.fields == ("phone",)
    assert "0143" not in str(raised.value)


def test_what_no_json_carries_is_replaced_before_it_is_sent() -> None:
    vendor = Vendor().on("POST /api/calls", {})
    sent = {"a\0": "\0\ud800\u202e", "b": [float("nan"), 1.5, float("inf")], "c": ("\udfff",)}

    acme(vendor).request("POST", "/calls", call="save a log", json=sent)

    assert vendor.asked[0].body == {
        "a\ufffd": "\ufffd\ufffd\u202e",
        "b": [None, 1.5, None],
        "c": ["\ufffd"],
    }


def test_the_log_of_the_client_has_no_query_and_no_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    vendor = Vendor().on("GET /api/people", [ROW])

    with caplog.at_level(logging.INFO):
        acme(vendor).find(["+12025550143"])

    assert "crm.example.com/api/people" in caplog.text
    assert "5550143" not in caplog.text
    assert "?" not in caplog.text


def test_what_lies_below_the_client_logs_no_header(caplog: pytest.LogCaptureFixture) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps([ROW]).encode()
            self.send_response(200)
            for name, value in (
                ("Content-Type", "application/json"), ("Set-Cookie", "session=canary"),
                ("X-Caller", "+12025550143"), ("Content-Length", str(len(body))),
            ):  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server, caplog.at_level(logging.DEBUG):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            Acme(f"http://127.0.0.1:{server.server_port}", auth="tok").find(["+12025550143"])
        finally:
            server.shutdown()
            thread.join()

    assert "receive_response_headers.complete" in caplog.text
    assert [c for c in ("canary", "5550143", "Cookie", "tok") if c in caplog.text] == []
