"""OAuth 2: three ways to a token, each an object that gives a valid one when called.

    ClientCredentials   a service logs in by itself
    DeviceFlow          a person logs in with any browser; works on a remote Jupyter
    AuthorizationCode   a person logs in with the browser of this machine (PKCE)

Give one as `auth=` of an adapter, or call it wherever a function returning a
token is taken. Tokens are renewed before they expire and when they are refused,
by one thread at a time, and are kept in memory only. Needs the extra `oauth`.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
import webbrowser
from typing import TYPE_CHECKING, Final

from crmwidget.errors import (
    LoginError,
    LoginExpiredError,
    LoginPlaceError,
    LoginServerError,
)
from crmwidget.http.login._errors import refusal
from crmwidget.http.login._loopback import Loopback
from crmwidget.http.login._prompt import Prompt
from crmwidget.http.login._server import Client, LoginServer
from crmwidget.http.login._tokens import PersonsTokens, Tokens, further, now
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crmwidget.http.login._answers import DeviceCode, Grant
    from crmwidget.http.login._server import SecretIn

__all__ = ["AuthorizationCode", "ClientCredentials", "DeviceFlow"]

_SLOWER: Final = 5.0
"""RFC 8628: what slow_down adds to the pause, in seconds."""
_LONGEST_PAUSE: Final = 60.0
_DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_ELSEWHERE: Final = {
    "JUPYTERHUB_SERVICE_PREFIX": "JupyterHub",
    "COLAB_RELEASE_TAG": "Google Colab",
    "BINDER_SERVICE_HOST": "Binder",
    "KAGGLE_KERNEL_RUN_TYPE": "Kaggle",
    "CODESPACES": "GitHub Codespaces",
}
"""Environment variables of places where the kernel is not on the browser's machine."""


class ClientCredentials(Tokens):
    """A service's own token: no person logs in, what it may do is the client's.

    issuer: the login server ("https://login.example.com/tenant"), whose addresses
        are looked up; or give token_url.
    client_id, client_secret: what the login server knows the client by; the secret
        as text, Secret or from_env("NAME").
    scope: one text, or several.
    parameters: further fields of the request, such as audience or resource.
    secret_in: "header" or "body"; None: as the server says it wants it.
    """

    def __init__(
        self,
        issuer: str | None = None,
        *,
        token_url: str | None = None,
        client_id: str,
        client_secret: str | Secret,
        scope: str | Sequence[str] | None = None,
        parameters: Mapping[str, str] | None = None,
        secret_in: SecretIn | None = None,
    ) -> None:
        client = Client(_id(client_id), _secret(client_secret), secret_in)
        if not client.secret:
            raise TypeError("client_secret= is empty: a service logs in with a secret.")
        super().__init__(LoginServer(issuer, {"token_endpoint": token_url}, client), scope)
        self._parameters = further(parameters)

    def _fresh(self, old: Grant | None) -> Grant:  # noqa: ARG002 - a service needs no old one
        fields = {**self._parameters, **_scope(self._scope)}
        return self._server.token("get a token", "client_credentials", fields)

    def _forget(self, refused: Grant) -> bool:  # noqa: ARG002 - all are alike
        self._grant = None
        return True

    def _missing(self) -> Grant:
        raise AssertionError("a service is never without a way to a token")


class DeviceFlow(PersonsTokens):
    """A person logs in with any browser, anywhere: a link and a code are shown.

    The way for JupyterHub, Colab and everything else where the browser is not on
    the kernel's machine. In a notebook the code is gone from the output afterwards.

    issuer: the login server, whose addresses are looked up; or give device_url and
        token_url.
    client_id: a client for which the login server allows the device flow.
    client_secret: only where the client has one.
    scope: one text, or several; offline_access, for many servers, for refreshing.
    parameters: further fields of the first request, such as audience or resource.
    timeout: seconds to wait at most; the code may be valid for less.
    """

    def __init__(
        self,
        issuer: str | None = None,
        *,
        device_url: str | None = None,
        token_url: str | None = None,
        client_id: str,
        client_secret: str | Secret | None = None,
        scope: str | Sequence[str] | None = None,
        parameters: Mapping[str, str] | None = None,
        secret_in: SecretIn | None = None,
        timeout: float = 900.0,
    ) -> None:
        addresses = {"token_endpoint": token_url, "device_authorization_endpoint": device_url}
        client = Client(_id(client_id), _secret(client_secret), secret_in)
        super().__init__(LoginServer(issuer, addresses, client), scope, parameters, timeout)

    def _ask_person(self) -> Grant:
        host = self._server.host
        code = self._server.device_code({**self._parameters, **_scope(self._scope)})
        what = f"To log in to {host}"
        with Prompt(host, what, code.link, code=code.user_code, direct=code.direct) as prompt:
            grant = self._granted(code)
            prompt.granted()
        return grant

    def _granted(self, code: DeviceCode) -> Grant:
        pause, end = code.interval, now() + min(code.lifetime, self._timeout)
        while True:
            _pause(max(min(pause, end - now()), 0.0))
            try:
                return self._server.token("log in", _DEVICE, {"device_code": code.device})
            except LoginError as error:
                pause = _next_pause(error, pause)
            if now() >= end:
                raise refusal(self._server.host, "log in", "expired_token", "")


class AuthorizationCode(PersonsTokens):
    """A person logs in with the browser of this machine, which then comes back here.

    The answer is received on 127.0.0.1, checked against the state and the issuer,
    and exchanged with PKCE (S256).

    issuer: the login server, whose addresses are looked up; or give
        authorization_url and token_url.
    client_id: a client (native, public) for which `redirect` is registered.
    client_secret: only where the client has one.
    scope: one text, or several. offline_access asks for consent, as OpenID has it,
        unless parameters has a prompt.
    redirect: the registered loopback address; without a port any free one is used.
    parameters: further fields of the link, such as audience, prompt or login_hint.
    open_browser: open the link; it is shown in any case.
    remote: whether browser and kernel are on different machines; None: look.
    timeout: seconds to wait for the login.
    """

    def __init__(
        self,
        issuer: str | None = None,
        *,
        authorization_url: str | None = None,
        token_url: str | None = None,
        client_id: str,
        client_secret: str | Secret | None = None,
        scope: str | Sequence[str] | None = None,
        redirect: str = "http://127.0.0.1/callback",
        parameters: Mapping[str, str] | None = None,
        secret_in: SecretIn | None = None,
        open_browser: bool = False,
        remote: bool | None = None,
        timeout: float = 300.0,
    ) -> None:
        addresses = {"token_endpoint": token_url, "authorization_endpoint": authorization_url}
        client = Client(_id(client_id), _secret(client_secret), secret_in)
        super().__init__(LoginServer(issuer, addresses, client), scope, parameters, timeout)
        self._redirect = redirect
        self._open = open_browser
        self._remote = remote
        if "offline_access" in self._scope.split():
            self._parameters.setdefault("prompt", "consent")

    def _ask_person(self) -> Grant:
        self._refuse_elsewhere()
        state, verifier = Secret(secrets.token_urlsafe(32)), Secret(secrets.token_urlsafe(48))
        with Loopback(self._redirect, state) as loopback:
            fields = {**self._parameters, **_scope(self._scope)}
            link = self._server.authorization_link(state, verifier, loopback.uri, fields)
            what = f"To log in to {self._server.host} with a browser on this machine"
            with Prompt(self._server.host, what, link) as prompt:
                if self._open:
                    webbrowser.open(link)
                code = self._code(loopback)
                given: dict[str, str | Secret] = {
                    "code": code,
                    "redirect_uri": loopback.uri,
                    "code_verifier": verifier,
                }
                grant = self._server.token("log in", "authorization_code", given)
                prompt.granted()
        return grant

    def _refuse_elsewhere(self) -> None:
        places = [name for variable, name in _ELSEWHERE.items() if variable in os.environ]
        if self._remote or (self._remote is None and places):
            where = places[0] if places else "another machine"
            raise LoginPlaceError(
                self._server.host,
                "log in",
                f"this kernel runs on {where}, where your browser cannot come back to it",
                "Use DeviceFlow(...); or, where they are on one machine after all, remote=False.",
            )

    def _code(self, loopback: Loopback) -> Secret:
        answer = loopback.answer(self._timeout)
        if answer is None:
            foreign = f", and {loopback.refused} of another login" if loopback.refused else ""
            raise LoginExpiredError(
                self._server.host,
                "log in",
                f"no answer came in {self._timeout:g} s{foreign}",
                "Log in again: login(). If your browser could not open 127.0.0.1, it is not on "
                "this kernel's machine: use DeviceFlow(...).",
            )
        self._check_issuer(answer)
        if "error" in answer:
            words = answer.get("error_description", "")
            raise refusal(self._server.host, "log in", answer["error"], words)
        code = answer.get("code")
        if not code:
            raise self._odd("there is no code in its answer")
        return Secret(code)

    def _check_issuer(self, answer: Mapping[str, str]) -> None:
        """RFC 9207: the answer is of the server that was asked."""
        given, expected = answer.get("iss"), self._server.issuer
        promised = self._server.metadata().get("authorization_response_iss_parameter_supported")
        if given is None and promised is not True:
            return
        equal = hmac.compare_digest((given or "").encode(), (expected or "").encode())
        if expected is not None and not equal:
            raise self._odd("the answer is another login server's")

    def _odd(self, said: str) -> LoginServerError:
        advice = "Log in again, and use the newest link only; if it comes again, tell who runs it."
        return LoginServerError(self._server.host, "log in", said, advice)


_pause = time.sleep


def _next_pause(error: LoginError, pause: float) -> float:
    """How long to wait after an answer that only means "not yet"; raises the others."""
    if error.code == "authorization_pending":
        return pause
    if error.code == "slow_down":
        return min(pause + _SLOWER, _LONGEST_PAUSE)
    if isinstance(error, LoginServerError) and error.passing:
        return min(pause * 2, _LONGEST_PAUSE)
    raise error


def _scope(scope: str) -> dict[str, str]:
    return {"scope": scope} if scope else {}


def _id(client_id: str) -> str:
    if not isinstance(client_id, str) or not client_id.strip():
        raise TypeError("client_id= is what the login server knows this client by: a text.")
    return client_id.strip()


def _secret(secret: str | Secret | None) -> Secret | None:
    if secret is None or isinstance(secret, Secret):
        return secret
    if isinstance(secret, str):
        return Secret(secret)
    raise TypeError("client_secret= is a text, a Secret, or from_env('NAME').")
