/** The Record tab: the card, several cards, none, links and documents. */

import { afterEach, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import type { ShownContact, ShownRecord } from "../../src/core/wire";
import type { Panel } from "../../src/panel/view";
import {
  actions,
  clear,
  contact,
  find,
  has,
  record,
  several,
  show,
  text,
  view,
} from "./panel-views";

afterEach(clear);

const shown = (over: Partial<ShownRecord> = {}, act = actions()) =>
  show(view({ record: record(over) }), { act });

const one = (over: Partial<ShownContact>) => ({
  matches: [{ contact: contact(over), rule: "Exact number", certain: true }],
});

const content = (panel: Panel) => text(panel, ".crmw-record");

test("before a call a person is told what to press", () => {
  const panel = show(view());

  expect(content(panel)).toBe("Nobody is calling yet. Press Incoming call on the phone.");
  expect(panel.element.querySelector(".crmw-empty b")?.textContent).toBe("Incoming call");
});

test("a call brings the card with all fields of the row", () => {
  const panel = shown();

  expect(content(panel)).toMatch(/^Incoming \+1 202 555 0143/);
  expect(text(panel, ".crmw-name")).toBe("Bo Larsen");
  expect(text(panel, "dl")).toBe(
    "id C-1 phone +1 202 555 0143 mobile Call email bo@example.com plan Gold",
  );
  expect(text(panel, ".crmw-foot")).toBe(
    "Exact number. pop() answered in 24 ms. No call log since.",
  );
});

test("each number has its own Call, with the contact it belongs to", () => {
  const act = actions();
  const phones = [
    { number: "+1 202 555 0143", kind: null },
    { number: "+1 202 555 0144", kind: "work" },
  ];
  const panel = shown(one({ phones }), act);

  const second = panel.element.querySelectorAll<HTMLElement>("dl .crmw-call")[1];
  second?.click();

  expect(act.dial).toHaveBeenCalledExactlyOnceWith("+1 202 555 0144", {
    id: "C-1",
    name: "Bo Larsen",
  });
  expect(second?.ariaLabel).toBe("Call Bo Larsen +1 202 555 0144 work");
});

test("without click-to-dial a Call says why, and does nothing", () => {
  const act = actions();
  const panel = show(view({ record: record(), canDial: false }), { act });
  const call = panel.element.querySelector<HTMLElement>("dl .crmw-call");

  call?.click();

  expect(call?.title).toMatch(/not switched click-to-dial on/);
  expect(call?.ariaDisabled).toBe("true");
  expect(act.dial).not.toHaveBeenCalled();
  panel.update(view({ record: record(), canDial: true }));
  call?.click();
  expect(act.dial).toHaveBeenCalledOnce();
});

test("where Python is away every button that needs it says why, and does nothing", () => {
  const act = actions();
  const one = record();
  const many = { ...one, matches: [...one.matches, ...one.matches], changed: true };
  const panel = show(view({ record: many }), { act });
  const needing = () => [
    ...panel.element.querySelectorAll<HTMLElement>(".crmw-call, .crmw-python"),
  ];
  expect(needing().some(({ ariaDisabled }) => ariaDisabled === "true")).toBe(false);

  panel.update(view({ record: many, kernel: { state: "gone", kept: 0 } }));
  for (const each of needing()) each.click();

  expect(needing().map(({ title }) => title)).toEqual(
    needing().map(() => "Python is away: run the phone's cell again"),
  );
  expect(needing().length).toBeGreaterThan(2);
  for (const done of [act.dial, act.runAgain, act.choose]) expect(done).not.toHaveBeenCalled();
});

test("the record's page opens apart, without a way back to the notebook", () => {
  const link = find(shown(), "Open in CRM") as HTMLAnchorElement;

  expect(link.href).toBe("https://crm.example.com/C-1");
  expect(link.target).toBe("_blank");
  expect(link.rel).toBe("noopener");
});

test("an address that is no page gets no link and is shown as text", () => {
  const panel = shown(one({ url: "javascript:alert(1)" }));

  expect(has(panel, "Open in CRM")).toBe(false);
  expect(text(panel, "dl")).toMatch("url javascript:alert(1)");
});

test("markup in a contact is text", () => {
  const name = "<b onclick=alert(1)>Bo</b>";
  const panel = shown(one({ name, fields: { "<i>": "<script>1</script>" } }));

  expect(text(panel, ".crmw-name")).toBe(name);
  expect(text(panel, "dl")).toMatch("<i> <script>1</script>");
  expect(panel.element.querySelector("script, [onclick]")).toBeNull();
});

test("several contacts: all are shown side by side, none is opened", () => {
  const act = actions();
  const panel = show(view({ record: several() }), { act });
  const cards = [...panel.element.querySelectorAll<HTMLElement>(".crmw-card")];

  expect(content(panel)).toMatch("2 contacts have this number. None was opened.");
  expect(cards.map(({ ariaLabel }) => ariaLabel)).toEqual(["Sam Reyes", "Kit Reyes"]);
  expect(cards[0]?.offsetTop).toBe(cards[1]?.offsetTop);
  cards[1]?.querySelector("button")?.click();
  expect(act.choose).toHaveBeenCalledExactlyOnceWith(1);
});

test("a guess is coloured as a warning", () => {
  const guess = { contact: contact(), rule: "Same last 8 digits", certain: false };
  const panel = shown({ matches: [guess] });

  const said = panel.element.querySelector(".crmw-foot .crmw-warn");
  expect(said?.textContent).toMatch(/^Same last 8 digits, not certain/);
});

test("a guess is not opened: the person has to say that it is this one", () => {
  const act = actions();
  const guess = { contact: contact(), rule: "Same last 8 digits", certain: false };
  const panel = shown({ matches: [guess] }, act);

  find(panel, "This one").click();

  expect(content(panel)).toMatch("1 contact may have this number. None was opened.");
  expect(act.choose).toHaveBeenCalledExactlyOnceWith(0);
});

test("several guesses: each card says why it is one", () => {
  const matches = [contact({ name: "Sam Reyes" }), contact({ name: "Kit Reyes" })].map((each) => ({
    contact: each,
    rule: "Same last 7 digits",
    certain: false,
  }));
  const panel = shown({ matches });
  const said = [...panel.element.querySelectorAll(".crmw-card .crmw-warn")];

  expect(content(panel)).toMatch("2 contacts may have this number. None was opened.");
  expect(said.map(({ textContent }) => textContent)).toEqual([
    "Same last 7 digits, not certain.",
    "Same last 7 digits, not certain.",
  ]);
});

test("nobody found: the number is named", () => {
  expect(content(shown({ matches: [] }))).toMatch("No contact for +1 202 555 0143.");
});

test("a link is offered to press: nothing opens by itself", () => {
  const panel = shown({ matches: [], link: { url: "https://crm.example.com/x", text: "Open it" } });

  expect((find(panel, "Open it") as HTMLAnchorElement).rel).toBe("noopener");
});

test("a link that is not safe is text", () => {
  const panel = shown({ matches: [], link: { url: "javascript:alert(1)", text: "Open it" } });

  expect(has(panel, "Open it")).toBe(false);
  expect(content(panel)).toMatch("Open it");
});

test("a document is shown where no script of it can run", async () => {
  const html = "<script>parent.document.title = 'reached'</script><p>14 calls</p>";
  const panel = shown({ action: "requestOpenReports", asked: "", matches: [], html });
  const frame = panel.element.querySelector<HTMLIFrameElement>("iframe.crmw-page");
  let loaded = false;
  frame?.addEventListener("load", () => {
    loaded = true;
  });

  await expect.poll(() => loaded).toBe(true);

  expect(frame?.getAttribute("sandbox")).toBe("");
  expect(frame?.contentDocument).toBeNull();
  expect(document.title).not.toBe("reached");
});

test("a handler that changed offers to run again, and card and document stay as they are", () => {
  const act = actions();
  const html = "<p>14 calls</p>";
  const panel = shown({ html }, act);
  const parts = () => [...panel.element.querySelectorAll(".crmw-card, .crmw-page")];
  const before = parts();

  panel.update(view({ record: record({ html, changed: true }) }));
  find(panel, "Run again").click();

  expect(text(panel, ".crmw-foot")).toMatch(/pop\(\) has changed since\. Run again$/);
  expect(before).toHaveLength(2);
  expect(parts().every((part, i) => part === before[i])).toBe(true);
  expect(act.runAgain).toHaveBeenCalledOnce();
});

test("the built-in answer cannot have changed", () => {
  expect(has(shown({ handler: null, changed: true }), "Run again")).toBe(false);
});

test("400 px: Run again is in sight without scrolling", () => {
  const panel = show(view({ record: record({ changed: true }) }), { width: 400 });
  const again = find(panel, "Run again").getBoundingClientRect();
  const side = (panel.element.querySelector(".crmw-side") as HTMLElement).getBoundingClientRect();

  expect(again.bottom).toBeLessThanOrEqual(side.bottom);
});

test("the focus survives the answer to Run again", async () => {
  const panel = shown({ changed: true });
  await userEvent.click(find(panel, "Run again"));

  panel.update(view({ record: record({ at: record().at + 1 }) }));

  expect(panel.element.querySelector("[role=tabpanel]")).toBe(document.activeElement);
});

test("an update that says the same keeps every element and the scroll position", () => {
  const fields = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`field ${i}`, "x"]));
  const panel = shown(one({ fields }));
  const scroller = panel.element.querySelector("[role=tabpanel]") as HTMLElement;
  const card = panel.element.querySelector(".crmw-card");
  scroller.scrollTop = 200;

  panel.update(view({ record: record(one({ fields })), messages: 9 }));

  expect(panel.element.querySelector(".crmw-card")).toBe(card);
  expect(scroller.scrollTop).toBe(200);
});

// ---------------------------------------------------------------- without an answer
const NONE: Partial<ShownRecord> = { matches: [], id: null };

test("while it is asked, the card says whom, and nothing of the last caller", () => {
  const panel = shown();

  panel.update(view({ record: record({ ...NONE, stage: "asking", asked: "+442079460018" }) }));

  expect(content(panel)).toMatch(/^Incoming \+442079460018 .* Asking pop\(\) \.\.\.$/);
  expect(panel.element.textContent).not.toMatch("Bo Larsen");
});

test("the seconds are counted in a timer, and the buttons stay", () => {
  const asks = (waited: number) => view({ record: record({ ...NONE, stage: "asking" }), waited });
  const panel = show(asks(0));
  const timer = panel.element.querySelector(".crmw-record [role=timer]");

  panel.update(asks(4));

  expect(timer?.textContent).toBe("4 s");
  expect(panel.element.querySelector(".crmw-record [role=timer]")).toBe(timer);
});

test.each([
  ["waiting", "Python is busy or away. The call is kept until it answers."],
  ["gone", "Python is away, the call is kept. Run the phone's cell again."],
] as const)("a call that Python does not have, %s, is kept", (state, words) => {
  const kernel = { state, seconds: 3, kept: 1 };
  const panel = show(view({ record: record({ ...NONE, stage: "asking" }), kernel }));

  expect(text(panel, ".crmw-said")).toBe(words);
});

test("what failed says why, and can be looked at and run again", async () => {
  const act = actions();
  const panel = shown({ matches: [], stage: "failed", error: "KeyError: 'plan'" }, act);

  await userEvent.click(find(panel, "Show"));
  const open = text(panel, ".crmw-more");
  await userEvent.click(find(panel, "Show"));
  find(panel, "Run again").click();

  expect(text(panel, ".crmw-said")).toBe("pop() failed: KeyError: 'plan'");
  expect(open).toMatch("phone.errors[-1].rerun()");
  expect(panel.element.querySelector(".crmw-more")).toBeNull();
  expect(act.runAgain).toHaveBeenCalledOnce();
});

test("the details of one call are not those of the next", async () => {
  const failed: Partial<ShownRecord> = { matches: [], stage: "failed", error: "E" };
  const panel = shown(failed);
  await userEvent.click(find(panel, "Show"));

  panel.update(view({ record: record({ ...failed, id: "k1/9", place: 9 }) }));

  expect(panel.element.querySelector(".crmw-more")).toBeNull();
});

test("what no living kernel knows is not run again, and none of several is chosen", () => {
  const panel = shown({ ...NONE, stage: "late", error: "10 s" });

  expect(text(panel, ".crmw-said")).toBe("pop() is late: no answer after 10 s.");
  expect(has(panel, "Run again")).toBe(false);
});

test.each([
  [null, "No call log since."],
  [{ state: "saved", item: "call-7" }, /^Logged as call-7 at \d\d:\d\d:\d\d\.$/],
  [{ state: "saved", item: null }, /^Logged at /],
  [{ state: "kept", item: null }, /is kept: nothing saves it yet\.$/],
  [{ state: "failed", item: null }, /is kept: saving it failed\.$/],
] as const)("what became of the call: %j", (log, words) => {
  const panel = shown({ log: log && { ...log, at: 0 } });

  expect(text(panel, ".crmw-foot p:last-child")).toMatch(words);
  expect(text(panel, ".crmw-asked")).toMatch(log ? /^Call from/ : /^Incoming/);
});
