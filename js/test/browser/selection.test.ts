import { beforeEach, expect, test } from "vitest";
import { ROOM, Timeline } from "../../src/core/timeline";
import { jsonLines, Selection } from "../../src/panel/selection";

let timeline: Timeline;
let selection: Selection;

const now = { now: 0, at: 1_800_000_000_000 };

beforeEach(() => {
  timeline = new Timeline();
  selection = new Selection();
});

function heard(action: string, data: unknown = null): void {
  timeline.told(timeline.received(action, JSON.stringify({ action, data }), now), timeline.last);
}

function shown(): string[] {
  selection.update(timeline);
  return selection.lines.map(({ action }) => action);
}

test("what is new is taken up, in order", () => {
  heard("a");
  expect(shown()).toEqual(["a"]);

  heard("b");

  expect(shown()).toEqual(["a", "b"]);
  expect([selection.indexOf(2), selection.indexOf(3)]).toEqual([1, -1]);
});

test("a text is looked for in action and data, in any case", () => {
  heard("requestOpenReports");
  heard("screenPop", { aniValues: ["+12025550143"] });

  selection.search("REPORTS");
  expect(shown()).toEqual(["requestOpenReports"]);
  selection.search(" 5550143 ");

  expect(shown()).toEqual(["screenPop"]);
});

test("kinds add up, and none of them means all", () => {
  heard("in");
  timeline.sent({ action: "out" }, now, {});
  timeline.refused("origin", "null", now);

  expect(selection.toggle("sent")).toBe(true);
  expect(shown()).toEqual(["out"]);
  selection.toggle("refused");
  expect(shown()).toEqual(["out", "origin"]);
  selection.toggle("refused");
  expect(selection.toggle("sent")).toBe(false);

  expect(shown()).toEqual(["in", "out", "origin"]);
});

test("a message that fails after it came is found among the failed ones", () => {
  heard("pop");
  selection.toggle("failed");
  expect(shown()).toEqual([]);

  timeline.traced([{ seq: 1, by: null, stages: {}, problems: [], error: "KeyError" }]);

  expect(shown()).toEqual(["pop"]);
});

test("while it is paused new ones are counted and not shown", () => {
  heard("a");
  shown();
  selection.pause(timeline);
  heard("b");
  heard("c");

  expect(shown()).toEqual(["a"]);
  expect(selection.waiting(timeline)).toBe(2);
  selection.pause(timeline);

  expect(shown()).toEqual(["a", "b", "c"]);
});

test("clearing hides what was there, with another filter as well", () => {
  heard("a");
  selection.clear(timeline);
  heard("b");

  expect(shown()).toEqual(["b"]);
  selection.toggle("received");

  expect(shown()).toEqual(["b"]);
});

test("it tells how many lines are gone from its front", () => {
  for (let i = 0; i < ROOM.lines; i++) heard("a");
  expect(selection.update(timeline)).toBeNull();

  for (let i = 0; i < 3; i++) heard("b");

  expect(selection.update(timeline)).toBe(3);
  expect(selection.lines).toHaveLength(ROOM.lines);
});

test("a copy has one message a line, with what became of it", () => {
  heard("pop", "+1\n2");
  timeline.traced([
    { seq: 1, by: "pop()", stages: { queue: 1 }, problems: ["odd [I]"], error: null },
  ]);
  timeline.sent({ action: "out" }, now, { re: 1 });
  selection.update(timeline);

  const [first, second] = jsonLines(selection.lines)
    .split("\n")
    .map((each) => JSON.parse(each));

  expect(first).toMatchObject({
    n: 1,
    direction: "received",
    message: { action: "pop", data: "+1\n2" },
    by: "pop()",
    problems: ["odd [I]"],
  });
  expect(second).toMatchObject({ n: 2, direction: "sent", re: 1 });
});
