import { expect, test } from "vitest";
import { CAPS } from "../../src/core/guard";
import { ROOM } from "../../src/core/outbox";
import { Refusals } from "../../src/core/refusals";

test("they are counted by reason, and none is forgotten", () => {
  const refusals = new Refusals();
  for (const reason of ["type", "origin", "type"]) refusals.add(reason, "https://a.example.com");
  refusals.note(0);

  expect(refusals.counts).toEqual({ type: 2, origin: 1 });
  expect(refusals.total).toBe(3);
});

test("the first is said at once, what follows goes in one note a second later", () => {
  const refusals = new Refusals();
  refusals.add("type", "https://a.example.com");
  const first = refusals.note(100);
  for (let i = 0; i < 500; i++) refusals.add("size", "https://a.example.com");
  refusals.add("origin", "https://b.example.com");

  const early = refusals.note(1_099);
  const second = refusals.note(1_100);

  expect(first).toMatchObject({ n: 1, detail: { reason: "type" } });
  expect(early).toBeNull();
  expect(second).toEqual({
    t: "note",
    what: "rejected",
    n: 501,
    detail: {
      reason: "size, origin",
      reasons: { size: 500, origin: 1 },
      origin: "https://b.example.com",
      stranger: "https://b.example.com",
    },
  });
});

test("it tells when it has something to say", () => {
  const refusals = new Refusals();
  const before = refusals.due;
  refusals.add("type", "x");
  refusals.note(100);
  const between = refusals.due;
  refusals.add("type", "x");

  expect([before, between, refusals.due]).toEqual([null, null, 1_100]);
});

test("who spoke from an origin that is not allowed is remembered for the advice", () => {
  const refusals = new Refusals();
  const before = refusals.stranger;
  refusals.add("origin", "https://b.example.com");
  refusals.add("type", "https://c.example.com");

  expect([before, refusals.stranger]).toEqual([null, "https://b.example.com"]);
  expect(refusals.note(0)).toMatchObject({ detail: { stranger: "https://b.example.com" } });
  refusals.forget();
  expect([refusals.stranger, refusals.total]).toEqual([null, 2]);
});

test("what was too much is said with the action that it asked for, and once", () => {
  const refusals = new Refusals();
  for (let i = 0; i < 3; i++) refusals.add("size", "x", "REQUESTSAVEINTERACTIONLOG");
  refusals.add("rate", "x", "requestPerformInteractionScreenPop");
  refusals.add("depth", "x", "an action that is not known");
  refusals.add("origin", "x", "requestSaveInteractionLog");
  const first = refusals.note(0);
  refusals.add("shape", "x");

  expect(first).toMatchObject({
    detail: {
      over: [
        { action: "requestSaveInteractionLog", reason: "size", limit: CAPS.size },
        { action: "requestPerformInteractionScreenPop", reason: "rate", limit: CAPS.rate },
      ],
    },
  });
  expect(refusals.note(1_000)).not.toHaveProperty("detail.over");
});

test("a log for which there is no room is named with the limit", () => {
  const refusals = new Refusals();
  refusals.add("room", "https://a.example.com", "requestSaveInteractionLog");

  const over = [{ action: "requestSaveInteractionLog", reason: "room", limit: ROOM.logs }];
  expect(refusals.note(0)).toMatchObject({ detail: { over } });
});
