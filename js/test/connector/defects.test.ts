/** What the simulated connector finds wrong with a client's messages. */

import { describe, expect, test } from "vitest";
import { defects } from "../../src/connector/defects";
import {
  Client,
  CONTACTS,
  crmData,
  crmDirectory,
  customFields,
  dial,
  historyItem,
  notification,
} from "../core/client";

type Fields = Record<string, unknown>;

/** `value` with another one at a dotted path; undefined takes it away. */
function changed(value: Fields, path: string, other: unknown): Fields {
  const copy = structuredClone(value);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const inner = keys.reduce<Fields>((at, key) => at[key] as Fields, copy);
  if (other === undefined) delete inner[last];
  else inner[last] = other;
  return copy;
}

const log = {
  header: {},
  message: { body: { interactionId: "1", interactionData: {} } },
};

test.each([
  ["ready", {}],
  ["ready", undefined],
  ["crmData", crmData()],
  ["crmDirectory", crmDirectory()],
  ["crmDirectory", crmDirectory([{ id: 1, name: "Bo", phone: null, email: "bo@x.test" }])],
  ["clickToDialResponse", dial()],
  ["createHistoryItem", historyItem(log)],
  ["createHistoryItem", historyItem(log, 4)],
  ["customFieldsDataResponse", customFields()],
  ["customFieldsDataResponse", "{}"],
  ["displayErrorNotification", notification()],
])("nothing is wrong with %s as documented", (action, data) => {
  expect(defects(action, data)).toEqual([]);
});

describe("crmData", () => {
  test.each([
    ["currentUser.Name", undefined, "currentUser.Name is missing; it must be string [D]"],
    ["currentUser.Id", 7, "currentUser.Id is number; it must be string [D]"],
    ["currentUser", null, "currentUser is null; it must be object [D]"],
    ["currentUser.attributes", [], "currentUser.attributes is array; it must be object [D]"],
    ["capabilities", undefined, "capabilities is missing; it must be object [D]"],
    [
      "capabilities.directoryAvailable",
      "Y",
      'capabilities.directoryAvailable is "Y"; it must be boolean [S]',
    ],
    [
      "callCenterSettings.LogOptions.callLogEnabled",
      true,
      "callCenterSettings.LogOptions.callLogEnabled is true; it must be string [S]",
    ],
    [
      "callCenterSettings.LogOptions",
      "Y",
      'callCenterSettings.LogOptions is "Y"; it must be object [S]',
    ],
  ])("with %s %j: %s", (path, other, sentence) => {
    expect(defects("crmData", changed(crmData(), path, other))).toContain(sentence);
  });

  test("that is no object says one thing only", () => {
    expect(defects("crmData", "x")).toEqual(['data is "x"; it must be object [D]']);
  });

  test("may leave out what nobody documents", () => {
    const data = changed(crmData(), "capabilities.directoryAvailable", undefined);

    expect(defects("crmData", data)).toEqual([]);
  });

  test("lists all that is wrong at once", () => {
    expect(defects("crmData", {})).toHaveLength(3);
  });

  test("does not repeat what was said in a sentence: long values are named by their kind", () => {
    const data = changed(crmData(), "currentUser", "secret".repeat(20));

    expect(defects("crmData", data)).toEqual(["currentUser is string; it must be object [D]"]);
  });
});

describe("crmDirectory", () => {
  test.each([
    [{ ...crmDirectory(), count: 4 }, "count is number; it must be string [S]"],
    [{ ...crmDirectory(), count: "5" }, 'count is "5" and there are 4 results [S]'],
    [{ count: "0" }, "results is missing; it must be array [S]"],
    [crmDirectory([null]), "results.0 is null; it must be object [S]"],
    [
      crmDirectory([{ ...CONTACTS[0], phone: 2025550143 }]),
      "results.0.phone is number; it must be string or null [S]",
    ],
    [
      crmDirectory([{ ...CONTACTS[0], phone: null, email: null }]),
      "1 of results have neither phone nor email; those stay out [D]",
    ],
  ])("%#: %s", (data, sentence) => {
    expect(defects("crmDirectory", data)).toContain(sentence);
  });

  test("spells three out and counts the others", () => {
    const data = crmDirectory(Array.from({ length: 10 }, () => ({ ...CONTACTS[0], id: null })));

    const found = defects("crmDirectory", data);

    expect(found).toHaveLength(4);
    expect(found[0]).toBe("results.0.id is null; it must be string or number [S]");
    expect(found[3]).toBe("and 7 more of results.*.id [S]");
  });
});

describe("clickToDialResponse", () => {
  test.each([
    ["crmEmails", ["a@x.test"], "crmEmails is array; it must be string or null [S]"],
    ["crmPhones", "1", 'crmPhones is "1"; it must be array [S]'],
    ["crmPhones", [null], "crmPhones.0 is null; it must be string [S]"],
    ["nameObjects", undefined, "nameObjects is missing; it must be null [S]"],
    ["doNotCall", "N", 'doNotCall is "N"; it must be boolean [S]'],
    ["softphoneItems", null, "softphoneItems is null; it must be array [S]"],
    [
      "clickToDialLogDetails.personAccount",
      false,
      "clickToDialLogDetails.personAccount is false; it must be true [S]",
    ],
    [
      "onClickToDialResponse.number",
      1,
      "onClickToDialResponse.number is number; it must be string [S]",
    ],
    ["pageInfo", undefined, "pageInfo is missing; it must be object [S]"],
    [
      "relatedToObjects",
      [{ isName: true, isRelatedTo: true, pageInfo: null }],
      "relatedToObjects.0.isName is true; it must be false [S]",
    ],
  ])("with %s %j: %s", (path, other, sentence) => {
    expect(defects("clickToDialResponse", changed(dial(), path, other))).toContain(sentence);
  });
});

describe("createHistoryItem", () => {
  test.each([
    ["taskId", undefined, "taskId is missing; it must be string or number [D]"],
    ["data.logParameters", undefined, "data.logParameters is missing; it must be object [D]"],
    ["data.message", undefined, "data.message is missing; it must be object [D]"],
    [
      "data.msgData.header",
      undefined,
      "data.header is missing in data.msgData, which copies it [D]",
    ],
  ])("with %s %j: %s", (path, other, sentence) => {
    expect(defects("createHistoryItem", changed(historyItem(log), path, other))).toContain(
      sentence,
    );
  });
});

describe("customFieldsDataResponse", () => {
  test.each([
    ["{", "data is a string that is not JSON [D]"],
    ["[]", "data is array; it must be object [D]"],
    [undefined, "data is missing; it must be string [D]"],
    [
      customFields({ customFieldType: "DATE" }),
      'voice.case_id.customFieldInfo.customFieldType is "DATE"; it must be STRING or PICKLIST [S]',
    ],
    [
      customFields({ customFieldLabel: 1 }),
      "voice.case_id.customFieldInfo.customFieldLabel is number; it must be string [S]",
    ],
  ])("%j: %s", (data, sentence) => {
    expect(defects("customFieldsDataResponse", data)).toEqual([sentence]);
  });
});

describe("displayErrorNotification", () => {
  test.each([
    [
      { severity: "FATAL" },
      'severity is "FATAL"; it must be EVENT or INFO or WARNING or ERROR or CRITICAL or SUCCESS [D]',
    ],
    [{ textArray: "x" }, 'textArray is "x"; it must be array [D]'],
    [{ textArray: [1] }, "textArray.0 is number; it must be string [D]"],
    [{ dialogId: "1" }, 'dialogId is "1"; it must be number [D]'],
    [{ persist: "N" }, 'persist is "N"; it must be boolean [D]'],
  ])("with %j: %s", (more, sentence) => {
    expect(defects("displayErrorNotification", notification(more))).toEqual([sentence]);
  });
});

describe("the envelope", () => {
  test.each([
    [{ action: "ready" }, "type is missing; it must be ClientAppMessage [D]"],
    [
      { type: "CRMConnectMessage", action: "ready" },
      'type is "CRMConnectMessage"; it must be ClientAppMessage [D]',
    ],
    [{ type: "ClientAppMessage" }, "action is missing; it must be string [D]"],
    [{ type: "ClientAppMessage", action: 7 }, "action is number; it must be string [D]"],
    [{ type: "ClientAppMessage", action: "crmdata" }, 'no client message is called "crmdata" [D]'],
    [
      { type: "ClientAppMessage", action: "constructor" },
      'no client message is called "constructor" [D]',
    ],
    [
      '{"type":"ClientAppMessage","action":"ready"}',
      "the message is a string; it must be an object [D]",
    ],
  ])("%j is reported and not acted upon", (message, sentence) => {
    const client = new Client();
    client.take({ kind: "tick" });

    client.take({ kind: "received", message });

    expect(client.problems).toEqual([sentence]);
    expect(client.state).toMatchObject({ phase: "greeting", problems: 1 });
  });

  test.each([undefined, null, 7, "hello", [], { some: "thing" }])(
    "%j is nobody's business",
    (message) => {
      const client = new Client();

      client.take({ kind: "received", message });

      expect(client.out.filter(({ kind }) => kind === "heard")).toEqual([]);
    },
  );
});
