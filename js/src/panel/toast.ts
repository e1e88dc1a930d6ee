/**
 * Toast: says at the lower right of the window who calls while the cell is out of sight.
 *
 * It lives in the body, because a cell that is scrolled away paints nothing, not even what is
 * fixed to the window. It takes no focus and makes no sound, and goes with the call's log.
 */

import type { ShownRecord } from "../core/wire";
import { button, h, Part } from "./dom";
import { arrival } from "./texts";

/** ms after which it has been seen, or nobody is there to see it. */
const STAYS = 20_000;

export class Toast {
  readonly #element = h("div", { class: "crmw-pill crmw-ui", role: "group", hidden: true });
  readonly #cell: HTMLElement;
  readonly #observer: IntersectionObserver;
  readonly #drawn: Part<{ said: string; reachable: boolean } | null>;
  /** JupyterLab does not lay out a cell that is far away, and then nothing is observed at all. */
  #seen = false;
  /** It is up for the call that came last. */
  #up = false;
  #record: ShownRecord | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cell: HTMLElement, show: () => void) {
    this.#cell = cell;
    this.#element.ariaLabel = "Call";
    this.#drawn = new Part(h("div", { class: "crmw-pilled" }), (value) => {
      if (!value) return [];
      const scroll = () => {
        this.#away();
        cell.scrollIntoView({ block: "start" });
        show();
      };
      return [
        h("span", {}, value.reachable ? value.said : `${value.said}, in a hidden cell or tab`),
        value.reachable ? button("Show", scroll) : null,
        button("\u00d7", () => this.#away(), "crmw-quiet", "Dismiss"),
      ];
    });
    this.#element.append(this.#drawn.element);
    this.#observer = new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1)?.isIntersecting ?? false;
      if (this.#seen) this.#up = false;
      this.#draw();
    });
    this.#observer.observe(cell);
    document.body.append(this.#element);
  }

  /** `arrived`: its question has come just now. */
  update(record: ShownRecord | null, arrived: boolean): void {
    this.#record = record;
    if (record === null || record.log) this.#up = false;
    else if (arrived) {
      this.#up = !this.#seen;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#away(), STAYS);
    }
    this.#draw();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#element.remove();
  }

  #draw(): void {
    const record = this.#up ? this.#record : null;
    this.#element.hidden = record === null;
    // In a collapsed output, or on another tab, there is nothing to scroll to
    const reachable = record !== null && this.#cell.checkVisibility();
    this.#drawn.update(record && { said: arrival(record), reachable });
  }

  #away(): void {
    this.#up = false;
    this.#draw();
  }
}
