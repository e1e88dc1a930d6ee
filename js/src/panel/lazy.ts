/** Lazy: the Traffic tab before its code is here, and from then on the tab itself. */

import { h, setText } from "./dom";
import type { PanelActions, TrafficView, View } from "./view";

export class LazyTab {
  readonly element = h("div", { class: "crmw-lazy" });
  readonly #actions: PanelActions;
  readonly #said = h("p", { class: "crmw-empty" });
  #tab: TrafficView | null = null;
  #view: View | null = null;
  #open = false;
  #loading = false;

  constructor(actions: PanelActions) {
    this.#actions = actions;
    this.element.append(this.#said);
  }

  show(open: boolean): void {
    this.#open = open;
    if (this.#tab) this.#tab.show(open);
    else if (open) this.#load();
  }

  update(view: View): void {
    this.#view = view;
    if (this.#tab) this.#tab.update(view);
    else if (this.#open) this.#load();
  }

  dispose(): void {
    this.#tab?.dispose();
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const { build, traffic } = await this.#actions.traffic();
      if (build !== __BUILD__) {
        setText(this.#said, "Python brings another version of this tab: reload this page.");
        return; // and do not try again
      }
      this.#tab = traffic(this.#actions);
      this.#said.replaceWith(this.#tab.element);
      if (this.#view) this.#tab.update(this.#view);
      this.#tab.show(this.#open);
    } catch {
      setText(this.#said, "This list has not arrived from Python yet.");
      this.#loading = false;
    }
  }
}
