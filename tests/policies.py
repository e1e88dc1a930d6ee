"""Policies: headers about frames made by a grammar, as administrators and proxies write them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGES: Final = (
    "http://127.0.0.1:8888",
    "http://localhost:8888",
    "http://[::1]:8888",
    "https://hub.example.org",
    "https://hub.example.org:8443",
    "http://hub.example.org",
    "http://hub.example.org:8000",
    "https://lab.hub.example.org",
)
"""Origins of notebooks."""
CONNECTORS: Final = (
    "http://localhost:4200",
    "https://localhost:4200",
    "https://hub.example.org",
    "https://hub.example.org:8443",
    "http://hub.example.org:8000",
    "http://[::1]:8888",
)
_CSP: Final = "Content-Security-Policy"
_XFO: Final = "X-Frame-Options"
_SCHEMES: Final = (*[""] * 6, *["https://", "http://"] * 3, "HTTPS://", "wss://", "ws://", "//")
_HOSTS: Final = (
    *["hub.example.org"] * 6, *["*.example.org", "*", "localhost", "127.0.0.1", "[::1]"] * 2,
    "HUB.Example.org", "*.hub.example.org", "*.org", "*hub.example.org", "*.*", "hub.example.org.",
    "other.example.org", "under_score.example.org", "büro.example.org", "192.0.2.7", "",
)  # fmt: skip
_PORTS: Final = (
    *[""] * 8,
    ":*",
    ":*",
    ":443",
    ":80",
    ":8443",
    ":8888",
    ":8000",
    ":",
    ":08443",
    ":x",
)
_PATHS: Final = (*[""] * 8, "/", "/lab", "/lab/", "/?next=lab", "?next=lab", "#lab", "//", "/%2F")
_WORDS: Final = (
    *["'self'", "'none'", "*", "https:", "http:"] * 3, "'SELF'", "'None'", "self", "none", '"self"',
    "'unsafe-inline'", "wss:", "ws:", "data:", "blob:", "'", "https:/", "https//hub.example.org",
)  # fmt: skip
_BLANKS: Final = (*[" "] * 8, "  ", "\t", " \t ", "\x0c", "\x0b", "\xa0")
_OTHERS: Final = (
    "img-src 'self'", "frame-src 'none'", "upgrade-insecure-requests", "", " ", "café",
    "child-src https://hub.example.org", "report-uri /csp", "frame-ancestor 'none'",
)  # fmt: skip
_OPTIONS: Final = (
    *["SAMEORIGIN", "DENY"] * 4, "sameorigin", "Deny", "ALLOWALL", "ALLOW-FROM https://hub.example.org",
    "SAME-ORIGIN", "", "deny;", '"DENY"', "'SAMEORIGIN'", "DENY SAMEORIGIN", '"a, DENY"',
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A connector's answer, and the page around the frame."""

    page: str
    connector: str
    headers: tuple[tuple[str, str], ...]


def cases(seed: int, number: int) -> Iterator[Case]:
    """As many, always the same for a seed; browsers load none of them for another reason."""
    chosen = random.Random(seed)  # noqa: S311 - a test has to be the same tomorrow
    for at in range(number):
        page = PAGES[at % len(PAGES)]
        secure = page.startswith("https:")
        connectors = [one for one in CONNECTORS if one.startswith("https:") or not secure]
        yield Case(page, chosen.choice(connectors), headers(chosen))


def headers(chosen: random.Random) -> tuple[tuple[str, str], ...]:
    """One to four, in which frame-ancestors or X-Frame-Options stands."""
    kinds = chosen.choice(("c", "c", "c", "cc", "cc", "x", "x", "xx", "xc", "xr", "cr", "xxc", "o"))
    made = {"c": _policies, "x": _options, "r": _policies, "o": _neither}
    named = {"c": _CSP, "x": _XFO, "r": f"{_CSP}-Report-Only", "o": _CSP}
    return tuple((_cased(chosen, named[kind]), made[kind](chosen)) for kind in kinds)


def _cased(chosen: random.Random, text: str) -> str:
    return chosen.choice((text, text, text.lower(), text.upper()))


def _options(chosen: random.Random) -> str:
    between = chosen.choice((", ", ",", " ,"))
    return between.join(_some(chosen, _OPTIONS, (1, 1, 1, 2, 3)))


def _neither(chosen: random.Random) -> str:
    return "; ".join(_some(chosen, _OTHERS, (1, 2)))


def _policies(chosen: random.Random) -> str:
    """A list of policies; most have one."""
    return ", ".join(_policy(chosen) for _ in range(chosen.choice((1, 1, 1, 1, 2))))


def _policy(chosen: random.Random) -> str:
    directives = [_directive(chosen) for _ in range(chosen.choice((1, 1, 1, 1, 1, 2)))]
    directives += _some(chosen, _OTHERS, (0, 0, 1))
    chosen.shuffle(directives)
    return chosen.choice((";", "; ", " ; ")).join(directives)


def _directive(chosen: random.Random) -> str:
    sources = [_source(chosen) for _ in range(chosen.choice((0, 1, 1, 1, 1, 2, 2, 3)))]
    text = _cased(chosen, "frame-ancestors")
    for source in sources:
        text += chosen.choice(_BLANKS) + source
    return text


def _source(chosen: random.Random) -> str:
    if chosen.random() < 1 / 4:
        return chosen.choice(_WORDS)
    return "".join(chosen.choice(part) for part in (_SCHEMES, _HOSTS, _PORTS, _PATHS))


def _some(chosen: random.Random, among: Sequence[str], how_many: Sequence[int]) -> list[str]:
    return [chosen.choice(among) for _ in range(chosen.choice(how_many))]
