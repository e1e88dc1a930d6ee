"""Values: what becomes of data that JSON cannot carry, and of too much of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

CAP: Final = 256 * 1024
"""Characters of a message as text."""


def values() -> Iterator[Case]:
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
    "Object.create({old: 1}, {own: {value: 2, enumerable: true}, no: {value: 3}})": {"own": 2},
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


_ROOM: Final = CAP - len('{"type":"CRMConnectMessage","action":"value","data":""}')
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
