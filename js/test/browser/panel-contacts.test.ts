/** The Contacts tab: search, rows, paging, and what a call does to somebody who types. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { ShownContacts } from "../../src/core/wire";
import type { Panel, View } from "../../src/panel/view";
import {
  actions,
  clear,
  contact,
  find,
  has,
  record,
  SAM,
  show,
  summary,
  text,
  view,
} from "./panel-views";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  clear();
  vi.useRealTimers();
});

function page(over: Partial<ShownContacts> = {}): ShownContacts {
  return { text: "", total: 4, matching: 2, offset: 0, rows: [contact(), SAM], ...over };
}

/** A panel whose Contacts tab is open. */
function opened(over: Partial<View> = {}, act = actions()): Panel {
  const panel = show(view(over), { act });
  find(panel, "Contacts 4").click();
  return panel;
}

const box = (panel: Panel) => panel.element.querySelector("input") as HTMLInputElement;

function type(panel: Panel, words: string): void {
  box(panel).value = words;
  box(panel).dispatchEvent(new InputEvent("input"));
}

const names = (panel: Panel) =>
  [...panel.element.querySelectorAll(".crmw-list b")].map((each) => each.textContent);

test("contacts are asked for when the tab is first opened, not before and not again", () => {
  const act = actions();
  const panel = show(view(), { act });
  expect(act.search).not.toHaveBeenCalled();

  find(panel, "Contacts 4").click();
  find(panel, "Record").click();
  find(panel, "Contacts 4").click();

  expect(act.search).toHaveBeenCalledExactlyOnceWith("", 0);
});

test("rows show names and numbers, and how many there are", () => {
  const panel = opened({ contacts: page() });

  expect(names(panel)).toEqual(["Bo Larsen", "Sam Reyes"]);
  expect(text(panel, ".crmw-list li")).toMatch(/^Bo Larsen \+1 202 555 0143 mobile/);
  expect(text(panel, ".crmw-paging")).toBe("2 contacts matching of 4");
  expect(text(panel, ".crmw-contacts")).toMatch("id, name, phone, email");
});

test("typing asks once, when the keys have rested", () => {
  const act = actions();
  const panel = opened({}, act);
  act.search.mockClear();

  for (const words of ["b", "bo", " bo "]) type(panel, words);
  vi.advanceTimersByTime(199);
  expect(act.search).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);

  expect(act.search).toHaveBeenCalledExactlyOnceWith("bo", 0);
});

test("an answer to an earlier text is not shown", () => {
  const panel = opened({ contacts: page() });
  type(panel, "sam");
  vi.runAllTimers();

  panel.update(view({ contacts: page({ text: "sa", rows: [contact()] }) }));
  expect(names(panel)).toEqual(["Bo Larsen", "Sam Reyes"]);
  panel.update(view({ contacts: page({ text: "sam", matching: 1, rows: [SAM] }) }));

  expect(names(panel)).toEqual(["Sam Reyes"]);
});

test("Show more asks for what follows and adds it", () => {
  const act = actions();
  const panel = opened({ contacts: page({ matching: 4 }) }, act);
  expect(text(panel, ".crmw-paging span")).toBe("2 of 4 contacts");

  find(panel, "Show more").click();
  const first = panel.element.querySelector(".crmw-list li");
  panel.update(view({ contacts: page({ matching: 4, offset: 2 }) }));

  expect(act.search).toHaveBeenLastCalledWith("", 2);
  expect(names(panel)).toHaveLength(4);
  expect(panel.element.querySelector(".crmw-list li")).toBe(first);
  expect(has(panel, "Show more")).toBe(false);
});

test("a page that comes twice is added once", () => {
  const panel = opened({ contacts: page({ matching: 6 }) });

  panel.update(view({ contacts: page({ matching: 6, offset: 2 }) }));
  panel.update(view({ contacts: page({ matching: 6, offset: 2 }) }));

  expect(names(panel)).toHaveLength(4);
});

test("Call and Let them call name the contact", () => {
  const act = actions();
  const panel = opened({ contacts: page() }, act);

  find(panel, "Call").click();
  find(panel, "Let them call").click();

  expect(act.dial).toHaveBeenCalledExactlyOnceWith("+1 202 555 0143", {
    id: "C-1",
    name: "Bo Larsen",
  });
  expect(act.letThemCall).toHaveBeenCalledExactlyOnceWith("+1 202 555 0143", "Bo Larsen");
});

test("only a simulated phone can be rung", () => {
  const panel = opened({ simulated: false, host: "connector.example.com", contacts: page() });

  expect(has(panel, "Call")).toBe(true);
  expect(has(panel, "Let them call")).toBe(false);
});

test("without click-to-dial every Call says why", () => {
  const panel = opened({ canDial: false, contacts: page() });

  expect(find(panel, "Call").title).toMatch(/not switched click-to-dial on/);
  panel.update(view({ contacts: page() }));
  expect(find(panel, "Call").title).toBe("");
});

test("a contact without a number is shown without buttons", () => {
  const panel = opened({ contacts: page({ rows: [contact({ phones: [], name: "" })] }) });

  expect(text(panel, ".crmw-list li")).toBe("(no name) no number");
});

test("nothing found, no directory and an empty one are different sentences", () => {
  const none = summary({ contacts: null });
  const panel = opened({ contacts: page({ matching: 0, rows: [] }) });

  expect(text(panel, ".crmw-paging")).toBe("None of 4 contacts matches.");
  panel.update(view({ summary: none, contacts: page({ total: 0, matching: 0, rows: [] }) }));
  expect(text(panel, ".crmw-paging")).toMatch("Give CRMWidget(directory=...)");
  panel.update(view({ contacts: page({ total: 0, matching: 0, rows: [] }) }));
  expect(text(panel, ".crmw-paging")).toBe("The directory is empty.");
});

test("another directory is asked again, with the text that stands there", () => {
  const act = actions();
  const panel = opened({ contacts: page() }, act);
  type(panel, "bo");
  vi.runAllTimers();
  act.search.mockClear();

  panel.update(view({ summary: summary({ contacts: 5 }) }));
  panel.update(view({ summary: summary({ contacts: 5 }), messages: 3 }));

  expect(act.search).toHaveBeenCalledExactlyOnceWith("bo", 0);
});

test("a call does not disturb somebody who types: a mark says that it came", async () => {
  const panel = opened({ contacts: page() });
  await userEvent.click(box(panel));
  type(panel, "ine");

  panel.update(view({ contacts: page(), record: record() }));

  expect(document.activeElement).toBe(box(panel));
  expect(box(panel).value).toBe("ine");
  expect(find(panel, "Record").classList.contains("crmw-new")).toBe(true);
  find(panel, "Record").click();
  expect(find(panel, "Record").classList.contains("crmw-new")).toBe(false);
});

test("a call shows its record to somebody who only reads the contacts", () => {
  const panel = opened({ contacts: page() });

  panel.update(view({ contacts: page(), record: record() }));

  expect(find(panel, "Record").ariaSelected).toBe("true");
  expect(box(panel).checkVisibility()).toBe(false);
});

test("the search box has a name for screen readers", () => {
  expect(box(opened()).ariaLabel).toBe("Search contacts");
});
