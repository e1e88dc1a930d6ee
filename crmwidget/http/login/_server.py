"""Login server: where its endpoints are, and how a token is asked for, through Authlib.

Addresses are https, or http on this machine. The discovered document must name
the issuer that was asked for. What a token's life is counted by is a span, not
a date, so a wrong clock harms nothing but TLS, and the error then says so.
Errors carry the server's own words, masked, and nothing of the request: they
are raised when Authlib's and httpx's, which hold it, are gone.
"""

from __future__ import annotations

import importlib.util
from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import quote_plus, urlsplit

from crmwidget.errors import LoginError, LoginServerError, MissingExtraError
from crmwidget.http.errors import bare
from crmwidget.http.login._answers import DeviceCode, Grant, checked_address, device_code, grant
from crmwidget.http.login._body import bounded
from crmwidget.http.login._errors import login_error
from crmwidget.safety.inflate import ACCEPTED
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Client", "LoginServer", "SecretIn"]

_T = TypeVar("_T")
SecretIn = Literal["header", "body"]
_PATIENCE: Final = 10.0
"""Seconds for an answer of the login server."""
_OK: Final = 200
_NOT_FOUND: Final = 404
_FAULT: Final = 500
_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Client:
    """Who we are to the login server; a public client has no secret.

    secret_in: where the secret travels; None: as the discovered document says,
    else in the header.
    """

    id: str
    secret: Secret | None = None
    secret_in: SecretIn | None = None


class LoginServer:
    """One login server, as one client sees it.

    issuer: its document, read on first use, names the endpoints. endpoints: by their
    names in such a document; what is given here is not looked up.
    """

    def __init__(
        self, issuer: str | None, endpoints: Mapping[str, str | None], client: Client
    ) -> None:
        if importlib.util.find_spec("authlib") is None:
            raise MissingExtraError("Authlib", "oauth")
        self._given = {
            name: checked_address(url, name) for name, url in endpoints.items() if url is not None
        }
        self._document: Mapping[str, object] | None = None
        self._client = client
        self._issuer = checked_address(issuer, "issuer").removesuffix(_WELL_KNOWN) if issuer else ""
        first = self._issuer or next(iter(self._given.values()), "")
        if not first:
            raise TypeError("give the login server's issuer, or its addresses: token_url=...")
        self.host: str = urlsplit(first).netloc

    # ------------------------------------------------------------ where it is

    def endpoint(self, name: str) -> str:
        """The address of an endpoint, given or discovered; LoginServerError where it has none."""
        if name in self._given:
            return self._given[name]
        url = self.metadata().get(name)
        if not isinstance(url, str):
            raise LoginServerError(
                self.host,
                f"find its {name}",
                "its document does not name one",
                "It may not offer this way to log in: use another, or give the address yourself.",
            )
        return checked_address(url, name, self.host)

    def metadata(self) -> Mapping[str, object]:
        """The discovered document; empty where no issuer was given."""
        if self._document is None:
            self._document = self._discovered() if self._issuer else {}
        return self._document

    @property
    def issuer(self) -> str | None:
        """The issuer, as the server spells it."""
        found = self.metadata().get("issuer")
        return found if isinstance(found, str) else None

    def _discovered(self) -> Mapping[str, object]:
        document = self._ask("read its document", self._document_from)
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._issuer.rstrip("/"):
            raise LoginServerError(
                self.host,
                "read its document",
                "the document is another issuer's",
                "Give issuer= as the server spells it, or give its addresses (token_url=...).",
            )
        return document

    def _document_from(self, client: Any) -> Mapping[str, object]:
        from authlib.oauth2.rfc8414 import (  # type: ignore[import-untyped]
            get_well_known_url,
        )

        openid = self._issuer.rstrip("/") + _WELL_KNOWN
        found = client.request("GET", openid, withhold_token=True, auth=None)
        if found.status_code == _NOT_FOUND:  # no OpenID, but maybe RFC 8414
            plain = get_well_known_url(self._issuer, external=True)
            found = client.request("GET", plain, withhold_token=True, auth=None)
        if found.status_code >= _FAULT:
            found.raise_for_status()
        if found.status_code != _OK:
            raise LoginServerError(
                self.host,
                "read its document",
                "it has none where an issuer keeps it",
                "Check issuer=, or give the addresses yourself (token_url=...).",
                status=found.status_code,
            )
        document = found.json()
        if not isinstance(document, dict):
            raise ValueError  # noqa: TRY004 - what _ask() takes for an answer of something else
        return document

    # ------------------------------------------------------------ asking it

    def token(self, call: str, grant_type: str, fields: Mapping[str, str | Secret]) -> Grant:
        """Ask the token endpoint; LoginError and below say why there is none."""
        url = self.endpoint("token_endpoint")
        answer = self._ask(
            call,
            lambda client: client.fetch_token(url, grant_type=grant_type, **_revealed(fields)),
            self._method(),
            [value for value in fields.values() if isinstance(value, Secret)],
        )
        return grant(self.host, call, answer)

    def device_code(self, fields: Mapping[str, str]) -> DeviceCode:
        """Begin a device login."""
        call = "begin a login by code"
        url = self.endpoint("device_authorization_endpoint")
        method = self._method()

        def ask(client: Any) -> object:
            auth = client.client_auth(method)
            # Said here, too: without a field of ours the body is Authlib's alone.
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = client.request(
                "POST", url, data=fields, headers=form, auth=auth, withhold_token=True
            )
            # Of Authlib: an OAuth error, a page, or the JSON object, as at the token endpoint.
            return client.parse_response_token(answer)

        return device_code(self.host, call, self._ask(call, ask, method))

    def authorization_link(
        self, state: Secret, verifier: Secret, redirect: str, fields: Mapping[str, str]
    ) -> str:
        """Where the person logs in; the answer comes to `redirect`."""
        url = self.endpoint("authorization_endpoint")
        methods = self.metadata().get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise LoginServerError(
                self.host,
                "log in",
                "it has no PKCE with S256, without which a code can be stolen on its way",
                "Use DeviceFlow, or another login server.",
            )
        with self._opened() as client:
            client.code_challenge_method = "S256"
            link, _ = client.create_authorization_url(
                url,
                state=state.reveal(),
                code_verifier=verifier.reveal(),
                redirect_uri=redirect,
                **fields,
            )
        return str(link)

    def _ask(
        self,
        call: str,
        question: Callable[[Any], _T],
        method: object = None,
        secrets: Iterable[Secret] = (),
    ) -> _T:
        try:
            with self._opened(method) as client:
                return question(client)
        except LoginError:
            raise
        except BaseException as error:  # noqa: BLE001 - an interrupt, too, which goes on below
            own = [self._client.secret] if self._client.secret else []
            failure: BaseException | None = None
            if isinstance(error, Exception):
                failure = login_error(error, self.host, call, [*own, *secrets])
            failure = failure or bare(error)
        # From here it does not carry the other error, or the frames, which hold the request.
        client = None
        raise failure

    def _opened(self, method: object = None) -> Any:
        from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
            OAuth2Client,
        )

        secret = self._client.secret
        return OAuth2Client(
            client_id=self._client.id,
            client_secret=secret.reveal() if secret else None,
            token_endpoint_auth_method=method,
            timeout=_PATIENCE,
            event_hooks={"response": [partial(bounded, seconds=_PATIENCE)]},
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ACCEPTED,
                "User-Agent": "crmwidget",
            },
        )

    def _method(self) -> object:
        """How the client says who it is; Authlib's own Basic leaves out RFC 6749's encoding."""
        if not self._client.secret:
            return "none"
        offered = self.metadata().get("token_endpoint_auth_methods_supported")
        only_body = (
            isinstance(offered, list)
            and "client_secret_post" in offered
            and "client_secret_basic" not in offered
        )
        where = self._client.secret_in or ("body" if only_body else "header")
        return "client_secret_post" if where == "body" else _basic


def _basic(client: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    """RFC 6749, 2.3.1: both parts are form-encoded before they are joined."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return uri, headers, body


def _revealed(fields: Mapping[str, str | Secret]) -> dict[str, str]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in fields.items()
    }
