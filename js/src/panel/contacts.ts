/**
 * Contacts: the directory, searched in Python and shown a page at a time.
 *
 * The kernel answers in its own time: an answer to an earlier text than the one asked last is not
 * shown, and a page is added only where it continues the list.
 */

import type { ShownContact, ShownContacts } from "../core/wire";
import { button, h, setText } from "./dom";
import { callButton } from "./record";
import { count, number } from "./texts";
import type { PanelActions, View } from "./view";

/** Milliseconds without a key before a search is asked for. */
const PAUSE = 200;

export class ContactsTab {
  readonly element: HTMLElement;
  readonly #box = h("input", {
    type: "search",
    placeholder: "Search contacts",
    "aria-label": "Search contacts",
    autocomplete: "off",
    spellcheck: "false",
    input: () => this.#typed(),
  });
  readonly #list = h("ul", { class: "crmw-list", "aria-label": "Contacts" });
  readonly #said = h("span", { role: "status" });
  readonly #more: HTMLElement;
  readonly #recognised = h("p", { class: "crmw-dim" });
  readonly #actions: PanelActions;
  #timer = 0;
  /** The text asked for last; null before the first time. */
  #asked: string | null = null;
  #drawn: ShownContacts | null = null;
  #rows = 0;
  /** What the directory was when it was asked; another one is asked again. */
  #directory = "";
  #simulated = false;

  constructor(actions: PanelActions) {
    this.#actions = actions;
    this.#more = button(
      "Show more",
      () => actions.search(this.#asked ?? "", this.#rows),
      "crmw-python",
    );
    this.element = h(
      "div",
      { class: "crmw-contacts" },
      this.#box,
      this.#list,
      h("div", { class: "crmw-paging" }, this.#said, this.#more),
      this.#recognised,
    );
  }

  /** The tab is shown: the first time, the contacts are asked for. */
  open(): void {
    if (this.#asked === null) this.#ask();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  update({ contacts, summary, simulated }: View): void {
    this.#simulated = simulated;
    setText(this.#recognised, summary?.recognised ?? "");
    const directory = summary ? `${summary.contacts} ${summary.recognised}` : this.#directory;
    if (directory !== this.#directory) {
      this.#directory = directory;
      if (this.#asked !== null) this.#ask();
    }
    if (contacts && contacts !== this.#drawn && contacts.text === (this.#asked ?? "")) {
      this.#take(contacts);
    }
    setText(this.#said, this.#sentence(summary !== null && summary.contacts === null));
    this.#more.hidden = this.#drawn === null || this.#rows >= this.#drawn.matching;
  }

  #sentence(none: boolean): string {
    const drawn = this.#drawn;
    if (!drawn?.total) {
      if (none) return "No contacts. Give CRMWidget(directory=...) a dataframe.";
      return drawn ? "The directory is empty." : "Asking the kernel for contacts.";
    }
    if (drawn.matching === 0) return `None of ${count(drawn.total, "contact")} matches.`;
    const of = drawn.matching < drawn.total ? `matching of ${number(drawn.total)}` : "";
    const shown = this.#rows < drawn.matching ? `${number(this.#rows)} of ` : "";
    return `${shown}${count(drawn.matching, "contact")} ${of}`.trim();
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  #ask(): void {
    this.#asked = this.#box.value.trim();
    this.#actions.search(this.#asked, 0);
  }

  #take(contacts: ShownContacts): void {
    const { offset, rows } = contacts;
    const follows = this.#drawn?.text === contacts.text && offset === this.#rows;
    if (offset !== 0 && !follows) return;
    const drawn = rows.map((contact) => this.#row(contact));
    if (offset === 0) this.#list.replaceChildren(...drawn);
    else this.#list.append(...drawn);
    this.#rows = offset + rows.length;
    this.#drawn = contacts;
  }

  #row(contact: ShownContact): HTMLElement {
    return h(
      "li",
      {},
      h("b", {}, contact.name || "(no name)"),
      contact.phones.length > 0 ? null : h("p", {}, h("i", {}, "no number")),
      ...contact.phones.map(({ number, kind }) =>
        h(
          "div",
          { class: "crmw-number" },
          h("span", {}, `${number} `, h("i", {}, kind)),
          callButton(number, kind, contact, this.#actions),
          this.#simulated ? this.#letThemCall(number, contact) : null,
        ),
      ),
    );
  }

  #letThemCall(number: string, { name }: ShownContact): HTMLElement {
    const act = () => this.#actions.letThemCall(number, name);
    return button("Let them call", act, "crmw-python", `Let them call: ${name}, ${number}`);
  }
}
