"""CardDAV: an answer costs no more than its length, however its elements are nested."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from crmwidget.directory import _dav_answers
from crmwidget.directory._dav_answers import Resource
from crmwidget.errors import UnexpectedAnswerError
from tests.adapters.test_carddav import BOOK, SPACES, a_book, a_server, multistatus, response

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

STATUS = "<d:status>HTTP/1.1 200 OK</d:status>"
DEEP = 100_000


def nested(name: str, depth: int, within: str = "") -> str:
    return f"<d:{name}>" * depth + within + f"</d:{name}>" * depth


NESTED: dict[str, Callable[[], str]] = {
    "responses": lambda: nested("response", DEEP),
    "propstats": lambda: f"<d:response>{nested('propstat', DEEP, STATUS)}</d:response>",
    "props": lambda: response("/x", nested("prop", DEEP)),
    "links": lambda: response("/x", f"<d:resourcetype>{nested('href', DEEP)}</d:resourcetype>"),
    "anything": lambda: nested("x", DEEP),
    "beyond what is read": lambda: a_book() + nested("x", _dav_answers.DEEPEST),
}


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
@pytest.mark.parametrize("shape", NESTED)
def test_an_answer_that_is_nested_too_deeply_is_refused_and_says_so(
    shape: str, method: str
) -> None:
    server = a_server(4)

    def answer() -> httpx.Response:
        return multistatus(NESTED[shape]())

    server.instead = {f"{method} {BOOK}": answer}

    with pytest.raises(UnexpectedAnswerError, match="nested more than 64 deep"):
        server.read()


def test_an_answer_of_too_many_elements_is_refused_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_dav_answers, "MOST_ELEMENTS", 1_000)
    server = a_server(4)
    server.instead = {f"REPORT {BOOK}": lambda: multistatus("<d:x/>" * 1_000)}

    with pytest.raises(UnexpectedAnswerError, match="more than 1,000 elements"):
        server.read()


def test_a_card_in_too_many_elements_costs_only_itself() -> None:
    server = a_server(10)
    server.responses[f"{BOOK}7.vcf"] = nested("response", DEEP)

    directory = server.read()

    assert len(directory) == 9
    assert directory.warnings == ["card 8 (7.vcf) could not be read: it was left out"]


def test_a_book_of_many_cards_is_within_the_bounds() -> None:
    listed = "".join(response(f"{BOOK}{n}.vcf", "<d:resourcetype/>") for n in range(2_000))
    root = _dav_answers._parsed(f"<d:multistatus {SPACES}>{listed}</d:multistatus>")

    assert root is not None
    assert len(root) == 2_000


@pytest.mark.parametrize("depth", [2, 5, 20])
def test_only_what_stands_where_it_belongs_is_read(depth: int) -> None:
    inner = f"<d:propstat><d:prop><d:x/></d:prop>{STATUS}</d:propstat>"
    whole = inner.replace("<d:x/>", "<d:x/>" + inner * depth)
    text = f"<d:response {SPACES}><d:href>/x</d:href>{whole}</d:response>"

    found = Resource(ET.fromstring(text))  # noqa: S314 - our own

    assert [one.tag for one in found._properties].count("{DAV:}x") == 1
    assert found.status is None


def test_five_times_the_answer_takes_less_than_twenty_times_the_time() -> None:
    def seconds(count: int) -> float:
        inner = f"<d:propstat><d:prop><d:x/></d:prop>{STATUS}</d:propstat>" * count
        inner += "<d:propstat><d:prop>" * 25 + "<d:x/>" * count + "</d:prop></d:propstat>" * 25
        text = f"<d:multistatus {SPACES}><d:response>{inner}</d:response></d:multistatus>"
        began = time.perf_counter()
        root = _dav_answers._parsed(text)
        assert root is not None
        Resource(root[0])
        return time.perf_counter() - began

    assert min(seconds(20_000) for _ in range(2)) < 20 * min(seconds(4_000) for _ in range(3))
