/**
 * Message: one line of the timeline, opened: all that is known of it, and its message to run again.
 *
 * A message is hostile: it becomes text in a <pre> or a <textarea>, and nothing else.
 */

import { incoming } from "../core/actions.gen";
import { isPlain } from "../core/guard";
import type { Line } from "../core/timeline";
import type { ShownRan } from "../core/wire";
import { button, type Child, h, Part, setText } from "./dom";
import { markOf, ms, pretty, story, titleOf } from "./lines";
import { count } from "./texts";
import type { PanelActions, View } from "./view";

interface Ways {
  /** Shows another line. */
  jump(n: number): void;
  copy(line: Line): void;
}

/** Numbers of the questions to the kernel; another view's answer is not ours. */
let asked = Math.floor(Math.random() * 1e9);

export class Message {
  readonly element: HTMLElement;
  readonly #line: Line;
  readonly #facts = new Part<string[]>(h("div"), (facts) => facts.map((each) => h("p", {}, each)));
  readonly #ran = new Part<ShownRan | null>(h("div"), (ran) => (ran ? drawRan(ran) : []));
  readonly #reply: HTMLElement;
  readonly #said = h("p", { role: "status" });
  readonly #pre: HTMLElement;
  readonly #actions: PanelActions;
  #ask = 0;

  constructor(line: Line, actions: PanelActions, ways: Ways) {
    this.#line = line;
    this.#actions = actions;
    const { n, way, re, text } = line;
    this.#reply = button("Go to its answer", () => ways.jump(line.reply));
    this.#pre = h("pre", { tabindex: 0, "aria-label": "Content" }, pretty(text));
    const steps = h(
      "div",
      { class: "crmw-paging" },
      button("Copy", () => ways.copy(line)),
      re > 0 ? button("Go to its request", () => ways.jump(re)) : null,
      this.#reply,
    );
    if (way === "received") {
      const edit = button("Run again with today's handler", () => {
        edit.remove();
        this.#edit();
      });
      steps.append(edit);
    }
    this.element = h(
      "div",
      { class: "crmw-message", role: "region", "aria-label": `Message ${n}: ${titleOf(line)}` },
      this.#facts.element,
      steps,
      this.#pre,
    );
  }

  update({ got, ran, kernel }: View): void {
    const { why } = markOf(this.#line, got);
    this.#facts.update([story(this.#line), ...why.map((each) => `${each}.`)].filter(Boolean));
    this.#reply.hidden = this.#line.reply === 0;
    if (this.#ask === 0) return;
    const ours = ran?.ask === this.#ask ? ran : null;
    const came = this.#ran.update(ours) && ours !== null;
    const away = kernel.state === "connected" ? "" : " Python is away, it runs when it is back.";
    setText(this.#said, ours ? verdict(ours) : `Running.${away}`);
    if (came) this.#ran.element.scrollIntoView({ block: "nearest" });
  }

  /** The message as text to change, in the place of the message. */
  #edit(): void {
    const { action, data } = JSON.parse(this.#line.text);
    const box = h("textarea", { rows: 7, "aria-label": "Message to run", spellcheck: "false" });
    box.value = JSON.stringify({ action, data }, null, 2);
    const note = "What the handler does is real; its answer comes here and not to the connector.";
    const press = () => {
      const kept = this.#send(box.value, run.textContent !== SURE);
      setText(run, kept ? SURE : "Run");
    };
    const run = button("Run", press, "crmw-run");
    const part = h("div", { class: "crmw-paging" }, run, h("span", { class: "crmw-dim" }, note));
    this.#pre.replaceWith(box, part, this.#said, this.#ran.element);
    part.scrollIntoView({ block: "nearest" });
    box.focus();
  }

  /** Whether it is an interaction log, for which a person has to say yes first. */
  #send(text: string, ask: boolean): boolean {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (error) {
      setText(this.#said, `This is no JSON: ${(error as Error).message}`);
      return false;
    }
    if (!isPlain(message) || typeof message.action !== "string") {
      setText(this.#said, 'A message has an "action", and most have "data".');
      return false;
    }
    if (ask && incoming(message.action)?.kept) {
      setText(this.#said, "This is an interaction log: the handler saves it once more, for real.");
      return true;
    }
    this.#ask = ++asked;
    this.#ran.update(null);
    setText(this.#said, "Running.");
    this.#actions.runMessage(this.#ask, message.action, message.data ?? null);
    return false;
  }
}

const SURE = "Save it for real";

function verdict({ answers, shown, by, error, ms: took }: ShownRan): string {
  const who = by ?? "nobody";
  const time = took === null ? "" : ` in ${ms(took)}`;
  if (error !== null) return `Failed, ${who}${time}: ${error}`;
  const given = answers.length > 0 ? count(answers.length, "answer") : "Run";
  const seen = shown && (shown.length > 0 ? `, shows ${shown.join(", ")}` : ", shows no contact");
  return `${given} by ${who}${time}${seen ?? ""}.`;
}

function drawRan({ answers, problems }: ShownRan): Child[] {
  return [
    ...problems.map((each) => h("p", {}, `${each}.`)),
    ...answers.map((each) => h("pre", { tabindex: 0 }, pretty(JSON.stringify(each)))),
  ];
}
