"""Rules of the frame: how the client embeds the connector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from crmwidget.conformance._rule import Verdict, broken, judged, kept, rule

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage

_ALLOW: Final = 'Give the iframe allow="camera; microphone; geolocation".'


def _attribute(stage: Stage, name: str) -> str | None:
    found: str | None = stage.frame.frame_element().get_attribute(name)
    return found


def _delegates(stage: Stage, *features: str) -> Verdict:
    written = (_attribute(stage, "allow") or "").lower()
    given = {
        words[0]
        for words in (part.split() for part in re.split(r"[;,]", written))
        if words and "'none'" not in words
    }
    missing = [name for name in features if name not in given]
    if missing:
        return broken(f"its allow attribute does not name {' and '.join(missing)}")
    return kept(f"allow names {' and '.join(features)}")


@rule(
    "frame-microphone",
    "D",
    "the frame is allowed camera and microphone",
    checked="reads the iframe's allow attribute",
    advice=_ALLOW,
)
def microphone(stage: Stage) -> Verdict:
    return _delegates(stage, "camera", "microphone")


@rule(
    "frame-geolocation",
    "R",
    "the frame is allowed geolocation",
    checked="reads the iframe's allow attribute",
    advice=_ALLOW,
)
def geolocation(stage: Stage) -> Verdict:
    return _delegates(stage, "geolocation")


@rule(
    "frame-no-sandbox",
    "I",
    "the frame has no sandbox attribute",
    checked="reads the iframe's attributes",
    advice="Leave sandbox off: the connector's login needs storage, popups and its own origin.",
)
def sandbox(stage: Stage) -> Verdict:
    if _attribute(stage, "sandbox") is None:
        return kept("no sandbox attribute")
    return broken("it has a sandbox attribute")


@rule(
    "frame-address",
    "I",
    "the frame's address names no pre-integrated CRM, and has no credential in it",
    checked="reads the address that the client has loaded",
    advice="Take the address as the vendor gave it, without crmType, name, password or token.",
)
def address(stage: Stage) -> Verdict:
    parts = urlsplit(stage.address)
    names = {name.lower() for name in parse_qs(parts.query, keep_blank_values=True)}
    faults = ["it has crmType"] if "crmtype" in names else []
    if "@" in parts.netloc:
        faults.append("it has a name or a password before the host")
    secret = names & {"token", "access_token", "password", "apikey", "api_key"}
    faults += [f"it has the parameter {name}" for name in sorted(secret)]
    return judged(faults, "nothing in it that should not be there")


RULES = (microphone, geolocation, sandbox, address)
