"""Rules of the frame: how the client embeds the connector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from crmwidget.conformance._rule import Verdict, broken, judged, kept, rule

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage

_ALLOW: Final = (
    "Give the iframe allow=\"camera; microphone; geolocation\", without 'self' or another origin, "
    "and let no Permissions-Policy header of the page forbid them."
)


def _attribute(stage: Stage, name: str) -> str | None:
    found: str | None = stage.frame.frame_element().get_attribute(name)
    return found


_ALLOWED: Final = """names => {
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    return names.filter((name) => policy?.allowsFeature(name));
}"""
_GIVES: Final = """([name, origin]) => {
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    return policy?.allowsFeature(name, origin) ?? true;
}"""


def _delegates(stage: Stage, *features: str) -> Verdict:
    """Whether the browser gives the frame these; where it does not, why."""
    given = stage.frame.evaluate(_ALLOWED, [*features])
    missing = [name for name in features if name not in given]
    if not missing:
        return kept(f"the browser gives it {' and '.join(features)}")
    return judged((_why(stage, name) for name in missing), "")


def _why(stage: Stage, name: str) -> str:
    written = (_attribute(stage, "allow") or "").lower()
    named = {part.split()[0] for part in re.split(r"[;,]", written) if part.strip()}
    if name not in named:
        return f"its allow attribute does not name {name}"
    if stage.value(_GIVES, [name, stage.connector]):
        return f"its allow attribute names {name}, and gives it to another origin than the frame's"
    return f"a Permissions-Policy of the page, or of one around it, forbids it {name}"


@rule(
    "frame-microphone",
    "D",
    "the frame is allowed camera and microphone",
    checked="asks the browser what the frame is allowed",
    advice=_ALLOW,
)
def microphone(stage: Stage) -> Verdict:
    return _delegates(stage, "camera", "microphone")


@rule(
    "frame-geolocation",
    "R",
    "the frame is allowed geolocation",
    checked="asks the browser what the frame is allowed",
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
