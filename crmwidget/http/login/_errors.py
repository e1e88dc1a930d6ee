"""What a login server's refusals mean and what to do, told by the names of the errors.

httpx and httpx2 have equal names on different classes, so names are compared
along the MRO; a server's own words are shown masked and cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crmwidget.errors import (
    LoginClientError,
    LoginDeniedError,
    LoginError,
    LoginExpiredError,
    LoginServerError,
)
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crmwidget.safety.privacy import Secret

__all__ = ["login_error", "refusal"]

_WAY: Final = "Allow this way to log in for the client, in the login server's settings of it."
_CHECK: Final = (
    "Check client_id= and client_secret= (a secret can have expired). If both are right, "
    "it may want the secret elsewhere: secret_in='body' or 'header'."
)
_REGISTERED: Final = (
    "Check client_id=, scope= and parameters= and, in the login server's settings of the client, "
    "the redirect address and whether it may log in this way."
)
_ANEW: Final = "Log in again: login()."
_AGAIN: Final = "Try again in a moment."
_REFUSALS: Final[dict[str, tuple[type[LoginError], str, str]]] = {
    "access_denied": (
        LoginDeniedError,
        "the login was refused",
        "Log in again and agree, or ask who runs the login server whom it lets in.",
    ),
    # The words of Entra, GitHub and OpenID for what RFC 6749 and 8628 call otherwise.
    "authorization_declined": (
        LoginDeniedError,
        "the login was refused",
        "Log in again and agree, or ask who runs the login server whom it lets in.",
    ),
    "consent_required": (
        LoginDeniedError,
        "the client is not yet allowed what it asks for",
        "Log in again and agree, or ask who runs the login server to agree for all.",
    ),
    "bad_verification_code": (LoginExpiredError, "it does not know the code any more", _ANEW),
    "incorrect_device_code": (LoginExpiredError, "it does not know the code any more", _ANEW),
    "interaction_required": (LoginExpiredError, "it wants to see the person again", _ANEW),
    "login_required": (LoginExpiredError, "it wants to see the person again", _ANEW),
    "device_flow_disabled": (LoginClientError, "the client may not log in this way", _WAY),
    "incorrect_client_credentials": (
        LoginClientError,
        "it does not accept the client's id or secret",
        _CHECK,
    ),
    "invalid_client": (
        LoginClientError,
        "it does not accept the client's id or secret",
        _CHECK,
    ),
    "unauthorized_client": (LoginClientError, "the client may not log in this way", _WAY),
    "unsupported_grant_type": (LoginClientError, "the client may not log in this way", _WAY),
    "invalid_scope": (
        LoginClientError,
        "it does not give this client that scope",
        "Check scope= against what the login server allows the client.",
    ),
    "invalid_target": (
        LoginClientError,
        "it knows no such resource",
        "Check the resource or audience in parameters=.",
    ),
    "invalid_request": (
        LoginClientError,
        "it does not understand the request",
        _REGISTERED,
    ),
    "invalid_grant": (
        LoginExpiredError,
        "what was to be exchanged for a token has expired, was used or was revoked",
        _ANEW,
    ),
    "expired_token": (
        LoginExpiredError,
        "the code has expired before anybody logged in with it",
        _ANEW,
    ),
    "temporarily_unavailable": (LoginServerError, "it is overloaded or being mended", _AGAIN),
    "server_error": (LoginServerError, "it has a fault of its own", _AGAIN),
}
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_TOO_MANY: Final = 429
_FAULT: Final = 500
_DENIED: Final = frozenset({401, 403})
_LONGEST: Final = 240
_ODD: Final = frozenset({"InvalidURL", "DecodingError", "TooLargeError"})


def refusal(
    host: str, call: str, code: str, words: object, secrets: Iterable[Secret] = ()
) -> LoginError:
    """OAuth's error code and the server's description, as an error of ours; no secret is in it."""
    kind, said, advice = _REFUSALS.get(
        code, (LoginError, "it gives no token", "Look into the login server's log for the reason.")
    )
    known = code if re.fullmatch(r"[a-z_]{1,40}", code) else None
    spoken = _words(words, secrets)
    reasons = ": ".join(part for part in (known, spoken) if part)
    failure = kind(host, call, f"{said} ({reasons})" if reasons else said, advice)
    failure.code = known
    if isinstance(failure, LoginServerError):
        failure.passing = code in _PASSING
    return failure


def login_error(
    error: Exception, host: str, call: str, secrets: Iterable[Secret] = ()
) -> LoginError | None:
    """An error of Authlib, httpx or httpx2 as one of ours; None: it is none of theirs."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if "AuthlibBaseError" in names:
        code = str(getattr(error, "error", "") or "")
        return refusal(host, call, code, getattr(error, "description", ""), secrets)
    if "HTTPStatusError" in names:
        return _by_status(host, call, getattr(error, "response", None))
    if "TimeoutException" in names:
        said, advice = "it does not answer", "Try again; then check the network and its proxy."
        return _passing(LoginServerError(host, call, said, advice))
    if "TransportError" in names:
        return _unreached(host, call, str(error))
    # Authlib takes what should be JSON, an object, a number of seconds for just that.
    if names & _ODD or isinstance(error, ValueError | TypeError | OverflowError | RecursionError):
        large = "TooLargeError" in names
        said = "its answer is too large" if large else "it does not answer as a login server does"
        advice = "Check issuer= or token_url=; a proxy's or firewall's page may stand in between."
        return LoginServerError(host, call, said, advice)
    return None


def _by_status(host: str, call: str, response: object) -> LoginError:
    status = getattr(response, "status_code", None)
    if status in _DENIED:
        kind, said, advice = _REFUSALS["invalid_client"]
        return kind(host, call, said, advice, status=status)
    if isinstance(status, int) and (status == _TOO_MANY or status >= _FAULT):
        return _passing(LoginServerError(host, call, "it cannot now", _AGAIN, status=status))
    said = "it does not answer as a login server does"
    return LoginServerError(host, call, said, "Check issuer= or token_url=.", status=status)


def _unreached(host: str, call: str, text: str) -> LoginError:
    if "CERTIFICATE" in text.upper():
        if "not yet valid" in text or "has expired" in text:
            said = "its certificate is not valid at the time that this machine's clock shows"
            advice = "Check this machine's date and time; if they are right, tell who runs it."
        else:
            said = "its certificate is not trusted here"
            advice = "Add your company's root certificate to this machine's trusted ones."
        return LoginServerError(host, call, said, advice)
    said = "there is no connection to it, or it broke"
    advice = "Check its address, then the network and its proxy (HTTPS_PROXY)."
    return _passing(LoginServerError(host, call, said, advice))


def _passing(failure: LoginServerError) -> LoginServerError:
    failure.passing = True
    return failure


def _words(words: object, secrets: Iterable[Secret]) -> str:
    text = words if isinstance(words, str) else ""
    for secret in filter(None, secrets):
        text = text.replace(secret.reveal(), "<secret>")
    text = mask("".join(letter if letter.isprintable() else " " for letter in text[:2000]))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
