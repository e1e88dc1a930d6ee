"""A canary: a person's number, address and password, written in every way, leave by no exit."""

from __future__ import annotations

import html
import json
import re
import traceback
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmwidget import Handlers
from crmwidget.notebook._cell_output import _masked
from crmwidget.safety.privacy import mask
from crmwidget.testing import Connector, screen_pop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THOROUGH: Final = max(500, settings().max_examples)
DIGITS: Final = "2025550143"
WORD: Final = "zebrafinch"
GAPS: Final = [
    "",
    " ",
    "-",
    ".",
    "/",
    "_",
    "\u00a0",
    "\u2011",
    "\u00ad",
    "\u200d\u200d",
    "\u2060",
    ") ",
]
PREFIXES: Final = ["", "+1", "+1 ", "(", "001 ", "tel:+1-"]

# What httpx, the standard library and a browser make of a text that they carry on.
ENCODINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "in a path": urllib.parse.quote,
    "in a path, all of it": lambda text: urllib.parse.quote(text, safe=""),
    "in a form": urllib.parse.quote_plus,
    "in a query": lambda text: str(httpx.URL("https://crm.example.com/", params={"q": text})),
    "in an address": lambda text: repr(httpx.URL(f"https://crm.example.com/{text}")),
    "as JSON": json.dumps,
    "as JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "as ASCII": ascii,
    "as bytes": lambda text: repr(text.encode()),
    "as HTML": html.escape,
    "as HTML in ASCII": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "as XML, sign by sign": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "with each byte escaped": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
}


@st.composite
def canaries(draw: st.DrawFn) -> str:
    """The number, with gaps where people put them; an address; a password behind its name."""
    kind = draw(st.sampled_from(["number", "address", "password"]))
    if kind == "address":
        return f"bo.{WORD}@example.com"
    if kind == "password":
        return draw(st.sampled_from(["password=", "api_key: ", "token="])) + f"Aa1-{WORD}"
    first, second = draw(st.sampled_from(GAPS)), draw(st.sampled_from(GAPS))
    start = draw(st.sampled_from(PREFIXES))
    return f"{start}{DIGITS[:3]}{first}{DIGITS[3:6]}{second}{DIGITS[6:]}"


def read(text: str) -> str:
    """What can be read in it by whoever undoes each encoding as often as it takes."""
    for _ in range(6):
        text = html.unescape(urllib.parse.unquote(text))
        text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        text = re.sub(
            r"(?:\\+x[0-9a-fA-F]{2})+",
            lambda found: bytes.fromhex(re.sub(r"\\+x", "", found[0])).decode(errors="replace"),
            text,
        )
    return text


def shows(text: str) -> bool:
    """Whether the canary is in it."""
    plain = read(text)
    return WORD in plain or DIGITS in re.sub(r"\D", "", plain)


written = st.builds(
    lambda canary, outer, inner, before, after: before + outer(inner(canary)) + after,
    canaries(),
    st.sampled_from(list(ENCODINGS.values())),
    st.sampled_from(list(ENCODINGS.values())),
    st.sampled_from(
        ["", "https://crm.example.com/find?phone=", "no answer for ", "{'a': ", "\n  "]
    ),
    st.sampled_from(["", " (404)", "&page=x", "'", "\n"]),
)


@settings(max_examples=THOROUGH, suppress_health_check=list(HealthCheck))
@given(written)
def test_no_way_to_write_it_passes(text: str) -> None:
    assert shows(text)
    assert not shows(mask(text)), mask(text)
    assert not shows(_masked(f"\x1b[31m{text}\x1b[0m"))


@settings(max_examples=THOROUGH // 5, suppress_health_check=list(HealthCheck))
@given(text=written)
def test_it_leaves_by_no_exit_of_a_phone(tmp_path: Path, text: str) -> None:
    handlers = Handlers()

    @handlers.on_screen_pop
    def pop(_: Any) -> None:
        raise LookupError(text)

    with Connector(handlers) as connector, pytest.raises(LookupError):
        connector.send(screen_pop("+442079460018"))

    client = connector._client
    failure = client.errors[-1]
    client.traffic.save(tmp_path / "capture.jsonl")
    exits = {
        "the error": repr(failure) + failure.summary + failure.bare + failure.for_agent,
        "the panel": json.dumps(failure.to_wire()),
        "the traffic": repr(list(client.traffic)) + str(client.traffic.sequence()),
        "the table": repr(client.traffic.to_frame("pyarrow").to_pylist()[-1]),
        "a capture": (tmp_path / "capture.jsonl").read_text(),
        "what the agent is told": repr(connector.received[-1]),
        "the cell": "".join(map(_masked, traceback.format_exception(failure.error))),
    }
    assert [where for where, said in exits.items() if shows(said)] == []
