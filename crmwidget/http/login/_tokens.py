"""Tokens: one that is kept in memory, renewed in time and after a refusal, for any thread.

It is a function returning the token, and at the same time Credentials for the
adapters: `headers()` and `renew()`.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from crmwidget.errors import LoginExpiredError, LoginNeededError, LoginServerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crmwidget.http.login._answers import Grant
    from crmwidget.http.login._server import LoginServer
    from crmwidget.safety.privacy import Secret

__all__ = ["PersonsTokens", "Tokens", "further", "now"]

_EARLY: Final = 60.0
"""Seconds before its end at which a token is renewed; a quarter of a short life, if less."""
_OURS: Final = frozenset(
    {
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "device_code",
        "grant_type",
        "redirect_uri",
        "refresh_token",
        "response_type",
        "scope",
        "state",
    }
)


def now() -> float:
    """Seconds, also those during which a laptop sleeps: a token's life goes on then."""
    return time.time()


class Tokens(ABC):
    """A token that renews itself: a function, and Credentials for the adapters."""

    def __init__(self, server: LoginServer, scope: str | Sequence[str] | None) -> None:
        self._server = server
        self._scope = scope if isinstance(scope, str) else " ".join(scope or ())
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._begun = 0.0
        self._used = threading.local()
        """The token that this thread was given last."""

    def __call__(self) -> str:
        """A valid access token; LoginError and below say why there is none."""
        with self._lock:
            grant = self._current()
        token = (grant or self._missing()).access
        self._used.token = token
        return token.reveal()

    def headers(self) -> Mapping[str, str]:
        """What a request carries."""
        return {"Authorization": f"Bearer {self()}"}

    def renew(self) -> bool:
        """The token that this thread used last was refused; whether another can be had.

        Threads that were refused the same token renew it once.
        """
        with self._lock:
            refused = getattr(self._used, "token", None)
            if self._grant is not None and self._grant.access == refused:
                return self._forget(self._grant)
        return True

    def __repr__(self) -> str:
        state = "has a token" if self._grant else "no token yet"
        return f"<{type(self).__name__} of {self._server.host}: {state}>"

    def _current(self) -> Grant | None:
        """What is kept, renewed where it is about to end; the lock is held."""
        grant = self._grant
        if grant is None:
            return self._keep(self._fresh(None))
        if grant.lifetime is None or self._age() < grant.lifetime - _early(grant.lifetime):
            return grant
        try:
            return self._keep(self._fresh(grant))
        except LoginServerError:
            if self._age() < grant.lifetime:
                return grant  # it is good for some seconds more
            raise

    def _keep(self, grant: Grant | None) -> Grant | None:
        self._grant, self._begun = grant, now()
        return grant

    def _age(self) -> float:
        return now() - self._begun

    @abstractmethod
    def _fresh(self, old: Grant | None) -> Grant | None:
        """Another token, without a person; None: only a person can get one."""

    @abstractmethod
    def _forget(self, refused: Grant) -> bool:
        """Drop what was refused; whether there can be another without a person."""

    @abstractmethod
    def _missing(self) -> Grant:
        """There is none, and only a person can get one."""


class PersonsTokens(Tokens):
    """Tokens of a person, who logs in once; from then on they are refreshed.

    In the main thread (a cell, a script) a call logs in where it has to. In others
    (a handler, while a caller waits) it raises LoginNeededError.
    """

    def __init__(
        self,
        server: LoginServer,
        scope: str | Sequence[str] | None,
        parameters: Mapping[str, str] | None,
        timeout: float,
    ) -> None:
        super().__init__(server, scope)
        self._parameters = further(parameters)
        self._timeout = timeout
        self._login_lock = threading.Lock()
        self._refused = False
        self._lost = "nobody has logged in yet"

    def login(self) -> None:
        """Log in now, in the cell where a person looks; nothing to do where it is done.

        Interrupt the kernel to give up. Raises LoginDeniedError, LoginExpiredError,
        LoginPlaceError, LoginClientError or LoginServerError.
        """
        self._logged_in()

    def _logged_in(self) -> Grant:
        with self._login_lock:
            with self._lock:
                kept = None if self._refused else self._current()
            if kept is not None:
                return kept
            grant = self._ask_person()
            with self._lock:
                self._keep(grant)
                self._refused = False
            return grant

    @abstractmethod
    def _ask_person(self) -> Grant:
        """Let the person log in, and wait for it."""

    def _fresh(self, old: Grant | None) -> Grant | None:
        if old is None:
            return None
        if old.refresh is None:
            self._lost = "the login has expired and cannot be refreshed (ask for offline_access?)"
            return None
        fields: dict[str, str | Secret] = {"refresh_token": old.refresh}
        try:
            grant = self._server.token("refresh the token", "refresh_token", fields)
        except LoginExpiredError:
            self._lost = "the login has expired or was revoked"
            return None
        # Where the server gives no other one, the old one stays good.
        return grant if grant.refresh else type(grant)(grant.access, old.refresh, grant.lifetime)

    def _forget(self, refused: Grant) -> bool:
        if refused.refresh is None:
            self._refused = True  # kept: it may be good, and only this request not allowed
            return False
        self._grant = type(refused)(refused.access, refused.refresh, 0.0)
        return True

    def _missing(self) -> Grant:
        if threading.current_thread() is not threading.main_thread():
            raise LoginNeededError(
                self._server.host,
                "get a token",
                self._lost,
                "Run login() of the object given as auth=, in a cell.",
            )
        return self._logged_in()


def further(parameters: Mapping[str, str] | None) -> dict[str, str]:
    """Further fields of a request, as texts; those of the login are not theirs to set."""
    fields = dict(parameters or {})
    if not all(isinstance(value, str) for value in fields.values()):
        raise TypeError("parameters= are texts by their names.")
    if taken := sorted(_OURS & fields.keys()):
        raise TypeError(f"parameters= cannot have {', '.join(taken)}: the login sets these.")
    return fields


def _early(lifetime: float) -> float:
    return min(_EARLY, lifetime / 4)
