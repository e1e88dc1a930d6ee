/**
 * Diagnosis: why the phone is not ready, or that it is, and everything that was looked at.
 *
 * Python looks, because it knows the most; where it does not answer, that is the diagnosis.
 */

import type { ShownDiagnosis } from "../core/wire";
import { button, type Child, copied, h, Part, setText } from "./dom";
import { mute, verdictOf } from "./texts";
import type { PanelActions, View } from "./view";

/** ms in which Python should have answered: asking an address takes it up to 5 s. */
const PATIENCE = 8_000;

export class DiagnosisTab {
  readonly element: HTMLElement;
  readonly #actions: PanelActions;
  readonly #part = new Part<ShownDiagnosis | null>(h("div", { "aria-live": "polite" }), (found) =>
    found ? draw(found) : [],
  );
  readonly #said = h("span", { role: "status" });
  #view: View | null = null;
  /** What stood there when it was asked for another one. */
  #before: ShownDiagnosis | null = null;
  #at = 0;
  #timer = 0;
  #asking = false;
  #late = false;

  constructor(actions: PanelActions) {
    this.#actions = actions;
    this.element = h(
      "div",
      { class: "crmw-diagnosis" },
      this.#part.element,
      h(
        "div",
        { class: "crmw-paging" },
        button("Look again", () => this.open()),
        button("Copy", () => this.#copy()),
        this.#said,
      ),
    );
  }

  /** The tab is shown, or somebody wants to know again. */
  open(): void {
    if (!this.#view || this.#asking) return;
    this.#before = this.#view.diagnosis;
    this.#asking = true;
    this.#late = false;
    this.#timer = setTimeout(() => {
      this.#asking = false;
      this.#late = true;
      this.#draw();
    }, PATIENCE);
    this.#actions.diagnose();
    this.#draw();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  update(view: View): void {
    this.#view = view;
    if (view.diagnosis !== this.#before) {
      this.#before = view.diagnosis;
      clearTimeout(this.#timer);
      this.#asking = this.#late = false;
      this.#at = Date.now();
    }
    this.#draw();
  }

  get #found(): ShownDiagnosis | null {
    return this.#view && (mute(this.#view, this.#late) ?? this.#view.diagnosis);
  }

  #draw(): void {
    const found = this.#found;
    this.#part.update(found);
    const time = new Date(this.#at).toLocaleTimeString();
    const said = found === this.#view?.diagnosis && found ? `As of ${time}` : "";
    setText(this.#said, this.#asking ? "Looking." : said);
  }

  async #copy(): Promise<void> {
    const found = this.#found;
    if (found) setText(this.#said, await copied(asText(found), "Copied."));
  }
}

function draw({ cause, sentence, good, checks }: ShownDiagnosis): Child[] {
  return [
    h(
      "p",
      { class: `crmw-cause crmw-${good ? "good" : "bad"}` },
      h("b", { class: "crmw-attention" }, cause),
    ),
    h("p", { class: "crmw-verdict" }, sentence),
    h(
      "ul",
      { class: "crmw-checks", "aria-label": "Checks" },
      ...checks.map(({ name, verdict, evidence, advice }) =>
        h(
          "li",
          { class: `crmw-${verdictOf(verdict)}` },
          h("span", { class: "crmw-attention" }, verdict),
          h("b", {}, name),
          h("span", {}, evidence, advice ? h("p", { class: "crmw-dim" }, advice) : null),
        ),
      ),
    ),
  ];
}

function asText({ cause, sentence, checks }: ShownDiagnosis): string {
  const lines = checks.map(({ name, verdict, evidence, advice }) =>
    `${verdict}  ${name}: ${evidence} ${advice}`.trim(),
  );
  return [`${cause}: ${sentence}`, ...lines].join("\n");
}
