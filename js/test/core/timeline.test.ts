import { beforeEach, describe, expect, test } from "vitest";
import { ROOM, stagesOf, Timeline, tookOf } from "../../src/core/timeline";
import type { ShownTrace } from "../../src/core/wire";

const AT = 1_800_000_000_000;

let timeline: Timeline;

beforeEach(() => {
  timeline = new Timeline();
});

function moment(now: number) {
  return { now, at: AT + now };
}

function heard(action: string, now = 0, data: unknown = null): number {
  return timeline.received(action, JSON.stringify({ action, data }), moment(now));
}

function trace(seq: number, more: Partial<ShownTrace> = {}): ShownTrace {
  return { seq, by: "pop()", stages: {}, problems: [], error: null, ...more };
}

const line = (n: number) => timeline.get(n) as NonNullable<ReturnType<Timeline["get"]>>;

describe("pairs", () => {
  test("an answer of the page belongs to its request, which took so long", () => {
    const n = heard("ready", 5);

    timeline.sent({ action: "ready" }, moment(5.5), { re: n, alone: true });

    expect(line(2)).toMatchObject({
      way: "sent",
      action: "ready",
      re: 1,
      text: '{"action":"ready"}',
    });
    expect(line(1)).toMatchObject({ reply: 2, ms: 0.5, alone: true });
    expect(stagesOf(line(1))).toEqual([["page", 0.5]]);
  });

  test("an answer of the kernel finds its request by the number the kernel knows", () => {
    timeline.told(heard("requestCustomFieldsValues"), 12);

    timeline.sent({ action: "customFieldsDataResponse", data: {} }, moment(40), {
      re: timeline.of(12),
    });

    expect(line(1)).toMatchObject({ seq: 12, reply: 2, ms: 40, alone: false });
    expect(timeline.of(13)).toBe(0);
    expect(timeline.of(undefined)).toBe(0);
  });

  test("the first answer counts, and each names its request", () => {
    const n = heard("requestSaveInteractionLog");

    timeline.sent({ action: "createHistoryItem" }, moment(3), { re: n });
    timeline.sent({ action: "displayErrorNotification" }, moment(9), { re: n });

    expect(line(n)).toMatchObject({ reply: 2, ms: 3 });
    expect([line(2).re, line(3).re]).toEqual([1, 1]);
  });

  test("a large answer is known by its size", () => {
    timeline.sent({ action: "crmDirectory", data: { results: [] } }, moment(0), {
      size: 9_000_000,
    });

    expect(line(1).text).toBe('{"action":"crmDirectory","data":{"$bytes":9000000}}');
  });
});

describe("what the kernel adds", () => {
  test("a trace is written into its message, which says that it changed", () => {
    timeline.told(heard("requestOpenReports"), 7);
    const { rev } = line(1);
    const { changes } = timeline;

    timeline.traced([trace(7, { problems: ["odd [I]"] }), trace(99)]);

    expect(line(1).trace?.problems).toEqual(["odd [I]"]);
    expect(line(1).rev).toBe(rev + 1);
    expect(timeline.changes).toBe(changes + 1);
  });

  test("stages are in order, and the rest of the time was the way back", () => {
    const stages = { handler: 20, queue: 2, channel: 3, page: 1 };
    timeline.told(heard("requestOpenReports"), 7);
    timeline.traced([trace(7, { stages })]);
    expect(tookOf(line(1))).toBe(26);

    timeline.sent({ action: "displayErrorNotification" }, moment(30), { re: 1 });

    expect(stagesOf(line(1))).toEqual([
      ["page", 1],
      ["channel", 3],
      ["queue", 2],
      ["handler", 20],
      ["back", 4],
    ]);
    expect(tookOf(line(1))).toBe(30);
  });

  test("of a message nobody answered nothing is known", () => {
    heard("requestOpenReports");

    expect(tookOf(line(1))).toBeNull();
  });
});

describe("refusals", () => {
  test("a burst for one reason is one line, and what comes later another", () => {
    for (const now of [0, 10, 900, 1_700])
      timeline.refused("origin", "https://a.example", moment(now));
    timeline.refused("type", "https://a.example", moment(1_701));
    timeline.refused("origin", "https://a.example", moment(2_701));

    expect([1, 2, 3].map((n) => [line(n).action, line(n).times])).toEqual([
      ["origin", 4],
      ["type", 1],
      ["origin", 1],
    ]);
    expect(timeline.last).toBe(3);
  });

  test("a burst goes on in a line that is still there only", () => {
    timeline.refused("rate", "null", moment(0));
    for (let i = 0; i < ROOM.lines; i++) heard("ready", 1);

    timeline.refused("rate", "null", moment(2));

    expect(line(timeline.last)).toMatchObject({ way: "refused", times: 1 });
  });
});

describe("bounds", () => {
  test("the oldest lines are dropped and counted, and the others keep their numbers", () => {
    for (let i = 1; i <= ROOM.lines + 1_500; i++) timeline.told(heard(`a${i}`), i);

    expect([timeline.first, timeline.last]).toEqual([1_501, ROOM.lines + 1_500]);
    expect(timeline.get(1_500)).toBeUndefined();
    expect(line(1_501).action).toBe("a1501");
    expect(line(timeline.last).action).toBe(`a${timeline.last}`);
    expect([timeline.of(1_500), timeline.of(1_501)]).toEqual([0, 1_501]);
    expect(timeline.messages).toBe(timeline.last);
  });

  test("few large messages fill it as well, and the newest is always there", () => {
    const large = "x".repeat(ROOM.characters / 4);
    for (let i = 0; i < 6; i++) heard("large", i, large);

    expect(timeline.last - timeline.first).toBe(2);

    heard("larger", 9, large.repeat(5));

    expect([timeline.first, timeline.last]).toEqual([7, 7]);
  });

  test("an answer to a dropped request is a line like any", () => {
    const n = heard("ready");
    for (let i = 0; i < ROOM.lines; i++) heard("ready");

    timeline.sent({ action: "ready" }, moment(1), { re: n });
    timeline.told(n, 1);

    expect(line(timeline.last).re).toBe(n);
    expect(timeline.of(1)).toBe(0);
  });

  test("what the page does alone is no message", () => {
    timeline.noted("loaded", { loads: 1 }, moment(0));

    expect(line(1)).toMatchObject({ way: "page", action: "loaded", text: '{"loads":1}' });
    expect(timeline.messages).toBe(0);
  });
});
