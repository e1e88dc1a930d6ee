/** The Traffic tab as a person meets it. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { Timeline } from "../../src/core/timeline";
import type { ShownTrace } from "../../src/core/wire";
import type { Panel } from "../../src/panel/view";
import { actions, clear, find, has, show, text, view } from "./panel-views";
import { until } from "./waiting";

let timeline: Timeline;
let act: ReturnType<typeof actions>;

beforeEach(() => {
  timeline = new Timeline();
  act = actions();
});
afterEach(clear);

const now = { now: 0, at: 1_800_000_000_000 };
const POP = "requestPerformInteractionScreenPop";

/** A message that the kernel knows under its number in the timeline. */
function heard(action: string, data: unknown = null, at = now): number {
  const n = timeline.received(
    action,
    JSON.stringify({ type: "CRMConnectMessage", action, data }),
    at,
  );
  timeline.told(n, n);
  return n;
}

function traced(seq: number, more: Partial<ShownTrace> = {}): void {
  timeline.traced([{ seq, by: "pop()", stages: {}, problems: [], error: null, ...more }]);
}

const now10 = { now: 10, at: now.at + 10 };

async function traffic(width = 900): Promise<Panel> {
  const panel = show(view({ timeline, got: 20_000 }), { act, width });
  find(panel, [...panel.element.querySelectorAll("[role=tab]")][2]?.textContent ?? "").click();
  await until(() => panel.element.querySelector(".crmw-traffic"));
  return panel;
}

function again(panel: Panel, more: Parameters<typeof view>[0] = {}): void {
  panel.update(view({ timeline, got: 20_000, ...more }));
}

function rows(panel: Panel): string[] {
  const all = [...panel.element.querySelectorAll<HTMLElement>(".crmw-row")];
  return all
    .sort((a, b) => Number(a.dataset.n) - Number(b.dataset.n))
    .map((each) => each.ariaLabel ?? "");
}

const list = (panel: Panel) => panel.element.querySelector(".crmw-rows") as HTMLElement;
const message = (panel: Panel) => panel.element.querySelector<HTMLElement>(".crmw-message");

test("the tab counts messages before it is opened, and its code comes when it is", async () => {
  heard("ready");
  timeline.noted("loaded", {}, now);
  const panel = show(view({ timeline }), { act });

  expect(has(panel, "Traffic 1")).toBe(true);
  expect(act.traffic).not.toHaveBeenCalled();
  find(panel, "Traffic 1").click();
  await until(() => panel.element.querySelector(".crmw-row"));

  expect(act.traffic).toHaveBeenCalledOnce();
  expect(act.watch.mock.calls).toEqual([[true]]);
  find(panel, "Record").click();
  expect(act.watch.mock.calls).toEqual([[true], [false]]);
});

test("code that has not come is asked for again, and code of another build is not run", async () => {
  const { build, traffic } = await import("../../src/traffic");
  act.traffic.mockRejectedValueOnce(new Error("not here"));
  act.traffic.mockResolvedValueOnce({ build: `${build}x`, traffic });
  const panel = show(view({ timeline }), { act });

  find(panel, "Traffic").click();
  await until(() => text(panel, ".crmw-lazy").includes("not arrived"));
  again(panel);

  await until(() => text(panel, ".crmw-lazy").includes("reload this page"));
});

test("a row says direction, action, validity with its rule's evidence, and time", async () => {
  const n = heard(POP);
  timeline.sent({ action: "displayErrorNotification" }, now10, { re: n });
  traced(heard("requestOpenReports"), { problems: ["recordId is no id, left out [I]"] });
  traced(heard("mystery"), { error: "KeyError: 'x'" });
  heard("requestCrmData");
  timeline.refused("origin", "https://a.example", now);
  timeline.noted("resent", {}, now);
  traced(n, { stages: { handler: 4 } });

  const panel = await traffic();
  again(panel, { got: 3 });

  expect(rows(panel)).toEqual([
    `received, ${POP}, ok [D], 10 ms`,
    "sent, displayErrorNotification, answer to 1",
    "received, requestOpenReports, ! [I], recordId is no id, left out [I]",
    "received, mystery, failed, KeyError: 'x'",
    "received, requestCrmData, kept, Python does not have it yet",
    "refused, origin, refused, its origin is not among the allowed ones [D]",
    "page, sent to Python again",
  ]);
});

test("only the rows that can be seen are in the document", async () => {
  for (let i = 0; i < 10_000; i++) heard(`action ${i}`);

  const panel = await traffic();

  expect(rows(panel).length).toBeLessThan(60);
  expect(rows(panel).at(-1)).toContain("action 9999");
  const log = panel.element.querySelector(".crmw-log") as HTMLElement;
  log.scrollTop = 26 * 5_000;
  await until(() => rows(panel).some((row) => row.endsWith("action 5005")));
  expect(rows(panel).length).toBeLessThan(60);
});

test("what is looked at stays in its place while new messages come and old ones are dropped", async () => {
  for (let i = 0; i < 10_000; i++) heard(`action ${i}`);
  const panel = await traffic();
  const log = panel.element.querySelector(".crmw-log") as HTMLElement;
  log.scrollTop = 26 * 5_000;
  const first = () => log.scrollTop / 26 + timeline.first;
  const before = first();

  for (let i = 0; i < 30; i++) heard("new");
  again(panel);

  expect(first()).toBe(before);
});

test("the keyboard goes through the rows, opens one and comes back", async () => {
  const n = heard(POP, { aniValues: ["<img src=x onerror=alert(1)>"] });
  timeline.sent({ action: "answer" }, now10, { re: n });
  traced(n, { stages: { queue: 0.5, handler: 7 } });
  const panel = await traffic();
  list(panel).focus();

  await userEvent.keyboard("{ArrowUp}{ArrowUp}{Enter}");

  expect(message(panel)?.ariaLabel).toBe(`Message 1: ${POP}`);
  expect(message(panel)?.textContent).toContain("queue 0.5 ms, handler 7.0 ms, back 2.5 ms");
  expect(message(panel)?.textContent).toContain("Answered by pop().");
  expect(message(panel)?.querySelector("pre")?.textContent).toContain("<img src=x");
  expect(message(panel)?.querySelector("img")).toBeNull();
  const active = list(panel).getAttribute("aria-activedescendant") as string;
  expect(document.getElementById(active)?.ariaSelected).toBe("true");

  find(panel, "Go to its answer").click();
  expect(message(panel)?.ariaLabel).toBe("Message 2: answer");
  await userEvent.keyboard("{Escape}");

  expect(message(panel)).toBeNull();
  expect(document.activeElement).toBe(list(panel));
});

test("/ goes to the filter, Escape empties it and leaves it", async () => {
  heard("one");
  heard("two");
  const panel = await traffic();
  list(panel).focus();

  await userEvent.keyboard("/two");
  expect(rows(panel)).toHaveLength(1);
  await userEvent.keyboard("{Escape}");

  expect(rows(panel)).toHaveLength(2);
  expect(document.activeElement).toBe(list(panel));
});

test("a chip is a filter and says whether it is on", async () => {
  heard("one");
  timeline.sent({ action: "two" }, now, {});
  const panel = await traffic();

  find(panel, "sent").click();

  expect(find(panel, "sent").ariaPressed).toBe("true");
  expect(rows(panel)).toEqual(["sent, two"]);
  expect(text(panel, ".crmw-traffic")).toContain("1 of 2");
});

test("while it is paused new messages are counted, and the view can be cleared", async () => {
  heard("one");
  const panel = await traffic();
  find(panel, "Pause").click();
  heard("two");
  again(panel);
  expect(rows(panel)).toHaveLength(1);

  find(panel, "Resume (1 new)").click();
  expect(rows(panel)).toHaveLength(2);
  find(panel, "Clear").click();

  expect(rows(panel)).toHaveLength(0);
});

test("a message is run again as it was changed, and its answer is shown under it", async () => {
  heard(POP, { aniValues: ["+12025550143"] });
  const panel = await traffic();
  list(panel).focus();
  await userEvent.keyboard("{End}{Enter}");
  find(panel, "Run again with today's handler").click();
  const box = panel.element.querySelector("textarea") as HTMLTextAreaElement;
  expect(document.activeElement).toBe(box);
  expect(JSON.parse(box.value)).toEqual({ action: POP, data: { aniValues: ["+12025550143"] } });

  box.value = "{";
  find(panel, "Run").click();
  expect(message(panel)?.textContent).toContain("This is no JSON");
  box.value = JSON.stringify({ action: POP, data: { aniValues: ["1"] } });
  find(panel, "Run").click();

  const [ask, action, data] = act.runMessage.mock.calls[0] as [number, string, unknown];
  expect([action, data]).toEqual([POP, { aniValues: ["1"] }]);
  const ran = { ask, action, shown: ["C-1"], by: "pop()", error: null, problems: [], ms: 12 };
  again(panel, { ran: { ...ran, ask: ask + 1, answers: [] } });
  expect(message(panel)?.textContent).toContain("Running.");
  again(panel, { ran: { ...ran, answers: [{ action: "notice", data: { a: 1 } }] } });

  expect(message(panel)?.textContent).toContain("1 answer by pop() in 12 ms, shows C-1.");
  expect(message(panel)?.textContent).toContain('"action": "notice"');
});

test("an interaction log is run after a second press only, because it is saved", async () => {
  heard("requestSaveInteractionLog", {});
  const panel = await traffic();
  list(panel).focus();
  await userEvent.keyboard("{End}{Enter}");
  find(panel, "Run again with today's handler").click();

  find(panel, "Run").click();
  expect(act.runMessage).not.toHaveBeenCalled();
  expect(message(panel)?.textContent).toContain("saves it once more, for real");
  find(panel, "Save it for real").click();

  expect(act.runMessage).toHaveBeenCalledOnce();
  expect(has(panel, "Run")).toBe(true);
});

test.each([320, 400, 900, 1400])("at %d px nothing stands out of the panel", async (width) => {
  heard("requestPerformInteractionScreenPopWithAVeryLongNameThatEndsNowhere");
  traced(1, { problems: ["odd [I]"], stages: { handler: 3 } });
  const panel = await traffic(width);
  const right = panel.element.getBoundingClientRect().right;

  const all = [...panel.element.querySelectorAll(".crmw-traffic *")];

  for (const each of all) expect(each.getBoundingClientRect().right).toBeLessThanOrEqual(right);
});
