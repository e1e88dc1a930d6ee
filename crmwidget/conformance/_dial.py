"""Rules of click-to-dial: when a click starts a call, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, at, faults, kind
from crmwidget.conformance._stage import ENABLE, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.conformance._stage import Heard, Stage

RESPONSE: Final = "clickToDialResponse"
_NO_DIAL: Final = "no --dial was given: the kit does not know what a user clicks to call"
_REMEMBER: Final = (
    "Remember isEnabled of the last requestEnableClickToDial, false at the beginning, and do "
    "not send while it is not true."
)


def _refuses(stage: Stage) -> Verdict:
    """Whether a click now starts no call."""
    if not stage.clickable():
        return kept("what the user clicks is absent, hidden or disabled")
    since = stage.settle()
    stage.click(1.0)
    stage.settle()
    found = [one for one in stage.take(since) if one.action == RESPONSE.lower()]
    return broken(f"{len(found)} {RESPONSE} after the click") if found else kept("no call")


def _with_dial(check: Callable[[Stage], Verdict]) -> Callable[[Stage], Verdict]:
    def checked(stage: Stage) -> Verdict:
        return check(stage) if stage.dial else idle(_NO_DIAL)

    return checked


@rule(
    "dial-not-before-enabled",
    "D",
    "a click starts no call before click-to-dial is enabled",
    checked="clicks before requestEnableClickToDial was sent, where that can be clicked",
    advice=_REMEMBER,
)
@_with_dial
def before(stage: Stage) -> Verdict:
    return _refuses(stage)


@rule(
    "enable-without-data",
    "O",
    "requestEnableClickToDial without data throws nothing and enables nothing",
    checked="sends it without data, with {}, null and without a boolean, then clicks",
    advice="Read data?.isEnabled === true.",
)
def without_data(stage: Stage) -> Verdict:
    envelope = f'type: "CRMConnectMessage", action: "{ENABLE}"'
    cases = [
        (name, f"{{{envelope}{data}}}")
        for name, data in (
            ("no data", ""),
            ("{}", ", data: {}"),
            ("null", ", data: null"),
            ("isEnabled false", ", data: {isEnabled: false}"),
            ("isEnabled null", ", data: {isEnabled: null}"),
        )
    ]
    found = [*stage.survives(cases)]
    if stage.dial and not found and stage.once(_before) and _refuses(stage).result == "failed":
        found.append("a click starts a call then")
    return judged(found, "nothing thrown")


def _before(stage: Stage) -> bool:
    """Whether a click started no call before anything was enabled."""
    return stage.kept.get("dial-not-before-enabled") != "failed"


def _clicked(stage: Stage) -> tuple[str, list[Heard]]:
    """The first click after click-to-dial was enabled: why it failed, and the responses."""
    return _dial(stage)


def _dial(stage: Stage) -> tuple[str, list[Heard]]:
    """Enable, click, and wait for the call that has to come, and for one more that has not."""
    stage.post(message(ENABLE, {"isEnabled": True}))
    since = stage.settle()
    why = stage.click()
    if why:
        return why, []
    if not _responses(stage, since):
        stage.wait_for(RESPONSE)
    stage.settle()
    found = _responses(stage, since)
    for one in found:
        one.taken = True
    return "", found


def _responses(stage: Stage, since: int) -> list[Heard]:
    return [one for one in stage.pull()[since:] if one.action == RESPONSE.lower()]


@rule(
    "dial-after-enabled",
    "R",
    "a click starts a call once click-to-dial is enabled",
    checked="sends requestEnableClickToDial {isEnabled: true}, and clicks",
    advice="Send clickToDialResponse for each click while isEnabled is true; check --dial.",
)
@_with_dial
def after(stage: Stage) -> Verdict:
    why, found = stage.once(_clicked)
    if why:
        return broken(why)
    return kept(RESPONSE) if found else broken(f"no {RESPONSE} within {stage.patience:g} s")


@rule(
    "dial-once",
    "O",
    "a click starts one call, also where click-to-dial was enabled twice",
    checked="enables once more, and clicks",
    advice="Do not add a listener for each requestEnableClickToDial.",
)
@_with_dial
def once(stage: Stage) -> Verdict:
    if not stage.once(_clicked)[1]:
        return idle("a click starts no call")
    why, found = _dial(stage)
    if why:
        return idle(why)
    counts = (len(stage.once(_clicked)[1]), len(found))
    if counts == (1, 1):
        return kept("one each")
    return broken(f"{counts[0]} for the first click, {counts[1]} after enabling again")


def response(stage: Stage) -> Any:
    """The data of the first clickToDialResponse, or MISSING."""
    found = stage.once(_clicked)[1] if stage.dial else []
    return found[0].data if found else MISSING


def _why_none(stage: Stage) -> Verdict:
    return idle("a click starts no call" if stage.dial else _NO_DIAL)


_PERSON: Final = {
    "number": "text",
    "objectType": "text",
    "recordId": "id",
    "recordName": "text",
    "email": "text|null",
    "url": "text",
}
_SHAPE: Final = {
    "onClickToDialResponse": "object",
    **{f"onClickToDialResponse.{key}": kinds for key, kinds in _PERSON.items()},
    "pageInfo": "object",
    **{f"pageInfo.{key}": kinds for key, kinds in _PERSON.items()},
    "clickToDialLogDetails": "object",
    "clickToDialLogDetails.id": "id",
    "clickToDialLogDetails.name": "text",
    "clickToDialLogDetails.personAccount": "boolean",
    "clickToDialLogDetails.type": "text",
    "softphoneItems": "list",
    "doNotCall": "boolean",
    "nameObjects": "null",
    "relatedToObjects": "list",
}


@rule(
    "dial-shape",
    "S",
    "clickToDialResponse is complete",
    checked="reads the clickToDialResponse of a click",
    advice="Send all of onClickToDialResponse, pageInfo, clickToDialLogDetails, softphoneItems, "
    "doNotCall, crmEmails, crmPhones, nameObjects and relatedToObjects.",
)
def shape(stage: Stage) -> Verdict:
    data = response(stage)
    if data is MISSING:
        return _why_none(stage)
    found = [*faults(data, _SHAPE)]
    if at(data, "onClickToDialResponse.number") == "":
        found.append("onClickToDialResponse.number is empty")
    related = at(data, "relatedToObjects")
    keys = {
        "isName": "boolean",
        "isRelatedTo": "boolean",
        **{f"pageInfo.{key}": _PERSON[key] for key in ("recordId", "url", "recordName")},
    }
    for index, one in enumerate(related if isinstance(related, list) else []):
        found += faults(one, keys, f"relatedToObjects[{index}].")
    return judged(found, "all keys")


@rule(
    "dial-emails-text",
    "S",
    "crmEmails is one text, not a list",
    checked="reads the clickToDialResponse of a click",
    advice="Send the address itself; only crmPhones is a list.",
)
def emails(stage: Stage) -> Verdict:
    data = response(stage)
    if data is MISSING:
        return _why_none(stage)
    found = at(data, "crmEmails")
    if kind(found) in {"text", "null"} and found is not MISSING:
        return kept(f"it is {kind(found)}")
    return broken(f"crmEmails is {kind(found)}, not text")


@rule(
    "dial-phones-list",
    "S",
    "crmPhones is a list of texts",
    checked="reads the clickToDialResponse of a click",
    advice="Send the numbers in a list; without a number there is no call to start.",
)
def phones(stage: Stage) -> Verdict:
    data = response(stage)
    if data is MISSING:
        return _why_none(stage)
    found = at(data, "crmPhones")
    if not isinstance(found, list):
        return broken(f"crmPhones is {kind(found)}, not list")
    wrong = {kind(one) for one in found if not isinstance(one, str)}
    return judged((f"crmPhones has {one} in it" for one in sorted(wrong)), f"{len(found)} texts")


@rule(
    "dial-not-after-disabled",
    "R",
    "a click starts no call after click-to-dial was disabled",
    checked="sends requestEnableClickToDial {isEnabled: false}, and clicks where that is possible",
    advice=_REMEMBER,
)
@_with_dial
def disabled(stage: Stage) -> Verdict:
    if not stage.once(_clicked)[1]:
        return idle("a click starts no call even when it is enabled")
    stage.post(message(ENABLE, {"isEnabled": False}))
    stage.settle()
    return _refuses(stage)


BEFORE = (before, without_data)
RULES = (after, once, shape, emails, phones, disabled)
