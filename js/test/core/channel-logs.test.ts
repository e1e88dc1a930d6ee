/** Interaction logs: what the channel wants kept beyond this page, and until when. */

import { expect, test } from "vitest";
import { Channel, type Effect } from "../../src/core/channel";
import { ROOM } from "../../src/core/outbox";
import type { Facts } from "../../src/core/wire";

const at = (now: number) => ({ now, at: 1_700_000_000_000 + now });

function open(): Channel {
  return new Channel({ epoch: "e1", build: "b", facts: () => ({}) as Facts });
}

function fromKernel(...items: Record<string, unknown>[]): unknown {
  return { crm: 1, epoch: "e1", items };
}

function connected(): Channel {
  const channel = open();
  channel.attach(at(0));
  channel.receive(
    fromKernel({ t: "welcome", n: 1, v: 1, got: 0, at: 0, kernel: "k1", lowest: 1, turn: 1 }),
    at(0),
  );
  return channel;
}

function mirrored(effects: Effect[]): Effect[] {
  return effects.filter(({ kind }) => kind === "keep" || kind === "forget");
}

test("an interaction log is kept before it is sent", () => {
  const effects = connected().push({ t: "msg", m: "a" }, at(100), true);

  expect(effects.map(({ kind }) => kind)).toEqual(["keep", "transmit", "wake"]);
  const item = { t: "msg", seq: 1, at: at(100).at, m: "a" };
  expect(effects[0]).toEqual({ kind: "keep", key: "e1/1", item });
});

test("it is kept while there is no kernel", () => {
  const effects = open().push({ t: "msg", m: "a" }, at(100), true);

  expect(mirrored(effects)).toHaveLength(1);
});

test("nothing else is kept", () => {
  const channel = connected();

  const effects = [
    channel.push({ t: "msg", m: "a" }, at(100)),
    channel.push({ t: "note", what: "shown" }, at(120)),
    channel.receive(fromKernel({ t: "got", n: 2, done: 2 }), at(140)),
  ];

  expect(effects.flatMap(mirrored)).toEqual([]);
});

test("it is forgotten once it is done, not when it is held", () => {
  const channel = connected();
  for (const [i, m] of ["a", "b", "c"].entries()) {
    channel.push({ t: "msg", m }, at(100 + 20 * i), true);
  }

  const held = channel.receive(fromKernel({ t: "got", n: 3, done: 0 }), at(200));
  const above = channel.receive(fromKernel({ t: "got", n: 3, done: 0, also: [[2, 2]] }), at(210));
  const all = channel.receive(fromKernel({ t: "got", n: 3, done: 3 }), at(220));

  expect([held, above, all].map(mirrored)).toEqual([
    [],
    [{ kind: "forget", key: "e1/2" }],
    [
      { kind: "forget", key: "e1/1" },
      { kind: "forget", key: "e1/3" },
    ],
  ]);
});

test("one that an earlier page has left goes by its old key, and says so", () => {
  const channel = connected();

  const pushed = channel.push({ t: "msg", m: "a", key: "e0/7" }, at(100), true);
  const done = channel.receive(fromKernel({ t: "got", n: 1, done: 1 }), at(120));

  expect(pushed).toMatchObject([
    { kind: "keep", key: "e0/7" },
    { kind: "transmit", content: { items: [{ t: "msg", seq: 1, m: "a", key: "e0/7" }] } },
    { kind: "wake" },
  ]);
  expect(mirrored(done)).toEqual([{ kind: "forget", key: "e0/7" }]);
});

test("a new kernel is sent it again, and nothing is kept twice", () => {
  const channel = connected();
  channel.push({ t: "msg", m: "a" }, at(100), true);
  channel.attach(at(200));

  const effects = channel.receive(
    fromKernel({ t: "welcome", n: 2, v: 1, got: 0, at: 0, kernel: "k2", lowest: 1, turn: 1 }),
    at(200),
  );

  expect(effects.map(({ kind }) => kind)).toContain("transmit");
  expect(mirrored(effects)).toEqual([]);
});

test("logs and all else have rooms of their own, and a log that is done leaves its own", () => {
  const channel = connected();
  const half = "x".repeat(ROOM.logs / 2 - 100);
  for (const m of [half, half]) channel.push({ t: "msg", m }, at(100), true);
  const filled = [channel.takes("x".repeat(1_000)), channel.full];
  channel.receive(fromKernel({ t: "got", n: 2, done: 1 }), at(200));

  expect(filled).toEqual([false, false]);
  expect([half, `${half}${"x".repeat(200)}`].map((text) => channel.takes(text))).toEqual([
    true,
    false,
  ]);
});

test("a log that an earlier page had taken is not refused", () => {
  const channel = connected();
  for (let n = 0; n < 3; n++) channel.push({ t: "msg", m: "x".repeat(ROOM.logs / 2) }, at(n), true);

  expect([channel.logs, channel.counts.last]).toEqual([3, 3]);
});

test("what takes much memory where it is read finds as little room as it does there", () => {
  const channel = connected();
  const objects = `[${"{},".repeat(9_000)}{}]`;
  let pushed = 0;
  while (!channel.full && pushed < 1_000) channel.push({ t: "msg", m: objects }, at(++pushed));

  expect(pushed).toBe(Math.ceil(ROOM.bytes / (100 * 18_000 + objects.length + 200)));
  expect(pushed * objects.length).toBeLessThan(1_000_000);
  expect(channel.takes(objects)).toBe(true);
});
