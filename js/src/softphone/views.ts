/** Views: where on this page the softphone is shown, drawn at most once a frame, and who looks at the traffic. */

import { Timer } from "../page/timer";
import type { Panel, PanelActions, View } from "../panel/view";
import type { Placement, Slot } from "./placement";
import type { Mount, Spot } from "./registry";

/** ms without a view until the widget counts as not shown: a re-run takes less. */
const HIDDEN = 1_000;

export interface Seat extends Slot {
  readonly panel: Panel;
}

/** Who knows the phone. */
export interface Owner {
  actions(seat: () => Seat): PanelActions;
  view(seat: Seat): View;
  /** Every view was drawn. */
  drawn(): void;
  /** There is one more view, or one less. */
  seated(more: boolean): void;
  /** The widget is shown, or not any more. */
  shown(): void;
  /** Somebody looks at the traffic, or nobody does any more. */
  watched(on: boolean): void;
}

export class Views {
  readonly #mount: Mount;
  readonly #placement: Placement;
  readonly #owner: Owner;
  readonly #seats: Seat[] = [];
  /** Views in which the traffic is looked at. */
  readonly #watchers = new Set<Seat>();
  readonly #hiddenTimer = new Timer(() => this.#noteShown());
  #watched = false;
  #shown = false;
  #drawing = false;

  constructor(mount: Mount, placement: Placement, owner: Owner) {
    this.#mount = mount;
    this.#placement = placement;
    this.#owner = owner;
    document.addEventListener("visibilitychange", () => this.watch());
  }

  get none(): boolean {
    return this.#seats.length === 0;
  }

  /** As the kernel should believe. */
  get shown(): boolean {
    return this.#shown;
  }

  /** Returns how to take it away. */
  add({ element, lumino, view }: Spot): () => void {
    const panel = this.#mount(this.#owner.actions(() => seat));
    const seat: Seat = { element: panel.slot, lumino, view: null, panel };
    this.#seats.push(seat);
    element.append(panel.element);
    this.#placement.enter(seat, view);
    this.#noteShown();
    this.#owner.seated(true);
    panel.update(this.#owner.view(seat));
    return () => {
      const at = this.#seats.indexOf(seat);
      if (at < 0) return;
      this.#placement.exit(seat);
      this.#seats.splice(at, 1);
      panel.dispose();
      this.look(seat, false);
      if (this.none) this.#hiddenTimer.set(performance.now() + HIDDEN);
      this.#owner.seated(false);
    };
  }

  /** The traffic is looked at in this view, or not any more. */
  look(seat: Seat, on: boolean): void {
    if (on) this.#watchers.add(seat);
    else this.#watchers.delete(seat);
    this.watch();
  }

  /** `again`: who was told that somebody looks may have forgotten it. */
  watch(again = false): void {
    const on = this.#watchers.size > 0 && !document.hidden;
    if (on === this.#watched && !(again && on)) return;
    this.#watched = on;
    this.#owner.watched(on);
  }

  /** Draws soon, and once for all that changes until then. */
  changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    const draw = () => {
      if (this.#drawing) this.draw();
    };
    // A hidden page is never asked for a frame
    if (document.hidden) setTimeout(draw, 0);
    else requestAnimationFrame(draw);
  }

  /** Draws now. */
  draw(): void {
    this.#drawing = false;
    for (const seat of this.#seats) seat.panel.update(this.#owner.view(seat));
    this.#owner.drawn();
  }

  #noteShown(): void {
    if (this.none !== this.#shown) return;
    this.#shown = !this.#shown;
    this.#owner.shown();
  }
}
