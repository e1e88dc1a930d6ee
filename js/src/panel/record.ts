/**
 * Record: the card of who is calling, or why there is none.
 *
 * Several contacts are shown side by side and none is opened: opening the wrong one would show a
 * customer somebody else's data.
 */

import type { ShownContact, ShownMatch, ShownRecord } from "../core/wire";
import { button, type Child, h, link, Part } from "./dom";
import type { PanelActions, View } from "./view";
import {
  call,
  heading,
  mailUrl,
  nobody,
  reason,
  rows,
  rule,
  safeUrl,
  verdict,
  webUrl,
} from "./words";

export class RecordTab {
  readonly element: HTMLElement;
  readonly #parts: [Part<ShownRecord | null>, Part<string | null>, Part<ShownRecord | null>];
  readonly #empty = new Part(h("p", { class: "crmw-empty" }), emphasised);
  #record: ShownRecord | null | undefined;

  constructor(actions: PanelActions) {
    this.#parts = [
      new Part(h("div"), (record) => drawAnswer(record, actions)),
      new Part(h("div"), (html) => (html === null ? [] : [page(html)])),
      new Part(h("div", { class: "crmw-foot" }), (record) => drawFoot(record, actions)),
    ];
    const elements = this.#parts.map(({ element }) => element);
    this.element = h("div", { class: "crmw-record" }, this.#empty.element, ...elements);
  }

  update(view: View): void {
    const { record } = view;
    this.#empty.element.hidden = record !== null;
    this.#empty.update(record ? "" : nobody(view));
    if (record === this.#record) return;
    this.#record = record;
    const [answer, html, foot] = this.#parts;
    // The document and the handler's fate apart: a changed handler must not load the document again
    answer.update(record && { ...record, html: record.html && "", changed: false });
    html.update(record ? record.html : null);
    foot.update(record && { ...record, html: null });
  }
}

/** A [Call] for one number; `blockCalls` keeps it in step with click-to-dial. */
export function callButton(
  number: string,
  kind: string | null,
  contact: ShownContact,
  actions: PanelActions,
): HTMLElement {
  const { id, name } = contact;
  const dial = () => {
    if (made.ariaDisabled !== "true") actions.dial(number, { id, name });
  };
  const said = ["Call", name, number, kind].filter(Boolean).join(" ");
  const made = button("Call", dial, "crmw-call", said);
  return made;
}

/** Not `disabled`: the reason in the title must be reachable by keyboard. */
export function blockCalls(within: HTMLElement, why: string | null): void {
  for (const each of within.querySelectorAll<HTMLElement>(".crmw-call")) {
    if (each.title === (why ?? "")) continue;
    each.title = why ?? "";
    each.ariaDisabled = why && "true";
  }
}

/** A sentence with one *emphasised* part. */
function emphasised(text: string): Child[] {
  return text.split("*").map((part, i) => (i % 2 ? h("b", {}, part) : part));
}

function drawAnswer(record: ShownRecord | null, actions: PanelActions): Child[] {
  if (!record) return [];
  const { matches } = record;
  const several = matches.length > 1;
  const guessed = matches.length > 0 && !matches.some(({ certain }) => certain);
  const said = verdict(record);
  const href = record.link && safeUrl(record.link.url);
  return [
    h(
      "div",
      { class: "crmw-asked" },
      h("span", {}, `${heading(record)} `, h("b", {}, record.asked)),
      h("span", {}, new Date(record.at).toLocaleTimeString()),
    ),
    said === null ? null : h("p", { class: "crmw-verdict" }, said),
    record.link &&
      h("p", {}, href ? link(href, record.link.text || href, "crmw-button") : record.link.text),
    matches.length > 0
      ? h(
          "div",
          { class: "crmw-cards" },
          ...matches.map((match, index) =>
            card(match, several || guessed ? () => actions.choose(index) : null, several, actions),
          ),
        )
      : null,
  ];
}

function card(
  match: ShownMatch,
  choose: (() => void) | null,
  several: boolean,
  actions: PanelActions,
): HTMLElement {
  const { contact } = match;
  const href = contact.url && webUrl(contact.url);
  const name = contact.name || "(no name)";
  return h(
    "div",
    { class: "crmw-card", role: "group", "aria-label": name },
    h(
      "div",
      { class: "crmw-head" },
      h("b", { class: "crmw-name" }, name),
      href ? link(href, "Open in CRM", "crmw-button") : null,
      choose && button("This one", choose, "", `This one: ${name}`),
    ),
    h(
      "dl",
      {},
      ...(contact.id === null ? [] : row("id", `${contact.id}`)),
      ...contact.phones.flatMap(({ number, kind }) =>
        row("phone", `${number} `, h("i", {}, kind), callButton(number, kind, contact, actions)),
      ),
      ...rows(contact).flatMap(([term, text]) => row(term, value(term, text))),
    ),
    several ? h("p", { class: doubt(match) }, rule(match)) : null,
  );
}

/** The colour of a match that is a guess. */
function doubt(match: ShownMatch | undefined): string {
  return !match || match.certain ? "crmw-dim" : "crmw-attention crmw-warn";
}

function row(term: string, ...said: Child[]): HTMLElement[] {
  return [h("dt", {}, term), h("dd", {}, ...said)];
}

function value(term: string, text: string): Child {
  const href = term === "email" ? mailUrl(text) : null;
  return href ? link(href, text) : text;
}

/** A document of the handler's: no script runs in it, and it cannot reach the page. */
function page(html: string): HTMLElement {
  return h("iframe", {
    class: "crmw-page",
    sandbox: "",
    srcdoc: html,
    title: "The handler's answer",
  });
}

function drawFoot(record: ShownRecord | null, actions: PanelActions): Child[] {
  if (!record) return [];
  const { changed, handler, matches } = record;
  const again = handler && changed;
  return [
    h("p", { class: doubt(matches[0]) }, reason(record)),
    again
      ? h(
          "p",
          { class: "crmw-changed" },
          `${call(handler)} has changed since. `,
          button("Run again", () => actions.runAgain()),
        )
      : null,
  ];
}
