/**
 * Traffic: every message of this page, newest last, and what became of it.
 *
 * Only the rows that can be seen are in the document, so that 10,000 of them stay smooth. A row is
 * opened in place; the rows below move down by the height of what is opened.
 */

import type { Line } from "../core/timeline";
import { stagesOf, tookOf } from "../core/timeline";
import { button, copied, focused, h, setText } from "./dom";
import { clock, markOf, ms, SIGNS, spoken, titleOf } from "./lines";
import { Message } from "./message";
import { hasFailed, jsonLines, KINDS, Selection } from "./selection";
import { count, number } from "./texts";
import type { PanelActions, TrafficView, View } from "./view";

/** Height of a row, as in panel.css. */
const ROW = 26;
/** Rows drawn above and below what is seen. */
const MORE = 6;

let views = 0;

export class TrafficTab implements TrafficView {
  readonly element: HTMLElement;
  readonly #actions: PanelActions;
  readonly #selection = new Selection();
  readonly #box = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter messages",
    title: "Key: /",
    input: () => this.#change(() => this.#selection.search(this.#box.value)),
  });
  readonly #list = h("div", {
    class: "crmw-rows",
    role: "listbox",
    tabindex: 0,
    "aria-label": "Messages",
  });
  readonly #view = h("div", { class: "crmw-log", scroll: () => this.#draw() }, this.#list);
  readonly #pause: HTMLElement;
  readonly #count = h("span", { class: "crmw-dim" });
  readonly #said = h("span", { role: "status" });
  readonly #rows = new Map<number, { element: HTMLElement; state: string }>();
  readonly #prefix = `crmwm${++views}${Math.random().toString(36).slice(2, 7)}-`;
  readonly #resized = new ResizeObserver(() => this.#draw());
  #drawn: View | null = null;
  #open = false;
  /** `n` of the line on which the keyboard is; 0: on none. */
  #active = 0;
  #message: Message | null = null;
  /** `n` of the line that is opened. */
  #opened = 0;

  constructor(actions: PanelActions) {
    this.#actions = actions;
    this.#pause = button("Pause", () =>
      this.#change((view) => this.#selection.pause(view.timeline)),
    );
    const chips = KINDS.map((kind) => {
      const chip = button(kind, () =>
        this.#change(() => (chip.ariaPressed = `${this.#selection.toggle(kind)}`)),
      );
      chip.ariaPressed = "false";
      return chip;
    });
    this.element = h(
      "div",
      { class: "crmw-traffic" },
      h(
        "div",
        { class: "crmw-paging" },
        this.#box,
        this.#pause,
        button("Clear", () => this.#change((view) => this.#selection.clear(view.timeline))),
        button("Copy all", () => this.#copy(this.#selection.lines), "", "Copy all shown messages"),
      ),
      h("div", { class: "crmw-paging" }, ...chips, this.#count, this.#said),
      this.#view,
      h(
        "div",
        { class: "crmw-legend" },
        ...["page", "channel", "queue", "handler", "back"].map((name) =>
          h("span", {}, h("i", { class: `crmw-stage crmw-in-${name}` }), name),
        ),
      ),
    );
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", ({ target }) => {
      const n = target instanceof Element && target.closest<HTMLElement>("[data-n]")?.dataset.n;
      if (n) this.#toggle(Number(n));
    });
    this.#resized.observe(this.#view);
  }

  /** The tab is shown, or not any more. */
  show(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    this.#actions.watch(open);
    if (open && this.#drawn) this.update(this.#drawn);
    if (open) this.#view.scrollTop = this.#view.scrollHeight;
  }

  dispose(): void {
    this.#resized.disconnect();
  }

  update(view: View): void {
    this.#drawn = view;
    if (!this.#open) return;
    const { lines } = this.#selection;
    const { scrollTop, clientHeight, scrollHeight } = this.#view;
    const atEnd = scrollTop + clientHeight > scrollHeight - ROW;
    const gone = this.#selection.update(view.timeline);
    if (this.#opened && this.#at(this.#opened) < 0) this.#close();
    this.#message?.update(view);
    this.#height();
    if (atEnd && !this.#message) this.#view.scrollTop = this.#view.scrollHeight;
    else if (gone) this.#view.scrollTop = scrollTop - gone * ROW;
    const waiting = this.#selection.waiting(view.timeline);
    setText(this.#pause, this.#selection.paused ? `Resume (${number(waiting)} new)` : "Pause");
    const { first, last } = view.timeline;
    const of = lines.length < last - first + 1 ? ` of ${number(last - first + 1)}` : "";
    const dropped = first > 1 ? `, ${number(first - 1)} older ones dropped` : "";
    setText(this.#count, `${number(lines.length)}${of}${dropped}`);
    this.#draw();
  }

  #change(change: (view: View) => void): void {
    if (!this.#drawn) return;
    change(this.#drawn);
    setText(this.#said, "");
    this.update(this.#drawn);
  }

  // ---------------------------------------------------------------- rows
  #at(n: number): number {
    return this.#selection.indexOf(n);
  }

  /** Where row `i` begins. */
  #top(i: number): number {
    const below = this.#message && i > this.#at(this.#opened);
    return i * ROW + (below ? (this.#message?.element.offsetHeight ?? 0) : 0);
  }

  #height(): void {
    this.#list.style.height = `${this.#top(this.#selection.lines.length)}px`;
  }

  #draw(): void {
    const view = this.#drawn;
    if (!this.#open || !view) return;
    this.#height();
    const { lines } = this.#selection;
    const { scrollTop, clientHeight } = this.#view;
    const height = this.#message?.element.offsetHeight ?? 0;
    const from = Math.max(0, Math.floor((scrollTop - height) / ROW) - MORE);
    const to = Math.min(lines.length, Math.ceil((scrollTop + clientHeight) / ROW) + MORE);
    const seen = new Set<number>();
    for (let i = from; i < to; i++) {
      const line = lines[i] as Line;
      seen.add(line.n);
      this.#row(line, i, view.got);
    }
    for (const [n, { element }] of this.#rows) {
      if (seen.has(n)) continue;
      element.remove();
      this.#rows.delete(n);
    }
    if (this.#message) {
      this.#message.element.style.top = `${(this.#at(this.#opened) + 1) * ROW}px`;
    }
  }

  #row(line: Line, i: number, got: number): void {
    const { n, rev, seq } = line;
    const state = `${rev} ${seq > got} ${n === this.#active} ${n === this.#opened}`;
    const found = this.#rows.get(n);
    const element = found?.state === state ? found.element : this.#made(line, got);
    if (element !== found?.element) {
      if (found) found.element.replaceWith(element);
      else this.#list.append(element);
      this.#rows.set(n, { element, state });
    }
    element.style.top = `${this.#top(i)}px`;
    const [at, size] = [`${i + 1}`, `${this.#selection.lines.length}`];
    if (element.ariaPosInSet !== at) element.ariaPosInSet = at;
    if (element.ariaSetSize !== size) element.ariaSetSize = size;
  }

  #made(line: Line, got: number): HTMLElement {
    const { n, at, way, re } = line;
    const { level, text, why } = markOf(line, got);
    const took = tookOf(line);
    const open = n === this.#opened ? ", open" : "";
    return h(
      "div",
      {
        class: `crmw-row crmw-${hasFailed(line) ? "bad" : level} ${re > 0 ? "crmw-answer" : ""}`,
        role: "option",
        id: `${this.#prefix}${n}`,
        "data-n": n,
        "aria-selected": `${n === this.#active}`,
        "aria-label": spoken(line, got) + open,
      },
      h("span", { class: "crmw-dim" }, ...clock(at)),
      h("span", {}, SIGNS[way]),
      h("span", { class: "crmw-action" }, titleOf(line)),
      h("span", { class: "crmw-mark", title: why.join("; ") }, text),
      h("span", { class: "crmw-took" }, took === null ? "" : ms(took)),
      bar(line),
    );
  }

  // ---------------------------------------------------------------- a person
  /** Puts the keyboard on row `i` and brings it into view. */
  #go(i: number): void {
    const { lines } = this.#selection;
    const line = lines[Math.min(Math.max(i, 0), lines.length - 1)];
    if (!line) return;
    this.#active = line.n;
    const top = this.#top(this.#at(line.n));
    const { scrollTop, clientHeight } = this.#view;
    if (top < scrollTop) this.#view.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.#view.scrollTop = top + ROW - clientHeight;
    this.#list.setAttribute("aria-activedescendant", `${this.#prefix}${line.n}`);
    this.#draw();
  }

  #toggle(n: number): void {
    const same = n === this.#opened;
    this.#close();
    this.#go(this.#at(n));
    const line = same ? undefined : this.#drawn?.timeline.get(n);
    if (!line || !this.#drawn) return;
    this.#opened = n;
    this.#message = new Message(line, this.#actions, {
      jump: (to) => this.#jump(to),
      copy: (each) => this.#copy([each]),
    });
    this.#message.update(this.#drawn);
    this.#view.append(this.#message.element);
    this.#resized.observe(this.#message.element);
    this.#draw();
    this.#message.element.scrollIntoView({ block: "nearest" });
  }

  #close(): void {
    if (!this.#message) return;
    if (focused(this.#message.element)) this.#list.focus({ preventScroll: true });
    this.#resized.unobserve(this.#message.element);
    this.#message.element.remove();
    this.#message = null;
    this.#opened = 0;
    this.#draw();
  }

  #jump(n: number): void {
    const i = this.#at(n);
    if (i < 0) {
      setText(this.#said, "It is not among the messages shown.");
      return;
    }
    this.#close();
    this.#go(i);
    this.#toggle(n);
    this.#list.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    const { key, target } = event;
    const typing = target instanceof Element && target.matches("input, textarea");
    const i = this.#at(this.#active);
    const page = Math.floor(this.#view.clientHeight / ROW) || 1;
    const last = this.#selection.lines.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: i + 1,
      ArrowUp: i < 0 ? last : i - 1,
      PageDown: i + page,
      PageUp: i - page,
      Home: 0,
      End: last,
    };
    const move = moves[key];
    if (key === "/" && !typing) this.#box.focus();
    else if (key === "Escape" && (this.#message || target === this.#box)) {
      if (target !== this.#box) this.#close();
      else if (this.#box.value) {
        this.#box.value = "";
        this.#change(() => this.#selection.search(""));
      }
      this.#list.focus({ preventScroll: true });
    } else if (target !== this.#list) return;
    else if (move !== undefined) this.#go(move);
    else if ((key === "Enter" || key === " ") && this.#active) this.#toggle(this.#active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #copy(lines: readonly Line[]): Promise<void> {
    const done = `Copied ${count(lines.length, "message")}, with people's data as they are.`;
    setText(this.#said, await copied(jsonLines(lines), done));
  }
}

/** Not as an attribute, which a page's content policy may forbid. */
function styled(element: HTMLElement, name: "flex" | "width", value: string): HTMLElement {
  element.style[name] = value;
  return element;
}

/** As long as the time is, by its logarithm: 1 s and more is all of it. */
function bar(line: Line): HTMLElement {
  const took = tookOf(line) ?? 0;
  const width = Math.min(100, Math.round(33 * Math.log10(took + 1)));
  const parts = stagesOf(line).map(([name, each]) =>
    styled(h("i", { class: `crmw-stage crmw-in-${name}` }), "flex", `${each}`),
  );
  return h("span", { class: "crmw-bars" }, styled(h("span", {}, ...parts), "width", `${width}%`));
}
