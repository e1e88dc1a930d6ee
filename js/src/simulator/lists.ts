/** Lists: address book, history and notifications of the simulated phone. */

import type { State } from "../connector/connector";
import { entry } from "../connector/numbers";
import { does, html, icon, type Markup } from "./markup";

/** Rows of the address book that are drawn; the search narrows the rest. */
const ROWS = 60;

/** Two letters for somebody, or a phone for nobody. */
export function face(name: string, style: string): Markup {
  const letters = name.replace(/(\S)\S*\s*/gu, "$1").slice(0, 2);
  return html`<i class="face ${style}" aria-hidden="true">${letters || icon("phone")}</i>`;
}

/** A name if there is one, else the number; a withheld number is said in words. */
export function called({ name, number }: { name: string; number: string }): string {
  return name || number || "Number withheld";
}

/** The address book; its rows are drawn apart, so that a search redraws only them. */
export function book({ directory, directoryDue }: State): Markup {
  return list(
    "Address book",
    directory?.length && html`${search}<ul id="rows"></ul>`,
    directoryDue ? "Asking the page for its contacts..." : "The page has given no contacts.",
  );
}

export const search = html`<input id="search" placeholder="Search" aria-label="Search">`;

/** The contacts that `typed` finds in name, number or address; each does `verb` when pressed. */
export function rows({ directory }: State, typed = "", verb: "call" | "ring" = "call"): Markup {
  const plain = (text: string) => text.toLowerCase().replace(/[\s().-]/g, "");
  const found: Markup[] = [];
  // Only a caller can have a number that nobody knows.
  const own = verb === "ring" && /\d/.test(typed) ? [{ phone: typed }] : [];
  for (const record of [...own, ...(directory ?? [])]) {
    const { name, phone, email } = entry(record);
    if (!plain(`${name} ${phone} ${email}`).includes(plain(typed))) continue;
    // A book of a million is not walked to its end for rows that nobody sees.
    if (found.length === ROWS) return html`${found}<li><small>Search for more</small>`;
    const act = phone ? does(verb, { number: phone, name }) : html`disabled`;
    found.push(
      html`<li><button class="row" ${act}>${face(name, "small")}
      <span>${name || phone}<small>${(name && phone) || email}</small></span>${icon("phone")}</button>`,
    );
  }
  return html`${found}`;
}

export function history({ history }: State): Markup {
  const items = history.map(
    ({ who, date, time, topic, notes, task }) =>
      html`<li class="item"><b>${who}</b><small>${date} ${time}</small><span>${topic}</span>
      <code title="taskId, the id of the stored record">${task}</code><small>${notes}</small>`,
  );
  return list(
    "History",
    items.length && html`<ul>${items}</ul>`,
    "A log that the page has saved comes back with createHistoryItem.",
  );
}

export function notices({ notices }: State): Markup {
  const items = notices.map(
    ({ severity, title, text, kind, at }) =>
      html`<li class="item"><b>${title || severity}</b><small>${new Date(at).toTimeString().slice(0, 8)}</small>
      <span>${text}</span><small>${severity}, ${kind}</small>`,
  );
  return list(
    "Alerts",
    items.length && html`<ul>${items}</ul>`,
    "What displayErrorNotification brings is kept here.",
  );
}

function list(title: string, content: Markup | number | undefined, none: string): Markup {
  return html`<div class="list"><h2>${title}</h2>${content || html`<p>${none}</p>`}</div>`;
}
