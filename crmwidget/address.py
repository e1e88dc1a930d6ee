"""The connector's address: what may be embedded, and whose messages are then heard."""

from __future__ import annotations

import ipaddress
import warnings
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from crmwidget.errors import OriginError, without_path

_EXAMPLE = "Give the connector's own address: CRMWidget('https://connector.example.com/...')"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the frame is loaded from and the one origin it may speak from."""

    src: str
    origin: str
    """Scheme, host and port as a browser writes them: what `event.origin` is compared with."""


def address(url: object) -> Address:
    """Check the connector's origin or whole URL.

    https anywhere, http only on this machine (loopback). Raises OriginError, whose
    message names what is wrong and what to write instead.
    """
    if not isinstance(url, str):
        raise OriginError(str(url), f"an address is text, not {type(url).__name__}", _EXAMPLE + ".")
    if url != url.strip() or any(c <= " " for c in url):
        raise OriginError(url, "it has spaces or control characters", "Remove them.")
    if url in {"*", "null"}:
        raise OriginError(
            url, "that would let any page speak for the connector", "Name one origin."
        )
    parts = _split(url)
    host = _host(url, parts)
    if parts.scheme == "http" and not is_loopback(host):
        raise OriginError(
            url,
            "http is only allowed on this machine (localhost), since anybody on the network "
            "could speak for the connector",
            f"Use '{without_path(url.replace('http:', 'https:', 1))}'.",
        )
    port = _port(url, parts)
    origin = f"{parts.scheme}://{host}" + (
        f":{port}" if port not in (None, _PORTS[parts.scheme]) else ""
    )
    if parts.path in ("", "/") and not parts.query and not is_loopback(host):
        warnings.warn(
            f"{url!r} is an origin without a path. Connectors usually live below one "
            "(…/sfdc-workspaces/?tenantId=…); if the frame stays empty or silent, "
            "give the whole URL.",
            stacklevel=4,
        )
    return Address(url, origin)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OriginError(
            url, f"it cannot be read as an address ({error})", _EXAMPLE + "."
        ) from None
    if parts.scheme in _PORTS and parts.netloc:
        return parts
    if parts.scheme in _PORTS:
        raise OriginError(url, "it names no host", _EXAMPLE + ".")
    if not parts.scheme or (parts.scheme and "." in parts.scheme) or parts.path[:1].isdigit():
        raise OriginError(
            url,
            "no https origin in it",
            f"Write the scheme: 'https://{without_path(url.lstrip('/'))}'.",
        )
    raise OriginError(
        url,
        f"{parts.scheme}: is not an address of a web page on a host",
        _EXAMPLE + ", or leave it out to use the simulator.",
    )


def _host(url: str, parts: SplitResult) -> str:
    if "@" in parts.netloc or "\\" in url:
        raise OriginError(
            url.replace(parts.netloc, parts.netloc.rpartition("@")[2])
            if "@" in parts.netloc
            else url,
            "it carries a name, a password or a backslash, which can disguise the real host",
            "Write scheme, host and path only.",
        )
    host = parts.hostname or ""
    if ":" in host:
        return f"[{ipaddress.ip_address(host.partition('%')[0]).compressed}]"
    try:
        ascii_host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise OriginError(url, "its host is not a valid name", _EXAMPLE + ".") from None
    if not ascii_host or "*" in ascii_host or ".." in ascii_host or "%" in ascii_host:
        raise OriginError(url, "its host is not one exact name", _EXAMPLE + ".")
    return ascii_host


def _port(url: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise OriginError(
            url, "its port is not a number up to 65535", "Correct the part after the colon."
        ) from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
