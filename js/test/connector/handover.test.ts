/** E-mails, consulting, conferences, transfers and dispositions: no message of their own, and what the log says. */

import { beforeEach, describe, expect, test } from "vitest";
import { extend, report } from "../../src/connector/connector";
import { amended, type Handover, handoverVerbs } from "../../src/connector/handover";
import { Client } from "../core/client";

const keep: { handover: Handover | null } = { handover: null };
extend(handoverVerbs(keep));

beforeEach(() => {
  keep.handover = null;
});

const talking = () => {
  const client = new Client().configure();
  client.tells("ring");
  client.tells("accept");
  client.out.length = 0;
  return client;
};

const logged = (client: Client) => {
  client.tells("end", { topic: "Renewal" });
  return amended(client.dataOf("requestSaveInteractionLog"), keep.handover);
};

const DATA = "message.body.interactionData";

test("hold, consult, conference and back say nothing to the client", () => {
  const client = talking();
  const phases: unknown[] = [];

  for (const [what, args] of [
    ["consult", { number: "+1 202 555 0177" }],
    ["retrieve", {}],
    ["consult", {}],
    ["conference", {}],
    ["hold", {}],
    ["resume", {}],
  ] as const) {
    expect(client.tells(what, args)).toBeNull();
    phases.push(report(client.state).phase);
  }

  expect(client.posted).toEqual([]);
  expect(phases).toEqual(["held", "talking", "held", "talking", "held", "talking"]);
});

test("a transfer ends the agent's part, and its log has the new destination", () => {
  const client = talking();

  client.tells("transfer", { number: "+1 202 555 0177" });
  const phase = report(client.state).phase;

  expect(phase).toBe("wrapUp");
  expect(client.posted).toEqual([]);
  expect(logged(client)).toHaveProperty(
    DATA,
    expect.objectContaining({
      updatedOriginatingAddress: "(202) 555-0143",
      updatedDestinationAddress: "+1 202 555 0177",
    }),
  );
});

test("a caller is handed on to whom was consulted", () => {
  const client = talking();
  client.tells("consult", { number: "+1 202 555 0177" });

  client.tells("transfer");

  expect(logged(client)).toHaveProperty(`${DATA}.updatedDestinationAddress`, "+1 202 555 0177");
});

test("a disposition is a custom field", () => {
  const client = talking();

  client.tells("disposition", { code: "Resolved" });

  expect(logged(client)).toHaveProperty(
    `${DATA}.logDetails.customFields`,
    expect.arrayContaining([{ logFieldName: "dispositionCode", currentValue: "Resolved" }]),
  );
});

test("an e-mail pops the screen with its writer and is logged as one", () => {
  const client = new Client().configure();

  client.tells("email", { text: "Hello" });
  const pop = client.dataOf("requestPerformInteractionScreenPop");
  client.tells("accept");

  expect(pop).toEqual({ aniValues: ["bo@example.com"] });
  expect(logged(client)).toHaveProperty(`${DATA}.logDetails.subject`, "E-mail");
});

test("the next call's log knows nothing of the one before", () => {
  const client = talking();
  client.tells("disposition", { code: "Resolved" });
  client.tells("end");
  client.tells("ring");
  client.tells("accept");
  client.tells("end");
  const plain = client.dataOf("requestSaveInteractionLog");

  expect(amended(plain, keep.handover)).toBe(plain);
});

describe("refused", () => {
  test.each([
    ["retrieve", "nobody is consulted"],
    ["conference", "consult somebody first, or give a number"],
  ])("%s without anybody", (what, error) => {
    expect(talking().tells(what)).toBe(error);
  });

  test("consulting about a chat", () => {
    const client = new Client().configure();
    client.tells("chat");
    client.tells("accept");

    expect(client.tells("consult")).toBe("only a call can be consulted about");
  });

  test("anything before the connector is configured waits", () => {
    const client = new Client();

    expect(client.tells("email")).toBeNull();
    expect(client.state.call).toBeNull();
  });
});
