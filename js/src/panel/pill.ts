/**
 * Pill: says at the lower right of the window that a record came while the cell is out of sight.
 *
 * It lives in the body, because a cell that is scrolled away paints nothing, not even what is
 * fixed to the window. It takes no focus and makes no sound.
 */

import type { ShownRecord } from "../core/wire";
import { button, h } from "./dom";
import { arrival } from "./words";

export class Pill {
  readonly #element = h("div", { class: "crmw-pill crmw-ui", role: "status", hidden: true });
  readonly #cell: HTMLElement;
  readonly #show: () => void;
  readonly #observer: IntersectionObserver;
  /** JupyterLab does not lay out a cell that is far away, and then nothing is observed at all. */
  #seen = false;
  #record: ShownRecord | null = null;

  constructor(cell: HTMLElement, show: () => void) {
    this.#cell = cell;
    this.#show = show;
    this.#observer = new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1)?.isIntersecting ?? false;
      if (this.#seen) this.#record = null;
      this.#draw();
    });
    this.#observer.observe(cell);
    document.body.append(this.#element);
  }

  /** `arrived`: the record has come just now. */
  update(record: ShownRecord | null, arrived: boolean): void {
    if (record === null) this.#record = null;
    else if (arrived && !this.#seen) this.#record = record;
    else return;
    this.#draw();
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#element.remove();
  }

  #draw(): void {
    const record = this.#record;
    this.#element.hidden = record === null;
    if (record === null) {
      this.#element.replaceChildren();
      return;
    }
    // In a collapsed output, or on another tab, there is nothing to scroll to
    const reachable = this.#cell.checkVisibility();
    const dismiss = button("\u00d7", () => this.#away(), "crmw-quiet", "Dismiss");
    this.#element.replaceChildren(
      h("span", {}, reachable ? arrival(record) : `${arrival(record)}, in a hidden cell or tab`),
      ...(reachable ? [button("Show", () => this.#scroll())] : []),
      dismiss,
    );
  }

  #away(): void {
    this.#record = null;
    this.#draw();
  }

  #scroll(): void {
    this.#away();
    this.#cell.scrollIntoView({ block: "start" });
    this.#show();
  }
}
