"""Corpus: everything that nobody should let in, and what becomes of it; data only.

A case is JavaScript that somebody runs: the connector in the widget's frame unless `who` says
otherwise. `say(value)` posts to the window in which the widget listens, `message(action, data)`
makes a message in the connector's envelope; puppet.html has the other words. A case says which
messages reach the kernel's handlers (and with which data), which are refused and why, and what
the connector is told; nothing else may happen. After each one a good message must work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CAP: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Beside:
    """A frame beside the widget's, in the same page."""

    url: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """A frame in the connector's page."""

    url: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Popup:
    """A window that the connector's page has opened."""

    url: str


@dataclass(frozen=True, slots=True)
class There:
    """The widget's own frame, after it went to another address."""

    url: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The widget's own frame, after it went to another address and came back."""

    url: str


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    does: str
    who: object = "connector"
    """"connector", "page" (the notebook's own), "put back" (the element of a closed frame), ..."""
    passed: tuple[tuple[str, Any], ...] | None = ()
    """(action, data) of what reaches the handlers, without `ready`; None: is not looked at."""
    refused: dict[str, int] = field(default_factory=dict)
    hears: tuple[str, ...] = ()
    """Actions that the connector is told."""
    throws: str = ""
    """The error with which the browser itself does not let it be sent."""
    fresh: bool = False
    """It begins with a frame that was loaded anew and has said nothing."""
    facts: dict[str, Any] = field(default_factory=dict)


CONNECTOR: Final = "http://localhost:{port}"
GOOD: Final = "say(message('value', 1))"
PASSED: Final = (("value", 1),)
SANDBOX: Final = {"sandbox": "allow-scripts"}
SAME: Final = {"sandbox": "allow-scripts allow-same-origin"}
ONCE: Final = {"source": 1}


# ---------------------------------------------------------------- who speaks
def _senders() -> Iterator[Case]:
    for name, url in _LOOK_ALIKES.items():
        yield Case(f"frame at {name}", GOOD, There(url), refused={"origin": 1})
    for name, who in _STRANGERS.items():
        yield Case(name, GOOD, who, refused=ONCE)
    for name, url in _STILL_THE_CONNECTOR.items():
        yield Case(name, GOOD, There(url), passed=PASSED)
    for name, (does, reasons) in _PAGE.items():
        yield Case(name, does, "page", refused=reasons)
    yield Case("connector after it was elsewhere", GOOD, Returned("http://evil.example/puppet"), passed=PASSED)
    yield Case(
        "stranger that makes no claim",
        "say('hello'); say({type: 'other'}); say(null); say(message('value').action);" + GOOD,
        Beside("{page}/puppet"),
        refused=ONCE,  # for the last one, which claims to be the connector's
    )
    yield Case(
        "page in the connector that speaks to the connector",
        "parent.postMessage(message('value', 1), '*');" + GOOD,
        Inside("http://localhost:{other_port}/puppet"),
        refused=ONCE,
    )
    yield Case(
        "page in the connector that borrows its voice",  # of one origin, it is the connector
        "parent.say(message('value', 1))",
        Inside(f"{CONNECTOR}/puppet"),
        passed=PASSED,
    )
    yield Case("connector that speaks to top", "top.postMessage(message('value', 1), '*')", passed=PASSED)
    yield Case(
        "connector that hands a port over",
        "say(message('value', 1), [new MessageChannel().port1])",
        passed=PASSED,
    )


_LOOK_ALIKES: Final = {
    "another port": "http://127.0.0.1:{other_port}/puppet",
    "the address behind the name": "http://127.0.0.1:{port}/puppet",
    "the notebook's own origin": "{page}/puppet",
    "a subdomain": "http://sub.localhost:{port}/puppet",
    "a subdomain of nowhere": "http://connector.localhost:{port}/puppet",
    "the name and a suffix": "http://localhost.example:{port}/puppet",
    "the name as a suffix": "http://evillocalhost:{port}/puppet",
    "the name as a subdomain": "http://localhost.evil.example:{port}/puppet",
    "the name with a dot": "http://localhost.:{port}/puppet",
    "a name with a Cyrillic letter": "http://l\N{CYRILLIC SMALL LETTER O}calhost:{port}/puppet",
    "https": "https://localhost:{port}/puppet",
    "https and no port": "https://localhost/puppet",
    "no port": "http://localhost/puppet",
    "a port that begins alike": "http://localhost:{cut_port}/puppet",
    "the origin in its path": "http://evil.example/http://localhost:{port}/puppet",
    "the origin in its query": "http://evil.example/puppet?http://localhost:{port}",
    "the origin in its fragment": "http://evil.example/puppet#http://localhost:{port}",
    "IPv6": "http://[::1]:{port}/puppet",
    "a sandbox": f"{CONNECTOR}/sandboxed",
    "data:": "data:",
}
_STRANGERS: Final = {
    "frame beside, the connector's origin": Beside(f"{CONNECTOR}/puppet"),
    "frame beside, an allowed origin": Beside("http://localhost:{other_port}/puppet"),
    "frame beside, another origin": Beside("http://127.0.0.1:{other_port}/puppet"),
    "frame beside, the page's origin": Beside("{page}/puppet"),
    "frame beside, in a sandbox": Beside(f"{CONNECTOR}/puppet", SANDBOX),
    "frame beside, in a sandbox of its origin": Beside(f"{CONNECTOR}/puppet", SAME),
    "frame beside, srcdoc": Beside("srcdoc"),
    "frame beside, srcdoc in a sandbox": Beside("srcdoc", SANDBOX),
    "frame beside, with the customary id": Beside(f"{CONNECTOR}/puppet", {"id": "crmConnectIframeId"}),
    "frame beside, with our title": Beside(f"{CONNECTOR}/puppet", {"name": "Softphone arena"}),
    "frame in the connector, its origin": Inside(f"{CONNECTOR}/puppet"),
    "frame in the connector, another origin": Inside("http://evil.example/puppet"),
    "frame in the connector, the page's origin": Inside("{page}/puppet"),
    "frame in the connector, in a sandbox": Inside(f"{CONNECTOR}/puppet", SANDBOX),
    "frame in the connector, in a sandbox of its origin": Inside(f"{CONNECTOR}/puppet", SAME),
    "frame in the connector, srcdoc": Inside("srcdoc"),
    "frame in the connector, srcdoc in a sandbox": Inside("srcdoc", SANDBOX),
    "popup of the connector, its origin": Popup(f"{CONNECTOR}/puppet"),
    "popup of the connector, another origin": Popup("http://evil.example/puppet"),
    "closed frame, put back into the page": "put back",
}
_STILL_THE_CONNECTOR: Final = {
    "connector at another path": f"{CONNECTOR}/puppet?another#one",
    "connector in capitals": "HTTP://LOCALHOST:{port}/puppet",
    "connector in a blob of its own": "blob:",
    "connector at a further allowed origin": "http://localhost:{other_port}/puppet",
}
_PAGE: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "the page itself": (GOOD, ONCE),
    "the page, without a target": ("postMessage(message('value', 1))", ONCE),
    "event made by a script, all right": ("arena.forge(message('value', 1))", {"untrusted": 1}),
    "event made by a script, no message": ("arena.forge('text')", {"untrusted": 1}),
    "event made by a script, no source": (
        "arena.forge(message('value', 1), {source: null})",
        {"untrusted": 1},
    ),
    "event made by a script, the page as source": (
        "arena.forge(message('value', 1), {source: window})",
        {"untrusted": 1},
    ),
    "event made by a script, another origin": (
        "arena.forge(message('value', 1), {origin: 'http://evil.example'})",
        {"untrusted": 1},
    ),
    "event made by a script, a log": (
        "arena.forge(message('requestSaveInteractionLog', {}))",
        {"untrusted": 1},
    ),
    "event made by a script, initMessageEvent": (
        """const made = document.createEvent("MessageEvent");
        made.initMessageEvent("message", false, false, message("value", 1),
            new URL(arena.connector().src).origin, "", arena.connector().contentWindow, []);
        dispatchEvent(made)""",
        {"untrusted": 1},
    ),
    "event made by a script, a class that says it is trusted": (
        """class Trusted extends MessageEvent { get isTrusted() { return true } }
        dispatchEvent(new Trusted("message", {data: message("value", 1), source: window,
            origin: new URL(arena.connector().src).origin}))""",
        {"untrusted": 1},
    ),
    "true event, dispatched again": ("dispatchEvent(arena.last())", {"untrusted": 1}),
    "event without data": ("dispatchEvent(new Event('message'))", {}),
    "event of another class": ("dispatchEvent(new CustomEvent('message', {detail: message('x')}))", {}),
}


# ---------------------------------------------------------------- what is no message
def _envelopes() -> Iterator[Case]:
    for reason, expressions in _NO_MESSAGE.items():
        for expression in expressions:
            yield Case(f"{reason}: {expression}", f"say({expression})", refused={reason: 1})
    for expression in _NEVER_SENT:
        yield Case(f"never sent: {expression}", f"say({expression})", throws="DataCloneError")
    for action in _NO_ACTION:
        expression = f"{{type: TYPE, action: {action}}}"
        yield Case(f"action: {action}", f"say({expression})", refused={"action": 1})
    for expression, (action, data) in _STILL_A_MESSAGE.items():
        yield Case(f"message: {expression}", f"say({expression})", passed=((action, data),))


_NO_MESSAGE: Final = {
    "shape": (
        "null", "undefined", "true", "7", "7n", "''", "'ready'", "JSON.stringify(message('ready'))",
        "[]", "[message('ready')]", "[TYPE, 'ready']", "Object.assign([], message('ready'))",
        "new Map(Object.entries(message('ready')))", "new Set(['ready'])",
        "Object.assign(new Map(), message('ready'))", "Object.assign(new Date(0), message('ready'))",
        "Object.assign(new Error('ready'), message('ready'))", "/ready/", "new String('ready')",
        "new Uint8Array(8)", "new ArrayBuffer(8)", "new Blob(['ready'])", "new ImageData(1, 1)",
    ),
    "type": (
        "{}", "{action: 'ready'}", "{type: 'ClientAppMessage', action: 'ready'}",
        "{type: TYPE.toLowerCase(), action: 'ready'}", "{type: TYPE + ' ', action: 'ready'}",
        "{type: TYPE + '\\0', action: 'ready'}", "{type: [TYPE], action: 'ready'}",
        "{type: new String(TYPE), action: 'ready'}", "{type: null, action: 'ready'}",
        "{type: {toString: TYPE}, action: 'ready'}", "{TYPE, action: 'ready'}",
        "{type: 'crmwidget/simulator', id: 1, ok: true, state: {}}",
        "Object.create(message('ready'))", "{get type() { return undefined }, action: 'ready'}",
        "parsed('{\"__proto__\": {\"type\": \"CRMConnectMessage\", \"action\": \"ready\"}}')",
        "{data: message('ready')}",
    ),
    "action": ("{type: TYPE}", "{type: TYPE, Action: 'ready'}", "{type: TYPE, data: {action: 'ready'}}"),
}  # fmt: skip
_NO_ACTION: Final = (
    "undefined", "null", "''", "7", "true", "['ready']", "{}", "new String('ready')", "10n",
    "'x'.repeat(65)", "'x'.repeat(100_000)", "'\\0'", "'ready\\0'", "'rea\\ndy'", "'ready\\r'",
    "'\\t'", "'\\x1b[31mready'", "'ready\\x7f'", "'\\x85'",
)  # fmt: skip
_NEVER_SENT: Final = (
    "() => message('ready')", "Symbol('ready')", "message('value', () => 1)",
    "message('value', Symbol())", "new Proxy(message('ready'), {})", "message('value', new Proxy({}, {}))",
    "{...message('value'), toJSON() {}}", "message('value', window)", "message('value', document)",
    "message('value', new WeakMap())", "message('value', Promise.resolve(1))",
)  # fmt: skip
_STILL_A_MESSAGE: Final[dict[str, tuple[str, Any]]] = {
    "{type: TYPE, action: 'value'}": ("value", None),
    "{type: TYPE, action: 'value', data: undefined}": ("value", None),
    "{type: TYPE, action: 'value', data: null}": ("value", None),
    "{...message('value', 1), id: 7, source: 'x', origin: 'y', isTrusted: false}": ("value", 1),
    "{...message('value', 1), toJSON: 1, then: 1, valueOf: 1}": ("value", 1),
    "{...message('value', 1), seq: 1, answered: true, m: '{}'}": ("value", 1),
    "Object.assign(Object.create(null), message('value', 1))": ("value", 1),
    "new (class Message { type = TYPE; action = 'value'; data = 1 })()": ("value", 1),
    "{type: TYPE, get action() { return 'value' }, data: 1}": ("value", 1),
    "{type: TYPE, action: 'value', get data() { return 1 }}": ("value", 1),
    "Object.freeze(message('value', 1))": ("value", 1),
    "parsed(JSON.stringify(message('value', 1)).replace('{', '{\"__proto__\": {\"action\": 1}, '))": (
        "value",
        1,
    ),
    "{...message('value', 1), constructor: {prototype: {}}, hasOwnProperty: 0}": ("value", 1),
    "message('x'.repeat(64), 1)": ("x" * 64, 1),
    "message('__proto__', 1)": ("__proto__", 1),
    "message('constructor', 1)": ("constructor", 1),
    "message('toString', 1)": ("toString", 1),
    "message('then', 1)": ("then", 1),
    "message('*', 1)": ("*", 1),
    "message(' ready', 1)": (" ready", 1),
    "message('re\\u200bady', 1)": ("re\u200bady", 1),
    "message('\\u202eydaer', 1)": ("\u202eydaer", 1),
    "message('re\\u0430dy', 1)": ("re\u0430dy", 1),
    "message('\\ud83d\\ude00', 1)": ("\U0001f600", 1),
    "message('half \\ud83d', 1)": ("half \ufffd", 1),
    "message('../../etc/passwd', 1)": ("../../etc/passwd", 1),
    "message('<img src=x onerror=alert(1)>', 1)": ("<img src=x onerror=alert(1)>", 1),
    "message('{0.__class__} %s', 1)": ("{0.__class__} %s", 1),
}


# ---------------------------------------------------------------- what JSON cannot carry
def _values() -> Iterator[Case]:
    for expression, data in _BECOMES.items():
        does = f"say(message('value', {expression}))"
        yield Case(f"value: {expression}", does, passed=(("value", data),))
    for expression, reason in _OVER_THE_CAP.items():
        does = f"say(message('value', {expression}))"
        yield Case(f"over the cap: {expression}", does, refused={reason: 1})
    for expression, data in _UP_TO_THE_CAP.items():
        does = f"say(message('value', {expression}))"
        yield Case(f"up to the cap: {expression}", does, passed=(("value", data),))
    yield Case(
        "a module of WebAssembly, which another origin may not have",
        "say(message('value', new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0]))))",
        refused={"shape": 1},
    )


_BECOMES: Final[dict[str, Any]] = {
    "10n": "10",
    "-(10n ** 1000n)": f"-1{'0' * 1000}",
    "Object(10n)": {"$type": "BigInt"},
    "new Date(0)": "1970-01-01T00:00:00.000Z",
    "new Date(NaN)": None,
    "new Date(8.64e15)": "+275760-09-13T00:00:00.000Z",
    "new Map([['a', 1], [{}, 2]])": [["a", 1], [{}, 2]],
    "new Map([['__proto__', {x: 1}]])": [["__proto__", {"x": 1}]],
    "new Set([1, 'a', [2]])": [1, "a", [2]],
    "new Uint8Array(8)": {"$bytes": 8},
    "new Float64Array(2)": {"$bytes": 16},
    "new BigInt64Array(1)": {"$bytes": 8},
    "new DataView(new ArrayBuffer(9), 4)": {"$bytes": 5},
    "new ArrayBuffer(2 ** 20)": {"$bytes": 1048576},
    "new ArrayBuffer(4, {maxByteLength: 8})": {"$bytes": 4},
    "NaN": None,
    "Infinity": None,
    "-Infinity": None,
    "-0": 0,
    "1e308": 1e308,
    "5e-324": 5e-324,
    "2 ** 53 + 2": 9007199254740994,
    "[NaN, undefined, , 1]": [None, None, None, 1],
    "{a: undefined, b: 1}": {"b": 1},
    "cycle({}, (it) => (it.self = it))": {"self": "[cycle]"},
    "cycle([], (it) => it.push(it, 1))": ["[cycle]", 1],
    "cycle(new Map(), (it) => it.set('me', it))": [["me", "[cycle]"]],
    "cycle(new Set(), (it) => it.add(it))": ["[cycle]"],
    "cycle({a: {}}, (it) => (it.a.b = it.a))": {"a": {"b": "[cycle]"}},
    "((it) => [it, it])({twice: 1})": [{"twice": 1}, {"twice": 1}],
    "Object.assign([], {3: 'x'})": [None, None, None, "x"],
    "Object.assign([1], {more: 2})": [1],
    "'\\ud800'": "\ufffd",
    "'a\\udc00b'": "a\ufffdb",
    "'\\udc00\\ud800'": "\ufffd\ufffd",
    "'\\ud83d\\ude00'": "\U0001f600",
    "{'\\ud800': 1}": {"\ufffd": 1},
    "'a\\0b'": "a\0b",
    "'\\u202egpj.exe'": "\u202egpj.exe",
    "'\\u2028\\u2029'": "\u2028\u2029",
    "'\\ufeff\\ufffe\\uffff'": "\ufeff\ufffe\uffff",
    "'</script><!--'": "</script><!--",
    "'\\\\\"\\b\\f'": '\\"\b\f',
    "/a+/gi": "/a+/gi",
    "new Error('no')": "Error: no",
    "new TypeError('no')": "TypeError: no",
    "new DOMException('no', 'AbortError')": "AbortError: no",
    "Object.assign(new Error('no'), {name: 'Own', secret: 1})": "Error: no",
    "new Blob(['abc'])": {"$type": "Blob"},
    "new File(['abc'], 'name.txt')": {"$type": "File"},
    "new ImageData(2, 2)": {"$type": "ImageData"},
    "new DOMRect(0, 0, 1, 1)": {"$type": "DOMRect"},
    "new DOMMatrix()": {"$type": "DOMMatrix"},
    "await createImageBitmap(new ImageData(1, 1))": {"$type": "ImageBitmap"},
    "await crypto.subtle.generateKey({name: 'AES-GCM', length: 128}, false, ['encrypt'])": {
        "$type": "CryptoKey"
    },
    "Object.assign(new Boolean(false), {x: 1})": False,
    "new Number(7)": 7,
    "new Number(NaN)": None,
    "new String('boxed')": "boxed",
    "new String('\\ud800')": "\ufffd",
    "new (class Record { name = 'x'; #hidden = 1 })()": {"name": "x"},
    "Object.create({inherited: 1}, {own: {value: 2, enumerable: true}, no: {value: 3}})": {"own": 2},
    "{[Symbol('s')]: 1, a: 1}": {"a": 1},
    "parsed('{\"__proto__\": {\"polluted\": 1}}')": {"__proto__": {"polluted": 1}},
    "parsed('{\"constructor\": {\"prototype\": {\"polluted\": 1}}}')": {
        "constructor": {"prototype": {"polluted": 1}}
    },
    "{toString: 1, valueOf: 2, toJSON: 3, hasOwnProperty: 4}": {
        "toString": 1,
        "valueOf": 2,
        "toJSON": 3,
        "hasOwnProperty": 4,
    },
    "{then: 'x', length: -1, '': 'empty'}": {"then": "x", "length": -1, "": "empty"},
    "{1: 'a', 0: 'b', '01': 'c', '-1': 'd', '4294967296': 'e'}": {
        "0": "b", "1": "a", "01": "c", "-1": "d", "4294967296": "e",
    },
    "{'a\\nb\\0': 1, '\\u202e': 2}": {"a\nb\0": 1, "\u202e": 2},
    "{$type: 'Date', $bytes: 1}": {"$type": "Date", "$bytes": 1},
    "'[cycle]'": "[cycle]",
}  # fmt: skip


def _nested(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth - 1):
        made = [made]
    return made


_ROOM: Final = CAP - len(json.dumps({"type": "CRMConnectMessage", "action": "value", "data": ""}, separators=(",", ":")))
_UP_TO_THE_CAP: Final[dict[str, Any]] = {
    "nest(98)": _nested(98),
    "nest(99)": _nested(99),
    "fill(-1)": "x" * (_ROOM - 1),
    "fill(0)": "x" * _ROOM,
    "fill(0, '\\u00fc')": "\u00fc" * _ROOM,
    "wide(19_000)": {f"k{n:x}": 0 for n in range(19_000)},
    "{['k'.repeat(200_000)]: 1}": {"k" * 200_000: 1},
    "new Array(19_000).fill(0)": [0] * 19_000,
    "'\\0'.repeat(40_000)": "\0" * 40_000,
}
_OVER_THE_CAP: Final = {
    "nest(100)": "depth",
    "nest(1_000)": "depth",
    "nest(3_000)": "depth",
    "[...Array(200)].reduce((inner) => new Map([[1, inner]]), 1)": "depth",
    "fill(1)": "size",
    "fill(-1000) + '\\0'.repeat(1000)": "size",  # 6,000 characters as text
    "fill(10_000_000)": "size",
    "{['k'.repeat(300_000)]: 1}": "size",
    "new Error('x'.repeat(300_000))": "size",
    "10n ** 1_001n": "size",
    "10n ** 500_000n": "size",
    "Array(10).fill('x'.repeat(30_000))": "size",
    "wide(20_001)": "nodes",
    "new Array(20_001).fill(0)": "nodes",
    "new Array(4_294_967_295)": "nodes",
    "Object.assign([], {4_000_000: 1})": "nodes",
    "new Set(Array(30_000).keys())": "nodes",
    "[...Array(30)].reduce((inner) => [inner, inner], [1])": "nodes",  # 2 ** 30 when written out
}


# ---------------------------------------------------------------- out of turn
def _orders() -> Iterator[Case]:
    for name, (does, passed, hears) in _OUT_OF_TURN.items():
        yield Case(name, does, passed=passed, hears=hears, fresh=True)
    for name, does, on in _DIAL:
        yield Case(
            f"click-to-dial: {name}",
            does,
            passed=None,
            hears=("ready", "crmData", "ready") if "requestCrmData" in does else (),
            fresh=True,
            facts={"dial": on},
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
    "a log that is no object": (f"say(message('{_LOG}', [[], 7n, 'x']))", ((_LOG, [[], "7", "x"]),), ()),
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
    ("on, then without data", _ENABLE % "{isEnabled: true}" + _ENABLE % "undefined", True),
    ("a text", _ENABLE % "{isEnabled: 'true'}", False),
    ("a number", _ENABLE % "{isEnabled: 1}", False),
    ("boxed", _ENABLE % "{isEnabled: new Boolean(true)}", False),
    ("inherited", _ENABLE % "Object.create({isEnabled: true})", False),
    ("in a key that looks like inheritance", _ENABLE % "parsed('{\"__proto__\": {\"isEnabled\": true}}')", False),
    ("on, then the frame has reloaded", _READY + _ASK + _ENABLE % "{isEnabled: true}" + _READY, False),
)  # fmt: skip



# ---------------------------------------------------------------- too much
def _volumes() -> Iterator[Case]:
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
    ("a storm of a stranger in its place", There("http://evil.example/puppet"), 20_000, GOOD, "origin"),
    ("a storm of a script", "page", 20_000, "arena.forge(message('value', 1))", "untrusted"),
)  # fmt: skip

CASES: Final[tuple[Case, ...]] = (
    *_senders(),
    *_envelopes(),
    *_values(),
    *_orders(),
    *_volumes(),
)
