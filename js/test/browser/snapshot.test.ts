import { expect, test } from "vitest";
import { initial, type State } from "../../src/core/connection";
import { empty } from "../../src/core/kernel-view";
import { Refusals } from "../../src/core/refusals";
import { Timeline } from "../../src/core/timeline";
import type { Settings, ShownRecord } from "../../src/core/wire";
import type { View } from "../../src/panel/view";
import { type Known, outdated, snapshot, titleOf } from "../../src/softphone/snapshot";

const settings: Settings = {
  t: "set",
  name: "phone",
  src: "https://connector.example.com:8443/softphone?tenantId=ABCDEF",
  simulated: false,
  origins: ["https://connector.example.com:8443"],
  placement: "auto",
  limits: { silence: 15 },
  mirror: true,
  standing: {},
};

function known(more: Partial<Known> = {}): Known {
  return {
    settings,
    state: initial,
    board: empty,
    refusals: new Refusals(),
    timeline: new Timeline(),
    got: 0,
    kernel: { state: "connected" },
    ended: "removed",
    ...more,
  };
}

test("the connector is named by its host, never by the rest of its address", () => {
  expect(snapshot(known(), "cell").host).toBe("connector.example.com:8443");
  expect(titleOf(settings)).toBe("phone · connector.example.com:8443");
  expect(titleOf(null)).toBe("");
});

test.each([
  ["removed", "has ended"],
  ["closed", "was closed"],
  ["navigated", "another page"],
] as const)("a frame that was %s says so", (ended, words) => {
  const view = snapshot(known({ state: { ...initial, lost: true }, ended }), "cell");

  expect(view.phase).toBe("lost");
  expect(view.advice).toContain(words);
});

test("a simulator that may not run names the command that helps", () => {
  const quiet = { ...initial, simulated: true, quiet: true };
  const view = snapshot(known({ state: quiet }), "cell");

  expect(view.advice).toContain("crmwidget simulate");
  expect(view.waits).toBeNull();
});

test.each<[string, Partial<State>, View["waits"]]>([
  ["has just loaded", { loadedAt: 0 }, null],
  ["has loaded and says nothing", { quiet: true }, "loaded"],
  ["is our simulator's, at its login", { quiet: true, simulated: true, alive: true }, "loaded"],
  ["was greeted and asks for nothing", { acked: true }, "greeted"],
  ["has asked for crmData", { acked: true, asked: true }, null],
  ["has been given it", { acked: true, configured: true }, null],
])("a page that %s: waits is %s, %s", (_, state, waits) => {
  expect(snapshot(known({ state: { ...initial, ...state } }), "cell").waits).toBe(waits);
});

test("the address for a tab is the configured one, whole, and only that of a page", () => {
  const script = { ...settings, src: "javascript:alert(1)" };
  const { src: _, ...none } = settings;

  const addresses = [settings, script, none].map(
    (set) => snapshot(known({ settings: set }), "cell").address,
  );

  expect(addresses).toEqual([settings.src, null, null]);
});

test("a stranger is named until the frame is gone", () => {
  const refusals = new Refusals();
  refusals.add("origin", "https://login.example.com");
  const lost = { ...initial, lost: true };

  expect(snapshot(known({ refusals }), "cell").stranger).toBe("https://login.example.com");
  expect(snapshot(known({ refusals, state: lost }), "cell").stranger).toBeNull();
});

test("while another page has the phone, what was found here is not shown", () => {
  const found = { place: 1, at: 0, stage: "found" } as ShownRecord;
  const kernel = { state: "elsewhere" } as const;
  const shown = (record: ShownRecord) =>
    snapshot(known({ board: { ...empty, record }, kernel }), "cell").record;

  expect(shown(found)).toBeNull();
  expect(shown({ ...found, stage: "asking" })).not.toBeNull();
});

test("a folded dock names who calls while the call is on", () => {
  const record = {
    action: "requestPerformInteractionScreenPop",
    stage: "asking",
    asked: "+442079460018",
    matches: [] as ShownRecord["matches"],
  } as ShownRecord;

  expect(titleOf(settings, { call: true, record })).toBe("Incoming: +442079460018");
  expect(titleOf(settings, { call: false, record })).toBe(
    "phone \u00b7 connector.example.com:8443",
  );
});

test("what went wrong with the last thing done stands before what is to be mended", () => {
  const summary = {
    agent: null,
    contacts: null,
    region: null,
    recognised: null,
    warnings: ["No region."],
    unsaved: 0,
    failed: 0,
    asks: {},
  };
  const board = { ...empty, summary, warnings: ["It cannot dial."] };

  const view = snapshot(known({ board }), "dock");

  expect(view.summary?.warnings).toEqual(["It cannot dial.", "No region."]);
  expect(view).not.toHaveProperty("warnings");
});

test("a page of another version shows nothing but that", () => {
  expect(outdated).toMatchObject({ kernel: { state: "version" }, record: null, host: null });
});
