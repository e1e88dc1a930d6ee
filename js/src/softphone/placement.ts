/**
 * Placement: where the frame is shown. It lives in a small dock of the page and moves into the slot of a
 * cell and back, always with `moveBefore`, so that the call in it goes on.
 *
 * JupyterLab takes an output out of the document before it tells anybody but Lumino: the frame goes
 * to the dock on `before-detach`, the only moment at which both places are connected. Where `moveBefore` or
 * that hook is missing it stays there. Where outputs are not Lumino's (VS Code, Colab, marimo) it is
 * born in the cell.
 */

import { Dock } from "./dock";
import type { Frame } from "./frame";

/** The ipywidgets view around a cell's output. */
export interface HostView {
  el: unknown;
  luminoWidget?: { parent: unknown };
  processLuminoMessage(message: { type: string }): void;
}

/** What anywidget's model gives to find it. */
export interface HostModel {
  get(name: string): unknown;
  widget_manager?: { get_model?(id: string): Promise<unknown> };
}

/** One view of the widget. */
export interface Slot {
  readonly element: HTMLElement;
  /** Outputs of this page are Lumino's. */
  readonly lumino: boolean;
  /** The view whose detaching is announced; null: none was found yet. */
  view: HostView | null;
}

export interface PlacementEvents {
  /** The frame is shown somewhere else now. */
  moved(): void;
  /** The frame was taken out of the document under our hands. */
  lost(): void;
  /** A person wants to close the phone; `sure`: has answered what `ask` asked. */
  closed(sure: boolean): void;
}

const CAN_MOVE = () => "moveBefore" in Element.prototype;

/** Whether outputs of this page are Lumino's: known before there is a view to ask. */
export function hasLumino(element: Element): boolean {
  return element.ownerDocument.querySelector(".jp-Notebook, .jp-OutputArea") !== null;
}

/** The view that owns `element`. Its promise resolves after anywidget's `render`: never wait there. */
export async function findView(model: HostModel, element: Element): Promise<HostView | null> {
  const id = model.get("_id");
  if (typeof id !== "string") return null;
  const real = await model.widget_manager?.get_model?.(id).catch(() => null);
  const views = typeof real === "object" && real !== null && "views" in real ? real.views : null;
  if (typeof views !== "object" || views === null) return null;
  return new Promise((found) => {
    for (const promise of Object.values(views)) {
      Promise.resolve(promise).then(
        (view: unknown) => isHostView(view) && view.el === element && found(view),
        () => {}, // a view that could not be made shows nothing
      );
    }
  });
}

function isHostView(view: unknown): view is HostView {
  return (
    typeof view === "object" &&
    view !== null &&
    "el" in view &&
    "processLuminoMessage" in view &&
    typeof view.processLuminoMessage === "function"
  );
}

export class Placement {
  readonly #dock: Dock;
  readonly #events: PlacementEvents;
  readonly #slots: Slot[] = [];
  #frame: Frame | null = null;
  /** The slot that shows the frame; null: the dock does. */
  #owner: Slot | null = null;
  /** A person, or a setting, wants it in the dock. */
  #docked = false;
  #placement: "auto" | "cell" | "dock" = "auto";

  constructor(title: string, events: PlacementEvents) {
    this.#events = events;
    this.#dock = new Dock(title, {
      toCell: () => this.#toCell(),
      close: (sure) => events.closed(sure),
      shown: () => events.moved(),
    });
  }

  get slots(): number {
    return this.#slots.length;
  }

  prefer(placement: "auto" | "cell" | "dock"): void {
    if (placement === this.#placement) return;
    this.#placement = placement;
    this.#docked = placement === "dock";
    this.#settle(this.#docked ? null : this.#best());
  }

  /** Where the next frame is to be born. */
  birthplace(): Element {
    const newest = this.#slots.at(-1);
    const inCell =
      newest && !this.#docked && (!newest.lumino || (this.#placement === "cell" && !CAN_MOVE()));
    this.#owner = inCell ? newest : null;
    if (inCell) return newest.element;
    this.#dock.open();
    return this.#dock.body;
  }

  /** The frame that was born there. */
  hold(frame: Frame): void {
    this.#frame = frame;
    if (!this.#docked) this.#settle(this.#owner ?? this.#best());
    this.#events.moved();
  }

  /** The frame is no more. */
  release(): void {
    this.#frame = null;
    this.#owner = null;
    this.#dock.leave();
  }

  /** A view appears; it shows the frame as soon as its detaching is announced. */
  enter(slot: Slot, view: Promise<HostView | null>): void {
    this.#slots.push(slot);
    if (!slot.lumino) this.#show(slot);
    void view.then((found) => {
      if (!found || !this.#slots.includes(slot)) return;
      const original = found.processLuminoMessage;
      found.processLuminoMessage = (message) => {
        if (message.type === "before-detach") this.#leave(slot);
        original.call(found, message);
        if (message.type === "after-attach") this.#show(slot);
      };
      slot.view = found;
      this.#show(slot);
    });
  }

  /** A view is gone. */
  exit(slot: Slot): void {
    const at = this.#slots.indexOf(slot);
    if (at < 0) return;
    this.#leave(slot);
    this.#slots.splice(at, 1);
    this.#dock.offer(this.#best() !== null);
  }

  /** A person wants the frame here, or in the dock; where it cannot move, the dock is unfolded. */
  place(slot: Slot, where: "cell" | "dock"): void {
    if (where === "dock" && CAN_MOVE()) {
      this.#docked = true;
      this.#settle(null);
    } else if (where === "cell" && this.#holds(slot)) {
      this.#docked = false;
      this.#settle(slot);
    }
    if (this.#frame && !this.#owner) this.#dock.reveal();
  }

  /** Where the frame is, seen from a view. Before the dock has appeared, it is on its way. */
  where(slot: Slot): "cell" | "dock" | "elsewhere" {
    if (!this.#frame) return "cell";
    if (this.#owner) return this.#owner === slot ? "cell" : "elsewhere";
    return this.#dock.seen ? "dock" : "cell";
  }

  /** Asks in the dock, before it is closed, whether that is meant. */
  ask(cost: string): void {
    this.#dock.ask(cost);
  }

  /** Draws what the dock says. */
  label(text: string): void {
    this.#dock.label(text);
  }

  #show(slot: Slot): void {
    this.#dock.offer(this.#best() !== null);
    if (!this.#docked && this.#holds(slot)) this.#settle(slot);
  }

  #leave(slot: Slot): void {
    const frame = this.#frame;
    if (!frame || this.#owner !== slot) return;
    if (!frame.alive) this.#events.lost();
    else this.#settle(this.#best(slot));
  }

  #toCell(): void {
    const slot = this.#best();
    if (slot) this.place(slot, "cell");
  }

  /** The slot that was attached last, of those that can hold the frame. */
  #best(but?: Slot): Slot | null {
    return this.#slots.findLast((slot) => slot !== but && this.#holds(slot)) ?? null;
  }

  #holds({ element, lumino, view }: Slot): boolean {
    const announced = lumino ? Boolean(view?.luminoWidget?.parent) : true;
    return CAN_MOVE() && announced && element.isConnected;
  }

  /** The one place where the frame moves. */
  #settle(slot: Slot | null): void {
    const frame = this.#frame;
    if (!frame || slot === this.#owner || !frame.alive || !CAN_MOVE()) return;
    this.#owner = slot;
    if (!slot) this.#dock.open();
    (slot?.element ?? this.#dock.body).moveBefore(frame.element, null);
    if (slot) this.#dock.leave();
    this.#events.moved();
  }
}
