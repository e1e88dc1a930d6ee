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
└── MissingExtraError (ImportError)  an optional dependency is not installed
"""

from __future__ import annotations


class CRMWidgetError(Exception):
    """What every error of this package is."""


class OriginError(CRMWidgetError, ValueError):
    """The connector's address cannot be embedded; `reason` says why."""

    def __init__(self, url: str, reason: str, advice: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"cannot embed {url!r}: {reason}. {advice}")


class ActionError(CRMWidgetError, ValueError):
    """An action that we were asked to send is unknown."""

    def __init__(self, name: str, nearest: str | None, known: tuple[str, ...]) -> None:
        self.name = name
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
    """A state was not reached in time; `facts` is what the page reports."""

    def __init__(
        self, wanted: str, status: str, timeout: float, facts: dict[str, object], advice: str
    ) -> None:
        self.wanted = wanted
        self.status = status
        self.facts = facts
        listed = ", ".join(f"{name} {value}" for name, value in facts.items())
        super().__init__(
            f"not {wanted!r} after {timeout:g} s: the phone is {status!r}. "
            f"The page reports: {listed or 'nothing yet'}. {advice}"
        )


class HandlerTimeoutError(CRMWidgetError, TimeoutError):
    """A handler did not return in time."""

    def __init__(self, action: str, handler: str, timeout: float) -> None:
        self.action = action
        self.timeout = timeout
        super().__init__(
            f"{handler}() did not answer {action} within {timeout:g} s. Make it faster, "
            f"or give it longer: phone.on({action!r}, {handler}, timeout=...)."
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


class MissingExtraError(CRMWidgetError, ImportError):
    """An optional dependency is not installed; names the extra."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} is not installed. Run: pip install 'crmwidget[{extra}]'")
