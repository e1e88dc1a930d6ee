import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CAPS, judge, Rate, toText } from "../../src/core/guard";

const TYPE = "CRMConnectMessage";
const message = (more: Record<string, unknown> = {}) => ({ type: TYPE, action: "ready", ...more });

/** What Python reads of `data`. */
function written(data: unknown): unknown {
  const verdict = judge(structuredClone(message({ data })));
  return verdict.ok ? JSON.parse(verdict.text).data : verdict.reason;
}

function nested(depth: number): unknown {
  let value: unknown = "deep";
  for (let i = 0; i < depth; i++) value = { in: value };
  return value;
}

describe("what a message is", () => {
  test("a message is taken with its action, its data and all of its text", () => {
    const verdict = judge(message({ data: { a: 1 }, extra: true }));

    expect(verdict).toEqual({
      ok: true,
      action: "ready",
      data: { a: 1 },
      text: '{"type":"CRMConnectMessage","action":"ready","data":{"a":1},"extra":true}',
    });
  });

  test("data may be missing", () => {
    expect(judge(message())).toMatchObject({ ok: true, data: undefined });
  });

  test.each([
    null,
    undefined,
    "CRMConnectMessage",
    7,
    true,
    [],
    [message()],
    new Date(),
    new Map(Object.entries(message())),
    Object.create(message()),
    Object.assign(Object.create(null), message()),
  ])("what is no plain object is refused for its shape: %s", (value) => {
    expect(judge(value)).toEqual({ ok: false, reason: "shape" });
  });

  test.each([undefined, null, "", "crmconnectmessage", "ClientAppMessage", 7, {}])(
    "another type is refused: %s",
    (type) => {
      expect(judge({ type, action: "ready" })).toEqual({ ok: false, reason: "type" });
    },
  );

  test.each([undefined, null, "", 7, {}, ["ready"], "x".repeat(CAPS.action + 1), "a\nb", "\0"])(
    "an action that is no short string is refused: %s",
    (action) => {
      expect(judge({ type: TYPE, action })).toEqual({ ok: false, reason: "action" });
    },
  );

  test("the longest action is taken, known or not", () => {
    expect(judge({ type: TYPE, action: "x".repeat(CAPS.action) })).toMatchObject({ ok: true });
  });

  test("what an object inherits is not what it says", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    Object.defineProperties(Object.prototype, {
      type: { value: TYPE, configurable: true },
      action: { value: "ready", configurable: true },
    });

    const verdict = judge({});

    for (const name of ["type", "action"]) Reflect.deleteProperty(Object.prototype, name);
    expect(verdict).toEqual({ ok: false, reason: "type" });
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  test("an own key of an evil name is text like any other, and changes nothing", () => {
    const evil = JSON.parse('{"__proto__":{"isEnabled":true},"constructor":{"prototype":1}}');

    const verdict = judge({ ...message(), data: evil });

    expect(verdict).toMatchObject({
      text: expect.stringContaining(
        '{"__proto__":{"isEnabled":true},"constructor":{"prototype":1}}',
      ),
    });
    expect(Object.hasOwn({}, "isEnabled")).toBe(false);
  });
});

describe("what JSON cannot carry", () => {
  test.each([
    ["a bigint", 123456789012345678901234567890n, "123456789012345678901234567890"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["no date", new Date(Number.NaN), null],
    [
      "a map",
      new Map<unknown, unknown>([
        ["a", 1],
        [{ b: 2 }, new Set([3])],
      ]),
      [
        ["a", 1],
        [{ b: 2 }, [3]],
      ],
    ],
    ["a set", new Set([1, "two", null]), [1, "two", null]],
    ["a buffer", new ArrayBuffer(7), { $bytes: 7 }],
    ["a typed array", new Uint16Array(4), { $bytes: 8 }],
    ["a view", new DataView(new ArrayBuffer(9), 2), { $bytes: 7 }],
    [
      "no number",
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [null, null, null],
    ],
    ["undefined in an object", { a: undefined, b: 1 }, { b: 1 }],
    ["undefined in an array", [undefined, 1], [null, 1]],
    ["a hole", Object.assign(new Array(2), { 1: 1 }), [null, 1]],
    ["boxes", [Object(1), Object("two"), Object(false)], [1, "two", false]],
    ["a pattern", /a+/gi, "/a+/gi"],
    ["an error", new RangeError("too far"), "RangeError: too far"],
    ["half a pair", "a\ud800b\udc00c😀", "a\ufffdb\ufffdc😀"],
    ["half a pair in a key", { "\udfff": 1 }, { "\ufffd": 1 }],
    ["negative zero", -0, 0],
    ["separators of lines", "\u2028\u2029", "\u2028\u2029"],
  ])("%s has a stated form", (_, value, expected) => {
    expect(written(value)).toEqual(expected);
  });

  test("what contains itself is named, what is there twice is written twice", () => {
    const twice = { a: 1 };
    const round: Record<string, unknown> = { twice: [twice, twice] };
    round.self = { round };

    expect(written(round)).toEqual({ twice: [{ a: 1 }, { a: 1 }], self: { round: "[cycle]" } });
  });

  test("an object of the platform is named by its kind", () => {
    const result = toText({ file: new Blob(["x"]) });

    expect(result).toEqual({ ok: true, text: '{"file":{"$type":"Blob"}}' });
  });

  test("whatever JSON can carry arrives as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(written(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("whatever can be cloned becomes text that can be read", () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const result = toText(structuredClone({ value }));

        if (result.ok) JSON.parse(result.text);
        else expect(["size", "depth", "nodes"]).toContain(result.reason);
      }),
    );
  });
});

describe("caps", () => {
  test("a message of the largest size is taken, one character more is not", () => {
    const room = CAPS.size - JSON.stringify(message({ data: "" })).length;

    expect(judge(message({ data: "x".repeat(room) }))).toMatchObject({ ok: true });
    expect(judge(message({ data: "x".repeat(room + 1) }))).toMatchObject({
      ok: false,
      reason: "size",
    });
  });

  test("escapes count, they travel too", () => {
    expect(written("\u0000".repeat(CAPS.size / 6))).toBe("size");
  });

  test("a key can be too large, and a number with too many digits", () => {
    expect(written({ ["k".repeat(CAPS.size)]: 1 })).toBe("size");
    expect(written(10n ** 1_001n)).toBe("size");
    expect(written(-(10n ** 1_001n))).toBe("size");
  });

  test("a message of the largest depth is taken, one more level is not", () => {
    expect(written(nested(CAPS.depth - 1))).toEqual(nested(CAPS.depth - 1));
    expect(written(nested(CAPS.depth))).toBe("depth");
  });

  test("a depth that would break a recursion is refused like any other", () => {
    expect(judge(message({ data: nested(100_000) }))).toMatchObject({ ok: false, reason: "depth" });
  });

  test("many values are refused before they are many characters", () => {
    expect(written(new Array(CAPS.nodes))).toBe("nodes");
    expect(written(new Array(1e8))).toBe("nodes");
  });

  test("a small value that unfolds without end is refused", () => {
    let bomb: unknown = "ha";
    for (let i = 0; i < 60; i++) bomb = [bomb, bomb];

    expect(["nodes", "size"]).toContain(written(bomb));
  });

  test("a refused message leaves no trace in the next one", () => {
    judge(message({ data: nested(CAPS.depth) }));

    expect(judge(message({ data: 1 }))).toMatchObject({ ok: true, data: 1 });
  });
});

describe("rate", () => {
  const take = (rate: Rate, n: number, now: number) =>
    Array.from({ length: n }, () => rate.take(now)).filter(Boolean).length;

  test("bursts of ten thousand pass every five seconds", () => {
    const rate = new Rate(0);

    const passed = [0, 5, 10, 15, 20].map((s) => take(rate, 10_000, s * 1000));

    expect(passed).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
  });

  test("a flood is cut to what may pass each second", () => {
    const rate = new Rate(0);
    take(rate, CAPS.burst, 0);

    expect(take(rate, 100_000, 0)).toBe(0);
    expect(take(rate, 100_000, 1000)).toBe(CAPS.rate);
  });

  test("quiet hours save up no more than one burst", () => {
    const rate = new Rate(0);

    expect(take(rate, 100_000, 3_600_000)).toBe(CAPS.burst);
  });
});
