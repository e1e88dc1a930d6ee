/** A scenario under way: when it gives which command, what it waits for, and what it reports. */

import { describe, expect, test } from "vitest";
import vocabulary from "../../../crmwidget/simulator/vocabulary.json";
import { read } from "../../src/connector/scenario";
import { type Act, type Happening, Run } from "../../src/connector/scenario-runner";

class Play {
  readonly run: Run;
  now = 1_000;
  phase = "idle";
  acts: Act[] = [];

  constructor(scenario: unknown) {
    this.run = new Run(read(scenario, vocabulary), this.now);
    this.take({ kind: "tick" });
  }

  take(happening: Happening): this {
    this.acts.push(...this.run.take(happening, this.now, this.phase));
    return this;
  }

  wait(ms: number): this {
    this.now += ms;
    return this.take({ kind: "tick" });
  }

  done(error: string | null = null): this {
    return this.take({ kind: "done", error });
  }

  hears(action: string, data: unknown = {}): this {
    return this.take({ kind: "heard", action, data });
  }

  get verbs(): string[] {
    return this.acts.map((act) => (act.kind === "do" ? act.what : act.text));
  }
}

describe("steps", () => {
  test("are done one after the other, each once the one before took effect", () => {
    const play = new Play([{ ring: { number: "1" } }, { accept: {} }]);
    const before = [...play.verbs];

    play.take({ kind: "tick" }).done().done();

    expect(before).toEqual(["ring"]);
    expect(play.acts).toEqual([
      { kind: "do", what: "ring", args: { number: "1" } },
      { kind: "do", what: "accept", args: {} },
    ]);
    expect(play.run.report).toMatchObject({ ok: true, done: 2, total: 2 });
  });

  test("wait after the one before, and until their time since the beginning", () => {
    const play = new Play([
      { do: "ring", after: 1 },
      { do: "accept", at: 3 },
    ]);
    expect([play.verbs, play.run.due]).toEqual([[], 2_000]);

    play.wait(1_000).done();
    expect([play.verbs, play.run.due]).toEqual([["ring"], 4_000]);
    play.wait(1_999);
    expect(play.verbs).toEqual(["ring"]);
    play.wait(1);

    expect(play.verbs).toEqual(["ring", "accept"]);
  });

  test("are repeated, and count their time from the round's beginning", () => {
    const play = new Play([{ repeat: 2, steps: [{ do: "ring", at: 1 }, { do: "decline" }] }]);
    for (let i = 0; i < 2; i++) play.wait(1_000).done().done();

    expect(play.verbs).toEqual(["ring", "decline", "ring", "decline"]);
    expect(play.run.report).toMatchObject({ ok: true, done: 4, total: 4, seconds: 2 });
  });

  test.each([
    ["log_in", "login", {}],
    ["expire_login", "logOut", { expired: true }],
    ["hang_up", "hangUp", {}],
    ["end_faults", "endFaults", {}],
  ])("%s is the command %s", (verb, what, args) => {
    expect(new Play([{ do: verb }]).acts).toEqual([{ kind: "do", what, args }]);
  });

  test("that say something are heard at their time", () => {
    expect(new Play([{ say: "Call somebody", expect: "clickToDialResponse" }]).verbs).toEqual([
      "Call somebody",
    ]);
  });

  test("that are refused end it, and are named", () => {
    const play = new Play([{ ring: {} }, { accept: {} }, { end: {} }]);

    play.done().done("there is no call").done();

    expect(play.verbs).toEqual(["ring", "accept"]);
    expect(play.run.report).toMatchObject({
      ok: false,
      refused: { step: "2", what: "accept", error: "there is no call" },
    });
  });
});

describe("what is expected", () => {
  const directory = (expectation: unknown) => [{ do: "address_book", expect: expectation }];

  test("may have come while the command was under way", () => {
    const play = new Play(directory("crmDirectory")).hears("crmDirectory").done();

    expect(play.run.report).toMatchObject({ ok: true, passed: 1, failed: 0 });
  });

  test("that came before the command does not count", () => {
    const play = new Play([{ after: 1 }, ...directory("crmDirectory")]);
    play.hears("crmDirectory").wait(1_000).done().wait(5_000);

    expect(play.run.report?.results).toEqual([
      { step: "2", expected: "crmDirectory within 5 s", passed: false, seen: "nothing" },
    ]);
  });

  test("is waited for, and no longer than its time; then the next step is done", () => {
    const play = new Play([...directory({ message: "crmDirectory", within: 2 }), { ring: {} }]);
    play.done();
    expect([play.verbs, play.run.due]).toEqual([["addressBook"], 3_000]);

    play.hears("displayErrorNotification").wait(2_000).done();

    expect(play.verbs).toEqual(["addressBook", "ring"]);
    expect(play.run.report).toMatchObject({ ok: false, failed: 1, refused: null });
    expect(play.run.report?.results[0]?.seen).toBe("displayErrorNotification");
  });

  test("meets each message once", () => {
    const play = new Play([...directory(["crmDirectory", "crmDirectory"])]);
    play.done().hears("crmDirectory");
    expect(play.run.report).toBeNull();

    play.hears("crmDirectory");

    expect(play.run.report).toMatchObject({ ok: true, passed: 2 });
  });

  test("can be many of one kind", () => {
    const play = new Play(directory({ message: "crmDirectory", times: 3 })).done();
    play.hears("crmDirectory").hears("crmDirectory");
    expect(play.run.report).toBeNull();

    play.hears("crmDirectory");

    expect(play.run.report).toMatchObject({ ok: true });
  });

  test("looks into the data, and never repeats it", () => {
    const wanted = { message: "crmDirectory", data: { "results.length": 1, count: "4" } };
    const play = new Play(directory({ ...wanted, data: { count: "4" } })).done();
    play.hears("crmDirectory", { count: "secret" }).wait(5_000);

    expect(play.run.report?.results).toEqual([
      {
        step: "1",
        expected: "crmDirectory with count within 5 s",
        passed: false,
        seen: "crmDirectory, too few or with other data",
      },
    ]);
    expect(
      new Play(directory({ ...wanted, data: { count: "4" } }))
        .done()
        .hears("crmDirectory", { count: "4" }).run.report?.ok,
    ).toBe(true);
  });

  test("not to come passes when its time is over, and fails as soon as it comes", () => {
    const step = directory({ never: "displayErrorNotification", within: 2 });
    const good = new Play(step).done().wait(1_999);
    expect(good.run.report).toBeNull();

    good.wait(1);
    const bad = new Play(step).done().hears("displayErrorNotification");

    expect(good.run.report).toMatchObject({ ok: true });
    expect(bad.run.report).toMatchObject({ ok: false, failed: 1 });
  });

  test("can be where the phone stands", () => {
    const play = new Play([{ do: "ring", expect: { phase: "ringing" } }]).done();
    expect(play.run.report).toBeNull();

    play.phase = "ringing";
    play.take({ kind: "tick" });

    expect(play.run.report).toMatchObject({ ok: true });
  });

  test("leaves a bounded report, whatever came", () => {
    const play = new Play([{ repeat: 5_000, steps: [{ do: "ring", expect: { phase: "idle" } }] }]);
    for (let i = 0; i < 5_000; i++) play.done();

    expect(play.run.report).toMatchObject({ passed: 5_000, done: 5_000, total: 5_000 });
    expect(play.run.report?.results).toHaveLength(200);
  });
});

describe("a day of calls", () => {
  const day = (numbers: string[], rate: number) => [{ do: "calls", numbers, rate, topic: "Day" }];

  test("comes at its rate, and each call is one command", () => {
    const play = new Play(day(["1", "2", "3"], 20)).done();
    expect([play.verbs.length, play.run.due]).toEqual([1, 1_050]);

    play.wait(50).done().wait(50).done();

    expect(play.acts[1]).toEqual({
      kind: "do",
      what: "run",
      args: {
        steps: [{ ring: { numbers: ["2"] } }, { accept: {} }, { end: { topic: "Day", notes: "" } }],
      },
    });
    expect(play.run.report).toMatchObject({ ok: true, done: 3, total: 3, seconds: 0.1 });
  });

  test("catches up with what is late, and one call never waits for another's time", () => {
    const play = new Play(day(["1", "2", "3", "4"], 10)).done();

    play.wait(250).done();
    play.done();

    expect(play.verbs).toHaveLength(3);
    expect(play.run.due).toBe(1_300);
  });

  test("can be followed by what is expected of all of it", () => {
    const scenario = day(["1", "2"], 100);
    const step = { ...scenario[0], expect: { message: "createHistoryItem", times: 2 } };
    const play = new Play([step]).done().hears("createHistoryItem").wait(10).done();
    expect(play.run.report).toBeNull();

    play.hears("createHistoryItem");

    expect(play.run.report).toMatchObject({ ok: true, passed: 1 });
  });

  test("can be stopped, which is said", () => {
    const play = new Play(day(["1", "2"], 1)).done();

    play.run.stop(play.now);

    expect(play.run.report).toMatchObject({ ok: false, stopped: true, done: 1, total: 2 });
    expect(play.wait(9_000).verbs).toHaveLength(1);
  });
});
