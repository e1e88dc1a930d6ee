import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  due,
  type Effect,
  type Event,
  facts,
  initial,
  phase,
  type Reply,
  type State,
  step,
} from "../../src/core/connection";

const ACK: Effect = { kind: "post", reply: { action: "ready" } };
const CRM_DATA: Reply = { action: "crmData", data: { currentUser: { Name: "Ada Marsh" } } };
const DIRECTORY: Reply = { action: "crmDirectory", data: { count: "0", results: [] } };

function says(action: string, data?: unknown): Event {
  return { kind: "message", action, data, text: JSON.stringify({ action, data }) };
}

/** Runs events one second apart; what the last one brought. */
function run(...events: Event[]): { state: State; effects: Effect[] } {
  return from(initial, ...events);
}

function from(before: State, ...events: Event[]): { state: State; effects: Effect[] } {
  let state = before;
  let effects: Effect[] = [];
  for (const [i, event] of events.entries()) [state, effects] = step(state, event, i * 1000);
  return { state, effects };
}

const opened: Event = { kind: "opened" };
const loaded: Event = { kind: "loaded" };
const restarted: Event = { kind: "restarted" };

function settings(standing: Record<string, Reply> = {}, simulated = false): Event {
  const answers = new Map(Object.entries(standing));
  return { kind: "settings", simulated, silence: 15, standing: answers };
}

const answers = settings({ requestCrmData: CRM_DATA, requestGetCrmDirectory: DIRECTORY });

function posted(effects: Effect[]): Reply[] {
  return effects.filter((e) => e.kind === "post").map(({ reply }) => reply);
}

function told(effects: Effect[]) {
  return effects.filter((e) => e.kind === "tell").map(({ body }) => body);
}

function passed(effects: Effect[]) {
  return told(effects).filter(({ t }) => t === "msg");
}

function notes(effects: Effect[]) {
  return told(effects).filter(({ t }) => t === "note");
}

describe("ready", () => {
  test("the first is answered, and passed on as answered", () => {
    const { state, effects } = run(opened, loaded, says("ready"));

    expect(effects).toEqual([
      ACK,
      { kind: "tell", body: { t: "msg", m: '{"action":"ready"}', answered: true }, keep: false },
    ]);
    expect(phase(state)).toBe("ready");
  });

  test("a repeated one is answered and only counted", () => {
    const { state, effects } = run(opened, loaded, says("ready"), says("ready"), says("ready"));

    expect(effects).toEqual([ACK]);
    expect(state.readies).toBe(2);
  });

  test("the count goes with the next message, once", () => {
    const { state } = run(opened, says("ready"), says("ready"), says("ready"));

    const first = from(state, says("requestCrmData"));
    const second = from(first.state, says("requestCrmData"));

    expect(passed(first.effects)).toMatchObject([{ readies: 2 }]);
    expect(passed(second.effects)[0]).not.toHaveProperty("readies");
  });

  test.each<[string, Event[]]>([
    ["before any settings", [opened]],
    ["when silent", [opened, { kind: "wake" }]],
    ["when configured", [answers, opened, says("ready"), says("requestCrmData")]],
    ["when lost", [opened, { kind: "ended", reason: "removed" }]],
  ])("it is answered %s", (_, before) => {
    expect(posted(run(...before, says("ready")).effects)).toEqual([{ action: "ready" }]);
  });

  test("after crmData it means that the frame has reloaded", () => {
    const dialling = says("requestEnableClickToDial", { isEnabled: true });
    const { state } = run(answers, opened, loaded, says("ready"), says("requestCrmData"), dialling);

    const again = from(state, says("ready"));

    expect(facts(state)).toMatchObject({ loads: 1, configured: true, dial: true });
    expect(facts(again.state)).toMatchObject({
      loads: 2,
      acked: true,
      configured: false,
      dial: false,
    });
    expect(passed(again.effects)).toMatchObject([{ load: 2 }]);
    expect(passed(run(opened, loaded, says("ready")).effects)[0]).not.toHaveProperty("load");
  });

  test("the kernel hears of the new document before its first word", () => {
    const { effects } = run(opened, says("ready"));

    expect(told(effects)).toMatchObject([{ t: "note", what: "loaded" }, { t: "msg" }]);
  });
});

describe("standing answers", () => {
  test("crmData is answered at once, and passed on as answered", () => {
    const { state, effects } = run(answers, opened, says("ready"), says("requestCrmData", {}));

    expect(posted(effects)).toEqual([CRM_DATA]);
    expect(passed(effects)).toMatchObject([{ answered: true }]);
    expect(phase(state)).toBe("configured");
  });

  test.each(["requestGetCrmDirectory", "requestGetCRMDirectory", "REQUESTGETCRMDIRECTORY"])(
    "the directory is one question in every spelling: %s",
    (action) => {
      const { effects } = run(answers, opened, says("ready"), says(action));

      expect(posted(effects)).toEqual([DIRECTORY]);
    },
  );

  test("a question is answered in any state, also before the first ready", () => {
    expect(posted(run(answers, opened, says("requestCrmData")).effects)).toEqual([CRM_DATA]);
  });

  test("without one the kernel is asked", () => {
    const { state, effects } = run(settings(), opened, says("ready"), says("requestCrmData"));

    expect(posted(effects)).toEqual([]);
    expect(passed(effects)[0]).not.toHaveProperty("answered");
    expect(phase(state)).toBe("ready");
  });

  test("new settings replace them", () => {
    const { state } = run(answers, opened, says("ready"), settings());

    expect(posted(from(state, says("requestCrmData")).effects)).toEqual([]);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "an action called %s is a message like any other",
    (action) => {
      const { effects } = run(answers, opened, says("ready"), says(action));

      expect(posted(effects)).toEqual([]);
      expect(passed(effects)).toHaveLength(1);
    },
  );
});

describe("other messages", () => {
  test("an interaction log is to be kept, nothing else is", () => {
    const keep = ["requestSaveInteractionLog", "requestOpenReports", "somethingNew"].map(
      (action) => run(opened, says("ready"), says(action)).effects,
    );

    expect(keep.map((effects) => effects.map((e) => e.kind === "tell" && e.keep))).toEqual([
      [true],
      [false],
      [false],
    ]);
  });

  test("an interaction log of the simulator says that it is one", () => {
    const logs = [true, false].map((simulated) => {
      const { effects } = run(settings({}, simulated), opened, says("requestSaveInteractionLog"));
      return passed(effects).map((body) => "simulated" in body);
    });

    expect(logs).toEqual([[true], [false]]);
  });

  test.each([
    [{ isEnabled: true }, true],
    [{ isEnabled: false }, false],
    [true, true],
    [{ isEnabled: " True" }, true],
    [{ isEnabled: "Y" }, true],
    [{ isEnabled: 1 }, true],
    [{ isEnabled: "yes" }, false],
    [{ isEnabled: [true] }, false],
    [{}, false],
    [undefined, false],
    [Object.create({ isEnabled: true }), false],
    [JSON.parse('{"__proto__": {"isEnabled": true}}'), false],
  ])("click-to-dial, on before, is on only when that is said: %j", (data, dial) => {
    const on = says("requestEnableClickToDial", { isEnabled: true });

    expect(run(opened, on, says("requestEnableClickToDial", data)).state.dial).toBe(dial);
  });

  test("all that is taken is counted", () => {
    const { state } = run(opened, says("ready"), says("ready"), says("x"));

    expect(facts(state).messages).toBe(3);
  });

  test("crmData from the kernel configures the connector", () => {
    const { state, effects } = run(opened, says("ready"), { kind: "post", reply: CRM_DATA });

    expect(effects).toEqual([{ kind: "post", reply: CRM_DATA }]);
    expect(phase(state)).toBe("configured");
  });

  test("other messages from the kernel change nothing", () => {
    const { state } = run(opened, says("ready"), { kind: "post", reply: DIRECTORY });

    expect(phase(state)).toBe("ready");
  });
});

describe("documents in the frame", () => {
  test.each<[string, Event[], number]>([
    ["a load event", [loaded], 1],
    ["a word before the load event", [says("ready"), loaded], 1],
    ["a word long before the load event", [says("ready"), settings(), settings(), loaded], 1],
    ["a word after the load event", [loaded, says("ready")], 1],
    ["ready after crmData", [loaded, says("ready"), says("requestCrmData"), says("ready")], 2],
    [
      "ready after crmData and then its load event",
      [loaded, says("ready"), says("requestCrmData"), says("ready"), loaded],
      2,
    ],
    [
      "a load event some time after the last word",
      [loaded, says("ready"), settings(), settings(), loaded],
      2,
    ],
    ["a load event right after a greeting", [loaded, says("ready"), loaded], 1],
    ["a second one right after it", [loaded, says("ready"), loaded, loaded], 2],
    [
      "a load event right after other words",
      [says("ready"), loaded, says("requestCrmData"), loaded],
      2,
    ],
    ["our simulator's page, which begins anew before its load event", [restarted, loaded], 1],
    ["and after it", [loaded, says("ready"), restarted], 2],
    ["two frames", [loaded, opened, loaded], 2],
  ])("%s: counted right", (_, events, loads) => {
    expect(run(answers, opened, ...events).state.loads).toBe(loads);
  });

  test("a document that has not spoken yet has nothing of the one before", () => {
    const events = [loaded, says("ready"), says("requestCrmData"), settings(), settings(), loaded];
    const { state } = run(answers, opened, ...events);

    expect(facts(state)).toMatchObject({ loads: 2, acked: false, configured: false, dial: false });
    expect(phase(state)).toBe("loading");
  });

  test("our simulator's page that begins anew has nothing of before, and may stay quiet", () => {
    const dialling = says("requestEnableClickToDial", { isEnabled: true });
    const before = [opened, loaded, says("ready"), says("requestCrmData"), dialling];
    const { state, effects } = run(answers, ...before, restarted);
    const [quiet] = step(state, { kind: "wake" }, 10_000);

    expect(notes(effects)).toEqual([{ t: "note", what: "loaded", detail: { loads: 2 } }]);
    expect(facts(state)).toMatchObject({ loads: 2, acked: false, configured: false, dial: false });
    expect(quiet).toMatchObject({ quiet: true, alive: true });
  });

  test("only a greeted connector that asks for crmData has an agent", () => {
    const greeted = run(settings(), opened, says("ready")).state;
    const asked = from(greeted, says("requestCRMDATA")).state;

    expect([greeted.asked, asked.asked, phase(asked)]).toEqual([false, true, "ready"]);
    expect(from(asked, opened).state.asked).toBe(false);
  });

  test("a new frame begins anew", () => {
    const { state } = run(answers, opened, says("ready"), says("requestCrmData"), opened);

    expect(phase(state)).toBe("loading");
    expect(due(state)).toBe(4_000 + 15_000);
  });

  test("a frame that is gone is lost, and the kernel hears why", () => {
    const ended: Event = { kind: "ended", reason: "navigated" };
    const { state, effects } = run(opened, says("ready"), ended);

    expect(phase(state)).toBe("lost");
    expect(notes(effects)).toEqual([{ t: "note", what: "lost", detail: { reason: "navigated" } }]);
    expect(facts(state)).toMatchObject({ lost: true, acked: false });
    expect(due(state)).toBeNull();
  });
});

describe("silence", () => {
  test("without a first ready the frame is called silent, once", () => {
    const { state } = run(opened);
    expect(due(state)).toBe(15_000);

    const [early] = step(state, { kind: "wake" }, 14_999);
    const [silent, effects] = step(early, { kind: "wake" }, 15_000);

    expect(phase(early)).toBe("loading");
    expect(phase(silent)).toBe("silent");
    expect(notes(effects)).toMatchObject([{ what: "silent" }]);
    expect(due(silent)).toBeNull();
  });

  test("a document that loads only then is as silent", () => {
    const [silent] = step(run(opened).state, { kind: "wake" }, 15_000);

    const [state] = step(silent, loaded, 16_000);

    const [quiet] = step(state, { kind: "wake" }, 19_000);

    expect(phase(state)).toBe("silent");
    expect(due(state)).toBe(16_000 + 3_000);
    expect([quiet.quiet, phase(quiet), due(quiet)]).toEqual([true, "silent", null]);
  });

  test("its length is a setting", () => {
    const short: Event = { kind: "settings", simulated: false, silence: 2, standing: new Map() };

    expect(due(run(short, opened).state)).toBe(3_000);
  });

  test("other words do not end it: only ready begins the handshake", () => {
    expect(due(run(opened, says("requestOpenReports")).state)).toBe(15_000);
  });

  test("a late ready ends it", () => {
    const { state } = run(opened);
    const [silent] = step(state, { kind: "wake" }, 15_000);

    expect(phase(from(silent, says("ready")).state)).toBe("ready");
  });

  test("a simulator that is there and says nothing for three seconds was not allowed to run", () => {
    const { state } = run(settings({}, true), opened, loaded);
    expect(due(state)).toBe(5_000);

    const [quiet] = step(state, { kind: "wake" }, 5_000);

    expect(quiet).toMatchObject({ quiet: true, alive: false });
    expect(from(quiet, says("ready")).state.quiet).toBe(false);
  });

  test("a connector that says nothing after it loaded is quiet before it is silent", () => {
    const { state } = run(settings(), opened, loaded);
    expect(due(state)).toBe(2_000 + 3_000);

    const [quiet, effects] = step(state, { kind: "wake" }, 5_000);

    expect([quiet.quiet, phase(quiet), effects]).toEqual([true, "loading", []]);
    expect(due(quiet)).toBe(1_000 + 15_000);
  });

  test("what has not loaded is not quiet", () => {
    const [state] = step(run(settings(), opened).state, { kind: "wake" }, 5_000);

    expect(state.quiet).toBe(false);
  });

  test("another document in the frame has as long as the first", () => {
    const events = [opened, loaded, settings(), settings(), settings(), loaded];
    const { state } = run(...events);
    const [quiet] = step(state, { kind: "wake" }, 8_000);

    expect(due(state)).toBe(5_000 + 3_000);
    expect(due(quiet)).toBe(5_000 + 15_000);
  });
});

test("whatever happens, every ready is answered and every other message reaches the kernel", () => {
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.constantFrom(opened, loaded, answers, settings(), { kind: "wake" } as const),
    fc
      .constantFrom("ready", "READY", "requestCrmData", "requestOpenReports", "x")
      .map((a) => says(a)),
    fc.constantFrom<Event>({ kind: "ended", reason: "removed" }, restarted),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let state = initial;
      for (const [i, each] of events.entries()) {
        const [next, effects] = step(state, each, i * 700);
        if (each.kind === "message" && each.action.toLowerCase() === "ready") {
          expect(posted(effects)).toEqual([{ action: "ready" }]);
          expect(passed(effects).length + next.readies).toBeGreaterThan(0);
        } else if (each.kind === "message") expect(passed(effects)).toHaveLength(1);
        state = next;
      }
    }),
  );
});
