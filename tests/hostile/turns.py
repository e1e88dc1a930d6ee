"""Turns: good messages at the wrong time, answers from the wrong side, and far too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.hostile.case import CONNECTOR, GOOD, Beside, Case, There

if TYPE_CHECKING:
    from collections.abc import Iterator


def turns() -> Iterator[Case]:
    for name, (does, passed, hears) in _OUT_OF_TURN.items():
        yield Case(name, does, passed=passed, hears=hears, fresh=True)
    for name, does, on in _DIAL:
        yield Case(
            f"click-to-dial: {name}",
            does,
            passed=None,
            hears=("ready", "crmData", "ready") if "requestCrmData" in does else (),
            fresh=True,
            facts={"dial": on, "can_dial": on},
        )


_ASK: Final = "say(message('requestCrmData'));"
_ASKED: Final = (("requestCrmData", None),)
_READY: Final = "say(message('ready'));"
_LOG: Final = "requestSaveInteractionLog"
_POP: Final = "requestPerformInteractionScreenPop"
_ANSWERS: Final = (
    "crmData", "crmDirectory", "clickToDialResponse", "createHistoryItem",
    "customFieldsDataResponse", "displayErrorNotification",
)  # fmt: skip
_OUT_OF_TURN: Final[dict[str, tuple[str, tuple[tuple[str, Any], ...], tuple[str, ...]]]] = {
    "crmData is asked for before ready": (_ASK, _ASKED, ("crmData",)),
    "crmData is asked for twice": (_READY + _ASK * 2, _ASKED * 2, ("ready", "crmData", "crmData")),
    "ready after crmData, as a frame that has reloaded": (
        (_READY + _ASK) * 2,
        _ASKED * 2,
        ("ready", "crmData") * 2,
    ),
    "a storm of ready": (_READY * 500, (), ("ready",) * 500),
    "a storm of ready and questions": (
        (_READY + _ASK) * 50,
        _ASKED * 50,
        ("ready", "crmData") * 50,
    ),
    "ready in capitals": ("say(message('READY'))", (("READY", None),), ("ready",)),
    "ready with data": ("say(message('ready', {n: [1]}))", (), ("ready",)),
    "a log before ready": (f"say(message('{_LOG}', {{header: 1}}))", ((_LOG, {"header": 1}),), ()),
    "a log of nothing": (f"say({{type: TYPE, action: '{_LOG}'}})", ((_LOG, None),), ()),
    "a log that is no object": (
        f"say(message('{_LOG}', [[], 7n, 'x']))",
        ((_LOG, [[], "7", "x"]),),
        (),
    ),
    "the same log twice": (
        f"say(message('{_LOG}', {{a: 1}}));" * 2,
        ((_LOG, {"a": 1}),) * 2,
        (),
    ),
    "the directory before ready, in both spellings": (
        "say(message('requestGetCRMDirectory')); say(message('requestGetCrmDirectory'))",
        (("requestGetCRMDirectory", None), ("requestGetCrmDirectory", None)),
        ("crmDirectory", "crmDirectory"),
    ),
    "a screen pop before ready": (
        f"say(message('{_POP}', {{aniValues: ['+12025550143']}}))",
        ((_POP, {"aniValues": ["+12025550143"]}),),
        (),
    ),
    "a screen pop of nobody": (
        f"say(message('{_POP}', {{aniValues: ['', null, {{}}, 7]}}))",
        ((_POP, {"aniValues": ["", None, {}, 7]}),),
        ("displayErrorNotification",),
    ),
    "custom fields without names": (
        "say(message('requestCustomFieldsValues', {object: null}))",
        (("requestCustomFieldsValues", {"object": None}),),
        ("customFieldsDataResponse",),
    ),
    "custom fields whose names are not texts": (
        "say(message('requestCustomFieldsValues', {object: {voice: [{}, 7], digital: 'x'}}))",
        (("requestCustomFieldsValues", {"object": {"voice": [{}, 7], "digital": "x"}}),),
        ("customFieldsDataResponse",),
    ),
    "answers that the client gives, coming from the connector": (
        "".join(f"say(message('{action}', {{}}));" for action in _ANSWERS),
        tuple((action, {}) for action in _ANSWERS),
        (),
    ),
    "a history item for a log that nobody has saved": (
        "say(message('createHistoryItem', {taskId: 1, data: {}}))",
        (("createHistoryItem", {"taskId": 1, "data": {}}),),
        (),
    ),
}  # fmt: skip
_ENABLE: Final = "say(message('requestEnableClickToDial', %s));"
_DIAL: Final = (
    ("off before it was on", _ENABLE % "{isEnabled: false}", False),
    ("on before ready", _ENABLE % "{isEnabled: true}", True),
    ("on, and on again", _ENABLE % "{isEnabled: true}" * 2, True),
    ("on, then without data", _ENABLE % "{isEnabled: true}" + _ENABLE % "undefined", False),
    ("on, then unclear", _ENABLE % "{isEnabled: true}" + _ENABLE % "{isEnabled: {}}", False),
    ("a text", _ENABLE % "{isEnabled: 'true'}", True),
    ("a number", _ENABLE % "{isEnabled: 1}", True),
    ("boxed", _ENABLE % "{isEnabled: new Boolean(true)}", True),
    ("a BigInt", _ENABLE % "{isEnabled: 1n}", False),
    ("a list", _ENABLE % "[{isEnabled: true}]", False),
    ("inherited", _ENABLE % "Object.create({isEnabled: true})", False),
    ("inherited, as a key", _ENABLE % 'parsed(`{"__proto__": {"isEnabled": true}}`)', False),
    ("on, then a reload", _READY + _ASK + _ENABLE % "{isEnabled: true}" + _READY, False),
)  # fmt: skip


def volumes() -> Iterator[Case]:
    for name, n, value in _BURSTS:
        does = f"for (let i = 0; i < {n}; i++) say(message('burst', {value}))"
        expected = (i if value == "i" else "x" * 10_000 for i in range(n))
        yield Case(name, does, passed=tuple(("burst", one) for one in expected))
    for name, who, n, says, reason in _STORMS:
        does = f"for (let i = 0; i < {n}; i++) {says}"
        yield Case(name, does, who, refused={reason: n})


_BURSTS: Final = (("10,000 at once", 10_000, "i"), ("1,000 of 10 kB", 1_000, "'x'.repeat(10_000)"))
_STORMS: Final = (
    ("a storm of no messages", "connector", 5_000, "say('ready')", "shape"),
    ("a storm of too long ones", "connector", 100, "say(message('value', fill(1)))", "size"),
    ("a storm of a look-alike", Beside(f"{CONNECTOR}/puppet"), 20_000, GOOD, "source"),
    ("a storm in its place", There("http://evil.example/puppet"), 20_000, GOOD, "origin"),
    ("a storm of a script", "page", 20_000, "arena.forge(message('value', 1))", "untrusted"),
)  # fmt: skip
