"""The login of the served simulator: who is logged in, and an identity provider of its own.

[I] all of it. One person is logged in or nobody, for every browser, as if its
cookies reached the frame; no name and no secret is sent here. The provider is a
page of the same server under its other name, localhost or 127.0.0.1, which to a
browser is another origin and another site; it forbids being framed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import parse_qs, urlsplit

Way = Literal["form", "sso"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)

PROVIDER: Final = "/provider"
LOGIN: Final = "/login"
LOGOUT: Final = "/logout"
_NAMES: Final = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}
_PROVIDER_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Simulated identity provider</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 24em; margin: 12vh auto; padding: 0 1em; text-align: center }
button { padding: .6em 1.4em; border: 0; border-radius: 8px; background: #5f43bd; color: #fff;
  font: inherit; font-weight: 600; cursor: pointer }
small { opacity: .75 }
</style>
<h1>Single sign-on</h1>
<p>The simulated connector wants to know who you are.</p>
<form method="post" action="/provider"><button>Log in</button></form>
<p><small>Simulated: nothing is asked for, checked or kept. This page forbids being framed, as
those of identity providers often do.</small></p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser is to go; as an answer to what it posted."""

    to: str


@dataclass(frozen=True, slots=True)
class Framed:
    """The simulator's page, with these data attributes.

    provider: where it leads to in the end, an origin; None: it has nothing to do with logins.
    """

    provider: str | None
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unframed:
    """A page that forbids being framed, and leads back to an origin."""

    text: str
    back: str


Answer = Redirect | Framed | Unframed


class Login:
    """Answers for a server; `way` is the login it asks for, None: none unless an address does."""

    def __init__(self, way: Way | None, port: int) -> None:
        self.way = way
        self._port = port
        self.expired = False
        self.somebody = False
        """Somebody is logged in."""

    def get(self, path: str, host: str) -> Answer | None:
        """The answer to GET; `host`: the header, which tells the origins apart. None: not found."""
        address = urlsplit(path)
        if address.path == PROVIDER:
            return Unframed(_PROVIDER_PAGE, self._other(host))
        if address.path != "/":
            return None
        asked = parse_qs(address.query, keep_blank_values=True).get("login", [None])[-1]
        way = self.way if asked is None else _way(asked)
        provider = self._other(host)
        if way is None or self.somebody:
            return Framed(provider if way else None)
        if way == "sso":
            return Redirect(provider + PROVIDER)
        expired = (("expired", ""),) if self.expired else ()
        return Framed(provider, (("login", way), *expired))

    def post(self, path: str, host: str, body: str) -> Redirect | None:
        """The answer to POST of a form; None: not found."""
        form = parse_qs(body)
        if path == LOGOUT:
            self.way = _way(form.get("way", [""])[-1])
            self.expired = form.get("expired") == ["true"]
            self.somebody = False
            return Redirect("/")
        if path not in {LOGIN, PROVIDER}:
            return None
        self.somebody, self.expired = True, False
        return Redirect("/" if path == LOGIN else self._other(host) + "/")

    def _other(self, host: str) -> str:
        """The origin of the same server under its other name."""
        return f"http://{_NAMES.get(host.partition(':')[0], 'localhost')}:{self._port}"


def _way(text: str) -> Way:
    return "sso" if text == "sso" else "form"
