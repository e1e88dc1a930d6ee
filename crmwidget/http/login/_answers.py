"""What a login server says, checked before it is used: addresses, tokens, codes.

Addresses are https, or http on this machine. A token is a Bearer one and fits
into a header. Spans of time are numbers in bounds, whatever the server wrote.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from crmwidget.errors import LoginServerError
from crmwidget.safety.privacy import Secret

__all__ = ["DeviceCode", "Grant", "checked_address", "device_code", "grant", "is_this_machine"]

_LONGEST_TOKEN: Final = 16_384
_INTERVAL: Final = 5.0
"""RFC 8628, where the server names none."""
_LONGEST_PAUSE: Final = 60.0
_LIFETIME: Final = 600.0
_LONGEST_CODE: Final = 64


@dataclass(frozen=True)
class Grant:
    """What the server gave; `lifetime` in seconds from now, None: it did not say."""

    access: Secret
    refresh: Secret | None
    lifetime: float | None


@dataclass(frozen=True)
class DeviceCode:
    """A device login that has begun: what the person needs, and how to ask for the result."""

    device: Secret
    user_code: str
    link: str
    direct: str | None
    """A link that has the code in it already."""
    interval: float
    lifetime: float


def grant(host: str, call: str, answer: object) -> Grant:
    """A token endpoint's answer; LoginServerError where it is none."""
    fields = answer if isinstance(answer, Mapping) else {}
    kind, token = fields.get("token_type", "bearer"), fields.get("access_token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise _odd(host, call, "its token is of another kind than Bearer")
    if not isinstance(token, str) or not _fits_a_header(token):
        raise _odd(host, call, "there is no usable token in its answer")
    refresh = fields.get("refresh_token")
    return Grant(
        Secret(token),
        Secret(refresh) if isinstance(refresh, str) and refresh else None,
        _seconds(fields.get("expires_in")),
    )


def device_code(host: str, call: str, answer: object) -> DeviceCode:
    """A device authorization endpoint's answer; LoginServerError where it is none."""
    fields = answer if isinstance(answer, Mapping) else {}
    device, code = fields.get("device_code"), fields.get("user_code")
    link = fields.get("verification_uri", fields.get("verification_url"))  # [I] older servers
    direct = fields.get("verification_uri_complete")
    if not (isinstance(device, str) and device and isinstance(code, str) and code.strip()):
        raise _odd(host, call, "there is no code in its answer")
    if len(code) > _LONGEST_CODE or not code.isprintable():
        raise _odd(host, call, "its code is none that a person could enter")
    interval, lifetime = _seconds(fields.get("interval")), _seconds(fields.get("expires_in"))
    whole = isinstance(direct, str)
    return DeviceCode(
        Secret(device),
        code.strip(),
        checked_address(link, "verification_uri", host),
        checked_address(direct, "verification_uri_complete", host) if whole else None,
        _INTERVAL if interval is None else min(max(interval, 1.0), _LONGEST_PAUSE),
        _LIFETIME if lifetime is None else lifetime,
    )


def _odd(host: str, call: str, said: str) -> LoginServerError:
    advice = "Check issuer= or token_url=: it may be another server's."
    return LoginServerError(host, call, said, advice)


def checked_address(url: object, what: str, host: str | None = None) -> str:
    """An address that may be asked: on https, or http on this machine; without a password."""
    text = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        name = parts.hostname or ""
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        parts, name = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(name))
    plain = text.isascii() and text.isprintable() and not set(text) & set(" \"'<>\\^`{|}")
    if safe and name and plain and "@" not in parts.netloc and not parts.fragment:
        return text
    raise LoginServerError(
        host or "the login server",
        f"use its {what}",
        "the address is not on https, or is none",
        "Secrets go there, so it has to begin with https:// (http:// on this machine only) "
        "and to have no password and no # in it.",
    )


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _fits_a_header(token: str) -> bool:
    return (
        0 < len(token) <= _LONGEST_TOKEN
        and token.isascii()
        and token.isprintable()
        and " " not in token
    )


def _seconds(value: object) -> float | None:
    """A span in seconds; servers write it as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
