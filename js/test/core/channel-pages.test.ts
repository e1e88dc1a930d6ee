/** Which page has the phone, as the page sees it; and a kernel that has forgotten what it held. */

import { expect, test } from "vitest";
import { Channel, type Content, type Effect } from "../../src/core/channel";
import { LIMITS } from "../../src/core/limits";
import { ROOM } from "../../src/core/outbox";
import type { Facts } from "../../src/core/wire";

const at = (now: number) => ({ now, at: 1_700_000_000_000 + now });

function content(epoch: string, ...items: Record<string, unknown>[]): unknown {
  return { crm: 1, epoch, items };
}

function welcome(n: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { t: "welcome", n, v: 1, got: 0, at: 0, kernel: "k1", lowest: 1, turn: 1, ...more };
}

function elsewhere(n: number, turn: number, kernel = "k1"): Record<string, unknown> {
  return { t: "elsewhere", n, turn, kernel };
}

function connected(): Channel {
  const channel = new Channel({ epoch: "e1", build: "b", facts: () => ({}) as Facts });
  channel.attach(at(0));
  channel.receive(content("e1", welcome(1)), at(0));
  return channel;
}

function items(effects: Effect[]): Content["items"] {
  return effects.flatMap((effect) => (effect.kind === "transmit" ? effect.content.items : []));
}

function seqs(effects: Effect[]): number[] {
  return items(effects).flatMap((item) => ("seq" in item ? [item.seq] : []));
}

function wakeAt(effects: Effect[]): number {
  return effects.find((effect) => effect.kind === "wake")?.at ?? Number.NaN;
}

function message(channel: Channel, now: number, keep = false): Effect[] {
  return channel.push({ t: "msg", m: "{}" }, at(now), keep);
}

test("a kernel that has forgotten what it held is sent it again, in batches as at first", () => {
  const channel = connected();
  for (let n = 1; n <= 4; n++) message(channel, 100 * n, n === 1);
  channel.receive(content("e1", { t: "got", n: 4, done: 0, also: [[2, 4]] }), at(600));
  channel.attach(at(700));

  const again = channel.receive(content("e1", welcome(2, { got: 0 })), at(701));

  expect(items(again)).toMatchObject([
    { t: "msg", seq: 1 },
    { t: "note", what: "done", seq: 2, n: 3 },
  ]);
  expect(seqs(message(channel, 900))).toEqual([5]);
});

test("an answer that comes after newer marks is no reason to send anything again", () => {
  const channel = connected();
  message(channel, 100);
  channel.wake(at(1_100));
  channel.receive(content("e1", { t: "got", n: 1, done: 0 }), at(1_150));

  expect(seqs(channel.receive(content("e1", welcome(2)), at(1_200)))).toEqual([]);
});

test("a page that is told it is elsewhere says nothing more, and hears what is done", () => {
  const channel = connected();
  message(channel, 100, true);

  const told = channel.receive(
    content("e1", elsewhere(1, 2), { t: "got", n: 1, done: 1 }),
    at(200),
  );

  expect(channel.standing(200)).toEqual({ state: "elsewhere" });
  expect(told).toContainEqual({ kind: "forget", key: "e1/1" });
  expect(message(channel, 300)).toEqual([]);
});

test("what was on its way before the phone came back does not take it from this page", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  channel.here(at(20));
  channel.receive(content("e1", elsewhere(1, 2)), at(25));
  channel.receive(content("e1", welcome(2, { turn: 3 })), at(30));

  channel.receive(content("e2", welcome(1, { turn: 2 })), at(40));
  channel.receive(content("e1", elsewhere(1, 2)), at(41));

  expect(channel.away).toBe(false);
});

test("an old answer does not bring the phone back to this page", () => {
  const channel = connected();
  channel.miss(at(10));
  channel.wake(at(LIMITS.gap));
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(200));

  channel.receive(content("e1", welcome(2, { turn: 1 })), at(210));

  expect(channel.away).toBe(true);
});

test("a wish is said until it is answered, and names the question that brought it", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));

  const first = channel.here(at(20));
  const second = channel.wake(at(wakeAt(first)));
  channel.receive(content("e1", welcome(3, { turn: 3 })), at(2_000));
  const later = channel.attach(at(3_000));

  expect(items([...first, ...second, ...later])).toMatchObject([
    { t: "hello", n: 2, here: 2 },
    { t: "hello", n: 3, here: 2 },
    { t: "hello", n: 4 },
  ]);
  expect(items(later)[0]).not.toHaveProperty("here");
});

test("an answer that comes twice does not answer a wish that came after it", () => {
  const channel = connected();
  const first = channel.here(at(20));

  channel.receive(content("e1", welcome(1)), at(30));

  expect(items(channel.wake(at(wakeAt(first))))).toMatchObject([{ t: "hello", n: 3, here: 2 }]);
});

test("a kernel that this page neither knows nor asked has nothing to say", () => {
  const channel = connected();

  channel.receive(content("e1", elsewhere(99, 5, "k0")), at(20));

  expect(channel.away).toBe(false);
});

/** How often it asks of itself, while the kernel answers that it holds all and has finished nothing. */
function questions(channel: Channel, effects: Effect[], got: number): number {
  let [asked, due] = [0, wakeAt(effects)];
  while (due < Number.POSITIVE_INFINITY) {
    const said = channel.wake(at(due));
    const hello = items(said).find((item) => item.t === "hello");
    const answer = hello && content("e1", welcome(hello.n ?? 0, { got }));
    if (hello) asked++;
    due = wakeAt([...(answer ? channel.receive(answer, at(due)) : []), ...said].reverse());
  }
  return asked;
}

test("a kernel that holds messages is asked some times how far it is, and again when it moves", () => {
  const channel = connected();

  message(channel, 100);
  const first = channel.receive(content("e1", { t: "got", n: 1, done: 0 }), at(110));
  const before = questions(channel, first, 1);
  message(channel, 500_000);
  const second = channel.receive(content("e1", { t: "got", n: 2, done: 0 }), at(500_010));

  expect(before).toBe(LIMITS.quiet.length);
  expect(questions(channel, second, 2)).toBe(LIMITS.quiet.length);
});

test("a log would be lost with this page until a kernel holds it, and when that is gone", () => {
  const channel = connected();
  message(channel, 100, true);
  const said = [channel.logs];
  channel.receive(content("e1", { t: "got", n: 1, done: 0 }), at(110));
  said.push(channel.logs);
  channel.detach(at(120));
  said.push(channel.logs);

  expect(said).toEqual([1, 0, 1]);
});

test("another kernel has a clock of its own, however long its answer took", () => {
  const channel = connected();
  channel.attach(at(10));

  channel.receive(content("e1", welcome(2, { kernel: "k2", at: 5_000_000 })), at(310));

  expect(channel.kernelTime(at(310))).toBe(5_000_150);
});

test("an answer to an earlier question does not end a wish", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  const first = channel.here(at(20));

  channel.receive(content("e1", elsewhere(1, 2)), at(25));
  channel.receive(content("e2", welcome(2, { turn: 3 })), at(26));

  expect(channel.away).toBe(false);
  expect(items(channel.wake(at(wakeAt(first))))).toMatchObject([{ t: "hello", n: 3, here: 2 }]);
});

test("which page another kernel speaks to says nothing of the one that this page knows", () => {
  const channel = connected();

  channel.receive(content("e2", welcome(1, { kernel: "k2", turn: 5 })), at(10));

  expect(channel.away).toBe(false);
});

test("what went to another page meanwhile is not missed when the phone comes back", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  channel.here(at(20));
  channel.receive(content("e1", welcome(2, { turn: 3, lowest: 11 })), at(30));
  const show = { t: "show", seq: 11, what: "warning", data: 1 };

  const effects = channel.receive(content("e1", show), at(40));

  expect(effects).toContainEqual({ kind: "deliver", item: show });
  expect(items(effects)).toEqual([]);
});

test("a wish that is not answered in its time is over, and the kernel is asked as before", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  channel.here(at(20));

  const inTime = channel.wake(at(20 + LIMITS.wish));
  const later = channel.wake(at(20 + LIMITS.wish + LIMITS.next));
  channel.receive(content("e1", elsewhere(4, 2)), at(40_000));

  expect(items(inTime)).toMatchObject([{ t: "hello", n: 3, here: 2 }]);
  expect(items(later)).toMatchObject([{ t: "hello", n: 4 }]);
  expect(items(later)[0]).not.toHaveProperty("here");
  expect(channel.away).toBe(true);
});

test("a wish has its end while the machine sleeps, and where the clock is set back", () => {
  const said = [1, -1].map((hours) => {
    const channel = connected();
    channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
    channel.here(at(20));
    const waited = hours < 0 ? LIMITS.wish + 1 : LIMITS.first;
    return channel.wake({ now: 20 + waited, at: at(20).at + hours * 3_600_000 });
  });

  for (const effects of said) {
    expect(items(effects)).toMatchObject([{ t: "hello", n: 3 }]);
    expect(items(effects)[0]).not.toHaveProperty("here");
  }
});

test("that a page was opened is a wish as long as another, until it is answered", () => {
  const silent = new Channel({ epoch: "e1", build: "b", facts: () => ({}) as Facts });
  const told = new Channel({ epoch: "e1", build: "b", facts: () => ({}) as Facts });
  silent.attach(at(0));
  told.attach(at(0));
  told.receive(content("e1", elsewhere(1, 2)), at(5));

  const early = silent.attach(at(LIMITS.wish));
  const late = [silent.attach(at(LIMITS.wish + 1)), told.here(at(10))];
  told.receive(content("e1", elsewhere(2, 4)), at(11));
  const asked = told.attach(at(20));
  const other = told.wake(at(wakeAt(asked)));

  expect(items(early)[0]).not.toHaveProperty("here");
  expect(items(late.flat())).toMatchObject([{ here: 0 }, { here: 2 }]);
  expect(items(other)).toMatchObject([{ t: "hello", kernel: null, here: 0 }]);
});

test("a wish that was fulfilled, and then another page's, is over", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  channel.here(at(20));

  channel.receive(content("e1", elsewhere(2, 4)), at(30));

  expect(channel.away).toBe(true);
});

test("without the phone a page asks a new kernel whether anybody has it, after those that may have it", () => {
  const channel = connected();
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));

  const attached = channel.attach(at(1_000));
  const asked = channel.wake(at(wakeAt(attached)));
  const taken = channel.receive(content("e1", welcome(2, { kernel: "k2" })), at(5_000));

  expect(items(attached)).toEqual([]);
  expect(wakeAt(attached)).toBe(1_000 + LIMITS.away);
  expect(items(asked)).toMatchObject([{ t: "hello", n: 2 }]);
  expect(taken).toContainEqual({ kind: "attached", fresh: true });
  expect(channel.away).toBe(false);
});

test("a page that another one answers for in a new kernel asks no more", () => {
  const channel = connected();
  message(channel, 5, true);
  channel.receive(content("e1", { t: "got", n: 1, done: 0 }), at(7));
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(10));
  const attached = channel.attach(at(1_000));
  channel.wake(at(wakeAt(attached)));

  const told = channel.receive(content("e1", elsewhere(2, 1, "k2")), at(5_000));

  expect(told).toEqual([]);
  expect(channel.wake(at(60_000))).toEqual([]);
  expect(channel.logs).toBe(1);
});

test("what is finished leaves room, however much of it stands behind a log that is kept", () => {
  const channel = connected();
  message(channel, 100, true);
  for (let n = 2; n <= ROOM.items + 100; n++) {
    message(channel, 100 * n);
    channel.receive(content("e1", { t: "got", n, done: 0, also: [[n, n]] }), at(100 * n + 1));
  }
  const { last } = channel.counts;
  channel.attach(at(9_000_000));

  const again = channel.receive(content("e1", welcome(2, { kernel: "k2" })), at(9_000_001));

  expect([channel.full, last]).toEqual([false, ROOM.items + 100]);
  expect(items(again)).toMatchObject([
    { t: "msg", seq: 1 },
    { t: "note", what: "done", seq: 2, n: last - 1 },
  ]);
});

test("a number in place of what expired is taken like any other, and nothing is delivered", () => {
  const channel = connected();
  const show = { t: "show", seq: 2, what: "warning", data: 1 };

  const effects = channel.receive(content("e1", { t: "skip", seq: 1 }, show), at(10));

  expect(effects.flatMap((e) => (e.kind === "deliver" ? [e.item] : []))).toEqual([show]);
  expect(items(channel.wake(at(wakeAt(effects))))).toEqual([{ t: "got", n: 2 }]);
});

test("a new model in a page where a person works asks for the phone, whether one was there or not", () => {
  const channel = new Channel({ epoch: "e1", build: "b", facts: () => ({}) as Facts });

  expect(items(channel.attach(at(0), true))).toMatchObject([{ t: "hello", n: 1, here: 1 }]);

  channel.receive(content("e1", welcome(1)), at(1));
  channel.receive(content("e2", welcome(1, { turn: 2 })), at(2));
  channel.detach(at(3));
  expect(channel.away).toBe(true);
  expect(items(channel.attach(at(4), true))).toMatchObject([{ t: "hello", here: 2 }]);
});
