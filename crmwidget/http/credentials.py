"""Auth: what `auth=` takes, as headers of a request, and where secrets are kept.

A secret is never asked for twice without need: a token function is called for
the first request and again when the CRM has refused what it gave.
"""

from __future__ import annotations

import inspect
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final, Protocol, runtime_checkable

from crmwidget.errors import MissingExtraError, SecretError
from crmwidget.safety.privacy import Secret

__all__ = [
    "Credentials",
    "HttpxAuth",
    "NoCredentials",
    "Pair",
    "Token",
    "TokenFunction",
    "credentials_of",
    "from_env",
    "from_keyring",
    "shown",
]

_LONGEST: Final = 16_384
"""Longer headers are refused by every server."""
_ACCEPTED: Final = (
    "a token (text or Secret), a (user, key) pair, a function returning a token, "
    "an auth of httpx, from_env('NAME') or from_keyring('service', 'user')"
)


@runtime_checkable
class Credentials(Protocol):
    """Who asks. An object with these two methods can be given as `auth=` as it is."""

    def headers(self) -> Mapping[str, str]:
        """What the next request carries; called for every request, so it keeps what it can."""

    def renew(self) -> bool:
        """The CRM has refused the last headers: whether the next ones will be others."""


class NoCredentials:
    """None needed, or the ready client has its own."""

    def headers(self) -> Mapping[str, str]:
        """None."""
        return {}

    def renew(self) -> bool:
        """No."""
        return False

    def __repr__(self) -> str:
        return "none"


class HttpxAuth(NoCredentials):
    """An auth of httpx or httpx2, or a function of a request: handed on to the client."""

    def __init__(self, auth: object) -> None:
        self.auth = auth

    def __repr__(self) -> str:
        return f"<{type(self.auth).__name__}>"


class Token:
    """A token that stays as it is, sent as `Authorization: Bearer ...`."""

    def __init__(self, token: str | Secret, scheme: str = "Bearer") -> None:
        self._value = Secret(f"{scheme} {_checked(_text(token), 'the token')}")

    def headers(self) -> Mapping[str, str]:
        """The one header."""
        return {"Authorization": self._value.reveal()}

    def renew(self) -> bool:
        """No."""
        return False

    def __repr__(self) -> str:
        return "<secret>"


class Pair(Token):
    """A user and a key or password, sent as HTTP Basic."""

    def __init__(self, user: str | Secret, key: str | Secret) -> None:
        name = _text(user)
        if ":" in name:
            raise SecretError("the user of auth=(user, key) has a colon, which HTTP Basic cannot.")
        both = f"{name}:{_text(key)}".encode(errors="replace")
        super().__init__(b64encode(both).decode(), "Basic")


class TokenFunction:
    """A function that returns a token: text, Secret, or a mapping with `access_token`."""

    def __init__(self, function: Callable[[], object], scheme: str = "Bearer") -> None:
        self._function = function
        self._scheme = scheme
        self._lock = Lock()
        self._token: Token | None = None

    def headers(self) -> Mapping[str, str]:
        """The header with the function's token; it is called when there is none yet."""
        with self._lock:
            if self._token is None:
                self._token = Token(self._called(), self._scheme)
            return self._token.headers()

    def renew(self) -> bool:
        """Ask the function again, next time."""
        with self._lock:
            self._token = None
        return True

    def _called(self) -> str | Secret:
        given = self._function()
        if isinstance(given, Mapping):
            given = given.get("access_token")
        if isinstance(given, str | Secret) and given:
            return given
        if inspect.iscoroutine(given):
            given.close()
            raise TypeError("the function given as auth= is asynchronous; give a synchronous one.")
        raise SecretError(
            f"the function given as auth= returned {type(given).__name__} instead of a token. "
            "Return the token as text, or a mapping with access_token."
        )

    def __repr__(self) -> str:
        return f"<{getattr(self._function, '__name__', 'function')}()>"


def credentials_of(auth: object, scheme: str = "Bearer") -> Credentials:
    """Whatever `auth=` was given, as Credentials; TypeError names what it takes."""
    if auth is None:
        return NoCredentials()
    if isinstance(auth, str | Secret):
        return Token(auth, scheme)
    if isinstance(auth, tuple | list):
        match auth:
            case [str() | Secret() as user, str() | Secret() as key]:
                return Pair(user, key)
        raise TypeError(f"auth= takes {_ACCEPTED}; a pair is two texts.")
    if isinstance(auth, type):
        raise TypeError(f"auth= takes an instance, not the class {auth.__name__}.")
    if isinstance(auth, Credentials):
        return auth
    if hasattr(auth, "auth_flow"):
        return HttpxAuth(auth)
    if callable(auth):
        return HttpxAuth(auth) if _wants_request(auth) else TokenFunction(auth, scheme)
    raise TypeError(f"auth= takes {_ACCEPTED}, not {type(auth).__name__}.")


def from_env(name: str) -> Secret:
    """The secret in an environment variable; SecretError where it is not set."""
    value = os.environ.get(name, "").strip()
    if not value:
        state = "empty" if name in os.environ else "not set"
        raise SecretError(
            f"the environment variable {name} is {state}. Set it where Jupyter is started "
            f"(export {name}=...), or in the notebook: os.environ[{name!r}] = getpass.getpass()."
        )
    return Secret(value)


def from_keyring(service: str, user: str) -> Secret:
    """The secret that the machine's keyring has; needs the extra `keyring`.

    SecretError where the keyring has none of this name, or there is no keyring,
    as on most servers.
    """
    try:
        import keyring
    except ImportError:
        raise MissingExtraError("keyring", "keyring") from None
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        none = type(error).__name__ == "NoKeyringError"
        value, refused = None, "has no keyring, as most servers" if none else "did not open it"
    else:
        refused = ""
    if refused:
        raise SecretError(
            f"this machine {refused}. Put the secret into an environment variable and use "
            "from_env('NAME')."
        )
    if not value:
        raise SecretError(
            f"the keyring has nothing for {service!r}, {user!r}. "
            f"Put it there: keyring set {service} {user}"
        )
    return Secret(value.strip())


def _text(secret: str | Secret) -> str:
    return (secret.reveal() if isinstance(secret, Secret) else secret).strip()


def _checked(text: str, what: str) -> str:
    """A text that can stand in a header; nothing of it is in the error."""
    if not text:
        raise SecretError(f"{what} given as auth= is empty.")
    if not text.isascii() or not text.isprintable() or len(text) > _LONGEST:
        raise SecretError(
            f"{what} given as auth= has line breaks or letters that no token has, "
            "or is too long. Copy it again."
        )
    return text


def _wants_request(function: Callable[..., object]) -> bool:
    """Whether this is httpx's kind of function, which takes a request."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind in positional and p.default is p.empty for p in parameters)


def shown(credentials: Credentials) -> str:
    """For a repr: what ours say of themselves; another's may have anything in theirs."""
    ours = type(credentials).__module__ == credentials_of.__module__
    return repr(credentials) if ours else "<secret>"
