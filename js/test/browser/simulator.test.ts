/** The simulator's page in a frame: what it says to the page around it, hears from it, and shows. */

import { afterEach, describe, expect, test } from "vitest";
import type { Entry } from "../../src/simulator";
import { CONTACTS, crmData, crmDirectory, dial, notification } from "../core/client";
import { Around, clear } from "./around";
import { passes } from "./waiting";

/** Configured, with the name of the first contact on the button. */
const ready = () => new Around().shows("Incoming call: Bo Larsen", "#controls");

const talking = async () => {
  const around = await ready();
  around.button("Incoming call").click();
  around.button("Accept").click();
  return around;
};

afterEach(clear);

describe("the handshake", () => {
  test("leads to an agent who is ready, and to the next contact on the only filled button", async () => {
    const around = await ready();

    await around.shows("Ada Marsh Ready, waiting for a call en_US · 4 contacts · click-to-dial on");
    expect(around.heard.map(({ type, action }) => [type, action])).toEqual([
      ["CRMConnectMessage", "ready"],
      ["CRMConnectMessage", "requestCrmData"],
      ["CRMConnectMessage", "requestEnableClickToDial"],
      ["CRMConnectMessage", "requestGetCrmDirectory"],
    ]);
    expect(
      around.document.querySelectorAll("body > :not([popover]) .filled:not([popovertarget])"),
    ).toHaveLength(1);
  });

  test("a message without data has no such key", async () => {
    const around = await ready();

    expect(around.heard[0]).not.toHaveProperty("data");
  });

  test("says which answer it waits for", async () => {
    const around = await new Around("", ["ready"]).shows("Waits for ready");

    delete around.answers.requestCrmData;
    around.says("ready");

    await around.shows("Waits for crmData");
  });

  test("hears nobody but the page around it", async () => {
    const around = await new Around("", ["ready"]).shows("Waits for ready");
    const script = around.document.createElement("script");
    script.text = 'postMessage({type: "ClientAppMessage", action: "ready"}, "*")';

    around.document.body.append(script);
    await passes(() => expect(around.heard.length).toBeGreaterThan(1));

    expect(around.simulator.transcript.some((one) => one.direction === "received")).toBe(false);
    expect(around.text()).toContain("Waits for ready");
  });
});

describe("a call by hand", () => {
  test("rings, is taken, held, ended and logged, and comes back as history", async () => {
    const around = await ready();
    around.button("Incoming call").click();
    await around.shows("Incoming call Bo Larsen (202) 555-0143 0:0");
    around.button("Accept").click();
    around.button("Hold").click();
    await around.shows("On hold Bo Larsen");
    around.button("Resume").click();
    around.button("End").click();
    await passes(() =>
      expect(around.document.querySelector("[data-field=case_id]")).not.toBeNull(),
    );

    around.type("#topic", "Renewal");
    around.type("#notes", "Yearly");
    around.type("[data-field=case_id]", "7");
    around.button("Save log").click();

    const log = (await around.hears("requestSaveInteractionLog")) as Record<string, unknown>;
    expect(log).toMatchObject({
      message: {
        body: {
          interactionData: {
            interaction: { topic: "Renewal" },
            logDetails: {
              comments: "Yearly",
              customFields: [{ logFieldName: "case_id", currentValue: "7" }],
            },
          },
        },
      },
    });
    await around.shows("log sent", "#controls");
    around.says("createHistoryItem", {
      taskId: "call-1",
      data: { ...log, logParameters: {}, msgData: log },
    });
    around.button("History").click();
    await around.shows("(202) 555-0143");
    expect(around.text()).toContain("Renewal call-1 Yearly");
  });

  test("what is typed into the form outlives a look at the address book, and no more than the call", async () => {
    const around = await talking();
    around.button("End").click();
    around.type("#topic", "Renewal");

    around.button("Address book").click();
    await around.shows("Ines Okafor");
    around.button("Phone").click();

    expect(around.find<HTMLInputElement>("#topic").value).toBe("Renewal");
    around.button("No log").click();
    around.button("Incoming call").click();
    around.button("Accept").click();
    around.button("End").click();
    expect(around.find<HTMLInputElement>("#topic").value).toBe("");
  });

  test("goes by keys, but not while somebody types", async () => {
    const around = await ready();
    around.key("e");
    around.key("r");
    await around.shows("Incoming call Bo Larsen");
    around.key("r");
    around.key("a");
    await around.shows("Talking Bo Larsen");
    around.key("e");

    around.key("r", around.find("#topic"));
    around.type("#topic", "By keys");
    around.key("Enter", around.find("#topic"));

    expect(await around.hears("requestSaveInteractionLog")).toHaveProperty(
      "message.body.interactionData.interaction.topic",
      "By keys",
    );
  });

  test("the keyboard's place follows the button that was pressed", async () => {
    const around = await ready();
    const press = (words: string) => {
      around.button(words).focus();
      around.button(words).click();
    };

    press("Incoming call");
    press("Accept");
    expect(around.document.activeElement?.id).toBe("hold");
    press("Hold");

    expect(around.document.activeElement?.id).toBe("resume");
  });

  test("the running time is drawn without drawing the buttons anew", async () => {
    const around = await talking();
    const end = around.button("End");

    await passes(() => expect(around.text()).toMatch(/0:0[1-9]/));

    expect(around.button("End")).toBe(end);
  });

  test("what the page dials rings out, and its name opens the record", async () => {
    const around = await ready();

    around.says("clickToDialResponse", dial());
    await around.shows("Calling Bo Larsen");
    around.button("Bo Larsen").click();

    expect(await around.hears("requestNavigateToClickToDialResult")).toMatchObject({
      recordId: "C-1",
    });
  });

  test("a chat shows what it begins with", async () => {
    const around = await ready();

    around.button("Chat").click();

    await around.shows("Incoming chat Bo Larsen bo@example.com Hello, can you help me?");
  });
});

describe("the menu of who calls", () => {
  test.each([
    ["A number two contacts share", "+1 415 555 0132"],
    ["A number in another format", "+12025550143"],
    ["Not in your contacts", "+12025550100"],
    ["Number withheld", ""],
  ])("%s", async (words, number) => {
    const around = await ready();

    around.find("[popovertarget=who]").click();
    around.button(words).click();

    expect(await around.hears("requestPerformInteractionScreenPop")).toEqual({
      aniValues: [number],
    });
    expect(around.document.querySelector(":popover-open")).toBeNull();
  });

  test("a contact, found by name or number", async () => {
    const around = await ready();
    around.find("[popovertarget=who]").click();
    around.button("From a contact...").click();

    around.type("#find", "ines");
    around.find("#callers button").click();

    await around.shows("Incoming call Ines Okafor +44 20 7946 0018");
  });

  test("a number as it is typed", async () => {
    const around = await ready();
    around.find("[popovertarget=who]").click();
    around.button("Type a number...").click();

    around.type("#find", "0049 30 1");
    around.key("Enter", around.find("#find"));

    expect(await around.hears("requestPerformInteractionScreenPop")).toEqual({
      aniValues: ["0049 30 1"],
    });
  });
});

describe("the other screens", () => {
  test("the address book asks again each time it is opened, and calls whom is pressed", async () => {
    const around = await ready();

    around.button("Address book").click();
    around.type("#search", "020794");
    await passes(() => expect(around.document.querySelectorAll("#rows button")).toHaveLength(0));
    around.type("#search", "20 7946");
    around.find("#rows button").click();

    await around.shows("Calling Ines Okafor");
    await passes(() => {
      const asked = around.heard.filter(({ action }) => action === "requestGetCrmDirectory");
      expect(asked).toHaveLength(2);
    });
  });

  test("the address book can be asked for in the documentation's spelling", async () => {
    const around = await ready();

    around.type("#spelling", "requestGetCRMDirectory");
    around.button("Address book").click();

    await around.hears("requestGetCRMDirectory");
  });

  test("notifications show over the phone, are counted, and are kept", async () => {
    const around = await ready();

    around.says("displayErrorNotification", notification({ type: "okDialog", severity: "ERROR" }));
    await around.shows("Note A Gold customer is calling");
    await passes(() => expect(around.button("Alerts").textContent).toContain("1"));
    around.button("OK").click();
    around.button("Alerts").click();

    expect(around.text("#toasts")).toBe("");
    await around.shows("ERROR, okDialog");
    expect(around.button("Alerts").textContent.trim()).toBe("Alerts");
  });

  test("reports are asked for", async () => {
    const around = await ready();

    around.button("Reports").click();

    await around.hears("requestOpenReports");
  });

  test("what it assumes is listed, with the tag of each", async () => {
    const around = await ready();

    around.button("What this simulator assumes (").click();

    expect(around.text("#assumptions")).toContain("[I] A declined call has no log.");
  });

  test("what is wrong with the page's messages is counted and listed", async () => {
    const around = await ready();

    around.says("crmDirectory", { count: 4, results: CONTACTS });
    await around.shows("Problems: 1", "#controls");
    around.button("Problems").click();

    expect(around.text("#problems")).toContain("crmDirectory: count is number; it must be string");
  });

  test("names from the page are text, whatever they contain", async () => {
    const nasty = `<img src=x onerror="parent.broken=1">'"&`;
    const around = await ready();
    around.answers.requestGetCrmDirectory = [
      "crmDirectory",
      crmDirectory([{ ...CONTACTS[0], name: nasty }]),
    ];

    around.button("Address book").click();
    await around.shows(nasty);
    around.find("#rows button").click();

    await around.shows(`Calling ${nasty}`);
    expect(around.document.querySelector("img")).toBeNull();
  });

  test.each([
    ["320", "600"],
    ["340", "560"],
    ["500", "700"],
  ])("nothing scrolls in the phone at %s x %s", async (width, height) => {
    const around = await talking();
    Object.assign(around.frame, { width, height });
    const fits = (selector: string) => {
      const { scrollHeight, clientHeight } = around.find(selector);
      expect(scrollHeight, selector).toBeLessThanOrEqual(clientHeight);
    };

    for (const words of ["History", "Alerts", "Phone"]) {
      around.button(words).click();
      fits("html");
      fits("#screen");
    }
    around.button("End").click();
    await passes(() => around.find("[data-field=case_id]"));

    fits("html");
    fits(".form");
  });
});

describe("for scripts", () => {
  test("the transcript has both directions, in order, with times and problems", async () => {
    const around = await ready();
    around.says("crmDirectory", { count: 0, results: [] });
    await around.shows("Problems: 1", "#controls");

    const { transcript } = around.simulator;

    expect(transcript.slice(0, 4).map((one: Entry) => [one.direction, one.action])).toEqual([
      ["sent", "ready"],
      ["received", "ready"],
      ["sent", "requestCrmData"],
      ["received", "crmData"],
    ]);
    expect(transcript.at(-1)).toMatchObject({
      data: { count: 0 },
      problems: ["count is number; it must be string [S]"],
    });
    expect(transcript.every(({ at }, i) => i === 0 || at >= (transcript[i - 1]?.at ?? 0))).toBe(
      true,
    );
  });

  test("send posts at once, also what no connector sends", async () => {
    const around = await new Around("", ["ready"]).shows("Waits for ready");

    around.simulator.send("requestTea", { sugar: 1 });

    expect(await around.hears("requestTea")).toEqual({ sugar: 1 });
  });
});

describe("the remote control", () => {
  test("is answered after the command has taken effect", async () => {
    const around = await ready();

    const answer = await around.does("ring", { number: "+1 202 555 0177", name: "Kit Reyes" }, 4);

    expect(answer).toMatchObject({
      type: "crmwidget/simulator",
      id: 4,
      ok: true,
      state: { phase: "ringing", number: "+1 202 555 0177", name: "Kit Reyes" },
    });
    const order = around.heard.map((one) => one.action ?? one.type);
    expect(order.slice(-2)).toEqual(["requestPerformInteractionScreenPop", "crmwidget/simulator"]);
  });

  test("says why a command cannot be", async () => {
    const around = await ready();

    expect(await around.does("accept")).toMatchObject({ ok: false, error: "there is no call" });
  });

  test("commands that come early wait until it is configured", async () => {
    const around = await new Around("", ["requestCrmData"]).shows("Waits for crmData");

    const answered = around.does("ring", {}, 1);
    expect(await around.does("state", {}, 2)).toMatchObject({ state: { phase: "asking" } });
    around.says("crmData", crmData());

    expect(await answered).toMatchObject({ ok: true, state: { name: "Bo Larsen" } });
  });

  test("sets the colours, which need no answer", async () => {
    const around = await ready();
    const paper = () =>
      around.frame.contentWindow?.getComputedStyle(around.document.body).backgroundColor;

    around.posts({ type: "crmwidget/simulator", what: "theme", args: { value: "dark" } });

    await passes(() => expect(paper()).toBe("rgb(20, 25, 29)"));
    expect(around.simulator.transcript.every(({ problems }) => problems.length === 0)).toBe(true);
  });

  test.each([
    { type: "crmwidget/simulator" },
    { type: "crmwidget/simulator", id: "1", what: "ring" },
    { type: "crmwidget/simulator", id: 1, what: 7 },
  ])("%j is no command", async (message) => {
    const around = await ready();

    around.posts(message);
    await around.does("state");

    expect(around.heard.filter(({ type }) => type === "crmwidget/simulator")).toHaveLength(1);
  });
});
