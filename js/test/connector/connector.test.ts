/** The simulated connector: its handshake, and what it does with what the page says. */

import { describe, expect, test } from "vitest";
import { ASSUMPTIONS, due, report } from "../../src/connector/connector";
import { Client, crmData, customFields, dial, notification } from "../core/client";

const calling = () => {
  const client = new Client().configure();
  client.tells("ring");
  client.tells("accept");
  return client;
};

describe("the handshake", () => {
  test("ready is sent at once and every second until it is answered", () => {
    const client = new Client();

    client.take({ kind: "tick" });
    client.wait(400);
    client.wait(600);
    client.wait(1_000);

    expect(client.posted).toEqual(["ready", "ready", "ready"]);
    expect(client.out[0]).toEqual({ kind: "post", action: "ready", data: undefined });
  });

  test("the answer to ready is followed by the question for crmData, once", () => {
    const client = new Client();
    client.take({ kind: "tick" });

    client.says("ready", {});
    client.says("ready", {});
    client.wait(5_000);

    expect(client.posted).toEqual(["ready", "requestCrmData"]);
    expect(client.state.phase).toBe("asking");
  });

  test("crmData configures it, whoever the agent is", () => {
    const client = new Client().configure();

    expect(report(client.state)).toEqual({
      call: null,
      number: null,
      name: null,
      phase: "idle",
      agent: "Ada Marsh",
      contacts: 4,
      problems: 0,
    });
  });

  test("click-to-dial is enabled when crmData says Y, and disabled by later crmData", () => {
    const client = new Client().configure();
    expect(client.dataOf("requestEnableClickToDial")).toEqual({ isEnabled: true });

    client.says("crmData", crmData({ SoftphoneOptions: { clickToDial: "N" } }));

    expect(client.dataOf("requestEnableClickToDial")).toEqual({ isEnabled: false });
  });

  test("click-to-dial is not mentioned when crmData says N", () => {
    const client = new Client().configure(crmData({ SoftphoneOptions: { clickToDial: "N" } }));

    expect(client.posted).not.toContain("requestEnableClickToDial");
  });

  test("the address book is asked for once, if the page says it has one", () => {
    const able = new Client().configure();
    able.says("crmData", crmData());
    const unable = new Client().configure(
      crmData({}, { capabilities: { directoryAvailable: false } }),
      null,
    );

    expect(able.posted.filter((action) => action === "requestGetCrmDirectory")).toHaveLength(1);
    expect(unable.posted).not.toContain("requestGetCrmDirectory");
  });

  test("crmData without an agent leaves it waiting", () => {
    const client = new Client();
    client.take({ kind: "tick" });
    client.says("ready");

    client.says("crmData", { callCenterSettings: {} });
    client.says("crmData", "nonsense");

    expect(client.state.phase).toBe("asking");
  });

  test("crmData before the question configures nothing", () => {
    const client = new Client();

    client.says("crmData", crmData());

    expect(client.state.phase).toBe("greeting");
  });
});

describe("custom fields", () => {
  test("are read from the string, options of a picklist too", () => {
    const client = calling();

    const info = { customFieldType: "PICKLIST", options: ["a", "b"] };
    client.says("customFieldsDataResponse", customFields(info));

    expect(client.state.fields.voice).toEqual([
      { name: "case_id", label: "Case", options: ["a", "b"] },
    ]);
  });

  test.each<{ kind: string; options: unknown }>([
    { kind: "objects", options: [1, {}] },
    { kind: "nothing", options: [] },
    { kind: "a string", options: "a,b" },
  ])("a picklist with $kind for options becomes free text", ({ options }) => {
    const client = calling();

    const info = { customFieldType: "PICKLIST", options };
    client.says("customFieldsDataResponse", customFields(info));

    expect(client.state.fields.voice).toMatchObject([{ options: null }]);
  });

  test("an object is tolerated and flagged", () => {
    const client = calling();

    client.says("customFieldsDataResponse", JSON.parse(customFields()));

    expect(client.state.fields.voice).toMatchObject([{ name: "case_id" }]);
    expect(client.problems).toEqual(["data is object; it must be string [D]"]);
  });

  test.each(["", "{", "[]", "null", "{}"])("%j gives none", (data) => {
    const client = calling();

    client.says("customFieldsDataResponse", data);

    expect(client.state.fields).toEqual({ voice: [], digital: [] });
  });
});

describe("what the page dials", () => {
  test("starts an outgoing call, which is answered after two seconds", () => {
    const client = new Client().configure();

    client.says("clickToDialResponse", dial());
    expect(report(client.state)).toMatchObject({ phase: "dialling", name: "Bo Larsen" });
    expect(due(client.state)).toBe(client.now + 2_000);
    client.wait(2_000);

    expect(report(client.state)).toMatchObject({ phase: "talking", number: "+15551230001" });
    expect(client.problems).toEqual([]);
    expect(client.posted).not.toContain("requestPerformInteractionScreenPop");
  });

  test("is logged with the number as the destination", () => {
    const client = new Client().configure();
    client.says("clickToDialResponse", dial());

    client.tells("end");

    expect(client.dataOf("requestSaveInteractionLog")).toHaveProperty(
      "message.body.interactionData",
      expect.objectContaining({
        updatedOriginatingAddress: "+12025550199",
        updatedDestinationAddress: "+15551230001",
      }),
    );
  });

  test("can be selected, which sends pageInfo back", () => {
    const client = new Client().configure();
    client.says("clickToDialResponse", dial());

    client.tells("navigate");

    expect(client.dataOf("requestNavigateToClickToDialResult")).toEqual(dial().pageInfo);
  });

  test("is flagged and ignored while click-to-dial is not enabled", () => {
    const client = new Client().configure(crmData({ SoftphoneOptions: { clickToDial: "N" } }));

    client.says("clickToDialResponse", dial());

    expect(client.state.call).toBeNull();
    expect(client.problems).toEqual(["click-to-dial is not enabled: no call is started [D]"]);
  });

  test.each([
    [dial({ doNotCall: true }), "the page says: do not call this number"],
    [dial({ onClickToDialResponse: {} }), ""],
  ])("is not called when it must not or cannot be", (data, hint) => {
    const client = new Client().configure();

    client.says("clickToDialResponse", data);

    expect([client.state.call, client.state.hint]).toEqual([null, hint]);
  });

  test("does not end the call that is on", () => {
    const client = calling();

    client.says("clickToDialResponse", dial());

    expect(report(client.state)).toMatchObject({ name: "Bo Larsen", phase: "talking" });
    expect(client.state.hint).toBe("the page wants to call somebody, and a call is on");
  });
});

describe("notifications", () => {
  test("stay for five seconds, and under the bell", () => {
    const client = new Client().configure();

    client.says("displayErrorNotification", notification());
    expect(client.state.notices[0]).toMatchObject({
      title: "Note",
      text: "A Gold customer\nis calling",
      until: client.now + 5_000,
    });
    client.wait(5_000);

    expect(client.state.notices).toMatchObject([{ until: null }]);
    expect(client.state.unread).toBe(1);
    client.tells("read");
    expect(client.state.unread).toBe(0);
  });

  test.each([{ persist: true }, { type: "okDialog" }, { type: "fixedDialog" }, { type: "html" }])(
    "%j stays until it is dismissed",
    (more) => {
      const client = new Client().configure();
      client.says("displayErrorNotification", notification(more));

      client.wait(60_000);
      expect(client.state.notices[0]?.until).toBe(Infinity);
      client.tells("dismiss", { notice: client.state.notices[0]?.key });

      expect(client.state.notices[0]?.until).toBeNull();
    },
  );

  test("are taken beside the action, and with the documentation's other spelling", () => {
    const client = new Client().configure();
    const { type: _, severity: __, ...rest } = notification();

    client.take({
      kind: "received",
      message: {
        ...rest,
        type: "ClientAppMessage",
        action: "displayErrorNotification",
        serverity: "ERROR",
      },
    });

    expect(client.state.notices).toMatchObject([{ severity: "ERROR", title: "Note" }]);
    expect(client.problems).toEqual([]);
  });
});

test("every assumption has a text and says that it is none of the vendor's documentation", () => {
  expect(ASSUMPTIONS.length).toBeGreaterThan(20);
  for (const { id, text, tag } of ASSUMPTIONS) {
    expect(id).toMatch(/^[a-z-]+$/);
    expect(text).toMatch(/\.$/);
    expect("SI").toContain(tag);
  }
});
