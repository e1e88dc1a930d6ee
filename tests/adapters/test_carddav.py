"""CardDAV: what one card or one page spoils costs nobody else, and is said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmwidget.directory._carddav import CardDAV
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from crmwidget.http import transport as _door
from tests.adapters.fake import Time

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.directory import Directory

HOST = "https://dav.example.com"
BOOK = "/dav/book/"
SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"'


def card(number: int, more: str = "") -> str:
    """A card as the text of an XML document."""
    lines = f"UID:{number}\r\nFN:Person {number}\r\nTEL:+1202555{number:04}\r\n{more}"
    return escape(f"BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}END:VCARD\r\n")


def response(href: str, prop: str, status: str = "200 OK") -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{prop}</d:prop>"
        f"<d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response>"
    )


def given_card(href: str, text: str) -> str:
    return response(href, f"<c:address-data>{text}</c:address-data>")


def multistatus(inner: str, declared: str = "utf-8", **headers: str) -> httpx.Response:
    text = f'<?xml version="1.0" encoding="{declared}"?><d:multistatus {SPACES}>{inner}'
    content = f"{text}</d:multistatus>".encode(declared, "surrogateescape")
    return httpx.Response(207, headers=headers or {"content-type": "text/xml"}, content=content)


def a_book(href: str = BOOK) -> str:
    return response(href, "<d:resourcetype><d:collection/><c:addressbook/></d:resourcetype>")


@dataclass
class Server:
    """An address book whose cards are the texts of these files, as its XML has them."""

    cards: dict[str, str]
    instead: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """What is answered where this file, or "METHOD /path", is asked for."""
    responses: dict[str, str] = field(default_factory=dict)
    """The whole response for a file, in place of its card."""
    asked: list[Any] = field(default_factory=list)
    """The method and path of each request; of a REPORT the files."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = BOOK if request.url.path + "/" == BOOK else request.url.path
        route = f"{request.method} {path}"
        wanted = re.findall(r"href>([^<]+)<", request.content.decode())
        self.asked.append(wanted if request.method == "REPORT" else route)
        for name in (route, *wanted):
            if name in self.instead:
                return self.instead[name]()
        if route == f"PROPFIND {BOOK}":
            items = "".join(response(href, "<d:resourcetype/>") for href in self.cards)
            return multistatus(a_book() + (items if request.headers["depth"] == "1" else ""))
        if request.method == "REPORT":
            given = (self.responses.get(one, given_card(one, self.cards[one])) for one in wanted)
            return multistatus("".join(given))
        return httpx.Response(404)

    def read(self, url: str = HOST + BOOK, region: str | None = "US") -> Directory:
        client = httpx.Client(transport=httpx.MockTransport(self))
        return CardDAV(url, client=client, region=region, clock=Time().clock()).contacts()

    @property
    def reports(self) -> list[int]:
        return [len(one) for one in self.asked if isinstance(one, list)]


def a_server(count: int) -> Server:
    return Server({f"{BOOK}{number}.vcf": card(number) for number in range(count)})


# ------------------------------------------------------------------- one broken card
def no_xml(server: Server, name: str) -> None:
    server.cards[name] = card(0, "NOTE:").replace("NOTE:", "NOTE:fish & chips <b>")


def another_tag(server: Server, name: str) -> None:
    server.cards[name] = "</c:address-data>"


def cut_off(server: Server, name: str) -> None:
    server.cards[name] = "BEGIN:VCARD\r\nFN:Cut Secret"


def no_card(server: Server, name: str) -> None:
    server.cards[name] = "Secret"


def empty(server: Server, name: str) -> None:
    server.cards[name] = ""


def failing(server: Server, name: str) -> None:
    server.responses[name] = response(name, "<c:address-data/>", "500 Internal Server Error")


def absent(server: Server, name: str) -> None:
    server.responses[name] = ""


def breaking_the_server(server: Server, name: str) -> None:
    server.instead[name] = lambda: httpx.Response(500)


def breaking_the_answer(server: Server, name: str) -> None:
    server.instead[name] = lambda: httpx.Response(200, html="<html></html>")


BREAKS = [no_xml, another_tag, cut_off, no_card, empty, failing, absent]
BREAKS += [breaking_the_server, breaking_the_answer]


@given(st.sampled_from(BREAKS), st.integers(1, 250), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_one_broken_card_leaves_all_others_and_a_warning_that_names_it(
    broken: Callable[[Server, str], None], count: int, data: st.DataObject
) -> None:
    server = a_server(count)
    place = data.draw(st.integers(0, count - 1))
    broken(server, f"{BOOK}{place}.vcf")

    directory = server.read()

    others = [str(number) for number in range(count) if number != place]
    assert [contact.id for contact in directory] == others
    (warning,) = directory.warnings
    assert warning.startswith(f"card {place + 1} ({place}.vcf) ")
    assert "left out" in warning
    assert "Secret" not in warning


def test_several_broken_cards_leave_the_others() -> None:
    server = a_server(120)
    for place in (3, 4, 99, 119):
        no_xml(server, f"{BOOK}{place}.vcf")

    directory = server.read()

    assert len(directory) == 116
    assert [line.partition(")")[0] for line in directory.warnings] == [
        f"card {place + 1} ({place}.vcf" for place in (3, 4, 99, 119)
    ]


def test_a_server_whose_every_answer_is_none_is_an_error() -> None:
    server = a_server(300)
    server.instead[f"REPORT {BOOK}"] = lambda: httpx.Response(200, html="<html></html>")

    with pytest.raises(UnexpectedAnswerError, match="to read an address book: its answer is no"):
        server.read()

    assert len(server.reports) < 25


@pytest.mark.parametrize("status", [501, 503])
def test_a_failure_that_no_card_causes_is_an_error_at_once(status: int) -> None:
    server = a_server(300)
    server.instead[f"REPORT {BOOK}"] = lambda: httpx.Response(status)

    with pytest.raises(UnexpectedAnswerError, match=str(status)):
        server.read()

    assert set(server.reports) == {100}


@pytest.mark.parametrize("written", ["\x10", "\x00", "\x0b", "\ufffe", "&#16;", "&#x1;", "&#0;"])
def test_a_character_that_xml_does_not_allow_costs_only_itself(written: str) -> None:
    server = a_server(3)
    server.cards[f"{BOOK}1.vcf"] = card(1, "NOTE:one\r\n").replace("one", f"o{written}ne&#228;")

    directory = server.read()

    assert [contact.id for contact in directory] == ["0", "1", "2"]
    assert directory.get("1").fields["note"] == "one\u00e4"  # type: ignore[union-attr]
    assert directory.warnings == [
        "card 2 (1.vcf): 1 control character that XML does not allow left out"
    ]


def test_a_card_that_was_deleted_meanwhile_is_nothing_to_say() -> None:
    server = a_server(2)
    name = f"{BOOK}1.vcf"
    status = "<d:status>HTTP/1.1 404 Not Found</d:status>"
    server.responses[name] = f"<d:response><d:href>{name}</d:href>{status}</d:response>"

    directory = server.read()

    assert (len(directory), directory.warnings) == (1, [])


def test_a_file_that_may_be_called_after_a_person_is_not_named() -> None:
    server = Server({f"{BOOK}{name}.vcf": "BEGIN:VCARD" for name in ("Ada-Berg", "+12025550143")})

    assert [line.partition(" has")[0] for line in server.read().warnings] == ["card 1", "card 2"]


# ------------------------------------------------------------------- too large
def test_fewer_cards_are_asked_for_where_an_answer_was_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_door, "LARGEST", 50_000)
    photo = f"PHOTO;ENCODING=b:{'A' * 1_500}\r\n"
    server = Server({f"{BOOK}{number}.vcf": card(number, photo) for number in range(130)})

    directory = server.read()

    assert (len(directory), directory.warnings) == (130, [])
    assert server.reports == [100, 50, *[25] * 5, 5]


def test_a_card_that_is_too_large_alone_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_door, "LARGEST", 60_000)
    server = a_server(90)
    server.cards[f"{BOOK}7.vcf"] = card(7, f"PHOTO;ENCODING=b:{'A' * 70_000}\r\n")

    directory = server.read()

    assert len(directory) == 89
    assert directory.warnings == ["card 8 (7.vcf) could not be read: it was left out"]


# ------------------------------------------------------------------- encodings
@pytest.mark.parametrize(
    ("declared", "header"),
    [
        ("utf-8", {}),
        ("iso-8859-1", {}),
        ("windows-1252", {"content-type": "application/xml"}),
        ("utf-16", {}),
        ("utf-8", {"content-type": "text/xml; charset=iso-8859-1"}),
    ],
)
def test_an_answer_is_in_the_encoding_that_it_declares(
    declared: str, header: dict[str, str]
) -> None:
    server = a_server(1)
    text = given_card(f"{BOOK}0.vcf", card(0).replace("Person", "J\u00f6rg"))
    server.instead[f"REPORT {BOOK}"] = lambda: multistatus(text, declared, **header)

    assert [contact.name for contact in server.read()] == ["J\u00f6rg 0"]


def test_the_header_alone_may_declare_the_encoding() -> None:
    server = a_server(1)
    text = given_card(f"{BOOK}0.vcf", card(0).replace("Person", "J\u00f6rg"))
    content = f"<d:multistatus {SPACES}>{text}</d:multistatus>".encode("latin-1")
    header = {"content-type": 'text/xml; charset="ISO-8859-1"'}
    server.instead[f"REPORT {BOOK}"] = lambda: httpx.Response(207, headers=header, content=content)

    assert [contact.name for contact in server.read()] == ["J\u00f6rg 0"]


def test_a_card_in_another_encoding_than_the_answer_is_read_as_it_says() -> None:
    server = a_server(3)
    name = "\u0418\u0432\u0430\u043d".encode("cp1251").decode("utf-8", "surrogateescape")
    server.cards[f"{BOOK}1.vcf"] = card(1).replace("FN:Person", f"FN;CHARSET=windows-1251:{name}")
    server.cards[f"{BOOK}2.vcf"] = card(2).replace("Person", "J\udcf6rg")

    names = [contact.name for contact in server.read()]

    assert names == ["Person 0", "\u0418\u0432\u0430\u043d 1", "J\u00f6rg 2"]


# ------------------------------------------------------------------- the way there
def a_page() -> httpx.Response:
    return httpx.Response(200, html="<!DOCTYPE html><title>Welcome</title>")


def a_redirect(location: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(301, headers={"location": location})


PAGES: dict[str, Callable[[], httpx.Response]] = {
    "a page": a_page,
    "broken XML": lambda: multistatus("<broken>"),
    "nothing": lambda: httpx.Response(207, content=b""),
    "no address book": lambda: multistatus(response("/", "<d:resourcetype/>")),
    "another host": a_redirect("https://www.example.com/"),
    "a circle": a_redirect("/"),
}


@pytest.mark.parametrize(
    "answer", [*PAGES, 204, 400, 403, 404, 405, 410, 500, 501, 502, 503], ids=str
)
def test_the_well_known_address_is_asked_after_any_answer_that_is_no_carddav(
    answer: str | int,
) -> None:
    server = a_server(2)
    server.instead["PROPFIND /"] = (
        PAGES[answer] if isinstance(answer, str) else lambda: httpx.Response(answer)
    )
    server.instead["PROPFIND /.well-known/carddav"] = a_redirect(BOOK)

    assert len(server.read(HOST)) == 2


def test_where_neither_is_carddav_what_the_given_address_said_is_the_error() -> None:
    server = a_server(1)
    server.instead["PROPFIND /"] = a_page

    with pytest.raises(UnexpectedAnswerError, match="its answer is no CardDAV"):
        server.read(HOST)

    server.instead["PROPFIND /"] = lambda: httpx.Response(403)
    with pytest.raises(CredentialsError, match="403"):
        server.read(HOST)


@pytest.mark.parametrize(("status", "kind"), [(401, CredentialsError), (429, RateLimitedError)])
def test_a_refusal_that_would_be_the_same_everywhere_ends_the_search(
    status: int, kind: type[AdapterError]
) -> None:
    server = a_server(1)
    server.instead["PROPFIND /"] = lambda: httpx.Response(status)

    with pytest.raises(kind):
        server.read(HOST)

    assert set(server.asked) == {"PROPFIND /"}


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_the_host_of_a_link_that_is_not_followed_is_named(port: str) -> None:
    server = a_server(1)
    home = f"<d:href>https://p07-contacts.example.net{port}/7/home/</d:href>"
    answer = response("/", f"<c:addressbook-home-set>{home}</c:addressbook-home-set>")
    server.instead["PROPFIND /"] = lambda: multistatus(answer)

    with pytest.raises(UnexpectedAnswerError) as caught:
        server.read(HOST)

    shown = "" if port == ":443" else port
    assert "another host, p07-contacts.example.net, which is not asked" in str(caught.value)
    assert f"in its links: https://p07-contacts.example.net{shown}, if" in str(caught.value)
    assert caught.value.host == "p07-contacts.example.net"
    assert server.asked == ["PROPFIND /"]


def test_groups_are_asked_for_and_left_out() -> None:
    server = a_server(1)
    kind = "X-ADDRESSBOOKSERVER-KIND:group\r\n"
    server.cards[f"{BOOK}group.vcf"] = card(9, kind)

    directory = server.read()

    assert [contact.id for contact in directory] == ["0"]
    assert directory.warnings == []


def test_an_empty_address_book_keeps_its_region() -> None:
    directory = Server({}).read(region="DE")

    assert (len(directory), directory.region, directory.warnings) == (0, "DE", [])


def test_many_cards_that_are_in_no_answer_are_counted() -> None:
    server = a_server(20)
    for number in range(1, 18):
        absent(server, f"{BOOK}{number}.vcf")

    directory = server.read()

    assert len(directory) == 3
    assert len(directory.warnings) == 6
    assert directory.warnings[-1] == "12 more cards are not in the server's answer"
