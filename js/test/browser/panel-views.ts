/** Snapshots for the panel's tests: a connected simulator, override what matters. */

import { vi } from "vitest";
import { Timeline } from "../../src/core/timeline";
import type { ShownContact, ShownRecord, ShownSummary } from "../../src/core/wire";
import { mount } from "../../src/panel/panel";
import type { Panel, PanelActions, View } from "../../src/panel/view";

export function contact(over: Partial<ShownContact> = {}): ShownContact {
  return {
    id: "C-1",
    name: "Bo Larsen",
    phones: [{ number: "+1 202 555 0143", kind: "mobile" }],
    email: "bo@example.com",
    url: "https://crm.example.com/C-1",
    fields: { plan: "Gold" },
    ...over,
  };
}

export const SAM = contact({ id: "C-3", name: "Sam Reyes" });
export const KIT = contact({ id: "C-4", name: "Kit Reyes" });

export function record(over: Partial<ShownRecord> = {}): ShownRecord {
  return {
    id: "k1/7",
    place: 7,
    stage: "found",
    action: "requestPerformInteractionScreenPop",
    asked: "+1 202 555 0143",
    matches: [{ contact: contact(), rule: "Exact number", certain: true }],
    link: null,
    html: null,
    handler: "pop()",
    ms: 24,
    error: null,
    changed: false,
    at: 1_800_000_000_000,
    log: null,
    ...over,
  };
}

export function several(): ShownRecord {
  const matches = [SAM, KIT].map((each) => ({
    contact: each,
    rule: "Exact number",
    certain: true,
  }));
  return record({ matches });
}

export function summary(over: Partial<ShownSummary> = {}): ShownSummary {
  return {
    agent: "Ada Marsh",
    contacts: 4,
    region: "US",
    recognised: "id, name, phone, email",
    warnings: [],
    unsaved: 0,
    failed: 0,
    asks: { requestPerformInteractionScreenPop: "pop()" },
    ...over,
  };
}

export function view(over: Partial<View> = {}): View {
  return {
    name: "phone",
    simulated: true,
    host: null,
    address: null,
    phase: "configured",
    waits: null,
    stranger: null,
    call: false,
    kernel: { state: "connected" },
    canDial: true,
    summary: summary(),
    record: null,
    waited: 0,
    contacts: null,
    failures: [],
    dialled: null,
    rejected: {},
    messages: 0,
    timeline: new Timeline(),
    got: 0,
    diagnosis: null,
    ran: null,
    place: "cell",
    advice: null,
    ...over,
  };
}

export function actions(): {
  [K in keyof PanelActions]: ReturnType<typeof vi.fn<PanelActions[K]>>;
} {
  return {
    dial: vi.fn(),
    letThemCall: vi.fn(),
    search: vi.fn(),
    runAgain: vi.fn(),
    choose: vi.fn(),
    retry: vi.fn(),
    place: vi.fn(),
    reloadFrame: vi.fn(),
    useHere: vi.fn(),
    watch: vi.fn(),
    runMessage: vi.fn(),
    diagnose: vi.fn(),
    traffic: vi.fn(() => import("../../src/traffic")),
  };
}

const shown: Panel[] = [];

/** A panel in the page, `width` CSS pixels wide. */
export function show(first: View, { width = 900, act = actions() } = {}): Panel {
  const cell = document.createElement("div");
  cell.style.width = `${width}px`;
  document.body.append(cell);
  const panel = mount(act);
  cell.append(panel.element);
  panel.update(first);
  shown.push(panel);
  return panel;
}

/** After each test: the page is as before. */
export function clear(): void {
  for (const panel of shown.splice(0)) panel.dispose();
  document.body.replaceChildren();
}

/** The button, tab or link that says this, where a person could press it. */
export function find(panel: Panel, label: string): HTMLElement {
  const all = [...panel.element.querySelectorAll<HTMLElement>("button, a")];
  const found = all.find((each) => each.textContent === label && each.checkVisibility());
  if (!found) throw new Error(`nothing to press says ${label}: ${all.map((e) => e.textContent)}`);
  return found;
}

/** Whether there is one. */
export function has(panel: Panel, label: string): boolean {
  const all = [...panel.element.querySelectorAll<HTMLElement>("button, a")];
  return all.some((each) => each.textContent === label && each.checkVisibility());
}

/** What a person reads in a part of the panel. */
export function text(panel: Panel, selector: string): string {
  const part = panel.element.querySelector<HTMLElement>(selector);
  // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not read
  return part?.innerText.replace(/\s+/g, " ") ?? "";
}
