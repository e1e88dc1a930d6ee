/** Faults: what each of them does to what a connector posts, alone and with others. */

import { describe, expect, test } from "vitest";
import vocabulary from "../../../crmwidget/simulator/vocabulary.json";
import { Faults, type Post } from "../../src/connector/faults";

const POP = "requestPerformInteractionScreenPop";
const post = (action: string, data: unknown = {}): Post => ({ action, data });
const log = () =>
  post("requestSaveInteractionLog", {
    header: {},
    message: {
      body: {
        interactionData: { interaction: {}, logDetails: { subject: "x", customFields: [] } },
      },
    },
  });

function with_(...names: string[]): Faults {
  const faults = new Faults();
  for (const name of names) faults.start(name, {}, 0);
  return faults;
}

const actions = (posts: Post[]) => posts.map(({ action }) => action);

describe("alone", () => {
  test("without any, a message passes as it is", () => {
    const one = log();

    expect(new Faults().pass(one, 0)).toEqual([one]);
  });

  test("silence lets nothing through", () => {
    expect(with_("silence").pass(post("ready"), 0)).toEqual([]);
  });

  test("delay brings it later, in order", () => {
    const faults = with_("delay");

    expect([...faults.pass(post("a"), 0), ...faults.pass(post("b"), 10)]).toEqual([]);
    expect(faults.due).toBe(3_000);
    expect(actions(faults.tick(2_999))).toEqual([]);
    expect(actions(faults.tick(3_010))).toEqual(["a", "b"]);
    expect(faults.due).toBe(Infinity);
  });

  test("duplicate sends it twice, or as often as it is told", () => {
    const faults = new Faults();
    faults.start("duplicate", { times: 3 }, 0);

    expect(with_("duplicate").pass(post("a"), 0)).toHaveLength(2);
    expect(faults.pass(post("a"), 0)).toHaveLength(3);
  });

  test("reorder lets two change places, and holds none for ever", () => {
    const faults = with_("reorder");

    const seen = ["a", "b", "c"].flatMap((name) => actions(faults.pass(post(name), 0)));

    expect(seen).toEqual(["b", "a"]);
    expect(faults.due).toBe(1_000);
    expect(actions(faults.tick(1_000))).toEqual(["c"]);
  });

  test("drop loses every second one, or every so many", () => {
    const third = new Faults();
    third.start("drop", { every: 3 }, 0);
    const four = ["a", "b", "c", "d"];
    const left = (faults: Faults) => four.flatMap((name) => actions(faults.pass(post(name), 0)));

    expect(left(with_("drop"))).toEqual(["a", "c"]);
    expect(left(third)).toEqual(["a", "b", "d"]);
  });

  test("malformed says nonsense before each, never the same twice in a row", () => {
    const faults = with_("malformed");

    const seen = [faults.pass(post("a"), 0), faults.pass(post("a"), 0)];

    expect(seen.map(([raw, one]) => ["raw" in (raw ?? {}), one?.action])).toEqual([
      [true, "a"],
      [true, "a"],
    ]);
    expect(seen[0]?.[0]?.raw).not.toEqual(seen[1]?.[0]?.raw);
  });

  test("both spellings asks for the address book twice, and for nothing else", () => {
    const faults = with_("both spellings");

    expect(actions(faults.pass(post("requestGetCRMDirectory"), 0))).toEqual([
      "requestGetCrmDirectory",
      "requestGetCRMDirectory",
    ]);
    expect(faults.pass(post("requestCrmData"), 0)).toHaveLength(1);
  });

  test.each([
    [POP, { aniValues: ["1"] }, {}],
    ["requestEnableClickToDial", { isEnabled: true }, {}],
    [
      "requestCustomFieldsValues",
      { object: { voice: [], digital: [] } },
      { object: { voice: [] } },
    ],
    ["requestNavigateToClickToDialResult", { recordId: 1, url: "" }, { url: "" }],
    ["requestCrmData", undefined, undefined],
  ])("missing keys takes what seemed certain out of %s", (action, data, left) => {
    expect(with_("missing keys").pass({ action, data }, 0)).toEqual([{ action, data: left }]);
  });

  test("blank ani puts nothing before the number", () => {
    const [one] = with_("blank ani").pass(post(POP, { aniValues: ["1"] }), 0);

    expect(one?.data).toEqual({ aniValues: ["", "1"] });
  });

  test.each([
    [undefined, { interaction: {} }],
    ["customFields", { interaction: {}, logDetails: { subject: "x" } }],
  ])("bare log lacks its details, or %s", (without, left) => {
    const faults = new Faults();
    faults.start("bare log", { without }, 0);
    const whole = log();

    const [one] = faults.pass(whole, 0);

    expect(one?.data).toHaveProperty("message.body.interactionData", left);
    expect(whole).toEqual(log());
  });

  test("pinging goes on sending ready", () => {
    const faults = with_("pinging");

    expect(actions([...faults.tick(0), ...faults.tick(500), ...faults.tick(1_000)])).toEqual([
      "ready",
      "ready",
    ]);
  });
});

describe("together", () => {
  test("each passes all of them", () => {
    const faults = with_("blank ani", "duplicate", "delay");

    expect(faults.pass(post(POP, { aniValues: ["1"] }), 0)).toEqual([]);

    expect(faults.tick(3_000).map(({ data }) => data)).toEqual([
      { aniValues: ["", "1"] },
      { aniValues: ["", "1"] },
    ]);
  });

  test.each(Object.keys(vocabulary.faults))("%s ends, and what it held back comes", (name) => {
    const faults = with_(name, "delay", "reorder");
    faults.pass(post("a"), 0);
    faults.pass(post("b"), 0);

    faults.end(null, 10);
    const late = faults.tick(10);

    expect(faults.names).toEqual([]);
    expect(faults.due).toBe(Infinity);
    expect(faults.pass(post("c"), 20)).toEqual([post("c")]);
    if (name !== "silence") expect(late.length).toBeGreaterThan(0);
  });

  test("one ends and the others stay", () => {
    const faults = with_("duplicate", "silence");

    faults.end("silence", 0);

    expect(faults.names).toEqual(["duplicate"]);
    expect(faults.pass(post("a"), 0)).toHaveLength(2);
  });
});
