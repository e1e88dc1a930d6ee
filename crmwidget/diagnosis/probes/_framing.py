"""Framing: which pages may show an answer in a frame, by its headers and as browsers read them.

Sources: Content Security Policy 3, frame-ancestors, and the HTML standard, X-Frame-Options. Where
the two leave a browser a choice, this is Chromium's: tests/browser/test_framing.py compares the
two over many combinations of headers, pages and schemes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
"""The ports that an address does not write."""
_SHOWN: Final = 5
"""Sources or values of a header that are worth showing."""
_LONGEST: Final = 100
"""Letters of each that are worth showing."""
_BLANKS: Final = " \t\n\x0c\r"
"""ASCII whitespace: Python's own split() would take blanks of other scripts, too."""
_UNREADABLE: Final = re.compile(f"[^{_BLANKS}!-~]")
"""A directive with one of these has no effect, though it counts as the first of its name."""
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE | re.ASCII)
# An IPv6 address is no host of a policy, and a blank or a quote is in none.
_SOURCE: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"
    r"(?::(?P<port>\*|[0-9]+))?"
    r"(?:(?P<path>/[^?#]*)(?:[?#].*)?)?",
    re.IGNORECASE | re.ASCII,
)
_ANY_PAGE: Final = (
    "http://page.invalid", "https://page.invalid", "http://page.invalid:1", "https://page.invalid:1",
)  # fmt: skip
"""A policy that admits all of these depends on no page."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The headers of one answer that decide about frames."""

    options: tuple[str, ...] = ()
    """Every value of X-Frame-Options, in lower case; lists are taken apart."""
    policies: tuple[tuple[str, ...], ...] = ()
    """The sources of frame-ancestors, for each content policy that has this directive."""

    def admits(self, page: str | None, own: str) -> bool | None:
        """Whether a page of origin `page` may show an answer that comes from the origin `own`.

        page: None where it is not known. None: then that decides.
        """
        if self.policies:  # browsers ignore X-Frame-Options then
            return _all(_policy_admits(sources, page, own) for sources in self.policies)
        return _options_admit(frozenset(self.options), page, own)

    def refusal(self, page: str | None, own: str) -> str:
        """The header that does not admit `page`, as far as it is worth showing; "": all do."""
        for sources in self.policies:
            if _policy_admits(sources, page, own) is not True:
                return _policy(sources)
        return "" if self.admits(page, own) else str(self)

    def __str__(self) -> str:
        said = [_policy(sources) for sources in self.policies]
        if self.options and not said:
            said = [f"X-Frame-Options: {_listed([one.upper() for one in self.options], ', ')}"]
        return "; ".join(said) or "no header forbids it"


NONE: Final = Framing()
"""No such header."""


def framing(options: Iterable[str], policies: Iterable[str]) -> Framing:
    """Read X-Frame-Options and Content-Security-Policy; a text for each line of the answer."""
    listed = (policy for line in policies for policy in line.split(","))
    return Framing(
        tuple(value.strip(_BLANKS + "\x0b").lower() for line in options for value in _values(line)),
        tuple(sources for policy in listed if (sources := _ancestors(policy)) is not None),
    )


def _values(line: str) -> list[str]:
    """The values of a list; a comma between quotes separates none."""
    return re.findall(r'(?:^|,)((?:"(?:\\.|[^"\\])*(?:"|$)|[^,"])*)', line)


def _ancestors(policy: str) -> tuple[str, ...] | None:
    """The sources of the first frame-ancestors; None: it has none."""
    for directive in policy.split(";"):
        name, *sources = re.split(f"[{_BLANKS}]+", directive.strip(_BLANKS))
        if name.lower() == "frame-ancestors":
            return None if _UNREADABLE.search(directive) else tuple(sources) or ("'none'",)
    return None


def _policy(sources: Sequence[str]) -> str:
    return f"frame-ancestors {_listed(sources, ' ')}"


def _listed(values: Sequence[str], between: str) -> str:
    shown = between.join(value[:_LONGEST] for value in values[:_SHOWN])
    return shown + " ..." * (len(values) > _SHOWN)


def _all(found: Iterable[bool | None]) -> bool | None:
    answers = set(found)
    return False if False in answers else None if None in answers else True


def _options_admit(values: frozenset[str], page: str | None, own: str) -> bool | None:
    if len(values) > 1:  # values that contradict each other forbid, unless all are unknown
        return not values & {"deny", "allowall", "sameorigin"}
    if values == {"sameorigin"}:
        return None if page is None else page == own
    return values != {"deny"}


def _policy_admits(sources: tuple[str, ...], page: str | None, own: str) -> bool | None:
    if page is not None:
        return any(_source_admits(source, page, own) for source in sources)
    if all(_policy_admits(sources, any_page, own) for any_page in _ANY_PAGE):
        return True
    return None if any(_is_source(source, own) for source in sources) else False


def _is_source(source: str, own: str) -> bool:
    return source == "*" or _read(source, own) is not None


def _source_admits(source: str, page: str, own: str) -> bool:
    asked = urlsplit(page)
    if source == "*":
        return asked.scheme in PORTS
    read = _read(source, own)
    if read is None or (secured := _scheme_admits(read.scheme, asked.scheme)) is None:
        return False
    if read.host is None:
        return True
    return _host_admits(read.host, asked.hostname or "") and _port_admits(
        read.port, asked.port, asked.scheme, secured=secured
    )


class _Source(NamedTuple):
    """What a source of a policy admits."""

    scheme: str
    host: str | None = None
    """None: every host, and every port."""
    port: str | None = None
    """None: the usual one of the page's scheme."""


def _read(source: str, own: str) -> _Source | None:
    """Read one source; None: it admits no page, or is not valid."""
    here = urlsplit(own)
    if source.lower() == "'self'":
        usual = PORTS.get(here.scheme)
        return _Source(here.scheme, here.hostname, str(here.port or usual))
    if scheme := _SCHEME.fullmatch(source):
        return _Source(scheme[1].lower())
    found = _SOURCE.fullmatch(source)
    if found is None or found["path"] not in (None, "/"):  # a page's origin has no path
        return None
    return _Source((found["scheme"] or here.scheme).lower(), found["host"].lower(), found["port"])


def _scheme_admits(scheme: str, asked: str) -> bool | None:
    """Whether it only does so because https is the more secure http; None: it does not."""
    if asked == scheme:
        return False
    return True if (scheme, asked) == ("http", "https") else None


def _host_admits(host: str, asked: str) -> bool:
    if host == "*":
        return True
    return asked.endswith(host[1:]) if host.startswith("*.") else asked == host


def _port_admits(port: str | None, asked: int | None, scheme: str, *, secured: bool) -> bool:
    usual = PORTS.get(scheme)
    number = asked or usual
    if port is None:
        return number == usual
    if port == "*":
        return True
    # Where the scheme is another one, the port has to become another one with it.
    return (int(port), number) == (80, 443) if secured else int(port) == number
