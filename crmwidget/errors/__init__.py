"""Every exception of this package, each naming the next step.

CRMWidgetError
├── OriginError (ValueError)         the connector's address cannot be embedded
├── ActionError (ValueError)         a name that we were to send is not ours
├── CrmDataError (ValueError)        crmData lacks required keys or has bad ones
├── ChoiceError (ValueError)         a word the vendor's wire does not have there
├── AnswerError (TypeError)          a handler's value has no meaning on the wire
├── ClickToDialDisabled              the connector has not enabled click-to-dial
├── NotReadyError (TimeoutError)     the wait for a state ran out
├── HandlerTimeoutError (TimeoutError)  a handler was late
├── DirectoryError (ValueError)      no contacts can be read from this
├── PhoneClosedError                 the phone was closed
├── SimulatorError                   there is no simulator, or it refused
├── DemoError                        the demo did not get to where it should
├── BrowserError                     no browser starts
├── ConformanceError                 a client application could not be checked
├── AdapterError                     a CRM was asked and did not answer as it should
│   ├── CredentialsError             it does not accept who asks
│   ├── RecordNotFoundError          it has no such record, or shows it to others only
│   ├── RateLimitedError             it was asked too often, or cannot do it just now
│   ├── CRMTimeoutError (TimeoutError)      it took too long
│   ├── UnreachableError (ConnectionError)  no connection, or it broke
│   ├── RefusedError (ValueError)    it does not accept what was sent
│   ├── UnexpectedAnswerError        its answer is not one of this CRM's
│   └── LoginError                   a login server gave no token
│       ├── LoginDeniedError         a person, or its rules, said no
│       ├── LoginExpiredError (TimeoutError)    nobody logged in in time
│       ├── LoginNeededError         a person has to log in (again)
│       ├── LoginClientError         it does not accept this client
│       ├── LoginPlaceError          the browser is not where the kernel is
│       └── LoginServerError (ConnectionError)  it is not reached, or answers as none
├── SecretError (LookupError)        no token or password where one was to be found
└── MissingExtraError (ImportError)  an optional dependency is not installed
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Found(Protocol):
    """What crmwidget.diagnosis.Diagnosis is, as far as an error needs to know."""

    @property
    def cause(self) -> str:
        """A short stable word."""

    @property
    def sentence(self) -> str:
        """The cause and what to do, for people."""

    @property
    def checks(self) -> Sequence[Any]:
        """What was looked at."""


class CRMWidgetError(Exception):
    """What every error of this package is."""


class OriginError(CRMWidgetError, ValueError):
    """The connector's address cannot be embedded; `reason` says why."""

    def __init__(self, url: str, reason: str, advice: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"cannot embed {without_path(url)!r}: {reason}. {advice}")


def without_path(url: str) -> str:
    """An address as far as its host: what follows may carry a token."""
    host, rest = re.match(r"((?:[^/?#]*:)?(?://)?[^/?#]*)(.*)", url, re.DOTALL).groups()  # type: ignore[union-attr]
    return host if rest in ("", "/") else f"{host}/..."


class ActionError(CRMWidgetError, ValueError):
    """An action that we were asked to send is unknown."""

    def __init__(
        self, name: str, nearest: str | None, known: tuple[str, ...], why: str | None = None
    ) -> None:
        self.name = name
        if why is not None:
            super().__init__(why)
            return
        advice = f"Did you mean {nearest!r}?" if nearest else f"Known: {', '.join(known)}."
        super().__init__(f"no client message is called {name!r}. {advice}")


class CrmDataError(CRMWidgetError, ValueError):
    """crmData that the connector could not start from; names every problem at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(
            "this is not crmData: " + "; ".join(problems) + ". "
            "Give crm_data=CrmData(...), a mapping with callCenterSettings and currentUser, "
            "or a users frame together with user=."
        )


class ChoiceError(CRMWidgetError, ValueError):
    """A word where the wire knows a few others; `known` lists them."""

    def __init__(self, what: str, value: object, known: tuple[str, ...]) -> None:
        self.value = value
        self.known = known
        super().__init__(f"{what} cannot be {value!r}. Known: {', '.join(known)}.")


class AnswerError(CRMWidgetError, TypeError):
    """A handler returned something that has no meaning as an answer."""

    def __init__(self, action: str, value: object, expected: str) -> None:
        self.action = action
        self.expected = expected
        super().__init__(
            f"the handler of {action} returned {type(value).__name__}. Return {expected}."
        )


class ClickToDialDisabled(CRMWidgetError):  # noqa: N818 - the public name; it reads as a state
    """Dialling before the connector has enabled click-to-dial."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(
            "the connector has not enabled click-to-dial"
            + (f" (the phone is {status!r})" if status != "configured" else "")
            + ". It sends requestEnableClickToDial when it is ready for that; set clickToDial "
            "to 'Y' in crmData, wait with `await phone.wait('configured')`, look at phone.can_dial."
        )


class NotReadyError(CRMWidgetError, TimeoutError):
    """A state was not reached in time.

    `diagnosis`, a crmwidget.diagnosis.Diagnosis, says why; `facts` is what the page reports.
    """

    def __init__(
        self,
        wanted: str,
        status: str,
        timeout: float,
        facts: dict[str, object],
        diagnosis: Found,
    ) -> None:
        self.wanted = wanted
        self.status = status
        self.facts = facts
        self.diagnosis = diagnosis
        super().__init__(
            f"not {wanted!r} after {timeout:g} s: the phone is {status!r} ({diagnosis.cause}). "
            f"{diagnosis.sentence} phone.diagnose() shows all that was looked at."
        )


class HandlerTimeoutError(CRMWidgetError, TimeoutError):
    """A handler did not return in time."""

    def __init__(
        self, action: str, handler: str, timeout: float, *, observes: bool = False
    ) -> None:
        self.action = action
        self.timeout = timeout
        if observes:
            super().__init__(
                f"{handler}() did not come back from a change of {action} "
                f"within {timeout:g} s: it is left alone. Observers have to be quick."
            )
            return
        did = "come back" if action == "*" else f"answer {action}"
        super().__init__(
            f"{handler}() did not {did} within {timeout:g} s. Make it faster, "
            f"or give it longer: phone.on({action!r}, {handler}, timeout=...)."
        )


class MessageRefusedError(CRMWidgetError):
    """A message of the connector was over a limit of page or kernel, and no handler has seen it.

    `limit`: the most that is taken, in the unit that `reason` names.
    """

    def __init__(self, action: str, reason: str, limit: int) -> None:
        self.action = action
        self.reason = reason
        self.limit = limit
        self.for_agent = _SAID.get(reason, "it is too large")
        why = _OVER.get(reason, "it was over the limit of {:,} for " + reason).format(limit)
        super().__init__(
            f"{action} was refused: {why}. No handler has seen it. "
            + _REMEDIES.get(reason, "The connector has to send less.")
        )


_OVER = {
    "size": "it had more than {:,} characters as JSON",
    "depth": "it was nested more than {:,} levels deep",
    "nodes": "it had more than {:,} values",
    "rate": "more than {:,} messages a second came",
    "room": "the call logs that wait to be saved would take more than {:,} bytes",
}
_SAID = {"rate": "too many messages came", "room": "too many call logs wait to be saved"}
_REMEDIES = {"room": "phone.journal has those that wait: have them saved, or discard them."}


class HandlerAbandonedError(CRMWidgetError):
    """A coroutine went on though its time was over and it was cancelled."""

    def __init__(self, action: str, handler: str) -> None:
        self.action = action
        super().__init__(
            f"{handler}() goes on though its time for {action} is over and it was cancelled: it is "
            "left alone, and the next message is handled beside it. Await what takes time, and let "
            "CancelledError pass."
        )


class DirectoryError(CRMWidgetError, ValueError):
    """No contacts can be read from this."""


class PhoneClosedError(CRMWidgetError):
    """The phone was closed, or closing would lose something."""


class SimulatorError(CRMWidgetError):
    """There is no simulator to drive, or it could not do what it was told."""


class DemoError(CRMWidgetError):
    """The demo waited in vain; `reached` is the last step that went well."""

    def __init__(self, wanted: str, reached: str, advice: str) -> None:
        self.wanted = wanted
        self.reached = reached
        super().__init__(f"the demo got as far as: {reached}, then waited for: {wanted}. {advice}")


class BrowserError(CRMWidgetError):
    """There is no browser to look with, or it does not start."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}. {advice}")


class ConformanceError(CRMWidgetError):
    """A client application could not be checked at all; says nothing about its rules."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}. {advice}")


class AdapterError(CRMWidgetError):
    """A CRM was asked and did not answer as it should; no value of a customer is in it.

    crm, call: who was asked for what. status: of HTTP, where there was an answer.
    unclear: whether the CRM may have done it all the same. retry_after: what it
    asks to wait, in seconds.
    """

    retry_after: float | None = None

    def __init__(
        self,
        crm: str,
        call: str,
        said: str,
        advice: str,
        *,
        status: int | None = None,
        unclear: bool = False,
    ) -> None:
        self.crm = crm
        self.call = call
        self.status = status
        self.advice = advice
        self.unclear = unclear
        answered = f" (HTTP {status})" if status is not None else ""
        super().__init__(f"{crm}, to {call}: {said}{answered}. {advice}")


class CredentialsError(AdapterError):
    """The CRM does not accept who asks, or not for this."""


class RecordNotFoundError(AdapterError):
    """The CRM has no such record, or shows it to others only."""


class RateLimitedError(AdapterError):
    """The CRM was asked too often, or cannot do it just now; `retry_after` says how long."""


class CRMTimeoutError(AdapterError, TimeoutError):
    """The CRM took too long."""


class UnreachableError(AdapterError, ConnectionError):
    """There was no connection to the CRM, or it broke."""


class RefusedError(AdapterError, ValueError):
    """The CRM does not accept what was sent; `fields` are the names it complained about."""

    fields: tuple[str, ...] = ()


class UnexpectedAnswerError(AdapterError):
    """An answer that is none of this CRM's: a page instead of data, another host, too much.

    host: the other host that it leads to, which was not asked.
    """

    host: str | None = None


class LoginError(AdapterError):
    """A login server gave no token; `code` is OAuth's word for why, where it said one."""

    code: str | None = None


class LoginDeniedError(LoginError):
    """The person, or a rule of the login server, said no."""


class LoginExpiredError(LoginError, TimeoutError):
    """Nobody logged in while the link or the code was valid."""


class LoginNeededError(LoginError):
    """A person has to log in, or to log in again: nothing that is kept gives a token."""


class LoginClientError(LoginError):
    """The login server does not accept this client: its id, its secret, or what it may do."""


class LoginPlaceError(LoginError):
    """The browser's redirect cannot reach this kernel: they are not on one machine."""


class LoginServerError(LoginError, ConnectionError):
    """The login server is not reached, or does not answer as one does.

    passing: whether a later try may succeed.
    """

    passing: bool = False


class SecretError(CRMWidgetError, LookupError):
    """There is no token or password where one was to be found."""


class MissingExtraError(CRMWidgetError, ImportError):
    """An optional dependency is not installed; names the extra."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} is not installed. Run: pip install 'crmwidget[{extra}]'")


class CaptureError(CRMWidgetError, ValueError):
    """A file is no capture, or its messages cannot be replayed."""

    def __init__(self, path: object, line: int, what: str) -> None:
        self.line = line
        super().__init__(
            f"{path}, line {line}: {what}. Captures are made with phone.traffic.save(path)."
        )
