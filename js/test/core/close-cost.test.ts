import { describe, expect, test } from "vitest";
import { Channel } from "../../src/core/channel";
import { type Event, initial, type State, step } from "../../src/core/connection";
import { Outbox } from "../../src/core/outbox";
import { stake } from "../../src/softphone/snapshot";

function says(action: string): Event {
  return { kind: "message", action, data: {}, text: JSON.stringify({ action }) };
}

function once(...events: Event[]): State {
  return events.reduce((state, event) => step(state, event, 0)[0], initial);
}

const opened: Event = { kind: "opened" };
const pop = says("requestPerformInteractionScreenPop");
const dial: Event = { kind: "post", reply: { action: "clickToDialResponse", data: {} } };
const saved = says("requestSaveInteractionLog");

describe("a call may be on [I]", () => {
  test.each<[string, Event[], boolean]>([
    ["before anything was said", [opened, says("ready")], false],
    ["after a screen pop", [opened, pop], true],
    [
      "in whatever case its name is written",
      [opened, says("REQUESTPERFORMINTERACTIONSCREENPOP")],
      true,
    ],
    ["after a dial", [opened, dial], true],
    ["while the call goes on", [opened, pop, says("requestCustomFieldsValues")], true],
    ["after its interaction log", [opened, pop, saved], false],
    ["with the next call", [opened, pop, saved, pop], true],
    ["in a frame that has reloaded", [opened, pop, { kind: "ended", reason: "x" }, opened], false],
    ["when the frame is gone", [opened, pop, { kind: "ended", reason: "closed" }], false],
  ])("%s", (_, events, on) => {
    expect(once(...events).call).toBe(on);
  });

  test("a ready after crmData is a reload, which has ended it", () => {
    const configured: Event = { kind: "post", reply: { action: "crmData", data: {} } };

    expect(once(opened, configured, pop, says("ready")).call).toBe(false);
  });
});

describe("interaction logs that only this page has", () => {
  const at = { now: 0, at: 0 };
  const log = { t: "msg" as const, m: "{}" };
  const kernel = (...items: object[]) => ({ crm: 1, epoch: "e1", items });
  const welcome = { t: "welcome", n: 1, v: 1, got: 0, at: 0, kernel: "k1", lowest: 1 };

  function channel(): Channel {
    const { cached, ...facts } = {
      cached: [],
      host: {},
      loads: 1,
      messages: 0,
      rejected: 0,
      origin: null,
    };
    const flags = { acked: true, configured: true, dial: false, silent: false, lost: false };
    const all = { ...facts, ...flags, shown: true, cached };
    return new Channel({ epoch: "e1", build: "b", facts: () => all });
  }

  test("are those that the kernel has not acknowledged", () => {
    const made = channel();
    made.attach(at);
    made.receive(kernel(welcome), at);
    made.push(log, at, true);
    made.push(log, at, true);
    made.push(log, at); // not an interaction log
    const before = made.logs;

    made.receive(kernel({ t: "got", n: 1, done: 0 }), at);

    expect([before, made.logs]).toEqual([2, 1]);
  });

  test("are also those that a kernel held which is gone, but not what was done", () => {
    const made = channel();
    made.attach(at);
    made.receive(kernel(welcome), at);
    made.push(log, at, true);
    made.push(log, { now: 20, at: 20 }, true);
    made.receive(kernel({ t: "got", n: 2, done: 1 }), at);
    const held = made.logs;

    made.detach(at);

    expect([held, made.logs]).toEqual([0, 1]);
  });

  test("are forgotten when they are finished, wherever they stand", () => {
    const outbox = new Outbox();
    for (const isLog of [false, true, true]) outbox.append(log, 0, isLog);

    outbox.finish(2);

    expect([outbox.logs(0), outbox.logs(2), outbox.logs(3)]).toEqual([1, 1, 0]);
  });
});

describe("what closing may cost", () => {
  test.each<[boolean, number, string | null]>([
    [false, 0, null],
    [true, 0, "A call may be on; it would end."],
    [false, 1, "1 call log has not reached Python."],
    [true, 2, "A call may be on; it would end. 2 call logs have not reached Python."],
  ])("call %s, logs %i: %s", (call, logs, sentence) => {
    expect(stake({ ...initial, call }, logs)).toBe(sentence);
  });
});
