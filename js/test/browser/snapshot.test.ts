import { expect, test } from "vitest";
import { empty } from "../../src/core/board";
import { initial } from "../../src/core/connection";
import { Refusals } from "../../src/core/refusals";
import type { Settings } from "../../src/core/wire";
import { type Known, outdated, snapshot, titleOf } from "../../src/snapshot";

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
  const view = snapshot(known({ state: { ...initial, blocked: true } }), "cell");

  expect(view.advice).toContain("crmwidget simulate");
});

test("silence is explained by a stranger who spoke, if one did", () => {
  const refusals = new Refusals();
  const state = { ...initial, silent: true };
  const before = snapshot(known({ state, refusals }), "cell").advice;
  refusals.add("origin", "https://login.example.com");

  const after = snapshot(known({ state, refusals }), "cell").advice;

  expect(before).toBeNull();
  expect(after).toContain('allow_origins=["https://login.example.com"]');
});

test("a stranger is no matter while the connector speaks", () => {
  const refusals = new Refusals();
  refusals.add("origin", "https://login.example.com");

  expect(snapshot(known({ refusals }), "cell").advice).toBeNull();
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
  };
  const board = { ...empty, summary, warnings: ["It cannot dial."] };

  const view = snapshot(known({ board }), "dock");

  expect(view.summary?.warnings).toEqual(["It cannot dial.", "No region."]);
  expect(view).not.toHaveProperty("warnings");
});

test("a page of another version shows nothing but that", () => {
  expect(outdated).toMatchObject({ kernel: { state: "version" }, record: null, host: null });
});
