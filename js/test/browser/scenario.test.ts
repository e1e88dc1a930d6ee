/** Scenarios and faults in the page: their menus, what is under way, scripts and the remote control. */

import { afterEach, describe, expect, test } from "vitest";
import vocabulary from "../../../crmwidget/simulator/vocabulary.json";
import { ASSUMPTIONS } from "../../src/connector/connector";
import { crmDirectory } from "../core/client";
import { Around, clear } from "./around";
import { passes } from "./waiting";

const POP = "requestPerformInteractionScreenPop";
const LOG = "requestSaveInteractionLog";
const READY = "Incoming call: Bo Larsen";

const ready = (without: string[] = []) =>
  new Around("", without, "scenario").shows(READY, "#controls");
const actions = ({ heard }: Around) => heard.flatMap(({ action }) => action ?? []);
const count = (around: Around, action: string) =>
  actions(around).filter((one) => one === action).length;

/** Presses an entry of a menu. */
const choose = (around: Around, menu: string, words: string) => {
  around.button(menu).click();
  const all = [...around.document.querySelectorAll<HTMLElement>(".sheet .row")];
  const found = all.find((one) => one.querySelector("b")?.textContent === words);
  if (!found) throw new Error(`no entry "${words}"`);
  found.click();
};

afterEach(clear);

describe("the plain page", () => {
  test("asks for the rest when somebody wants it, and opens then what was pressed", async () => {
    const around = await new Around().shows(READY, "#controls");

    around.button("Faults").click();
    await passes(() => expect(around.heard.at(-1)).toMatchObject({ what: "wants" }));
    const script = around.document.createElement("script");
    script.type = "module";
    script.src = "/src/simulator/scenario.ts";
    around.document.head.append(script);

    await passes(() =>
      expect(around.document.querySelector("#faults:popover-open")).not.toBeNull(),
    );
    expect(around.text("#faults")).toContain("Says nothing more.");
  });

  test("lets a script's scenario wait for the rest", async () => {
    const around = await new Around().shows(READY, "#controls");
    const run = around.simulator.run([{ ring: {} }]);
    const script = around.document.createElement("script");
    script.type = "module";
    script.src = "/src/simulator/scenario.ts";
    around.document.head.append(script);

    expect(await run).toMatchObject({ ok: true, phase: "ringing" });
  });
});

describe("the menu of scenarios", () => {
  test("has all that are built in, and runs the one that is pressed", async () => {
    const around = await ready();
    around.answers.requestGetCRMDirectory = ["crmDirectory", crmDirectory()];

    choose(around, "Scenario", "address book");
    await around.shows("address book: passed. 2 of 2 expectations met", "#controls");

    expect(around.document.querySelectorAll("#scenarios .row")).toHaveLength(
      Object.keys(vocabulary.scenarios).length,
    );
    expect(around.document.querySelector(":popover-open")).toBeNull();
    expect(actions(around)).toContain("requestGetCRMDirectory");
  });

  test("shows how far it is, stops when it is told, and says so", async () => {
    const around = await ready();

    choose(around, "Scenario", "hold");
    await around.shows("hold", "#controls .way");
    expect(around.find<HTMLProgressElement>("progress").max).toBe(5);
    around.button("Stop").click();

    await around.shows("hold: stopped.", "#controls");
  });

  test("says what was expected and what came", async () => {
    const around = await ready(["requestGetCRMDirectory"]);
    delete around.answers.requestGetCrmDirectory;

    const run = around.simulator.run([
      { do: "address_book", expect: { message: "crmDirectory", within: 0.1 } },
    ]);
    expect(await run).toMatchObject({ ok: false });
    around.button("Results").click();

    await around.shows("Failed step 1: crmDirectory within 0.1 s nothing", "#results");
  });

  test("one at a time", async () => {
    const around = await ready();

    choose(around, "Scenario", "hold");
    choose(around, "Scenario", "chat");

    await around.shows("hold: a scenario is on: stop it first", "#controls");
  });
});

describe("the menu of faults", () => {
  test("has each with what it teaches; two are on at once, and one ends", async () => {
    const around = await ready();

    choose(around, "Faults", "blank ani");
    choose(around, "Faults", "duplicate");
    around.button("Incoming call").click();

    expect(await around.hears(POP)).toEqual({ aniValues: ["", "(202) 555-0143"] });
    await passes(() => expect(count(around, POP)).toBe(2));
    around.button("duplicate ×").click();
    around.button("Decline").click();
    around.button("Incoming call").click();
    await passes(() => expect(count(around, POP)).toBe(3));
    expect(around.text("#controls")).toContain("blank ani ×");
    expect(around.text("#controls")).not.toContain("duplicate ×");
  });

  test("a reload loses the call and greets again", async () => {
    const around = await ready();
    around.button("Incoming call").click();

    choose(around, "Faults", "reload");
    await passes(() => expect(count(around, "requestCrmData")).toBe(2));

    await around.shows("Ready, waiting for a call");
    expect(around.heard.some((one) => "what" in one && one.what === "restarted")).toBe(true);
  });

  test("a question that was lost is asked again once all is well", async () => {
    const around = await ready();
    choose(around, "Faults", "silence");
    choose(around, "Faults", "reload");

    choose(around, "Faults", "End all");

    await around.shows("Ready, waiting for a call");
    expect(around.text("#controls")).not.toContain("×");
  });

  test("a page in its frame has no other origin, and says so", async () => {
    const around = await ready();

    choose(around, "Faults", "redirect");

    if (around.frame.contentWindow?.location.hostname === "") {
      await around.shows("has no other origin", "#controls");
    }
    await around.shows("Ready, waiting for a call");
  });
});

describe("in a call", () => {
  test("a colleague is consulted and the caller handed on, which only the log tells", async () => {
    const around = await ready();
    around.button("Incoming call").click();
    around.button("Accept").click();
    await around.hears("requestCustomFieldsValues");
    const before = actions(around).length;

    around.button("Consult").click();
    await around.shows("On hold");
    around.button("Transfer").click();
    await around.shows("Notes");
    expect(actions(around)).toHaveLength(before);
    around.button("Save log").click();

    expect(await around.hears(LOG)).toHaveProperty(
      "message.body.interactionData.updatedDestinationAddress",
      "+12025550188",
    );
  });
});

describe("for scripts", () => {
  test("run gives a report, and where the phone stands", async () => {
    const around = await ready();

    const run = around.simulator.run([{ ring: { number: "+1 202 555 0177" } }, { accept: {} }]);

    expect(await run).toMatchObject({
      ok: true,
      done: 2,
      phase: "talking",
      number: "+1 202 555 0177",
    });
  });

  test("a step that cannot be is named, and so is a word that nobody knows", async () => {
    const around = await ready();

    await expect(around.simulator.run([{ accept: {} }])).rejects.toThrow(
      "step 1 (accept): there is no call",
    );
    await expect(around.simulator.run([{ acept: {} }])).rejects.toThrow("step 1:");
  });

  test("a fault can be a step", async () => {
    const around = await ready();

    const run = around.simulator.run([
      { do: "fault", name: "duplicate" },
      { do: "ring" },
      { do: "end_faults" },
      { do: "decline" },
    ]);

    expect(await run).toMatchObject({ ok: true });
    await passes(() => expect(count(around, POP)).toBe(2));
  });
});

describe("the remote control", () => {
  test("is told how far a scenario is, and its report at the end", async () => {
    const around = await ready();

    const scenario = [{ ring: {} }, { do: "decline", after: 0.8 }];
    const answer = await around.does("scenario", { scenario }, 7);

    expect(answer).toMatchObject({
      ok: true,
      state: { phase: "idle", run: { ok: true, done: 2 } },
    });
    expect(around.heard.find((one) => "progress" in one)).toMatchObject({
      id: 7,
      progress: { total: 2 },
    });
  });

  test("a day of calls loses none", async () => {
    const around = await ready();
    around.answers[LOG] = ["createHistoryItem", { taskId: 1, data: { message: {} } }];
    const numbers = Array.from({ length: 40 }, (_, i) => `+120255501${10 + i}`);
    const expectation = { message: "createHistoryItem", times: 40 };

    const answer = await around.does("scenario", {
      scenario: [{ do: "calls", numbers, rate: 100, expect: expectation }],
    });

    expect(answer).toMatchObject({ ok: true, state: { run: { ok: true, done: 40 } } });
    expect([count(around, POP), count(around, LOG)]).toEqual([40, 40]);
  });

  test("stop and faults are answered at once", async () => {
    const around = await ready();
    const run = around.simulator.run([{ ring: {} }, { do: "accept", after: 60 }]);

    const stopped = await around.does("stop");
    const wrong = await around.does("fault", { name: "silense" });

    expect(await run).toMatchObject({ ok: false, stopped: true });
    expect(stopped).toMatchObject({ ok: true });
    expect(wrong).toMatchObject({ ok: false, error: expect.stringContaining('"silence"') });
  });
});

test("what is assumed of all this is listed with the rest", async () => {
  const around = await ready();

  expect(around.document.querySelectorAll("#assumed li")).toHaveLength(ASSUMPTIONS.length + 6);
});

test.each([
  ["300", "560"],
  ["320", "600"],
])(
  "nothing is wider than the page at %s x %s, and the call keeps its buttons",
  async (width, height) => {
    const around = await ready();
    Object.assign(around.frame, { width, height });
    choose(around, "Faults", "duplicate");
    choose(around, "Faults", "blank ani");
    around.button("Incoming call").click();
    around.button("Accept").click();
    await around.shows("Consult", "#controls");

    for (const selector of ["html", "#controls", "#screen"]) {
      const { scrollWidth, clientWidth } = around.find(selector);
      expect(scrollWidth, selector).toBeLessThanOrEqual(clientWidth);
    }
    const { top, bottom } = around.find("#hangUp").getBoundingClientRect();
    expect(top).toBeGreaterThan(0);
    expect(bottom).toBeLessThanOrEqual(around.find("#controls").getBoundingClientRect().top);
  },
);
