/**
 * Status: the line above the frame, and the list of all that needs attention.
 *
 * It stands above because 600 px of frame push the foot of the widget out of sight, and it matters
 * most when the frame is white. Its text is a live region; its buttons stand outside of it.
 */

import { button, type Child, h, link, Part, setText } from "./dom";
import { type Attention, attentions, away, facts, question, type Step, state } from "./texts";
import type { PanelActions, View } from "./view";

/** What can be pressed beside the text. */
interface Steps {
  attention: Attention | null;
  /** How many notes there are beside the one shown. */
  others: number;
  open: boolean;
}

export class Status {
  readonly element: HTMLElement;
  readonly #dot = h("span", { class: "crmw-dot", "aria-hidden": "true" });
  readonly #word = h("b");
  readonly #where = h("span", { class: "crmw-where" });
  readonly #middle = new Part(h("span", { class: "crmw-middle" }), drawMiddle);
  readonly #steps: Part<Steps>;
  readonly #notes: Part<Attention[]>;
  readonly #popOut: HTMLElement[];
  readonly #aside = new Set<string>();
  readonly #actions: PanelActions;
  #view: View | null = null;
  #open = false;
  /** A person wants a reload that may end a call. */
  #asking = false;

  /** `unfold` shows the tabs where the layout has no room for them. */
  constructor(actions: PanelActions, unfold: () => void) {
    this.#actions = actions;
    const popOut = button("Pop out", () => actions.place("dock"));
    const [more, popOutItem] = menu(actions, unfold, () => this.#press("reload"));
    this.#popOut = [popOut, popOutItem];
    this.#steps = new Part(h("span", { class: "crmw-steps" }), (value) => this.#drawSteps(value));
    this.#notes = new Part(h("ul", { class: "crmw-notes", "aria-label": "Notes" }), (value) =>
      value.map((attention) => this.#drawNote(attention)),
    );
    this.#steps.element.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#asking) this.#press("keepFrame");
    });
    const state = h("span", { class: "crmw-state" }, this.#dot, this.#word);
    this.element = h(
      "div",
      { class: "crmw-status" },
      h(
        "div",
        { class: "crmw-bar", tabindex: -1 },
        h(
          "div",
          { class: "crmw-line", "aria-live": "polite" },
          state,
          this.#where,
          this.#middle.element,
        ),
        this.#steps.element,
        h("span", { class: "crmw-tools" }, popOut, more),
      ),
      this.#notes.element,
    );
  }

  update(view: View): void {
    this.#view = view;
    const all = attentions(view);
    const pending = all.filter(({ key }) => !this.#aside.has(key));
    const asked = this.#asking ? question(view) : null;
    this.#asking = asked !== null;
    const attention = asked ?? (pending[0] ? still(pending[0]) : null);
    const grave = attention && attention.level !== "info";
    const [word, level] = state(view);
    setText(this.#word, word);
    setText(this.#where, view.simulated ? "SIMULATOR" : (view.host ?? ""));
    this.#where.classList.toggle("crmw-badge", view.simulated);
    this.#dot.className = `crmw-dot crmw-${level === "good" && grave ? attention.level : level}`;
    for (const each of this.#popOut) each.hidden = away(view) !== null;

    this.#open &&= all.length > 0;
    this.#middle.update({ attention, facts: facts(view) });
    const others = asked ? 0 : all.length - (attention ? 1 : 0);
    this.#steps.update({ attention, others, open: this.#open });
    this.#notes.update(this.#open ? all.map(still) : []);
    this.#notes.element.hidden = !this.#open;
    for (const { clock } of all) if (clock) this.#tick(`${clock.seconds} s`);
  }

  /** A clock goes on without an announcement, and without a new button under the pointer. */
  #tick(text: string): void {
    for (const clock of this.element.querySelectorAll<HTMLElement>("[role=timer]")) {
      setText(clock, text);
    }
  }

  #drawSteps({ attention, others, open }: Steps): Child[] {
    const drawn: Child[] = [];
    if (others > 0 || attention?.lines) {
      const all = others > 0 ? `Show all ${others + 1}` : "Show";
      const label = attention ? all : `Notes ${others}`;
      const show = button(label, () => this.#change(() => (this.#open = !open)));
      show.setAttribute("aria-expanded", `${open}`);
      drawn.push(show);
    }
    if (!attention) return drawn;
    drawn.push(...this.#drawNext(attention));
    if (attention.aside) {
      const putAside = () => this.#change(() => this.#aside.add(attention.key));
      drawn.push(button("\u00d7", putAside, "crmw-quiet", "Put this note aside"));
    }
    return drawn;
  }

  #drawNote(attention: Attention): HTMLElement {
    const lines = (attention.lines ?? []).map((line) => h("li", {}, line));
    return h(
      "li",
      { class: `crmw-${attention.level}` },
      h("span", {}, ...words(attention)),
      ...this.#drawNext(attention),
      lines.length > 0 ? h("ul", {}, ...lines) : null,
    );
  }

  #drawNext({ steps = [] }: Attention): HTMLElement[] {
    return steps.map((step) =>
      "href" in step
        ? link(step.href, step.label, "crmw-button")
        : button(
            step.label,
            () => this.#press(step.act),
            step.act === "retry" ? "crmw-python" : "",
          ),
    );
  }

  #press(act: Extract<Step, { act: string }>["act"]): void {
    if (act === "retry") this.#actions.retry();
    else if (act === "reload" && this.#view && question(this.#view)) this.#ask();
    else {
      if (act !== "keepFrame") this.#actions.reloadFrame();
      this.#change(() => (this.#asking = false));
    }
  }

  /** The keyboard's place is where nothing is lost. */
  #ask(): void {
    this.#change(() => (this.#asking = true));
    const buttons = this.#steps.element.querySelectorAll("button");
    buttons[buttons.length - 1]?.focus({ preventScroll: true });
  }

  #change(change: () => void): void {
    change();
    if (this.#view) this.update(this.#view);
  }
}

type Middle = { attention: Attention | null; facts: string[] };

function drawMiddle({ attention, facts }: Middle): Child[] {
  if (!attention) return facts.map((fact) => h("span", { class: "crmw-dim" }, fact));
  return [h("span", { class: `crmw-attention crmw-${attention.level}` }, ...words(attention))];
}

/** Without the running seconds: what is compared must not change each second. */
function still(attention: Attention): Attention {
  const { clock } = attention;
  return clock ? { ...attention, clock: { ...clock, seconds: 0 } } : attention;
}

function words({ text, clock }: Attention): Child[] {
  return clock ? [text, h("span", { role: "timer" }), clock.rest] : [text];
}

/** The menu at the end of the line, and its item for the dock. The browser closes it. */
function menu(
  actions: PanelActions,
  unfold: () => void,
  reload: () => void,
): [HTMLElement, HTMLElement] {
  const items = h("div", { class: "crmw-items", popover: "" });
  const item = (label: string, act: () => void, className = "") => {
    const made = button(label, act, className);
    made.popoverTargetElement = items;
    items.append(made);
    return made;
  };
  const popOut = item("Pop out", () => actions.place("dock"), "crmw-narrow");
  item("Reload the phone (ends a call)", reload);
  item("Record and contacts", unfold, "crmw-tiny");
  const more = button("\u22ef", () => {}, "", "More");
  more.popoverTargetElement = items;
  return [h("span", {}, more, items), popOut];
}
