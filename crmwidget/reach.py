"""Reach: what an address answers, as far as it decides whether a page can be a frame of another.

One GET a hop, without cookies or credentials, of the address that a person asks
to have looked at; nothing of what comes back is kept but headers that decide.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Hop", "Reach", "origin_of", "reach"]

TIMEOUT: Final = 5.0
"""Seconds for connecting and for each answer."""
_MOST_HOPS: Final = 8
_LONGEST: Final = 100
"""Letters of a header that are worth keeping."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}

Problem = Literal["name", "refused", "timeout", "certificate", "protocol"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer; no path or query is in it, since those can carry tokens."""

    origin: str
    status: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of it; `problem` is None where there was an answer."""

    origin: str
    hops: tuple[Hop, ...] = ()
    problem: Problem | None = None
    detail: str = ""
    asked: str | None = None
    """The origin that did not answer, where there is a problem."""
    content_type: str = ""
    frame_options: str | None = None
    """X-Frame-Options of the last answer."""
    ancestors: tuple[str, ...] | None = None
    """Sources of the last answer's frame-ancestors; None: it has no such directive."""
    cookies: tuple[str, ...] = ()
    """Why a browser would not send a cookie of it from within a frame of another site."""
    third_party: bool = False
    """A cookie of it is sent there only where third-party cookies are allowed."""

    @property
    def status(self) -> int | None:
        """Of the last answer."""
        return self.hops[-1].status if self.hops else None

    @property
    def last(self) -> str:
        """The origin that answered last, or that was asked."""
        return self.hops[-1].origin if self.hops else self.origin

    @property
    def origins(self) -> tuple[str, ...]:
        """All that were asked, in order."""
        return (*(hop.origin for hop in self.hops), *filter(None, [self.asked]))

    @property
    def redirected(self) -> bool:
        """Whether the page is of another origin than the address."""
        return self.problem is None and self.last != self.origin

    def may_be_framed(self, by: str | None) -> bool | None:
        """Whether a page of origin `by` may show it; None: that depends on an origin not known."""
        if self.ancestors is not None:  # browsers ignore X-Frame-Options then
            return _admits(self.ancestors, by, self.last)
        option = (self.frame_options or "").strip().lower()
        if option == "deny":
            return False
        if option == "sameorigin":
            return None if by is None else by == self.last
        return True


def reach(url: str, timeout: float = TIMEOUT, *, client: Any = None) -> Reach:
    """Ask `url` and follow its redirects, as a browser would; never raises for what it meets.

    client: an httpx.Client or one like it; None: one of our own, which checks certificates.
    """
    import httpx

    origin = origin_of(url)
    own = client is None
    asking = httpx.Client(timeout=timeout, follow_redirects=False) if own else client
    hops: list[Hop] = []
    try:
        while True:
            here = origin_of(url)
            try:
                answer, headers = _ask(asking, url)
            except Exception as error:  # noqa: BLE001 - by its name: there are twins of httpx
                problem, detail = _problem(error)
                return Reach(origin, tuple(hops), problem, detail, here)
            hops.append(Hop(here, answer))
            target = headers.get("location")
            if answer not in _REDIRECTS or not target:
                return _read(origin, tuple(hops), headers)
            if len(hops) == _MOST_HOPS:
                detail = f"it redirects more than {_MOST_HOPS} times"
                return Reach(origin, tuple(hops), "protocol", detail, here)
            following = _target(url, target)
            if following is None:
                detail = "it redirects to what is no address of a page"
                return Reach(origin, tuple(hops), "protocol", detail, here)
            url = following
    finally:
        if own:
            asking.close()


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write them."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    try:
        port = parts.port
    except ValueError:
        port = None
    shown = "" if port is None or port == _PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def is_loopback(origin: str) -> bool:
    """Whether browsers take it for secure without https."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _target(url: str, location: str) -> str | None:
    """Where a redirect leads; None: nowhere that a browser shows in a frame."""
    try:
        found = urljoin(url, location)
        parts = urlsplit(found)
        parts.port  # noqa: B018 - reading it is how a wrong one is found
    except ValueError:
        return None
    return found if parts.scheme in _PORTS and parts.hostname else None


def _ask(client: Any, url: str) -> tuple[int, dict[str, str]]:
    # The body is not read: a stream of any length costs nothing.
    with client.stream("GET", url, headers={"Accept": "text/html,*/*;q=0.8"}) as answer:
        cookies = "\n".join(answer.headers.get_list("set-cookie"))
        policies = ",".join(answer.headers.get_list("content-security-policy"))
        headers = {name.lower(): str(value) for name, value in answer.headers.items()}
        headers.update({"set-cookie": cookies, "content-security-policy": policies})
        return int(answer.status_code), headers


def _problem(error: BaseException) -> tuple[Problem, str]:
    names = {kind.__name__ for kind in type(error).__mro__}
    causes = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) and deeper not in causes:
        causes.append(deeper)
    texts = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or (
        "CERTIFICATE_VERIFY_FAILED" in texts
    ):
        return "certificate", "the certificate is not one that this machine trusts"
    if "TimeoutException" in names:
        return "timeout", f"no answer within {TIMEOUT:g} s"
    if any(type(cause).__name__ == "gaierror" for cause in causes):
        return "name", "there is no host of this name"
    if "ConnectError" in names and "ssl" in texts.lower():
        return "protocol", "it does not speak https at this port"
    if "ConnectError" in names:
        return "refused", "nothing answers at this port"
    return "protocol", f"it does not speak this scheme at this port ({type(error).__name__})"


def _read(origin: str, hops: tuple[Hop, ...], headers: Mapping[str, str]) -> Reach:
    cookies = [_words(line) for line in headers.get("set-cookie", "").split("\n") if line.strip()]
    cookies = [words for words in cookies if "max-age=0" not in words]
    return Reach(
        origin,
        hops,
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower()[:_LONGEST],
        frame_options=headers.get("x-frame-options", "")[:_LONGEST] or None,
        ancestors=_ancestors(headers.get("content-security-policy", "")),
        cookies=tuple(filter(None, map(_unsent, cookies))),
        third_party=any(_unsent(words) is None and "partitioned" not in words for words in cookies),
    )


def _ancestors(policy: str) -> tuple[str, ...] | None:
    for directive in policy.replace(",", ";").split(";"):
        name, *sources = directive.split()[:50] or [""]
        if name.lower() == "frame-ancestors":
            return tuple(source.lower() for source in sources) or ("'none'",)
    return None


def _admits(sources: tuple[str, ...], by: str | None, own: str) -> bool | None:
    if sources == ("'none'",):
        return False
    if "*" in sources and (by is None or by.startswith("http")):
        return True
    if by is None:
        return None
    return any(by == own if source == "'self'" else _matches(source, by) for source in sources)


def _matches(source: str, by: str) -> bool:
    """A host source, scheme source or "*" of a content policy against an origin."""
    asked = urlsplit(by)
    if source == "*":
        return asked.scheme in _PORTS
    if source.endswith(":") and "/" not in source:
        return asked.scheme == source[:-1]
    given = urlsplit(source if "://" in source else f"{asked.scheme}://{source}")
    any_port = given.netloc.endswith(":*")
    if given.scheme != asked.scheme and (given.scheme, asked.scheme) != ("http", "https"):
        return False
    host, own = (given.hostname or "").lower(), asked.hostname or ""
    fits = own.endswith(host[1:]) and own != host[2:] if host.startswith("*.") else own == host
    if not fits:
        return False
    if any_port:
        return True
    wanted = given.port or _PORTS.get(asked.scheme)
    return (asked.port or _PORTS.get(asked.scheme)) == wanted


def _words(cookie: str) -> set[str]:
    """The attributes of a cookie; its name and value are looked at by nobody."""
    return {part.strip().lower() for part in cookie.split(";")[1:]}


def _unsent(words: set[str]) -> str | None:
    """Why a cookie stays at home in a frame of another site; None: it is sent."""
    if "samesite=none" not in words:
        return "a cookie without SameSite=None"
    return None if "secure" in words else "a cookie without Secure"
