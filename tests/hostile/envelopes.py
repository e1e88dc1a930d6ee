"""Envelopes: what is a message at all, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator


def envelopes() -> Iterator[Case]:
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
        "Object.assign(new Map(), message('ready'))",
        "Object.assign(new Date(0), message('ready'))",
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
    "action": (
        "{type: TYPE}", "{type: TYPE, Action: 'ready'}", "{type: TYPE, data: {action: 'ready'}}",
    ),
}  # fmt: skip
_NO_ACTION: Final = (
    "undefined", "null", "''", "7", "true", "['ready']", "{}", "new String('ready')", "10n",
    "'x'.repeat(65)", "'x'.repeat(100_000)", "'\\0'", "'ready\\0'", "'rea\\ndy'", "'ready\\r'",
    "'\\t'", "'\\x1b[31mready'", "'ready\\x7f'", "'\\x85'",
)  # fmt: skip
_NEVER_SENT: Final = (
    "() => message('ready')", "Symbol('ready')", "message('value', () => 1)",
    "message('value', Symbol())", "new Proxy(message('ready'), {})",
    "message('value', new Proxy({}, {}))",
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
    "parsed(JSON.stringify({p: {action: 1}, ...message('value', 1)}).replace('p', '__proto__'))": (
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
    "message('custom_fields', 1)": ("custom_fields", 1),
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
