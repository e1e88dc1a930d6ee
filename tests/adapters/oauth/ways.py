"""The three ways to log in to a LoginDouble, and where a handler would run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from crmwidget.http.login.oauth import AuthorizationCode, ClientCredentials, DeviceFlow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.adapters.oauth.login_double import LoginDouble

PENDING: Final = {"error": "authorization_pending"}
GRANTED: Final = {"access_token": "first-token", "expires_in": 3600}


def service(server: LoginDouble | str, **more: Any) -> ClientCredentials:
    issuer = server if isinstance(server, str) else server.url
    return ClientCredentials(issuer, **{"client_id": "me", "client_secret": "hush", **more})


def device(server: LoginDouble, **more: Any) -> DeviceFlow:
    return DeviceFlow(server.url, **{"client_id": "me", **more})


def code(server: LoginDouble, **more: Any) -> AuthorizationCode:
    given = {"client_id": "me", "open_browser": True, "remote": False, "timeout": 5}
    return AuthorizationCode(server.url, **{**given, **more})


def in_a_thread(call: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()
