/** The panel as a person meets it: status, slot, tabs, pill. */

import { afterEach, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { mount } from "../../src/panel/panel";
import type { View } from "../../src/panel/view";
import {
  actions,
  clear,
  find,
  has,
  record,
  several,
  show,
  summary,
  text,
  view,
} from "./panel-views";

afterEach(clear);

const FAILED: Partial<View> = {
  failures: [
    { action: "requestSaveInteractionLog", handler: "save", error: "E", late: false, kept: true },
  ],
};

/** Counts what changes below an element, as a screen reader would notice it. */
function watch(element: Element): () => number {
  const observer = new MutationObserver(() => {});
  observer.observe(element, { childList: true, characterData: true, subtree: true });
  return () => observer.takeRecords().length;
}

// ---------------------------------------------------------------- status
test("all that matters is seen at once", () => {
  const panel = show(view());

  expect(text(panel, ".crmw-line")).toBe(
    "Connected SIMULATOR agent Ada Marsh 4 contacts, US click-to-dial on",
  );
});

test("a real connector is named by its host, never as a simulator", () => {
  const panel = show(view({ simulated: false, host: "connector.example.com" }));

  expect(text(panel, ".crmw-line")).toMatch(/^Connected connector\.example\.com agent/);
});

test("the root carries phase and kernel for tests", () => {
  const panel = show(view({ phase: "ready", kernel: { state: "gone", kept: 0 } }));

  expect(panel.element.dataset.crmwidgetPhase).toBe("ready");
  expect(panel.element.dataset.crmwidgetKernel).toBe("gone");
});

test("without Python it is not called connected", () => {
  const panel = show(view({ kernel: { state: "gone", kept: 0 } }));

  expect(text(panel, ".crmw-line")).toMatch(/^Python away/);
});

test("the live region does not change when nothing it says has changed", () => {
  const panel = show(view());
  const line = panel.element.querySelector("[aria-live=polite]") as HTMLElement;
  const changes = watch(line);

  panel.update(view({ messages: 15, record: record() }));

  expect(changes()).toBe(0);
});

test("a running clock changes in a timer only, and its buttons stay", () => {
  const waiting = (seconds: number) =>
    view({ kernel: { state: "waiting", seconds, kept: 2 }, rejected: { origin: 1 } });
  const panel = show(waiting(12));
  const button = find(panel, "Show all 2");

  panel.update(waiting(13));

  expect(text(panel, ".crmw-attention")).toBe("Kernel busy or away for 13 s, 2 messages kept");
  expect(panel.element.querySelector("[role=timer]")?.textContent).toBe("13 s");
  expect(find(panel, "Show all 2")).toBe(button);
});

test("attention replaces the facts, one at a time, with its next step", () => {
  const act = actions();
  const panel = show(view({ ...FAILED, rejected: { origin: 3 } }), { act });

  find(panel, "Retry").click();

  expect(text(panel, ".crmw-middle")).toBe("save() failed for 1 call, kept");
  expect(act.retry).toHaveBeenCalledOnce();
});

test("all notes are shown on request, each with its details", async () => {
  const panel = show(view({ ...FAILED, rejected: { origin: 3 } }));

  await userEvent.click(find(panel, "Show all 2"));

  expect(text(panel, ".crmw-notes")).toBe(
    "save() failed for 1 call, kept Retry save(): E 3 messages refused origin: 3",
  );
  expect(find(panel, "Show all 2").getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).toBe(find(panel, "Show all 2"));
});

test("a note put aside gives the facts back, is counted, and returns when it is a new one", () => {
  const panel = show(view({ summary: summary({ warnings: ["Give region."] }) }));

  find(panel, "\u00d7").click();

  expect(text(panel, ".crmw-middle")).toMatch(/^agent Ada Marsh/);
  expect(has(panel, "Notes 1")).toBe(true);
  panel.update(view({ summary: summary({ warnings: ["Numbers were repaired."] }) }));
  expect(text(panel, ".crmw-middle")).toBe("Numbers were repaired.");
});

test("what stops the phone from working cannot be put aside", () => {
  const panel = show(view({ kernel: { state: "gone", kept: 0 } }));

  expect(has(panel, "\u00d7")).toBe(false);
});

test("a silent connector can be reloaded from the status line", () => {
  const act = actions();
  const panel = show(view({ phase: "silent" }), { act });

  find(panel, "Reload the phone").click();

  expect(act.reloadFrame).toHaveBeenCalledOnce();
});

test("the menu opens, acts and closes", async () => {
  const act = actions();
  const panel = show(view(), { act });

  await userEvent.click(find(panel, "\u22ef"));
  await userEvent.click(find(panel, "Reload the phone (ends a call)"));

  expect(act.reloadFrame).toHaveBeenCalledOnce();
  expect(has(panel, "Reload the phone (ends a call)")).toBe(false);
});

// ---------------------------------------------------------------- a login
const WAITS: Partial<View> = {
  simulated: false,
  host: "connector.example.com",
  address: "https://connector.example.com/softphone?tenantId=ABCDEF",
  phase: "ready",
  waits: "greeted",
};

test("a connector that waits for a login offers it in a tab, and a reload", async () => {
  const act = actions();
  const panel = show(view(WAITS), { act });

  const open = find(panel, "Open login in a tab") as HTMLAnchorElement;
  await userEvent.click(find(panel, "Reload"));

  expect(text(panel, ".crmw-line")).toBe(
    "Greeted connector.example.com Probably waiting for the agent to log in.",
  );
  expect([open.href, open.target, open.rel]).toEqual([WAITS.address, "_blank", "noopener"]);
  expect(act.reloadFrame).toHaveBeenCalledOnce();
});

test("both are reached by the keyboard, in this order", async () => {
  const panel = show(view(WAITS));
  panel.element.querySelector<HTMLElement>(".crmw-bar")?.focus();

  const reached: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    await userEvent.keyboard("{Tab}");
    reached.push(document.activeElement?.textContent);
  }

  expect(reached).toEqual(["Open login in a tab", "Reload"]);
});

test("a reload that may end a call is asked about, and can be left", async () => {
  const act = actions();
  const panel = show(view({ ...WAITS, call: true }), { act });

  await userEvent.click(find(panel, "Reload"));
  const asked = text(panel, ".crmw-line");
  const focus = document.activeElement;
  await userEvent.keyboard("{Escape}");

  expect(asked).toContain("A call may be on; it would end.");
  expect(focus?.textContent).toBe("Keep it");
  expect(has(panel, "Keep it")).toBe(false);
  expect(act.reloadFrame).not.toHaveBeenCalled();
});

test("the menu's reload is asked about too, and done when that is meant", async () => {
  const act = actions();
  const panel = show(view({ call: true }), { act });

  await userEvent.click(find(panel, "\u22ef"));
  await userEvent.click(find(panel, "Reload the phone (ends a call)"));
  await userEvent.click(find(panel, "Reload it"));

  expect(act.reloadFrame).toHaveBeenCalledOnce();
  expect(has(panel, "Reload it")).toBe(false);
});

test("the question goes when the call does", async () => {
  const panel = show(view({ ...WAITS, call: true }));
  await userEvent.click(find(panel, "Reload"));

  panel.update(view(WAITS));
  panel.update(view({ ...WAITS, call: true }));

  expect(has(panel, "Reload it")).toBe(false);
});

test("text from outside is text", () => {
  const markup = "<img src=x onerror=alert(1)>";
  const panel = show(
    view({ simulated: false, host: markup, summary: summary({ agent: markup, warnings: [] }) }),
  );
  panel.update(view({ summary: summary({ warnings: [markup] }) }));

  expect(text(panel, ".crmw-middle")).toBe(markup);
  expect(panel.element.querySelector("img")).toBeNull();
});

// ---------------------------------------------------------------- slot and layout
test("900 px: the frame stands left of the panel, 320 by 600", () => {
  const panel = show(view());
  const slot = panel.slot.getBoundingClientRect();
  const side = (panel.element.querySelector(".crmw-side") as HTMLElement).getBoundingClientRect();

  expect([Math.round(slot.width), Math.round(slot.height)]).toEqual([320, 600]);
  expect(side.left).toBeGreaterThanOrEqual(slot.right);
  expect(side.width).toBeGreaterThan(360);
  expect(side.top).toBe(slot.top);
});

test("400 px: the frame stands above the panel, centred, 560 high", () => {
  const panel = show(view({ record: record() }), { width: 400 });
  const slot = panel.slot.getBoundingClientRect();
  const whole = panel.element.getBoundingClientRect();
  const side = (panel.element.querySelector(".crmw-side") as HTMLElement).getBoundingClientRect();

  expect([slot.width, slot.height]).toEqual([340, 560]);
  expect(slot.left - whole.left).toBeCloseTo(whole.right - slot.right, 0);
  expect(side.top).toBeGreaterThanOrEqual(slot.bottom);
  expect(side.height).toBe(280);
});

test("the container decides, not the window", () => {
  const wide = show(view(), { width: 730 });
  const narrow = show(view(), { width: 710 });

  expect(wide.slot.offsetHeight).toBe(600);
  expect(narrow.slot.offsetHeight).toBe(560);
});

test("400 px: one line of the record above the frame, only while there is one", async () => {
  const panel = show(view(), { width: 400 });
  const line = panel.element.querySelector(".crmw-brief") as HTMLElement;
  expect(line.checkVisibility()).toBe(false);
  find(panel, "Contacts 4").click();

  panel.update(view({ record: record() }));
  find(panel, "Contacts 4").click();
  await userEvent.click(line);

  expect(line.textContent).toBe("Bo Larsen · Gold · exact number");
  expect(line.getBoundingClientRect().bottom).toBeLessThanOrEqual(
    panel.slot.getBoundingClientRect().top,
  );
  expect(find(panel, "Record").ariaSelected).toBe("true");
});

test("below 300 px the tabs wait in the menu", async () => {
  const panel = show(view(), { width: 280 });
  expect(has(panel, "Record")).toBe(false);

  await userEvent.click(find(panel, "\u22ef"));
  await userEvent.click(find(panel, "Record and contacts"));

  expect(has(panel, "Record")).toBe(true);
});

test.each([
  ["dock", "The phone is docked at the lower right. Bring it here"],
  ["elsewhere", "The phone is shown in another place on this page. Show it here"],
] as const)(
  "a frame that is shown in another way (%s) is said and can be fetched",
  (place, words) => {
    const act = actions();
    const panel = show(view({ place }), { act });

    expect(text(panel, ".crmw-away")).toBe(words);
    expect(panel.slot.checkVisibility()).toBe(false);
    (panel.element.querySelector(".crmw-away button") as HTMLElement).click();
    expect(act.place).toHaveBeenCalledExactlyOnceWith("cell");
  },
);

test("a phone on another page can be taken over", () => {
  const act = actions();
  const panel = show(view({ kernel: { state: "elsewhere" }, phase: "lost" }), { act });

  find(panel, "Use it here").click();

  expect(text(panel, ".crmw-away")).toBe("This phone is open on another page. Use it here");
  expect(act.useHere).toHaveBeenCalledOnce();
});

test("the frame in the cell can be popped out, and then not again", () => {
  const act = actions();
  const panel = show(view(), { act });

  find(panel, "Pop out").click();
  panel.update(view({ place: "dock" }));

  expect(act.place).toHaveBeenCalledExactlyOnceWith("dock");
  expect(has(panel, "Pop out")).toBe(false);
});

test("a frame in the slot is never loaded again by an update", async () => {
  const panel = show(view());
  const frame = document.createElement("iframe");
  let loads = 0;
  frame.addEventListener("load", () => loads++);
  panel.slot.append(frame);
  await expect.poll(() => loads).toBe(1);

  for (const place of ["dock", "cell", "elsewhere", "cell"] as const) panel.update(view({ place }));
  panel.update(view({ ...FAILED, record: several() }));

  expect(frame.contentWindow).not.toBeNull();
  expect(loads).toBe(1);
});

test("the host's styles for lists and tables do not reach the panel", () => {
  const host = document.createElement("style");
  host.textContent = `.host dt { float: left; width: 20px; font-weight: bold }
    .host ul:not(.list-inline) { margin: 2em } .host p { margin: 1em } .host b { color: red }`;
  document.body.append(host);
  const panel = show(view({ ...FAILED, record: record() }));
  panel.element.parentElement?.classList.add("host");
  find(panel, "Show").click();

  const style = (selector: string) =>
    getComputedStyle(panel.element.querySelector(selector) as HTMLElement);

  expect([style("dt").float, style("dt").fontWeight]).toEqual(["none", "400"]);
  expect((panel.element.querySelector("dt") as HTMLElement).offsetHeight).toBeLessThan(40);
  expect(style(".crmw-notes").margin).toBe("0px");
  expect(style(".crmw-foot p").margin).toBe("0px");
  expect(style(".crmw-name").color).toBe(getComputedStyle(panel.element).color);
});

// ---------------------------------------------------------------- tabs
test("the arrow keys go from tab to tab and show it", async () => {
  const panel = show(view());
  find(panel, "Record").focus();

  await userEvent.keyboard("{ArrowRight}");

  const tab = find(panel, "Contacts 4");
  expect(document.activeElement).toBe(tab);
  expect(tab.ariaSelected).toBe("true");
  expect(find(panel, "Record").tabIndex).toBe(-1);
  const content = document.getElementById(tab.getAttribute("aria-controls") ?? "");
  expect(content?.getAttribute("aria-labelledby")).toBe(tab.id);
  expect(content?.checkVisibility()).toBe(true);
});

test("the arrows go round, Home and End to the ends", async () => {
  const panel = show(view());
  find(panel, "Record").focus();

  await userEvent.keyboard("{ArrowLeft}");
  expect(document.activeElement).toBe(find(panel, "Diagnosis ok"));
  await userEvent.keyboard("{Home}");
  expect(document.activeElement).toBe(find(panel, "Record"));
  await userEvent.keyboard("{End}");
  expect(document.activeElement).toBe(find(panel, "Diagnosis ok"));
});

test("two panels on a page share no ids", () => {
  show(view());
  show(view());

  const ids = [...document.querySelectorAll("[id^=crmw]")].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

// ---------------------------------------------------------------- pill
const pill = () => document.querySelector<HTMLElement>(".crmw-pill") as HTMLElement;

/** A panel scrolled out of sight, after the page has noticed. */
async function outOfSight() {
  const panel = show(view());
  const space = document.createElement("div");
  space.style.height = "5000px";
  panel.element.before(space);
  window.scrollTo(0, 0);
  await noticed(panel.element);
  return panel;
}

/** The page has told all observers: they are told in any order, so the second round counts. */
async function noticed(element: Element): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await new Promise<void>((done) => {
      const observer = new IntersectionObserver(() => {
        observer.disconnect();
        done();
      });
      observer.observe(element);
    });
  }
}

test("a record that comes while the cell is out of sight is said at the lower right", async () => {
  const panel = await outOfSight();

  panel.update(view({ record: record() }));

  expect(pill().checkVisibility()).toBe(true);
  expect(pill().textContent).toMatch(/^Incoming: Bo LarsenShow/);
  expect(document.activeElement).toBe(document.body);
});

test("Show goes to the cell, and the pill is gone", async () => {
  const panel = await outOfSight();
  panel.update(view({ record: record() }));

  await userEvent.click(pill().querySelector("button") as HTMLElement);

  expect(pill().checkVisibility()).toBe(false);
  await expect.poll(() => panel.element.getBoundingClientRect().bottom).toBeLessThan(5000);
});

test("scrolling to the cell takes the pill away", async () => {
  const panel = await outOfSight();
  panel.update(view({ record: record() }));

  panel.element.scrollIntoView();

  await expect.poll(() => pill().checkVisibility()).toBe(false);
});

test("no pill while the cell is in sight", async () => {
  const panel = show(view());
  await noticed(panel.element);

  panel.update(view({ record: record() }));

  expect(pill().checkVisibility()).toBe(false);
});

test("no pill for a record that was there before the panel", () => {
  show(view({ record: record() })).element.style.display = "none";

  expect(pill().checkVisibility()).toBe(false);
});

test("no pill while the frame is not in the cell", async () => {
  const panel = await outOfSight();

  panel.update(view({ place: "dock", record: record() }));

  expect(pill().checkVisibility()).toBe(false);
});

test("a cell that cannot be scrolled to gets no Show", async () => {
  const panel = show(view());
  panel.element.style.display = "none";
  await noticed(panel.element);

  panel.update(view({ record: record() }));

  expect(pill().textContent).toMatch(/^Incoming: Bo Larsen, in a hidden cell or tab/);
  expect(pill().textContent).not.toMatch("Show");
});

// ---------------------------------------------------------------- life
test("the style is in the document once", () => {
  show(view());
  show(view());

  expect(document.querySelectorAll("#crmwidget-style")).toHaveLength(1);
});

test("a disposed panel leaves nothing behind", () => {
  const panel = mount(actions());
  document.body.append(panel.element);
  panel.update(view({ record: record() }));

  panel.dispose();

  expect(document.body.childElementCount).toBe(0);
});

test("single keys in the panel do not act on the notebook, but saving does", async () => {
  const kept: [string, boolean][] = [];
  const notebook = ({ key, target }: KeyboardEvent) =>
    kept.push([key, (target as Element).hasAttribute("data-lm-suppress-shortcuts")]);
  const panel = show(view());
  find(panel, "Record").focus();
  document.addEventListener("keydown", notebook, true);

  await userEvent.keyboard("d{Control>}s{/Control}");
  document.removeEventListener("keydown", notebook, true);

  expect(kept).toEqual([
    ["d", true],
    ["Control", false],
    ["s", false],
  ]);
});
