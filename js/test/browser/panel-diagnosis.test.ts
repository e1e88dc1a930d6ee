/** The Diagnosis tab as a person meets it. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ShownDiagnosis } from "../../src/core/wire";
import type { View } from "../../src/panel/view";
import { actions, clear, find, has, show, text, view } from "./panel-views";

let act: ReturnType<typeof actions>;

beforeEach(() => {
  act = actions();
});
afterEach(() => {
  clear();
  vi.useRealTimers();
});

const SILENT: ShownDiagnosis = {
  cause: "silent",
  sentence: "The page was loaded and has not said ready.",
  good: false,
  checks: [
    { name: "ready", verdict: "wrong", evidence: "It has not greeted.", advice: "Log in." },
    { name: "origin", verdict: "unknown", evidence: "Nobody has spoken.", advice: "" },
  ],
};

test.each<[Partial<View>, string]>([
  [{}, "Diagnosis ok"],
  [{ phase: "loading" }, "Diagnosis"],
  [{ phase: "silent" }, "Diagnosis !"],
  [{ kernel: { state: "gone", kept: 0 } }, "Diagnosis !"],
])("the tab's label says how it is: %j", (more, label) => {
  expect(has(show(view(more), { act }), label)).toBe(true);
});

test("opening it asks Python, and the cause comes first with every check in words", () => {
  const panel = show(view({ phase: "silent" }), { act });

  find(panel, "Diagnosis !").click();
  expect(act.diagnose).toHaveBeenCalledOnce();
  expect(text(panel, ".crmw-diagnosis")).toContain("Looking.");
  panel.update(view({ phase: "silent", diagnosis: SILENT }));

  expect(text(panel, ".crmw-diagnosis")).toMatch(
    /^silent The page was loaded and has not said ready\. wrong ready It has not greeted\. Log in\. unknown origin Nobody has spoken\./,
  );
  find(panel, "Look again").click();
  expect(act.diagnose).toHaveBeenCalledTimes(2);
});

test("two presses are one question", () => {
  const panel = show(view(), { act });
  find(panel, "Diagnosis ok").click();

  find(panel, "Look again").click();

  expect(act.diagnose).toHaveBeenCalledOnce();
});

test("where no kernel answers, the page says so and what is kept", () => {
  const panel = show(view({ kernel: { state: "gone", kept: 3 }, diagnosis: SILENT }), { act });

  find(panel, "Diagnosis !").click();

  expect(text(panel, ".crmw-diagnosis")).toMatch(/^kernel-away The kernel is gone\./);
  expect(text(panel, ".crmw-diagnosis")).toContain("3 messages for Python.");
});

test("a kernel that is there and silent for 8 s is called busy, until it answers", () => {
  vi.useFakeTimers();
  const panel = show(view(), { act });
  find(panel, "Diagnosis ok").click();

  vi.advanceTimersByTime(8_000);
  expect(text(panel, ".crmw-diagnosis")).toMatch(/^kernel-busy/);
  panel.update(view({ diagnosis: { ...SILENT, cause: "connected", good: true } }));

  expect(text(panel, ".crmw-diagnosis")).toMatch(/^connected/);
});
