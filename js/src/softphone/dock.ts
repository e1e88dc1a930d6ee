/** Dock: a header and the frame, at the lower right of the page; dressed by the panel's style. */

/** ms: a cell that runs again passes through the dock, which must not flash. */
const DELAY = 400;
/** px from the edge of the page to the first dock, and from one dock to the next. */
const GAP = 24;
const WIDTH = 336;

interface DockEvents {
  toCell(): void;
  close(sure: boolean): void;
  shown(): void;
}

export class Dock {
  readonly body = element("div", "height:560px;max-height:calc(100vh - 90px)");
  readonly #element = element(
    "section",
    "position:fixed;bottom:40px;width:320px;max-width:calc(100vw - 48px);z-index:9000;" +
      "overflow:hidden;border-radius:6px;box-shadow:0 2px 12px #0004",
  );
  readonly #title = element(
    "span",
    "flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap",
  );
  readonly #toCell: HTMLButtonElement;
  readonly #fold: HTMLButtonElement;
  readonly #close: HTMLButtonElement;
  readonly #question = element(
    "div",
    "flex-wrap:wrap;align-items:center;gap:6px;padding:4px 10px 8px",
  );
  readonly #events: DockEvents;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #folded = false;
  #seen = false;

  constructor(title: string, events: DockEvents) {
    this.#events = events;
    this.#element.className = "crmwidget-home crmw-ui";
    this.#element.ariaLabel = title;
    this.#title.textContent = title;
    this.#toCell = button("To cell", "Move the phone into its cell", () => events.toCell());
    this.#fold = button("_", "Minimise", () => this.#set(!this.#folded));
    const header = element(
      "header",
      "display:flex;align-items:center;gap:4px;padding:4px 4px 4px 10px",
    );
    this.#close = button("\u00d7", "Close the phone", () => events.close(false));
    header.append(this.#title, this.#toCell, this.#fold, this.#close);
    this.#question.role = "alertdialog";
    this.#question.addEventListener("keydown", ({ key }) => key === "Escape" && this.#keep());
    this.#element.append(header, this.#question, this.body);
    this.#hush();
    this.offer(false);
  }

  /** It is visible. */
  get seen(): boolean {
    return this.#seen;
  }

  /** The frame is here, or comes now; seen only if it stays. */
  open(): void {
    if (!this.#element.isConnected) {
      const others = document.querySelectorAll(".crmwidget-home").length;
      const room = Math.max(1, Math.floor((window.innerWidth - GAP) / WIDTH));
      this.#element.style.right = `${GAP + WIDTH * (others % room)}px`;
      document.body.append(this.#element);
    }
    this.#element.style.display = "";
    this.#element.style.visibility = "hidden";
    this.#timer ??= setTimeout(() => this.reveal(), DELAY);
  }

  reveal(): void {
    this.#stop();
    this.#set(false);
    this.#element.style.visibility = "";
    this.#seen = true;
    this.#events.shown();
  }

  /** The frame is somewhere else. */
  leave(): void {
    this.#stop();
    this.#hush();
    this.#seen = false;
    this.#element.style.display = "none";
  }

  ask(cost: string): void {
    const close = button("Close it", "Close the phone all the same", () =>
      this.#events.close(true),
    );
    const keep = button("Keep it", "Keep the phone", () => this.#keep());
    this.#question.replaceChildren(`${cost} Close the phone? `, close, keep);
    this.#question.ariaLabel = cost;
    this.#question.style.display = "flex";
    keep.focus();
  }

  label(text: string): void {
    if (this.#title.textContent !== text) this.#title.textContent = text;
  }

  /** Whether there is a cell that can take the frame. */
  offer(cell: boolean): void {
    this.#toCell.style.display = cell ? "" : "none";
  }

  #keep(): void {
    this.#hush();
    this.#close.focus();
  }

  /** There is no question any more. */
  #hush(): void {
    this.#question.style.display = "none";
    this.#question.replaceChildren();
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Folded, the frame keeps its layout: a page that is not laid out may stop its work. */
  #set(folded: boolean): void {
    this.#folded = folded;
    this.body.style.height = folded ? "0" : "560px";
    this.body.style.visibility = folded ? "hidden" : "";
    this.#fold.textContent = folded ? "^" : "_";
    this.#fold.ariaLabel = folded ? "Restore" : "Minimise";
  }
}

function element<K extends "div" | "section" | "header" | "span">(
  tag: K,
  style: string,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.style.cssText = style;
  return made;
}

function button(text: string, name: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.ariaLabel = name;
  made.title = name;
  made.addEventListener("click", press);
  return made;
}
