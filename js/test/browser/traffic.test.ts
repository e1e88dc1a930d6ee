/** What the softphone writes into its timeline, and when the kernel is told that somebody looks. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { open, type Softphone } from "../../src/softphone/softphone";
import { Puppet } from "./puppet";
import { Panels, Road, settings } from "./road";
import { until } from "./waiting";

let panels: Panels;
let phone: Softphone;
let cell: { element: HTMLElement; remove: () => void };
let road: Road;
let connector: Puppet;
let keys = 0;

beforeEach(async () => {
  panels = new Panels();
  phone = open(`traffic${keys++}`, "b1", panels.mount) as Softphone;
  road = new Road();
  road.kernel.settings = settings();
  phone.attach(road);
  const element = document.createElement("div");
  document.body.append(element);
  const remove = phone.show({ element, lumino: false, view: Promise.resolve(null) });
  cell = { element, remove };
  const frame = 'iframe[title="Softphone phone"]';
  const iframe = await until(() => document.querySelector<HTMLIFrameElement>(frame));
  connector = await Puppet.of(iframe);
});

afterEach(() => {
  panels.actions[0]?.place("dock");
  cell.remove();
  cell.element.remove();
  for (const each of document.querySelectorAll(".crmwidget-home")) each.remove();
});

/** [way, action, n of the request] of every line but those about the kernel. */
function lines(): [string, string, number][] {
  const { timeline } = panels.view;
  const all = Array.from({ length: timeline.last }, (_, i) => timeline.get(i + 1));
  return all
    .filter((line) => line !== undefined && line.action !== "kernel")
    .map((line) => [line?.way ?? "", line?.action ?? "", line?.re ?? 0]);
}

const watches = () => road.taken("do").map(({ what, args }) => [what, args]);
const act = () => panels.actions[0] as NonNullable<(typeof panels.actions)[0]>;

test("messages, answers of the page and of the kernel, refusals and loads are all there", async () => {
  connector.speak("requestCrmData");
  connector.speak("requestCustomFieldsValues");
  connector.say({ type: "another" }, 3);
  await until(() => road.actions.length === 2);
  const asked = road.taken("msg")[1]?.seq as number;

  road.kernel.post({ t: "post", m: { action: "customFieldsDataResponse", data: {} }, re: asked });
  road.kernel.post({ t: "post", m: { action: "displayErrorNotification" }, load: 99 });
  await until(() => lines().length >= 7);

  const seen = lines();
  const at = (action: string) => seen.findIndex((line) => line[1] === action) + 2;
  expect(seen.map(([way, action]) => `${way} ${action}`).sort()).toEqual([
    "page dropped",
    "page loaded",
    "received requestCrmData",
    "received requestCustomFieldsValues",
    "refused type",
    "sent crmData",
    "sent customFieldsDataResponse",
  ]);
  expect(seen).toContainEqual(["sent", "crmData", at("requestCrmData")]);
  const fields = panels.view.timeline.of(asked);
  expect(seen).toContainEqual(["sent", "customFieldsDataResponse", fields]);
  expect(panels.view.timeline.get(fields)?.ms).toBeGreaterThan(0);
});

test("the kernel's trace reaches its message", async () => {
  connector.speak("requestOpenReports");
  await until(() => road.actions.length === 1);
  const seq = road.taken("msg")[0]?.seq as number;
  const trace = { seq, by: "reports()", stages: { handler: 2 }, problems: [], error: null };

  road.kernel.post({ t: "show", what: "trace", data: [trace] });

  const line = () => panels.view.timeline.get(panels.view.timeline.of(seq));
  await until(() => line()?.trace !== null);
  expect(line()?.trace).toEqual(trace);
});

test("the kernel is told once that somebody looks, and once that nobody does", async () => {
  act().watch(true);
  act().watch(true);
  act().watch(false);
  await until(() => watches().length === 2);

  expect(watches()).toEqual([
    ["watch", { on: true }],
    ["watch", { on: false }],
  ]);
});

test("a new kernel is told that somebody looks", async () => {
  act().watch(true);
  await until(() => watches().length === 1);
  const next = new Road(2);
  next.kernel.settings = settings();

  phone.attach(next);

  await until(() => next.taken("do").some(({ what }) => what === "watch"));
});

test("a view that goes looks no more", async () => {
  act().watch(true);
  await until(() => watches().length === 1);

  cell.remove();

  await until(() => watches().length === 2);
  expect(watches()[1]).toEqual(["watch", { on: false }]);
});

test("each custom message says when it was handed over", async () => {
  const before = Date.now();

  connector.speak("requestOpenReports");
  await until(() => road.actions.length === 1);

  const said = road.sent.map((content) => (content as { at: number }).at);
  expect(said.every((at) => at > before - 60_000 && at <= Date.now())).toBe(true);
});
