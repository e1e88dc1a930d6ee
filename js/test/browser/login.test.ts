/** The simulator's login page, where the page was written into its frame: what it shows, and says of itself. */

import { afterEach, describe, expect, test } from "vitest";
import { ASSUMPTIONS } from "../../src/connector/connector";
import { Around, clear } from "./around";
import { passes } from "./waiting";

const FORM = 'data-login="form"';
const RESTARTED = { type: "crmwidget/simulator", what: "restarted" };

const HANDSHAKE_ENDS = ["requestEnableClickToDial", "requestGetCrmDirectory"];

const at = (attributes: string, without: string[] = []) => new Around(attributes, without, "login");
const actions = ({ heard }: Around) => heard.flatMap(({ action }) => action ?? []);
const restarts = ({ heard }: Around) =>
  heard.filter((one) => "what" in one && one.what === "restarted");

afterEach(clear);

describe("a page that begins at its login", () => {
  test("says that it is there and nothing to the client, and says that it is simulated", async () => {
    const around = await at(FORM).shows("Sign in");

    await around.shows("Simulated: any name will do, nothing is checked or kept.");
    await passes(() => expect(around.heard).toMatchObject([RESTARTED]));
    expect(around.find<HTMLButtonElement>("#ring").disabled).toBe(true);
  });

  test("asks for no secret, and needs no name", async () => {
    const around = await at(FORM).shows("Sign in");
    const secret = around.find<HTMLInputElement>("#secret");

    expect([secret.readOnly, secret.type, secret.value]).toEqual([true, "text", "not asked for"]);
    around.button("Sign in").click();

    await around.shows("Ada Marsh");
  });

  test("greets once somebody has signed in, and never sends the name", async () => {
    const around = await at(FORM).shows("Sign in");
    around.type("#name", "Somebody");
    around.key("Enter", around.find("#name"));

    await around.shows("Incoming call: Bo Larsen", "#controls");

    expect(actions(around).slice(0, 2)).toEqual(["ready", "requestCrmData"]);
    expect(JSON.stringify(around.heard)).not.toContain("Somebody");
    expect(restarts(around)).toHaveLength(2);
  });

  test("an expired login says so", async () => {
    await at(`${FORM} data-expired`).shows("Your login has expired. Sign in again.");
  });

  test.each([FORM, `${FORM} data-expired`])(
    "fits into the phone at 320 x 600: %s",
    async (begin) => {
      const around = await at(begin).shows("Sign in");

      const { scrollHeight, clientHeight } = around.find(".login");

      expect(scrollHeight).toBeLessThanOrEqual(clientHeight);
    },
  );

  test("lists what it assumes with the rest, each as inferred", async () => {
    const around = await at(FORM).shows("Sign in");
    const all = around.document.querySelectorAll("#assumed li");

    expect(all).toHaveLength(ASSUMPTIONS.length + 4);
    expect([...all].at(-1)?.textContent).toMatch(/^\[I\] A login in another tab counts/);
  });
});

describe("single sign-on", () => {
  test("is drawn as a browser would show the refusal, and marked as drawn", async () => {
    const around = await at(FORM).shows("Sign in");

    around.button("Single sign-on").click();

    await around.shows("login.example.com refused to connect. Drawn by the simulator.");
    expect(actions(around)).toEqual([]);
  });

  test("a login in another tab gets past it", async () => {
    const around = await at('data-login="sso"').shows("refused to connect");

    around.button("Log in ↗").click();

    await around.shows("Ada Marsh");
  });
});

describe("while the phone is in use", () => {
  const ready = () => at("").shows("Incoming call: Bo Larsen", "#controls");

  test("a login that expires ends the call, and the handshake comes again after the next", async () => {
    const around = await ready();
    around.button("Incoming call").click();
    around.button("Accept").click();

    around.button("Login").click();
    around.button("Let the login expire").click();
    await around.shows("Your login has expired");
    around.button("Sign in").click();
    await around.shows("Ada Marsh");

    const again = around.heard.findIndex((one) => restarts(around).includes(one));
    await passes(() =>
      expect(around.heard.slice(again).map(({ action }) => action ?? "restarted")).toEqual([
        "restarted",
        "restarted",
        "ready",
        "requestCrmData",
        ...HANDSHAKE_ENDS,
      ]),
    );
    expect(around.text()).not.toContain("Bo Larsen");
  });

  test.each([
    ["Log out", "Sign in"],
    ["Log out, to single sign-on", "refused to connect"],
  ])("%s is in the menu", async (words, shown) => {
    const around = await ready();
    around.button("Login").click();

    const all = [...around.document.querySelectorAll<HTMLElement>("#login-menu button")];
    all.find((one) => one.textContent === words)?.click();

    await around.shows(shown);
    expect(around.document.querySelector(":popover-open")).toBeNull();
  });
});

describe("the plain page", () => {
  const EXTRA = `simulator.extend(({ html }) => ({
    name: "test",
    verbs: { greet: ["", ({ s }) => { s.hint = "greeted"; }] },
    assumptions: [],
    controls: () => html\`<b>more</b>\`,
    screen: () => undefined,
    restarted: () => false,
  }))`;

  test("has no login", async () => {
    const around = await new Around().shows("Incoming call: Bo Larsen", "#controls");

    expect(await around.does("logOut")).toMatchObject({
      ok: false,
      error: "no command is called logOut",
    });
    expect(around.text("#controls")).not.toContain("Login");
  });

  test("takes an extra with the first command that needs it, and once", async () => {
    const around = await new Around().shows("Incoming call: Bo Larsen", "#controls");

    for (let i = 0; i < 2; i++)
      expect(await around.does("greet", { script: EXTRA })).toMatchObject({ ok: true });

    await around.shows("greeted", "#controls");
    expect(around.text("#controls").split("more")).toHaveLength(2);
    expect(await around.does("greet")).toMatchObject({ ok: true });
  });
});
