import { describe, expect, test } from "vitest";
import { Channel, type Content, type Effect, type Time } from "../../src/core/channel";
import { LIMITS } from "../../src/core/limits";
import { type Body, ROOM } from "../../src/core/outbox";
import type { Facts } from "../../src/core/wire";

const FACTS: Facts = {
  loads: 1,
  acked: true,
  configured: false,
  dial: false,
  silent: false,
  lost: false,
  shown: true,
  origin: null,
  messages: 0,
  rejected: 0,
  cached: [],
  host: {},
};
const at = (now: number): Time => ({ now, at: 1_700_000_000_000 + now });
const message = (m: string): Body => ({ t: "msg", m });
const answered = (m: string): Body => ({ t: "msg", m, answered: true });

function open(): Channel {
  return new Channel({ epoch: "e1", build: "b1", facts: () => FACTS });
}

/** A channel whose kernel `k1` has answered its first hello. */
function connected(now = 0): Channel {
  const channel = open();
  channel.attach(at(now));
  channel.receive(welcome(1), at(now));
  return channel;
}

function fromKernel(...items: Record<string, unknown>[]): unknown {
  return { crm: 1, epoch: "e1", items };
}

function welcome(n: number, more: Record<string, unknown> = {}): unknown {
  return fromKernel({
    t: "welcome",
    n,
    v: 1,
    got: 0,
    at: 0,
    kernel: "k1",
    lowest: 1,
    turn: 1,
    ...more,
  });
}

function marks(n: number, done = 0, also: number[] = []): unknown {
  return fromKernel({ t: "got", n, done, also: also.map((seq) => [seq, seq]) });
}

function post(seq: number): Record<string, unknown> {
  return { t: "post", seq, m: { action: "crmData", data: seq } };
}

function sent(effects: Effect[]): Content["items"][] {
  return effects.filter((e) => e.kind === "transmit").map(({ content }) => content.items);
}

function texts(effects: Effect[]): string[] {
  return sent(effects)
    .flat()
    .map((item) => (item.t === "msg" ? item.m : item.t === "note" ? item.what : item.t));
}

function delivered(effects: Effect[]): unknown[] {
  return effects.filter((e) => e.kind === "deliver").map(({ item }) => item);
}

function wakeAt(effects: Effect[]): number | null {
  return effects.find((e) => e.kind === "wake")?.at ?? null;
}

describe("questions that the page has answered", () => {
  test("wait for company, and go together", () => {
    const channel = connected();

    const first = channel.push(answered("a"), at(5));
    const second = channel.push(answered("b"), at(50));
    const early = channel.wake(at(5 + LIMITS.rest - 1));
    const due = channel.wake(at(5 + LIMITS.rest));

    expect(wakeAt(first)).toBe(5 + LIMITS.rest);
    expect(texts([...first, ...second, ...early])).toEqual([]);
    expect(texts(due)).toEqual(["a", "b"]);
  });

  test("go at once with what has no time, in their order", () => {
    const channel = connected();
    channel.push(answered("a"), at(5));

    const effects = channel.push(message("b"), at(6));
    const after = channel.push(answered("c"), at(6 + LIMITS.pause));

    expect(texts(effects)).toEqual(["a", "b"]);
    expect(texts(after)).toEqual([]);
    expect(texts(channel.wake(at(6 + LIMITS.pause + LIMITS.rest)))).toEqual(["c"]);
  });

  test("do not hold back what was there before", () => {
    const channel = connected();
    channel.push(message("a"), at(0));
    channel.push(message("b"), at(1));

    const effects = channel.push(answered("c"), at(2));

    expect(wakeAt(effects)).toBeNull(); // the one for b stands
    expect(texts(channel.wake(at(LIMITS.pause)))).toEqual(["b", "c"]);
  });

  test("do not wait if they have to outlive the page, nor in a hidden page", () => {
    const channel = connected();

    expect(texts(channel.push(answered("log"), at(0), true))).toEqual(["log"]);
    channel.hide(true, at(1));
    expect(texts(channel.push(answered("a"), at(2)))).toEqual(["a"]);
  });
});

describe("attaching", () => {
  test("a model is greeted with what this page knows", () => {
    const channel = open();

    const effects = channel.attach(at(5));

    const hello = { t: "hello", n: 1, v: 1, build: "b1", lowest: 1, kernel: null, got: 0 };
    expect(effects).toEqual([
      {
        kind: "transmit",
        content: { crm: 1, epoch: "e1", items: [{ ...hello, facts: FACTS, at: at(5).at }] },
      },
      { kind: "wake", at: 5 + LIMITS.first },
    ]);
  });

  test("nothing but the greeting goes to a kernel that has not answered", () => {
    const channel = open();
    channel.attach(at(0));

    const effects = channel.push(message("a"), at(1));

    expect(sent(effects)).toEqual([]);
  });

  test("what waited goes with the first answer", () => {
    const channel = open();
    channel.push(message("a"), at(0));
    channel.attach(at(1));

    const effects = channel.receive(welcome(1), at(2));

    expect(texts(effects)).toEqual(["a"]);
  });

  test("an answer tells whether the kernel is another one", () => {
    const channel = open();
    channel.attach(at(0));
    const first = channel.receive(welcome(1), at(1));
    channel.attach(at(2));
    const again = channel.receive(welcome(2), at(3));
    channel.attach(at(4));
    const other = channel.receive(welcome(3, { kernel: "k2" }), at(5));

    expect([first, again, other].map((e) => e.find(({ kind }) => kind === "attached"))).toEqual([
      { kind: "attached", fresh: true },
      { kind: "attached", fresh: false },
      { kind: "attached", fresh: true },
    ]);
  });

  test("a greeting without an answer is repeated after one second, then every two", () => {
    const channel = open();
    const times = [];

    let next = wakeAt(channel.attach(at(0)));
    while (next !== null && times.length < 4) {
      times.push(next);
      next = wakeAt(channel.wake(at(next)));
    }

    expect(times).toEqual([1000, 3000, 5000, 7000]);
  });

  test("a kernel that never answers is left alone after ten minutes, until something happens", () => {
    const channel = open();
    let asked = 0;
    let next = wakeAt(channel.attach(at(0)));
    let now = 0;
    while (next !== null) {
      now = next;
      asked++;
      next = wakeAt(channel.wake(at(now)));
    }

    const woken = channel.push(message("a"), at(now + 60_000));

    expect(now).toBeLessThanOrEqual(LIMITS.giveUp);
    expect(asked).toBe(300);
    expect(texts(channel.wake(at(wakeAt(woken) ?? -1)))).toEqual(["hello"]);
  });

  test("an answer to a question that this page did not ask changes nothing", () => {
    const channel = open();
    channel.attach(at(0));

    channel.receive(welcome(7), at(1));

    expect(sent(channel.push(message("a"), at(2)))).toEqual([]);
  });

  test("an answer to an earlier question counts: slow kernels never catch up with the newest", () => {
    const channel = open();
    channel.push(message("a"), at(0));
    channel.attach(at(0));
    channel.wake(at(1000));
    channel.wake(at(3000));

    const effects = channel.receive(welcome(1), at(3500));

    expect(texts(effects)).toEqual(["a"]);
  });

  test.each([
    null,
    7,
    "x",
    {},
    { crm: 2 },
    { crm: 1, epoch: "e1" },
    { crm: 1, epoch: "e1", items: 1 },
  ])("content that is not ours is ignored: %j", (content) => {
    expect(connected().receive(content, at(1))).toEqual([]);
  });

  test("a kernel of another version is told nothing more", () => {
    const channel = open();
    channel.attach(at(0));

    const effects = channel.receive(welcome(1, { v: 2 }), at(1));

    expect(effects).toEqual([]);
    expect(channel.standing(60_000)).toEqual({ state: "version" });
    expect(channel.push(message("a"), at(2))).toEqual([]);
  });
});

describe("sending", () => {
  test("the first goes at once, what follows within the pause goes as one message", () => {
    const channel = connected();

    const first = channel.push(message("a"), at(100));
    const others = ["b", "c"].map((m, i) => channel.push(message(m), at(105 + i)));
    const later = channel.wake(at(100 + LIMITS.pause));

    expect(texts(first)).toEqual(["a"]);
    expect(others.map(sent)).toEqual([[], []]);
    expect(wakeAt(others[0] as Effect[])).toBe(100 + LIMITS.pause);
    expect(texts(later)).toEqual(["b", "c"]);
    expect(sent(later)).toHaveLength(1);
  });

  test("after a pause in which nothing came the next one goes at once again", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.receive(marks(1, 1), at(110));

    expect(texts(channel.push(message("b"), at(120)))).toEqual(["b"]);
  });

  test("a hidden page waits for nothing", () => {
    const channel = connected();
    channel.hide(true, at(50));

    const effects = ["a", "b", "c"].map((m) => channel.push(message(m), at(100)));

    expect(effects.map(texts)).toEqual([["a"], ["b"], ["c"]]);
  });

  test("becoming hidden sends what waits for company", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.push(message("b"), at(101));

    expect(texts(channel.hide(true, at(102)))).toEqual(["b"]);
  });

  test("a batch has at most a thousand messages, and four are on their way", () => {
    const channel = connected();
    channel.push(message("first"), at(100));
    for (let i = 0; i < 5000; i++) channel.push(message(`${i}`), at(101));

    const effects = channel.wake(at(116));

    expect(sent(effects).map((items) => items.length)).toEqual([1000, 1000, 1000]);
  });

  test("a mark opens the window again", () => {
    const channel = connected();
    channel.push(message("first"), at(100));
    for (let i = 0; i < 5000; i++) channel.push(message(`${i}`), at(101));
    channel.wake(at(116));

    const effects = channel.receive(marks(1001), at(140));

    expect(sent(effects).map((items) => items.length)).toEqual([1000, 1000]);
  });

  test("a batch has at most a million characters", () => {
    const channel = connected();
    channel.push(message("first"), at(100));
    for (let i = 0; i < 6; i++) channel.push(message("x".repeat(240_000)), at(101));

    expect(sent(channel.wake(at(116))).map((items) => items.length)).toEqual([4, 2]);
  });

  test("one message that is larger than a batch goes alone", () => {
    const channel = connected();
    channel.push(message("first"), at(100));
    channel.push(message("x".repeat(1_500_000)), at(101));
    channel.push(message("y"), at(101));

    expect(sent(channel.wake(at(116))).map((items) => items.length)).toEqual([1, 1]);
  });

  test("every item has the next number and the time at which it came", () => {
    const channel = connected();
    channel.push({ t: "note", what: "loaded", n: 1 }, at(100));
    channel.push({ t: "do", what: "search", args: { text: "bo" } }, at(101));

    const [items] = sent(channel.push(message("c"), at(130)));

    expect(items).toEqual([
      { t: "do", seq: 2, at: at(101).at, what: "search", args: { text: "bo" } },
      { t: "msg", seq: 3, at: at(130).at, m: "c" },
    ]);
  });

  test("a comm that throws loses nothing: it all goes again when a kernel answers", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.failed(at(100));
    channel.push(message("b"), at(120));

    const asked = channel.wake(at(100 + LIMITS.first));
    const effects = channel.receive(welcome(2), at(1200));

    expect(texts(asked)).toEqual(["hello"]);
    expect(texts(effects)).toEqual(["a", "b"]);
  });
});

describe("silence", () => {
  test("nothing is asked while nothing is outstanding", () => {
    const channel = connected();
    channel.push(message("a"), at(100));

    const effects = channel.receive(marks(1, 1), at(120));

    expect(wakeAt(effects)).toBeNull();
    expect(channel.wake(at(60_000))).toEqual([]);
  });

  test("silence is met with a question, never with the data", () => {
    const channel = connected();
    channel.push(message("a"), at(100));

    const first = channel.wake(at(1100));
    const second = channel.wake(at(3100));

    expect(texts(first)).toEqual(["hello"]);
    expect(wakeAt(first)).toBe(3100);
    expect(texts(second)).toEqual(["hello"]);
    expect(wakeAt(second)).toBe(5100);
  });

  test("only what the answer shows to be missing is sent again", () => {
    const channel = connected();
    for (const [i, m] of ["a", "b", "c"].entries()) channel.push(message(m), at(100 + 20 * i));
    channel.wake(at(1100));

    const effects = channel.receive(welcome(2, { got: 1 }), at(1200));

    expect(texts(effects)).toEqual(["b", "c"]);
  });

  test("what was sent after the question is not missing", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.wake(at(1100));
    channel.push(message("b"), at(1150));

    const effects = channel.receive(welcome(2, { got: 0 }), at(1200));

    expect(texts(effects)).toEqual(["a"]);
  });

  test("what was sent again is not missing in the answer to an older question", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.wake(at(1100));
    channel.wake(at(3100));
    const first = channel.receive(welcome(2), at(3200));

    const second = channel.receive(welcome(3), at(3210));

    expect(texts(first)).toEqual(["a"]);
    expect(texts(second)).toEqual([]);
  });

  test("a lost answer is asked for again", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.wake(at(1100));
    channel.receive(marks(1, 1), at(1150));

    expect(texts(channel.wake(at(3100)))).toEqual(["hello"]);
  });

  test("a kernel that holds a message for long is asked three times how far it is, then no more", () => {
    const channel = connected();
    channel.push(message("a"), at(0));
    const asked = [];

    let next = wakeAt(channel.receive(marks(1), at(10)));
    for (let n = 2; next !== null; n++) {
      asked.push(next);
      channel.wake(at(next));
      const answer = welcome(n, { got: 1 });
      const effects = channel.receive(answer, at(next));
      next = asked.length > 5 ? null : wakeAt(effects);
    }

    expect(asked).toEqual([10_010, 40_010, 100_010]);
  });
});

describe("marks", () => {
  test("what is done is forgotten, what is only held is kept", () => {
    const channel = connected();
    for (const [i, m] of ["a", "b", "c"].entries()) channel.push(message(m), at(20 * i));
    channel.receive(marks(3, 1), at(60));
    channel.attach(at(70));

    const effects = channel.receive(welcome(2, { kernel: "k2" }), at(80));

    expect(texts(effects)).toEqual(["b", "c"]);
  });

  test("what is done out of order leaves its number behind, without its text", () => {
    const channel = connected();
    for (const [i, m] of ["a", "b", "c"].entries()) channel.push(message(m), at(20 * i));
    channel.receive(marks(3, 0, [2]), at(60));
    channel.attach(at(70));

    const [items] = sent(channel.receive(welcome(2, { kernel: "k2" }), at(80)));

    expect(items).toEqual([
      { t: "msg", seq: 1, at: at(0).at, m: "a" },
      { t: "note", seq: 2, what: "done", n: 1 },
      { t: "msg", seq: 3, at: at(40).at, m: "c" },
    ]);
  });

  test("a number left behind stays until the new kernel holds it", () => {
    const channel = connected();
    for (const [i, m] of ["a", "b", "c"].entries()) channel.push(message(m), at(20 * i));
    channel.receive(marks(3, 0, [2]), at(60));
    channel.attach(at(70));
    channel.receive(welcome(2, { kernel: "k2" }), at(80));
    channel.receive(marks(1, 1), at(90));
    channel.wake(at(1100));

    const effects = channel.receive(welcome(3, { kernel: "k2", got: 1 }), at(1200));

    expect(texts(effects)).toEqual(["done", "c"]);
  });

  test("a new kernel is told the lowest number it can expect", () => {
    const channel = connected();
    for (const [i, m] of ["a", "b", "c"].entries()) channel.push(message(m), at(20 * i));
    channel.receive(marks(3, 1, [2]), at(60));

    const [[hello]] = sent(channel.attach(at(70))) as [[unknown]];

    expect(hello).toMatchObject({ t: "hello", lowest: 3, kernel: "k1" });
  });

  test("a mark beyond what was sent is not believed", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.push(message("b"), at(101));

    channel.receive(marks(9, 9, [2]), at(102));

    expect(texts(channel.wake(at(116)))).toEqual(["b"]);
  });

  test("marks before the answer to our greeting are of somebody else", () => {
    const channel = connected();
    channel.push(message("a"), at(100));
    channel.attach(at(110));
    channel.receive(marks(1, 1), at(120));

    const effects = channel.receive(welcome(2, { kernel: "k2" }), at(130));

    expect(texts(effects)).toEqual(["a"]);
  });
});

describe("from the kernel", () => {
  test("items are delivered in order, each once", () => {
    const channel = connected();

    const effects = channel.receive(fromKernel(post(1), post(2), post(2), post(1)), at(10));

    expect(delivered(effects)).toEqual([post(1), post(2)]);
  });

  test("a gap is asked about, and what comes after it waits for the answer", () => {
    const channel = connected();
    channel.receive(fromKernel(post(1)), at(10));

    const gap = channel.receive(fromKernel(post(3)), at(300));
    const healed = channel.receive(
      fromKernel(
        { t: "welcome", n: 2, v: 1, got: 0, at: 0, kernel: "k1", lowest: 2 },
        post(2),
        post(3),
      ),
      at(310),
    );

    expect(delivered(gap)).toEqual([]);
    expect(sent(gap).flat()).toMatchObject([
      { t: "got", n: 1 },
      { t: "hello", n: 2, got: 1 },
    ]);
    expect(delivered(healed)).toEqual([post(2), post(3)]);
  });

  test("a flood with gaps is asked about once", () => {
    const channel = connected();

    const asked = [3, 5, 7, 9].flatMap((seq) =>
      texts(channel.receive(fromKernel(post(seq)), at(300 + seq))),
    );

    expect(asked).toEqual(["hello"]);
  });

  test("what arrives is acknowledged once in 20 ms", () => {
    const channel = connected();
    const effects = [1, 2, 3].map((seq) => channel.receive(fromKernel(post(seq)), at(10 + seq)));

    const later = channel.wake(at(wakeAt(effects[0] as Effect[]) ?? -1));

    expect(effects.map(sent)).toEqual([[], [], []]);
    expect(sent(later)).toEqual([[{ t: "got", n: 3 }]]);
    expect(wakeAt(later)).toBeNull();
  });

  test("an acknowledgement rides on what goes anyway", () => {
    const channel = connected();
    channel.receive(fromKernel(post(1)), at(100));

    const effects = channel.push(message("a"), at(101));

    expect(texts(effects)).toEqual(["a", "got"]);
  });

  test("a known item is acknowledged again: the kernel did not hear it", () => {
    const channel = connected();
    channel.receive(fromKernel(post(1)), at(100));
    channel.wake(at(120));

    const effects = channel.receive(fromKernel(post(1)), at(1100));

    expect(delivered(effects)).toEqual([]);
    expect(sent(channel.wake(at(wakeAt(effects) ?? -1)))).toEqual([[{ t: "got", n: 1 }]]);
  });

  test("a hidden page acknowledges at once: its timers are slow", () => {
    const channel = connected();
    channel.hide(true, at(50));

    expect(sent(channel.receive(fromKernel(post(1)), at(100)))).toEqual([[{ t: "got", n: 1 }]]);
  });

  test("a new kernel begins a new numbering", () => {
    const channel = connected();
    channel.receive(fromKernel(post(1), post(2)), at(10));
    channel.attach(at(20));
    channel.receive(welcome(2, { kernel: "k2" }), at(30));

    expect(delivered(channel.receive(fromKernel(post(1)), at(40)))).toEqual([post(1)]);
  });

  test("a page that comes later starts where the kernel's numbers are", () => {
    const channel = open();
    channel.attach(at(0));

    channel.receive(welcome(1, { lowest: 18 }), at(10));

    expect(delivered(channel.receive(fromKernel(post(18)), at(20)))).toEqual([post(18)]);
  });

  test("settings are delivered as they come", () => {
    const set = { t: "set", name: "phone" };

    expect(delivered(connected().receive(fromKernel(set), at(10)))).toEqual([set]);
  });

  test("settings that have a number are taken once, and in their place", () => {
    const channel = connected();
    const set = { t: "set", name: "a" };

    const early = channel.receive(fromKernel({ ...set, seq: 2 }), at(10));
    const both = channel.receive(fromKernel(post(1), { ...set, seq: 2 }), at(20));
    const again = channel.receive(fromKernel({ ...set, seq: 2 }), at(30));

    expect([early, again].map(delivered)).toEqual([[], []]);
    expect(delivered(both)).toEqual([post(1), { ...set, seq: 2 }]);
  });

  test("something missing is asked for again, not more often than decent", () => {
    const channel = connected();

    const early = channel.miss(at(50));
    const due = channel.wake(at(wakeAt(early) ?? -1));

    expect(sent(early)).toEqual([]);
    expect(wakeAt(early)).toBe(LIMITS.gap);
    expect(texts(due)).toEqual(["hello"]);
  });
});

describe("the kernel's clock", () => {
  test("it is read half way between question and answer", () => {
    const channel = open();
    channel.attach(at(0));

    channel.receive(welcome(1, { at: at(5_000).at }), at(200));

    expect(channel.kernelTime(at(200))).toBe(at(5_100).at);
  });

  test("the quickest answer of a kernel knows best", () => {
    const channel = open();
    channel.attach(at(0));
    channel.receive(welcome(1, { at: at(5_000).at }), at(200));
    channel.attach(at(1_000));

    channel.receive(welcome(2, { at: at(9_000).at }), at(4_000));

    expect(channel.kernelTime(at(4_000))).toBe(at(8_900).at);
  });
});

describe("clocks that jump", () => {
  /** A page whose kernel's clock is 4,900 ms ahead of its own. */
  function synchronised(): Channel {
    const channel = open();
    channel.attach(at(0));
    channel.receive(welcome(1, { at: at(5_000).at }), at(200));
    return channel;
  }
  /** The page's wall clock shows so many ms more than it should. */
  const set = (now: number, by: number): Time => ({ now, at: at(now).at + by });

  test("after the machine has slept nothing is late, and the kernel is asked for its clock", () => {
    const channel = synchronised();
    const hour = 3_600_000;

    const woken = channel.receive(fromKernel({ t: "got", n: 0, done: 0 }), set(1_000, hour));
    const again = channel.receive(welcome(2, { at: at(5_900).at + hour }), set(1_010, hour));

    expect(texts(woken)).toEqual(["hello"]);
    expect(texts(again)).toEqual([]);
    expect(channel.kernelTime(set(2_000, hour))).toBeCloseTo(at(6_900).at + hour, -2);
  });

  test("a clock that is set back makes nothing fresh that is late", () => {
    const channel = synchronised();

    channel.wake(set(1_000, -60_000));

    expect(channel.kernelTime(set(1_000, -60_000))).toBe(at(5_900).at);
  });

  test.each([-60_000, 60_000])("the kernel's clock, set by %i ms, is believed again", (by) => {
    const channel = synchronised();
    channel.miss(at(1_000));
    channel.wake(at(1_100));

    channel.receive(welcome(2, { at: at(6_350).at + by }), at(1_500));

    expect(channel.kernelTime(at(2_000))).toBe(at(7_100).at + by);
  });

  test("an answer that a jump fell into says nothing", () => {
    const channel = open();
    channel.attach(at(0));
    channel.receive(welcome(1, { at: at(5_000).at }), at(200));
    channel.miss(at(1_000));
    channel.wake(at(1_100));

    channel.receive(welcome(2, { at: at(6_000).at + 3_600_000 }), set(1_300, 3_600_000));

    expect(channel.kernelTime(at(2_000))).toBe(at(6_900).at);
  });
});

describe("what a person sees of it", () => {
  test("a kernel that answers is connected, however long nothing is said", () => {
    const channel = connected();
    channel.push(message("a"), at(0));
    channel.receive(marks(1, 1), at(10));

    expect(channel.standing(3_600_000)).toEqual({ state: "connected" });
  });

  test("a kernel that does not answer is waited for, with what is kept", () => {
    const channel = connected();
    channel.push(message("a"), at(0));
    channel.push({ t: "note", what: "shown" }, at(0));

    expect(channel.standing(999)).toEqual({ state: "connected" });
    expect(channel.standing(4_200)).toEqual({ state: "waiting", seconds: 4, kept: 1 });
  });

  test("questions in between do not start the clock again", () => {
    const channel = connected();
    channel.push(message("a"), at(0));
    channel.wake(at(1000));
    channel.wake(at(3000));

    expect(channel.standing(4_000)).toEqual({ state: "waiting", seconds: 4, kept: 1 });
  });

  test("without a model, or when the comm throws, the kernel is gone", () => {
    const channel = connected();
    channel.push(message("a"), at(0));

    channel.failed(at(10));
    expect(channel.standing(20)).toEqual({ state: "gone", kept: 1 });
    channel.attach(at(30));
    expect(channel.standing(40)).toEqual({ state: "connected" });
    channel.detach(at(50));
    expect(channel.standing(60)).toEqual({ state: "gone", kept: 1 });
  });

  test("a page that another one has superseded says so, and is quiet", () => {
    const channel = connected();
    const other = { t: "welcome", n: 1, v: 1, got: 0, at: 0, kernel: "k1", turn: 2 };

    channel.receive({ crm: 1, epoch: "e2", items: [other] }, at(10));

    expect(channel.standing(20)).toEqual({ state: "elsewhere" });
    expect(channel.push(message("a"), at(30))).toEqual([]);
    expect(channel.wake(at(60_000))).toEqual([]);
  });

  test("it is used here again when a person wants it", () => {
    const channel = connected();
    channel.receive(
      { crm: 1, epoch: "e2", items: [{ t: "welcome", n: 1, kernel: "k1", turn: 2 }] },
      at(10),
    );
    channel.push(message("a"), at(20));

    const asked = channel.here(at(30));
    const effects = channel.receive(welcome(2, { turn: 3 }), at(40));

    expect(texts(asked)).toEqual(["hello"]);
    expect(texts(effects)).toEqual(["a"]);
    expect(channel.standing(50)).toEqual({ state: "connected" });
  });

  test("what the kernel says to other pages is nothing to us", () => {
    const channel = connected();
    channel.push(message("a"), at(0));

    channel.receive({ crm: 1, epoch: "e2", items: [{ t: "got", n: 1, done: 1 }, post(1)] }, at(10));

    expect(channel.standing(1_500)).toEqual({ state: "waiting", seconds: 1, kept: 1 });
  });
});

describe("room", () => {
  test("what finds no room is counted and said; interaction logs always find some", () => {
    const channel = connected();
    for (let i = 0; i < ROOM.items; i++) channel.push(message("x"), at(1));
    for (const m of ["lost", "lost too"]) channel.push(message(m), at(2));
    channel.push(message("log"), at(3), true);
    channel.detach(at(40));
    channel.attach(at(50));
    channel.receive(welcome(2, { kernel: "k2" }), at(60));

    const said: string[] = [];
    for (let n = 4000; n < ROOM.items + 4000; n += 4000) {
      said.push(...texts(channel.receive(marks(n, n), at(n))));
    }

    expect(said.slice(-2)).toEqual(["log", "dropped"]);
    expect(said).not.toContain("lost");
  });

  test("many characters are as much as many messages", () => {
    const channel = open();
    for (let i = 0; i < 72; i++) channel.push(message("x".repeat(1_000_000)), at(1));
    channel.attach(at(2));
    channel.receive(welcome(1), at(3));
    for (let n = 4; n < 72; n += 4) channel.receive(marks(n, n), at(10 * n));

    const [items] = sent(channel.push(message("next"), at(10_000)));

    expect(items).toMatchObject([{ t: "msg", m: "next" }]);
    expect(channel.standing(10_000)).toEqual({ state: "connected" });
  });
});
