"""Refusals: what can go wrong with a CRM, each as an error that says what to do.

A client's own exceptions have addresses in their texts, and a CRM's complaints
have customers' values: of both, only kinds, codes and names of fields get in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    CRMTimeoutError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Complaint", "Failure", "Kind", "Refusals", "bare", "failure_of", "names"]

Kind = Literal["credentials", "permission", "not found", "rate", "later", "refused", "broken"]
"""What a CRM complains about."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,79}")
_HOST: Final = re.compile(r"[a-z0-9.\-]{1,120}")
_MOST_NAMES: Final = 8
_LONG_NUMBER: Final = re.compile(r"\d{5}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a CRM says of a request that it did not do.

    kind: None follows the HTTP status. code: its own word for it. fields: the
    names it complains about. Neither ever a value; what is no name is left out.
    """

    kind: Kind | None = None
    code: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange that did not come to an end."""

    kind: Literal["timeout", "unreachable", "tls", "certificate", "credentials", "broken"]
    sent: bool = True
    """Whether the request may have reached the CRM."""


def names(given: Iterable[object]) -> tuple[str, ...]:
    """Those that are names of fields or codes, and not values: letters, digits, few of both."""
    found = (
        text
        for text in given
        if isinstance(text, str) and _NAME.fullmatch(text) and not _LONG_NUMBER.search(text)
    )
    return tuple(dict.fromkeys(found))[:_MOST_NAMES]


_BY_NAME: Final = {
    "ConnectTimeout": Failure("timeout", sent=False),
    "PoolTimeout": Failure("timeout", sent=False),
    "TimeoutException": Failure("timeout"),
    "ConnectError": Failure("unreachable", sent=False),
    "UnsupportedProtocol": Failure("unreachable", sent=False),
    "TransportError": Failure("unreachable"),
    "DecodingError": Failure("broken"),
    "AuthlibBaseError": Failure("credentials", sent=False),
    "InvalidURL": Failure("unreachable", sent=False),
    "HTTPError": Failure("broken"),
    "StreamError": Failure("broken"),
}


def bare(error: BaseException) -> BaseException:
    """The error without the frames that it came through, and without those that led to it.

    Their variables hold the request with its credentials, and tools show them: `%xmode Verbose`,
    `pytest -l`, services that collect errors.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def failure_of(error: BaseException) -> Failure | None:
    """What an exception of a client means, by the names along its ancestry; None: no such one."""
    for ancestor in type(error).__mro__:
        failure = _BY_NAME.get(ancestor.__name__)
        if failure is not None:
            tls = ancestor.__name__ == "ConnectError" and _of_tls(str(error).upper())
            return tls or failure
    return None


def _of_tls(said: str) -> Failure | None:
    """What OpenSSL's words for a failed connection mean, in capitals; None: they are not its."""
    if "CERTIFICATE" in said:
        return Failure("certificate", sent=False)
    return Failure("tls", sent=False) if "[SSL" in said else None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Makes the errors of one CRM."""

    crm: str
    host: str
    """With its port, where url= names one."""
    credentials_advice: str = ""
    """What to check when it does not accept who asks."""
    timeout_advice: str = ""
    """What a time-out can mean with this CRM."""

    def failed(self, call: str, failure: Failure, *, writes: bool) -> AdapterError:
        """An exchange that broke."""
        unclear = writes and failure.sent
        kind = failure.kind
        if kind == "timeout":
            return self.out_of_time(call, unclear=unclear)
        if kind == "credentials":
            return CredentialsError(
                self.crm,
                call,
                "the client given as client= got no token",
                "Fetch one first, as in client.fetch_token(...).",
            )
        if kind == "broken":
            return UnexpectedAnswerError(
                self.crm, call, "its answer could not be read", _LOOK, unclear=unclear
            )
        said, advice = f"no connection to {self.host}", "Check url=, the network and a proxy."
        if kind == "certificate":
            said = f"the certificate of {self.host} is not trusted here"
            advice = "Give a ready client with its certificate: client=httpx.Client(verify=...)."
        elif kind == "tls":
            said = f"{self.host} does not speak https"
            advice = "Check the port in url=, and whether it should begin with http:// there."
        elif failure.sent:
            said = f"the connection to {self.host} broke"
        return UnreachableError(
            self.crm, call, said, advice + _unclear(unclear=unclear), unclear=unclear
        )

    def out_of_time(self, call: str, *, unclear: bool = False) -> CRMTimeoutError:
        """No answer in time."""
        advice = " ".join(
            part
            for part in (self.timeout_advice, "Try again, or give it longer: timeout=.")
            if part
        )
        return CRMTimeoutError(
            self.crm, call, "no answer in time", advice + _unclear(unclear=unclear), unclear=unclear
        )

    def own_rate(self, call: str, wait: float) -> RateLimitedError:
        """Our own limit, which keeps from meeting the CRM's."""
        error = RateLimitedError(
            self.crm, call, "too many requests at once", f"Wait {wait:.0f} s and ask again."
        )
        error.retry_after = wait
        return error

    def too_large(self, call: str, largest: int) -> UnexpectedAnswerError:
        """An answer over the cap."""
        return UnexpectedAnswerError(
            self.crm, call, f"its answer is over {largest // 2**20} MB", "Ask for less at a time."
        )

    def moved(
        self, call: str, status: int, target: str, origin: str, *, unclear: bool = False
    ) -> UnexpectedAnswerError:
        """A redirect that is not followed."""
        host = _host(target)
        said = "it sends us elsewhere" + (f", to {host}" if host else "")
        error = UnexpectedAnswerError(
            self.crm,
            call,
            said,
            f"Only {origin} is asked, so that no token goes anywhere else. Give url= the address "
            "the CRM really has; a login page there means that the credentials are not accepted."
            + _unclear(unclear=unclear),
            status=status,
            unclear=unclear,
        )
        error.host = host or None
        return error

    def elsewhere(self, call: str, origin: str) -> UnexpectedAnswerError:
        """A link in an answer that leads to another host; `origin`: to which."""
        host = _host(origin)
        named = f", {host}," if host else ","
        address = f": {origin}, if you trust it with your credentials" if host else ""
        error = UnexpectedAnswerError(
            self.crm,
            call,
            f"its answer links to another host{named} which is not asked",
            f"Give url= the address that the CRM itself uses in its links{address}.",
        )
        error.host = host or None
        return error

    def not_json(
        self, call: str, status: int, kind: str, *, unclear: bool = False
    ) -> UnexpectedAnswerError:
        """A page instead of data."""
        html = "html" in kind.lower()
        said = "it answered with a web page instead of data" if html else "its answer is no JSON"
        advice = _LOOK + _unclear(unclear=unclear)
        return UnexpectedAnswerError(self.crm, call, said, advice, status=status, unclear=unclear)

    def odd(self, call: str, what: str, *, unclear: bool = False) -> UnexpectedAnswerError:
        """An answer without what it should have; `what` is about its shape, never a value."""
        advice = _LOOK + _unclear(unclear=unclear)
        return UnexpectedAnswerError(self.crm, call, what, advice, unclear=unclear)

    def complained(
        self,
        call: str,
        status: int,
        complaint: Complaint,
        *,
        writes: bool = False,
        wait: float | None = None,
    ) -> AdapterError:
        """What the CRM says it did not do."""
        kind = _kind_of(complaint, status, wait)
        code = "".join(f", it says {name}" for name in names((complaint.code,)))
        if kind in {"credentials", "permission"}:
            known = "this is not allowed to the account" + code
            said = known if kind == "permission" else f"the credentials are not accepted{code}"
            advice = " ".join(part for part in (_CHECK[kind], self.credentials_advice) if part)
            return CredentialsError(self.crm, call, said, advice, status=status)
        if kind == "not found":
            advice = "The record may be gone, or another account's; or url= is not this API's."
            return RecordNotFoundError(self.crm, call, f"not found{code}", advice, status=status)
        if kind == "rate":
            return self._rate(call, status, code, wait)
        if kind == "later":
            return self._later(call, status, code, wait)
        if kind == "broken":
            failure = UnexpectedAnswerError(
                self.crm,
                call,
                f"it failed{code}",
                _again(wait, "Try again later.") + _unclear(unclear=writes),
                status=status,
                unclear=writes,
            )
            failure.retry_after = wait
            return failure
        fields = names(complaint.fields)
        about = f"; it complains about {', '.join(fields)}" if fields else ""
        error = RefusedError(
            self.crm,
            call,
            f"it refused what was sent{code}{about}",
            "Check these fields: whether the CRM has them, and what it allows there."
            if fields
            else "Check url= and the fields of the request.",
            status=status,
        )
        error.fields = fields
        return error

    def _later(self, call: str, status: int, code: str, wait: float | None) -> RateLimitedError:
        advice = _again(wait, "Wait a moment and ask again.")
        error = RateLimitedError(
            self.crm, call, f"it cannot do this just now{code}", advice, status=status
        )
        error.retry_after = wait
        return error

    def _rate(self, call: str, status: int, code: str, wait: float | None) -> RateLimitedError:
        advice = "Ask less often."
        if wait is not None:
            advice = f"It asks to wait {wait:,.0f} s, longer than this call may take."
        error = RateLimitedError(
            self.crm, call, f"it was asked too often{code}", advice, status=status
        )
        error.retry_after = wait
        return error


_PASSING: Final = frozenset({408, 423, 425, 477})
"""4xx that mean "later": timed out, locked, too early, and HubSpot's for an account that moves."""
_LOOK: Final = "Check that url= is the address of its API, and not of a page or a login."
_CHECK: Final = {
    "credentials": "Check auth=: the token may be wrong, expired, or of another account.",
    "permission": "Give the account, or its token, the right to do this.",
}


def _again(wait: float | None, otherwise: str) -> str:
    return otherwise if wait is None else f"It asks to wait {wait:,.0f} s: ask again after that."


def _kind_of(complaint: Complaint, status: int, wait: float | None) -> Kind:
    kind = complaint.kind or _kind(status)
    # A request that is to be sent again later, as it is, was no mistake.
    asks_to_wait = wait is not None and status in range(400, 500)
    if kind == "refused" and (status in _PASSING or asks_to_wait):
        return "later"
    if complaint.kind is None and kind == "permission" and asks_to_wait:
        return "rate"
    return kind


def _kind(status: int) -> Kind:
    known: dict[int, Kind] = {
        401: "credentials",
        403: "permission",
        404: "not found",
        410: "not found",
        429: "rate",
    }
    return known.get(status, "broken" if status >= 500 else "refused")  # noqa: PLR2004 - HTTP's


def _unclear(*, unclear: bool) -> str:
    return " It may have been written all the same: look before writing again." if unclear else ""


def _host(target: str) -> str:
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""
