"""An address book over CardDAV against Radicale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from crmwidget import Directory, Handlers
from crmwidget.directory._carddav import CardDAV
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    UnexpectedAnswerError,
    UnreachableError,
)
from crmwidget.testing import Connector, screen_pop
from tests.systems.radicale import CARDS, PASSWORD, USER
from tests.systems.road import Instead, Road

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.systems.radicale import RadicaleServer

AUTH = (USER, PASSWORD)
PEOPLE = 254
BO = "+12025550143"
BOOK = f"/{USER}/contacts/"


@pytest.fixture
def way(radicale: RadicaleServer) -> Iterator[Road]:
    with Road(radicale.url) as road:
        yield road


def multistatus(inner: str, head: str = "") -> Instead:
    body = (
        f'<?xml version="1.0"?>{head}<d:multistatus xmlns:d="DAV:" '
        f'xmlns:c="urn:ietf:params:xml:ns:carddav">{inner}</d:multistatus>'
    )
    return Instead(207, {"Content-Type": "application/xml"}, body.encode())


def response(href: str, *properties: str) -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{''.join(properties)}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


@pytest.mark.parametrize("path", ["", "/", f"/{USER}/", BOOK, "/.well-known/carddav"])
def test_the_address_books_are_found_from_wherever_one_starts(
    radicale: RadicaleServer, path: str
) -> None:
    directory = Directory.from_carddav(radicale.url + path, auth=AUTH, region="US")

    assert len(directory) == PEOPLE
    assert directory.warnings == []


def test_a_server_that_tells_nothing_at_its_root_is_asked_at_the_well_known_place(
    way: Road,
) -> None:
    way.happens("PROPFIND", Instead(405))

    directory = Directory.from_carddav(way.url, auth=AUTH)

    assert len(directory) == PEOPLE
    assert [one.path for one in way.passed[:3]] == ["/", "/.well-known/carddav", "/"]


def test_the_cards_are_asked_for_a_hundred_at_a_time(way: Road) -> None:
    Directory.from_carddav(way.url + BOOK, auth=AUTH)

    assert (way.count("PROPFIND"), way.count("REPORT")) == (2, 3)


def test_the_contacts_are_those_of_the_cards(radicale: RadicaleServer) -> None:
    directory = Directory.from_carddav(radicale.url + BOOK, auth=AUTH, region="US")

    bo = directory.find("2025550143").contact
    assert bo is not None
    assert (bo.id, bo.name, bo.email) == ("C-1", "Bo Larsen", "bo@example.com")
    assert [(phone.kind, phone.number) for phone in bo.phones] == [("mobile", "(202) 555-0143")]
    assert bo.fields["note"] == '=1+1, "quoted" & <b>bold</b>'
    ines = directory.find("+442079460018").contact
    assert ines is not None
    assert ines.name == "Ines Okafor \u202e\u05e9\u05dc\u05d5\u05dd"
    assert [phone.kind for phone in ines.phones] == ["work", "home"]
    assert sorted(match.contact.name for match in directory.find("+14155550132")) == [
        "Kit Reyes",
        "Sam Reyes",
    ]


def test_they_are_the_same_as_those_of_the_file(radicale: RadicaleServer) -> None:
    of_the_file = Directory.from_vcard("".join(CARDS.values()), region="US")
    of_the_server = Directory.from_carddav(radicale.url, auth=AUTH, region="US")

    known = {contact.id: contact for contact in of_the_server}
    assert [known[contact.id] for contact in of_the_file] == list(of_the_file)


def test_a_connector_gets_them_as_its_address_book_and_pops(radicale: RadicaleServer) -> None:
    directory = Directory.from_carddav(radicale.url, auth=AUTH, region="US")
    with Connector(Handlers(), directory=directory, region="US") as connector:
        assert connector.ask("directory")["count"] == str(PEOPLE)
        connector.send(screen_pop(BO))

        assert connector.record.id == "C-1"  # type: ignore[union-attr]


def test_more_cards_than_wanted_are_left_out_with_a_warning(radicale: RadicaleServer) -> None:
    with (
        CardDAV(radicale.url, auth=AUTH, most=150) as server,
        pytest.warns(UserWarning, match="more than 150 contacts"),
    ):
        assert len(server.contacts()) == 150


def test_a_ready_client_is_used_and_stays_open(radicale: RadicaleServer) -> None:
    with httpx.Client(auth=AUTH) as client:
        directory = Directory.from_carddav(radicale.url, client=client)

        assert (len(directory), client.is_closed) == (PEOPLE, False)


@pytest.mark.parametrize("auth", [None, (USER, "wrong"), ("nobody", PASSWORD)])
def test_a_bad_password_is_said_to_be(radicale: RadicaleServer, auth: Any) -> None:
    with pytest.raises(CredentialsError, match=r"are not accepted \(HTTP 401\)") as raised:
        Directory.from_carddav(radicale.url, auth=auth)

    assert PASSWORD not in str(raised.value)


def test_an_address_without_an_address_book_is_said_to_have_none(way: Road) -> None:
    nothing = multistatus(response("/", "<d:resourcetype/>"))
    way.happens("PROPFIND", *[nothing] * 4)

    with pytest.raises(UnexpectedAnswerError, match="there is no address book"):
        Directory.from_carddav(way.url, auth=AUTH)


def test_a_page_that_is_no_carddav_is_said_to_be_none(way: Road) -> None:
    page = Instead(200, {"Content-Type": "text/html"}, b"<html>hello</html>")
    way.happens("PROPFIND", page, page)

    with pytest.raises(UnexpectedAnswerError, match="its answer is no CardDAV"):
        Directory.from_carddav(way.url, auth=AUTH)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!-- x --><!DOCTYPE d SYSTEM "file:///etc/passwd">',
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaa"><!ENTITY b "&a;">]><?x y?>',
        '<!-- a --><!DOCTYPE d [<!ENTITY a "aaa">]><!-- b -->',
        "<!---->" * 1_000 + "<!DOCTYPE d>",  # as long a list as they like is read once
        "<!-- no end",
    ],
)
def test_a_document_that_could_expand_entities_is_not_read(way: Road, head: str) -> None:
    way.happens("PROPFIND", *[multistatus(response("/", "<d:resourcetype/>"), head)] * 2)

    with pytest.raises(UnexpectedAnswerError, match="no CardDAV"):
        Directory.from_carddav(way.url, auth=AUTH)

    assert [one.path for one in way.passed] == ["/", "/.well-known/carddav"]


@pytest.mark.parametrize("host", ["https://elsewhere.example.com", "//elsewhere.example.com"])
def test_a_home_on_another_host_is_not_asked(way: Road, host: str) -> None:
    home = f"<c:addressbook-home-set><d:href>{host}/home/</d:href></c:addressbook-home-set>"
    way.happens("PROPFIND", multistatus(response("/", home)))

    with pytest.raises(AdapterError, match=r"to another host, elsewhere\.example\.com, which"):
        Directory.from_carddav(way.url, auth=AUTH)

    assert way.count("PROPFIND") == 1


def test_a_card_that_cannot_be_read_is_left_out_and_named_by_its_place(way: Road) -> None:
    way.happens(
        "REPORT",
        multistatus(
            response(
                "/1.vcf",
                f"<c:address-data>{CARDS['bo']}</c:address-data>".replace("&", "+")
                .replace("<b>", "")
                .replace("</b>", ""),
            )
            + response("/2.vcf", "<c:address-data>BEGIN:VCARD\nFN:Cut off</c:address-data>")
        ),
        multistatus(""),
        multistatus(""),
    )

    directory = Directory.from_carddav(way.url + BOOK, auth=AUTH)

    assert "Bo Larsen" in [contact.name for contact in directory]
    assert directory.warnings[0].startswith("card 2 (2.vcf) has no END:VCARD")


def test_a_server_that_is_gone_is_said_to_be(radicale: RadicaleServer) -> None:
    radicale.stop()
    try:
        with pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1"):
            Directory.from_carddav(radicale.url, auth=AUTH)
    finally:
        radicale.start()
    assert len(Directory.from_carddav(radicale.url, auth=AUTH)) == PEOPLE
