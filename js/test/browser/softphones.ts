/** Softphones: a phone for each test, its cells in a page without Lumino, a connector in its frame. */

import { afterEach, beforeEach, vi } from "vitest";
import type { Settings } from "../../src/core/wire";
import type { View } from "../../src/panel/view";
import { open, type Softphone } from "../../src/softphone/softphone";
import { Puppet } from "./puppet";
import { Panels, parts, Road, settings } from "./road";
import { until } from "./waiting";

export const REGISTRY = Symbol.for("crmwidget");
export const page = globalThis as {
  [REGISTRY]?: { v: number; build: string; softphones: Map<string, unknown> };
};

export let panels: Panels;
export let phone: Softphone;
export let cells: { element: HTMLElement; remove: () => void }[];
export let key: string;
let made = 0;

beforeEach(() => {
  panels = new Panels();
  cells = [];
  key = `key${++made}`;
  phone = open(key, "b1", panels.mount) as Softphone;
});

afterEach(() => {
  panels.actions[0]?.place("dock");
  for (const cell of cells) {
    cell.remove();
    cell.element.remove();
  }
  for (const each of document.querySelectorAll(".crmwidget-home")) each.remove();
  page[REGISTRY]?.softphones.clear();
  vi.useRealTimers();
});

/** A cell of a page without Lumino: the frame is born in it. */
export function show(): () => void {
  const element = document.createElement("div");
  document.body.append(element);
  const remove = phone.show({ element, lumino: false, view: Promise.resolve(null) });
  cells.push({ element, remove });
  return () => {
    remove();
    element.remove();
  };
}

export const iframe = () =>
  document.querySelector<HTMLIFrameElement>('iframe[title="Softphone phone"]');
export function drawn(what: (view: Panels["view"]) => boolean): Promise<boolean> {
  // A state that passes between two looks counts, too
  let next = Math.max(panels.views.length - 1, 0);
  return until(() => {
    while (next < panels.views.length) if (what(panels.views[next++] as View)) return true;
    return false;
  });
}

export async function puppet(): Promise<Puppet> {
  return Puppet.of(await until(() => iframe()));
}

/** A softphone with a model, a view and a connector in its frame. */
export async function connected(set: Settings = settings(), road = new Road()) {
  road.kernel.settings = set;
  road.parts = { ...parts };
  phone.attach(road);
  show();
  return { road, connector: await puppet() };
}

export function post(action: string, more: Record<string, unknown> = {}) {
  return { t: "post" as const, m: { action, data: { from: "python" } }, ...more };
}
