/**
 * Record: the card of who is calling, or where the question for it stands.
 *
 * Several contacts are shown side by side and none is opened: opening the wrong one would show a
 * customer somebody else's data.
 */

import type { ShownContact, ShownMatch, ShownRecord } from "../core/wire";
import { button, type Child, h, link, Part, setText } from "./dom";
import {
  course,
  heading,
  mailUrl,
  nobody,
  type Progress,
  progress,
  reason,
  rows,
  rule,
  safeUrl,
  subject,
  timeOf,
  verdict,
  webUrl,
} from "./texts";
import type { PanelActions, View } from "./view";

/** What is drawn anew when it changes, each part on its own. */
interface Parts {
  head: { about: string; whom: string; at: string } | null;
  progress: { said: Progress | null; again: boolean; open: boolean };
  answer: ShownRecord | null;
  html: string | null;
  foot: ShownRecord | null;
}

export class RecordTab {
  readonly element: HTMLElement;
  readonly #parts: { [K in keyof Parts]: Part<Parts[K]> };
  readonly #empty = new Part(h("p", { class: "crmw-empty" }), emphasised);
  #view: View | null = null;
  /** The failed question of which the details are shown. */
  #open: string | null = null;

  constructor(actions: PanelActions) {
    this.#parts = {
      head: new Part(h("div"), drawHead),
      progress: new Part(h("div"), (value) => this.#drawProgress(value, actions)),
      answer: new Part(h("div"), (record) => drawAnswer(record, actions)),
      html: new Part(h("div"), (html) => (html === null ? [] : [page(html)])),
      foot: new Part(h("div", { class: "crmw-foot" }), (record) => drawFoot(record, actions)),
    };
    const elements = Object.values(this.#parts).map(({ element }) => element);
    this.element = h("div", { class: "crmw-record" }, this.#empty.element, ...elements);
  }

  update(view: View): void {
    this.#view = view;
    const { record } = view;
    const { head, progress: state, answer, html, foot } = this.#parts;
    this.#empty.element.hidden = record !== null;
    this.#empty.update(record ? "" : nobody(view));
    const said = progress(view);
    const again = Boolean(record?.id && said && !said.asking && !record.changed);
    const about = record && {
      about: heading(record),
      whom: subject(record),
      at: timeOf(record.at),
    };
    head.update(about);
    state.update({ said, again, open: record !== null && this.#open === record.id });
    // Apart: neither a changed handler nor a log must load the document again
    const plain = { changed: false, log: null, error: null, id: null };
    answer.update(record && { ...record, ...plain, html: record.html && "" });
    html.update(record ? record.html : null);
    foot.update(record && { ...record, html: null });
    this.element.classList.toggle("crmw-asks", said?.asking === true);
    for (const timer of this.element.querySelectorAll<HTMLElement>("[role=timer]")) {
      setText(timer, view.waited > 0 ? `${view.waited} s` : "");
    }
  }

  #drawProgress({ said, again, open }: Parts["progress"], actions: PanelActions): Child[] {
    if (!said) return [];
    const toggle = () => {
      this.#open = open ? null : (this.#view?.record?.id ?? null);
      if (this.#view) this.update(this.#view);
    };
    const show = said.more ? button("Show", toggle) : null;
    if (show) show.ariaExpanded = `${open}`;
    const run = again ? button("Run again", () => actions.runAgain(), "crmw-python") : null;
    return [
      h(
        "div",
        { class: `crmw-progress crmw-${said.level}` },
        h("span", { class: "crmw-said" }, said.text),
        said.asking ? h("span", { role: "timer", class: "crmw-dim" }) : null,
        show,
        run,
        open && said.more ? h("p", { class: "crmw-more" }, said.more) : null,
      ),
    ];
  }
}

/** A [Call] for one number; the panel keeps it in step with click-to-dial. */
export function callButton(
  number: string,
  kind: string | null,
  contact: ShownContact,
  actions: PanelActions,
): HTMLElement {
  const { id, name } = contact;
  const said = ["Call", name, number, kind].filter(Boolean).join(" ");
  return button("Call", () => actions.dial(number, { id, name }), "crmw-call", said);
}

/** A sentence with one *emphasised* part. */
function emphasised(text: string): Child[] {
  return text.split("*").map((part, i) => (i % 2 ? h("b", {}, part) : part));
}

function drawHead(head: Parts["head"]): Child[] {
  if (!head) return [];
  const { about, whom, at } = head;
  return [
    h(
      "div",
      { class: "crmw-asked" },
      h("span", {}, `${about} `, h("b", {}, whom)),
      h("span", {}, at),
    ),
  ];
}

function drawAnswer(record: ShownRecord | null, actions: PanelActions): Child[] {
  if (!record) return [];
  const { matches } = record;
  const several = matches.length > 1;
  const guessed = matches.length > 0 && !matches.some(({ certain }) => certain);
  const said = verdict(record);
  const href = record.link && safeUrl(record.link.url);
  return [
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
      choose && button("This one", choose, "crmw-python", `This one: ${name}`),
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

// What a CRM's text may have put into it must not tell another server who is calling. It goes
// behind a doctype, in front of which it would switch the page to old rules of layout.
const CLOSED = `<meta http-equiv="Content-Security-Policy" content="default-src 'none';
  style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; form-action 'none'"
  ><meta http-equiv="x-dns-prefetch-control" content="off">`;

/** A document of the handler's: no script runs in it, it loads nothing, and cannot reach the page. */
function page(html: string): HTMLElement {
  return h("iframe", {
    class: "crmw-page",
    sandbox: "",
    srcdoc: html.replace(/^\s*(?:<!doctype[^>]*>)?/i, (start) => start + CLOSED),
    title: "The handler's answer",
  });
}

function drawFoot(record: ShownRecord | null, actions: PanelActions): Child[] {
  if (!record) return [];
  const { changed, handler, matches, stage, id } = record;
  const became = course(record);
  return [
    stage === "found" ? h("p", { class: doubt(matches[0]) }, reason(record)) : null,
    became === null ? null : h("p", { class: "crmw-dim" }, became),
    handler && changed && id !== null
      ? h(
          "p",
          { class: "crmw-changed" },
          `${handler} has changed since. `,
          button("Run again", () => actions.runAgain(), "crmw-python"),
        )
      : null,
  ];
}
