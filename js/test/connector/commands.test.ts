/** What persons, the remote control and scenarios can have the simulated connector do. */

import { describe, expect, test } from "vitest";
import { ASSUMPTIONS, due, report } from "../../src/connector/connector";
import { Client, CONTACTS, crmData, crmDirectory, customFields, historyItem } from "../core/client";

const calling = () => {
  const client = new Client().configure();
  client.tells("ring");
  client.tells("accept");
  return client;
};

describe("an incoming call", () => {
  test("rings with the next contact of the address book, in its order and around its end", () => {
    const client = new Client().configure();

    const names = CONTACTS.concat(CONTACTS[0] ?? []).map(() => {
      client.tells("ring");
      const { name } = report(client.state);
      client.tells("decline");
      return name;
    });

    expect(names).toEqual(["Bo Larsen", "Ines Okafor", "Sam Reyes", "Kit Reyes", "Bo Larsen"]);
  });

  test("pops the screen at the first ring with the number as it is written", () => {
    const client = new Client().configure();

    client.tells("ring");

    expect(client.dataOf("requestPerformInteractionScreenPop")).toEqual({
      aniValues: ["(202) 555-0143"],
    });
    expect(report(client.state)).toMatchObject({ phase: "ringing", name: "Bo Larsen" });
  });

  test.each([
    [{ number: "+1 202 555 0100", name: "Bo" }, ["+1 202 555 0100"]],
    [{ numbers: ["", "+12025550143", "2025550143"] }, ["", "+12025550143", "2025550143"]],
    [{ number: "x", numbers: ["y"] }, ["y"]],
    [{ pick: "shared" }, ["+1 415 555 0132"]],
    [{ pick: "format" }, ["+12025550143"]],
    [{ pick: "stranger" }, ["+12025550100"]],
    [{ pick: "withheld" }, [""]],
  ])("of %j is announced as %j", (args, aniValues) => {
    const client = new Client().configure();

    expect(client.tells("ring", args)).toBeNull();

    expect(client.dataOf("requestPerformInteractionScreenPop")).toEqual({ aniValues });
  });

  test("of a shared number says so when there is none", () => {
    const client = new Client().configure(crmData(), crmDirectory(CONTACTS.slice(0, 2)));

    expect(client.tells("ring", { pick: "shared" })).toBe("no two of your contacts share a number");
    expect(client.state.call).toBeNull();
  });

  test("waits for an address book that was never asked for", () => {
    const client = new Client().configure(crmData({}, { capabilities: {} }), null);

    client.tells("ring");
    client.tells("accept");
    expect(client.state.call).toBeNull();
    client.says("crmDirectory", crmDirectory());

    expect(client.posted.filter((action) => action === "requestGetCrmDirectory")).toHaveLength(1);
    expect(report(client.state)).toMatchObject({ phase: "talking", name: "Bo Larsen" });
  });

  test("rings with a stranger when the page stays silent about its contacts", () => {
    const client = new Client().configure(crmData(), null);

    client.tells("ring");
    expect(due(client.state)).toBe(client.now + 5_000);
    client.wait(5_000);

    expect(report(client.state)).toMatchObject({ phase: "ringing", number: "+12025550100" });
  });

  test("rings with a stranger at once when the page says that it has no address book", () => {
    const data = crmData({}, { capabilities: { directoryAvailable: false } });
    const client = new Client().configure(data, null);

    client.tells("ring");

    expect(report(client.state)).toMatchObject({ number: "+12025550100" });
    expect(client.posted).not.toContain("requestGetCrmDirectory");
  });

  test("goes on ringing for as long as nobody answers", () => {
    const client = new Client().configure();
    client.tells("ring");

    client.wait(3_600_000);

    expect(report(client.state)).toMatchObject({ phase: "ringing" });
    expect(due(client.state)).toBe(Infinity);
  });

  test("can be held and resumed", () => {
    const client = calling();

    client.tells("hold");
    const held = report(client.state).phase;
    client.tells("resume");

    expect([held, report(client.state).phase]).toEqual(["held", "talking"]);
  });

  test("that is declined sends no log", () => {
    const client = new Client().configure();
    client.tells("ring");

    client.tells("decline");

    expect(report(client.state).phase).toBe("idle");
    expect(client.posted).not.toContain("requestSaveInteractionLog");
  });

  test("asks for the custom fields when the conversation starts, both channels", () => {
    const client = calling();

    expect(client.dataOf("requestCustomFieldsValues")).toEqual({
      object: { voice: ["case_id"], digital: ["case_id"] },
    });
  });

  test("asks for no custom fields when the settings name none", () => {
    const client = new Client().configure(
      crmData({ LogOptions: { transactionLogCustomField1: "" } }),
    );
    client.tells("ring");
    client.tells("accept");

    expect(client.posted).not.toContain("requestCustomFieldsValues");
  });
});

describe("the log", () => {
  test("has every path that is evidenced", () => {
    const client = new Client();
    client.now = Date.UTC(2026, 10, 24, 12, 4, 31);
    client.configure();
    client.tells("ring");
    client.tells("accept");
    client.says("customFieldsDataResponse", customFields());

    client.tells("end", { topic: "Renewal", notes: "Yearly", customFields: { case_id: "7" } });

    expect(client.dataOf("requestSaveInteractionLog")).toEqual({
      header: { source: "crmwidget simulator", sentFor: "sim-s-1" },
      message: {
        body: {
          interactionId: "sim-s-1",
          interactionData: {
            updatedOriginatingAddress: "(202) 555-0143",
            updatedDestinationAddress: "+12025550199",
            interaction: {
              topic: "Renewal",
              intrinsics: { START_TIME: "12:04:31(UTC)", START_DATE: "2026-11-24" },
            },
            logDetails: {
              subject: "Incoming call",
              comments: "Yearly",
              customFields: [{ logFieldName: "case_id", currentValue: "7" }],
            },
          },
        },
      },
    });
    expect(report(client.state).phase).toBe("idle");
  });

  test("has an array of custom fields even when there is none", () => {
    const client = calling();

    client.tells("end");

    expect(client.dataOf("requestSaveInteractionLog")).toHaveProperty(
      "message.body.interactionData.logDetails.customFields",
      [],
    );
  });

  test("leaves out an address that is withheld", () => {
    const client = new Client().configure();
    client.tells("ring", { pick: "withheld" });
    client.tells("accept");

    client.tells("end");

    expect(client.dataOf("requestSaveInteractionLog")).not.toHaveProperty(
      "message.body.interactionData.updatedOriginatingAddress",
    );
  });

  test("carries fields that only the remote control names, as text", () => {
    const client = calling();

    client.tells("end", { customFields: { ticket_id: 12 } });

    expect(client.dataOf("requestSaveInteractionLog")).toHaveProperty(
      "message.body.interactionData.logDetails.customFields",
      [{ logFieldName: "ticket_id", currentValue: "12" }],
    );
  });

  test("waits in the form after a call that a person ended", () => {
    const client = calling();
    client.wait(65_000);

    client.tells("hangUp");

    expect(client.state.call).toMatchObject({ stage: "wrapUp", talked: 65_000 });
    expect(client.tells("ring")).toBe("a call waits for its log: end or skip it first");
    client.tells("save", { topic: "T" });
    expect(client.posted).toContain("requestSaveInteractionLog");
  });

  test("is not sent when it is skipped", () => {
    const client = calling();
    client.tells("hangUp");

    client.tells("skip");

    expect(client.state.call).toBeNull();
    expect(client.posted).not.toContain("requestSaveInteractionLog");
  });

  test("is sent even when the settings disable it, which is an assumption", () => {
    const client = new Client().configure(crmData({ LogOptions: { callLogEnabled: "N" } }));
    client.tells("ring");
    client.tells("accept");

    client.tells("end");

    expect(client.posted).toContain("requestSaveInteractionLog");
    expect(ASSUMPTIONS.find(({ id }) => id === "disabled")).toMatchObject({ tag: "I" });
  });

  test("comes back as history, newest first, no more than the settings allow", () => {
    const client = new Client().configure(crmData({ LogOptions: { interactionHistorySize: "2" } }));
    for (const topic of ["one", "two", "three"]) {
      client.tells("ring");
      client.tells("accept");
      client.tells("end", { topic, notes: "n" });
      client.says("createHistoryItem", historyItem(client.dataOf("requestSaveInteractionLog"), 7));
    }

    expect(client.state.history).toMatchObject([
      { task: "7", who: "+1 415 555 0132", topic: "three", notes: "n", date: "1970-01-01" },
      { who: "+44 20 7946 0018", topic: "two", time: "00:00:01" },
    ]);
    expect(client.state.history).toHaveLength(2);
  });

  test("history without a message is no item", () => {
    const client = new Client().configure();

    client.says("createHistoryItem", { taskId: "1", data: null });

    expect(client.state.history).toEqual([]);
  });
});

describe("a chat", () => {
  test("pops the screen with the writer's address and is logged", () => {
    const client = new Client().configure();

    client.tells("chat", { who: "sam@example.com", text: "Hi" });
    client.tells("accept");
    client.tells("end");

    expect(client.dataOf("requestPerformInteractionScreenPop")).toEqual({
      aniValues: ["sam@example.com"],
    });
    expect(client.dataOf("requestSaveInteractionLog")).toHaveProperty(
      "message.body.interactionData.logDetails.subject",
      "Chat",
    );
  });

  test("comes from the first contact with an address when nobody is named", () => {
    const client = new Client().configure();

    client.tells("chat");

    expect(report(client.state)).toMatchObject({ name: "Bo Larsen", number: "bo@example.com" });
  });
});

describe("commands", () => {
  test("wait until it is configured, and are then worked off in order", () => {
    const client = new Client();
    client.tells("ring", {}, 1);
    client.tells("accept", {}, 2);
    client.tells("end", { topic: "T" }, 3);
    expect(client.out.filter(({ kind }) => kind === "done")).toEqual([]);

    client.configure();

    expect(client.out.filter(({ kind }) => kind === "done")).toEqual(
      [1, 2, 3].map((id) => ({ kind: "done", id, error: null })),
    );
    expect(client.posted.slice(-3)).toEqual([
      "requestPerformInteractionScreenPop",
      "requestCustomFieldsValues",
      "requestSaveInteractionLog",
    ]);
  });

  test("a command is done after what it posts", () => {
    const client = calling();
    client.out = [];

    client.tells("end");

    expect(client.out.map(({ kind }) => kind)).toEqual(["post", "done"]);
  });

  test("the question for the state waits for nothing", () => {
    const client = new Client();
    client.tells("ring", {}, 1);

    client.tells("state", {}, 2);

    expect(client.out.at(-1)).toEqual({ kind: "done", id: 2, error: null });
    expect(report(client.state).phase).toBe("greeting");
  });

  test.each([
    ["accept", "there is no call"],
    ["hold", "there is no call"],
    ["end", "there is no call"],
    ["navigate", "the page has dialled nobody: there is no record to open"],
    ["dance", "no command is called dance"],
    ["constructor", "no command is called constructor"],
  ])("%s without a call: %s", (what, error) => {
    expect(new Client().configure().tells(what)).toBe(error);
  });

  test.each([
    ["ring", "a call is ringing: accept or decline it first"],
    ["end", "a call is ringing: accept or decline it first"],
    ["resume", "a call is ringing: accept or decline it first"],
  ])("%s while it rings: %s", (what, error) => {
    const client = new Client().configure();
    client.tells("ring");

    expect(client.tells(what)).toBe(error);
  });

  test("a call that is meant by its name is not mistaken for the next one", () => {
    const client = new Client().configure();
    client.tells("ring", { call: "a" });
    client.tells("decline", { call: "a" });
    client.tells("ring", { call: "b" });

    expect(client.tells("accept", { call: "a" })).toBe("this call is over");
    expect(client.tells("accept", { call: "b" })).toBeNull();
  });

  test("a person who cannot have it reads why", () => {
    const client = calling();

    client.tells("ring", {}, null);

    expect(client.state.hint).toBe("a call is on: end it first");
  });

  test.each([
    ["addressBook", {}, "requestGetCrmDirectory", undefined],
    ["reports", {}, "requestOpenReports", undefined],
    ["send", { action: "x", data: { a: 1 } }, "x", { a: 1 }],
    [
      "customFields",
      { voice: ["a"] },
      "requestCustomFieldsValues",
      { object: { voice: ["a"], digital: [] } },
    ],
    ["navigate", { data: { recordId: 1 } }, "requestNavigateToClickToDialResult", { recordId: 1 }],
  ])("%s %j posts %s", (what, args, action, data) => {
    const client = new Client().configure();

    client.tells(what, args);

    expect(client.dataOf(action)).toEqual(data);
  });

  test("the address book is asked for in the documentation's spelling on demand", () => {
    const client = new Client().configure();

    client.tells("spelling", { value: "requestGetCRMDirectory" });
    client.tells("spelling", { value: "nonsense" });
    client.tells("addressBook");

    expect(client.posted.at(-1)).toBe("requestGetCRMDirectory");
  });

  test("a script's own enabling counts", () => {
    const client = new Client().configure();

    client.take({
      kind: "say",
      action: "requestEnableClickToDial",
      data: { isEnabled: false },
    });

    expect(client.state.dial).toBe(false);
  });

  test("the agent can be not ready", () => {
    const client = new Client().configure();

    client.tells("agent", { value: "notReady" });

    expect(client.state.agent).toBe("notReady");
  });
});

describe("a scenario", () => {
  test("runs its steps in the order of time and is done with the last", () => {
    const client = new Client();
    const steps = [{ ring: { number: "1" } }, { accept: {} }, { end: { topic: "T" } }];
    client.tells("run", { steps }, "s");

    client.configure(crmData(), null);

    expect(client.out.at(-1)).toEqual({ kind: "done", id: "s", error: null });
    expect(client.posted.at(-1)).toBe("requestSaveInteractionLog");
  });

  test("ends with the first step that cannot be", () => {
    const client = new Client().configure();
    const steps = [{ ring: { number: "1" } }, { resume: {} }, { accept: {} }];

    const error = client.tells("run", { steps }, "s");

    expect(error).toBe("a call is ringing: accept or decline it first");
    expect(report(client.state).phase).toBe("ringing");
    expect(client.state.waiting).toEqual([]);
  });

  test("waits where one of its steps waits", () => {
    const client = new Client().configure(crmData(), null);
    client.tells("run", { steps: [{ ring: {} }, { accept: {} }] }, "s");
    expect(client.state.waiting).toHaveLength(1);

    client.says("crmDirectory", crmDirectory());

    expect(report(client.state).phase).toBe("talking");
  });

  test.each([[{}], [{ steps: [] }], [{ steps: ["x"] }]])("%j is nothing to do", (args) => {
    expect(new Client().configure().tells("run", args, "s")).toBeNull();
  });
});
