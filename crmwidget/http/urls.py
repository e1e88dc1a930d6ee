"""The connector's address: what may be embedded, and whose messages are then heard.

Hosts and origins are written as browsers write them (the URL standard; names of other scripts by
UTS 46, not transitional), since a browser's `event.origin` is what they are compared with.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import warnings
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import idna

from crmwidget.errors import OriginError, without_path

_EXAMPLE = "Give the connector's own address: CRMWidget('https://connector.example.com/...')"
_PORTS = {"https": 443, "http": 80}
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f#%*/:<>?@\[\\\]^|]")
"""In no host: the URL standard's forbidden domain code points, and a star, which browsers escape or
keep as they like."""
_JOINERS: Final = "\u200c\u200d"
_BYTES: Final = 4
_BYTE: Final = 255


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
    if parts.scheme == "http" and not is_loopback_host(host):
        raise OriginError(
            url,
            "http is only allowed on this machine (localhost), since anybody on the network "
            "could speak for the connector",
            f"Use '{without_path(url.replace('http:', 'https:', 1))}'.",
        )
    port = _port(url, parts)
    origin = _origin(parts.scheme, host, port)
    if parts.path in ("", "/") and not parts.query and not is_loopback_host(host):
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
    if not url.strip():
        raise OriginError(url, "it is empty", _EXAMPLE + ", or leave it out to use the simulator.")
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
    if "*" in parts.netloc or "%" in parts.netloc:
        raise OriginError(url, "its host is not one exact name", _EXAMPLE + ".")
    host = host_of(_given_host(parts))
    if host is None or ".." in host:
        raise OriginError(url, "its host is not a valid name", _EXAMPLE + ".")
    return host


def _given_host(parts: SplitResult) -> str:
    """As it was written: Python's `hostname` changes letters in ways that browsers do not."""
    host = parts.netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def _port(url: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise OriginError(
            url, "its port is not a number up to 65535", "Correct the part after the colon."
        ) from None


# ---------------------------------------------------------------- as browsers write it
def origin_of(url: str) -> str:
    """Scheme, host and port of a URL as browsers write them; a host that they refuse stays."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    given = _given_host(parts)
    return _origin(parts.scheme, host_of(given) or given, port)


def _origin(scheme: str, host: str, port: int | None) -> str:
    return f"{scheme}://{host}" + ("" if port in (None, _PORTS.get(scheme)) else f":{port}")


def host_of(text: str) -> str | None:
    """The host of a web page as browsers write it; None: they refuse it."""
    try:
        if text.startswith("["):
            return f"[{_ipv6(text)}]"
        name = _to_ascii(unquote_to_bytes(text).decode())
        if not name or _FORBIDDEN.search(name):
            return None
        return _ipv4(name) if _ends_in_a_number(name) else name
    except ValueError:  # every kind of error that names and addresses have is one
        return None


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _to_ascii(name: str) -> str:
    """Write a name as UTS 46 does, not transitional, and without limits that only DNS has.

    idna.encode() would keep to IDNA 2008, and refuse names that browsers open.
    """
    mapped = idna.uts46_remap(name, std3_rules=False)
    labels = [_decoded(label) for label in mapped.split(".")]
    if name.isascii() and mapped.split(".") == labels:
        return mapped
    rtl = any(map(_is_rtl, labels))
    for label in filter(None, labels):
        _check(label, rtl=rtl)
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels
    )


def _decoded(label: str) -> str:
    """A label in its own script; raises ValueError where what `xn--` stands before is none."""
    if not label.startswith("xn--"):
        return label
    found = label[4:].encode().decode("punycode")
    if found.isascii() or idna.uts46_remap(found, std3_rules=False) != found:
        raise ValueError(label)
    return found


def _check(label: str, *, rtl: bool) -> None:
    """Raise ValueError for what is no label; rtl: one of its name is written from the right."""
    if label.startswith("xn--"):
        raise ValueError(label)
    idna.check_nfc(label)
    idna.check_initial_combiner(label)
    idna.check_bidi(label, check_ltr=rtl)
    joiners = (at for at, letter in enumerate(label) if letter in _JOINERS)
    if not all(idna.valid_contextj(label, at) for at in joiners):
        raise ValueError(label)


def _is_rtl(label: str) -> bool:
    return any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in label)


def _ends_in_a_number(name: str) -> bool:
    last = name.removesuffix(".").rpartition(".")[2]
    return last.isdecimal() or _number(last) is not None


def _ipv4(name: str) -> str:
    """An IPv4 address: one to four numbers, of which the last one fills what is left."""
    parts = name.removesuffix(".").split(".")
    numbers = [number for part in parts if (number := _number(part)) is not None]
    *first, last = numbers
    if len(numbers) != len(parts) or len(parts) > _BYTES or max(first, default=0) > _BYTE:
        raise ValueError(name)
    if last >= 256 ** (_BYTES + 1 - len(parts)):
        raise ValueError(name)
    return str(ipaddress.IPv4Address(last + sum(n * 256 ** (3 - i) for i, n in enumerate(first))))


def _number(text: str) -> int | None:
    """Decimal, octal after 0, hexadecimal after 0x, as in C; None: no number."""
    if re.fullmatch("0x[0-9a-f]*", text):
        return int(text[2:] or "0", 16)
    if re.fullmatch("0[0-7]+", text):
        return int(text, 8)
    return int(text) if re.fullmatch("0|[1-9][0-9]*", text) else None


def _ipv6(text: str) -> str:
    """An IPv6 address: no zone, no dotted part, the longest run of zeros left out."""
    if not text.endswith("]") or "%" in text:
        raise ValueError(text)
    number = int(ipaddress.IPv6Address(text[1:-1]))
    whole = ":".join(f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
    runs = re.finditer(r"\b0(?::0)+\b", whole)
    run = max(runs, key=lambda found: len(found[0]), default=None)
    if run is None:
        return whole
    return f"{whole[: run.start()].removesuffix(':')}::{whole[run.end() :].removeprefix(':')}"
