/** Tabs: the ARIA tabs pattern; the arrow keys go from tab to tab and show it. */

import { h, setText } from "./dom";

export interface Tab {
  key: string;
  label: string;
  content: HTMLElement;
  /** Called whenever the tab is shown. */
  open?: () => void;
  /** Called whenever another one is. */
  close?: () => void;
}

interface Drawn extends Tab {
  tab: HTMLElement;
  panel: HTMLElement;
}

export class Tabs {
  readonly element: HTMLElement;
  readonly #tabs: Drawn[];

  constructor(tabs: Tab[]) {
    // Each model has its own copy of this module: a counter would give the same ids twice
    const prefix = `crmw${Math.random().toString(36).slice(2)}`;
    this.#tabs = tabs.map((each) => draw(each, prefix, () => this.select(each.key)));
    const list = h(
      "div",
      { class: "crmw-tabs", role: "tablist", "aria-label": "Panel" },
      ...this.#tabs.map(({ tab }) => tab),
    );
    list.addEventListener("keydown", (event) => this.#key(event));
    this.element = h("div", { class: "crmw-side" }, list, ...this.#tabs.map(({ panel }) => panel));
    this.#show(0);
  }

  label(key: string, text: string): void {
    const tab = this.#find(key);
    if (tab) setText(tab.tab, text);
  }

  /** A dot at a tab that is not shown: there is something new. */
  mark(key: string): void {
    const tab = this.#find(key);
    if (tab?.panel.hidden) tab.tab.classList.add("crmw-new");
  }

  /** Shows a tab; the focus stays where it is. */
  select(key: string): void {
    this.#show(this.#tabs.findIndex((each) => each.key === key));
  }

  #show(index: number): void {
    this.#tabs.forEach(({ tab, panel, close }, i) => {
      tab.ariaSelected = `${i === index}`;
      tab.tabIndex = i === index ? 0 : -1;
      panel.hidden = i !== index;
      if (i !== index) close?.();
    });
    this.#tabs[index]?.tab.classList.remove("crmw-new");
    this.#tabs[index]?.open?.();
  }

  #key(event: KeyboardEvent): void {
    const last = this.#tabs.length - 1;
    const now = this.#tabs.findIndex(({ tab }) => tab.ariaSelected === "true");
    const to: Record<string, number> = {
      ArrowLeft: now > 0 ? now - 1 : last,
      ArrowRight: now < last ? now + 1 : 0,
      Home: 0,
      End: last,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.#show(next);
    this.#tabs[next]?.tab.focus();
  }

  #find(key: string): Drawn | undefined {
    return this.#tabs.find((each) => each.key === key);
  }
}

function draw(tab: Tab, prefix: string, select: () => void): Drawn {
  const id = `${prefix}-${tab.key}`;
  const controls = `${id}-panel`;
  const made = h(
    "button",
    { type: "button", role: "tab", id, "aria-controls": controls, click: select },
    tab.label,
  );
  const panel = h(
    "div",
    {
      class: "crmw-panel",
      role: "tabpanel",
      id: controls,
      "aria-labelledby": id,
      tabindex: 0,
    },
    tab.content,
  );
  return { ...tab, tab: made, panel };
}
