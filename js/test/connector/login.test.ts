/** The simulated connector's login: what stands before the handshake, and what logging in and out does to the rest. */

import { beforeAll, describe, expect, test } from "vitest";
import { due, extend, report, restart } from "../../src/connector/connector";
import { loginVerbs } from "../../src/connector/login";
import { Client } from "../core/client";

// As the page does when it is handed this extra
beforeAll(() => extend(loginVerbs(restart)));

const FORM = { way: "form", expired: false } as const;

test("nothing is sent while nobody is logged in", () => {
  const client = new Client(FORM);

  client.wait(3_000);

  expect(client.posted).toEqual([]);
  expect(due(client.state)).toBe(Infinity);
  expect(report(client.state).phase).toBe("login");
});

test("logging in begins the page anew, and with it the handshake", () => {
  const client = new Client(FORM);

  const error = client.tells("login");
  client.wait(0);

  expect(error).toBeNull();
  expect(client.out.map(({ kind }) => kind)).toEqual(["restarted", "done", "post"]);
  expect(client.posted).toEqual(["ready"]);
});

test.each([
  [{}, FORM],
  [{ sso: true }, { way: "sso", expired: false }],
  [{ expired: true }, { way: "form", expired: true }],
  [{ sso: "yes", expired: 1 }, FORM],
])("logging out with %j leads to its own door", (args, door) => {
  const client = new Client().configure();

  expect(client.tells("logOut", args)).toBeNull();

  expect(client.state).toMatchObject({ phase: "login", door });
});

test("nobody is logged in twice", () => {
  const client = new Client().configure();

  expect(client.tells("login")).toBe("somebody is logged in: log out first");
});

describe("a login that ends during a call", () => {
  const away = () => {
    const client = new Client().configure();
    client.tells("ring");
    client.tells("accept");
    client.tells("logOut", { expired: true });
    return client;
  };

  test("takes the call, the settings and the contacts with it", () => {
    const { state } = away();

    expect(state).toMatchObject({ call: null, user: {}, directory: null, dial: false });
  });

  test("comes back with the whole handshake, and with other ids than before", () => {
    const client = away();
    const { serial } = client.state;
    client.tells("login");
    client.out = [];

    client.configure();

    expect(client.posted).toEqual([
      "ready",
      "requestCrmData",
      "requestEnableClickToDial",
      "requestGetCrmDirectory",
    ]);
    client.tells("ring");
    expect(client.state.call?.id).toBe(`sim-s-${serial + 1}`);
  });

  test("what was told meanwhile waits for it", () => {
    const client = away();
    client.out = [];

    expect(client.tells("ring", {}, 8)).toBeNull();
    expect(client.out).toEqual([]);
    client.tells("login", {}, 9);
    client.configure();

    expect(client.out.filter(({ kind }) => kind === "done")).toEqual([
      { kind: "done", id: 9, error: null },
      { kind: "done", id: 8, error: null },
    ]);
  });

  test("problems and the chosen spelling stay", () => {
    const client = new Client().configure();
    client.tells("spelling", { value: "requestGetCRMDirectory" });
    client.says("crmDaTa", {});
    const { problems } = client.state;

    client.tells("logOut");

    expect(problems).toBeGreaterThan(0);
    expect(client.state).toMatchObject({ problems, spelling: "requestGetCRMDirectory" });
  });
});
