import { expect, test } from "vitest";
import { Remote } from "../../src/core/remote";

const ring = { id: 3, what: "ring", args: { number: "+12025550143" } };
const accept = { id: 4, what: "accept", args: {} };

const answer = (more: Record<string, unknown>) =>
  JSON.stringify({ type: "crmwidget/simulator", ...more });

test("commands wait in order until the page is there, and go once", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.add(accept);

  expect(remote.start()).toEqual([ring, accept]);
  expect(remote.start()).toEqual([]);
});

test("an answer becomes a note with the command's id", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.start();

  const note = remote.read(answer({ id: 3, ok: true, state: { call: 1 } }));

  expect(note).toEqual({
    t: "note",
    what: "sim",
    detail: { id: 3, ok: true, state: { call: 1 } },
  });
});

test("a refusal says why, also when the page does not", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.add(accept);
  remote.start();

  const notes = [
    remote.read(answer({ id: 3, ok: false, error: "nobody is calling", state: {} })),
    remote.read(answer({ id: 4, ok: "yes" })),
  ];

  expect(notes).toMatchObject([
    { detail: { id: 3, ok: false, error: "nobody is calling" } },
    { detail: { id: 4, ok: false, error: "it refused" } },
  ]);
});

test.each([
  ["never given", 9],
  ["still waiting", 3],
  ["answered before", 4],
  ["no number", "4"],
  ["missing", undefined],
])("an answer to a command that is %s is nothing", (_, id) => {
  const remote = new Remote();
  remote.add(accept);
  remote.start();
  remote.read(answer({ id: 4, ok: true }));
  remote.add(ring);

  expect(remote.read(answer({ id, ok: true }))).toBeNull();
});

test("that the page begins anew is no answer, and keeps what is open", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.start();

  expect(remote.read(answer({ what: "restarted" }))).toBe("restarted");
  expect(remote.read(answer({ id: 3, ok: true }))).toMatchObject({ detail: { id: 3, ok: true } });
});

test("when the page is gone what it has not answered has failed, what waits still waits", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.start();
  remote.add(accept);

  const notes = remote.end("closed");

  expect(notes).toEqual([
    { t: "note", what: "sim", detail: { id: 3, ok: false, error: "closed" } },
  ]);
  expect(remote.start()).toEqual([accept]);
});

test("where there will never be a page all have failed", () => {
  const remote = new Remote();
  remote.add(ring);

  expect(remote.refuse("no")).toMatchObject([{ detail: { id: 3, ok: false, error: "no" } }]);
  expect(remote.start()).toEqual([]);
});

test("how far a command is goes to Python, and is no answer to it", () => {
  const remote = new Remote();
  remote.add(ring);
  remote.start();

  const notes = [
    remote.read(answer({ id: 3, progress: { done: 1 } })),
    remote.read(answer({ id: 4, progress: { done: 1 } })),
    remote.read(answer({ id: 3, ok: true })),
  ];

  expect(notes).toMatchObject([
    { t: "note", what: "sim", detail: { id: 3, progress: { done: 1 } } },
    null,
    { detail: { id: 3, ok: true } },
  ]);
});

test("a page can want what it does not carry, whoever asked", () => {
  const note = new Remote().read(answer({ what: "wants" }));

  expect(note).toEqual({ t: "note", what: "sim", detail: { wants: true } });
});
