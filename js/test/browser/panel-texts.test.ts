/** What the panel says, as values. */

import { expect, test } from "vitest";
import {
  arrival,
  attentions,
  away,
  brief,
  dialBlocked,
  facts,
  mailUrl,
  nobody,
  question,
  reason,
  rows,
  safeUrl,
  state,
  verdict,
  webUrl,
} from "../../src/panel/texts";
import type { View } from "../../src/panel/view";
import { contact, record, several, summary, view } from "./panel-views";

const said = (over: Partial<View>) => attentions(view(over)).map(({ text }) => text);

const SAVE = {
  action: "requestSaveInteractionLog",
  handler: "save",
  error: "ConnectionError: refused",
  late: false,
  kept: true,
};

test.each([
  ["loading", "Loading"],
  ["silent", "Silent"],
  ["ready", "Greeted"],
  ["configured", "Connected"],
  ["lost", "Lost"],
] as const)("the phase %s is said in the word %s", (phase, word) => {
  expect(state(view({ phase }))[0]).toBe(word);
});

test("a phone that another page took says so, whatever its phase", () => {
  const there = view({ phase: "lost", kernel: { state: "elsewhere" } });

  expect(state(there)[0]).toBe("Elsewhere");
  expect(attentions(there)).toEqual([]);
  expect(away(there)?.label).toBe("Use it here");
});

test("the facts are agent, contacts with their region, and click-to-dial", () => {
  expect(facts(view())).toEqual(["agent Ada Marsh", "4 contacts, US", "click-to-dial on"]);
});

test("what is not known is left out of the facts", () => {
  expect(facts(view({ summary: null, canDial: false }))).toEqual(["click-to-dial off"]);
  expect(facts(view({ summary: summary({ agent: null, contacts: null, region: null }) }))).toEqual([
    "contacts on request",
    "click-to-dial on",
  ]);
  expect(facts(view({ summary: summary({ contacts: 0, region: null }) }))[1]).toBe("no contacts");
});

test("numbers of things read as English", () => {
  expect(facts(view({ summary: summary({ contacts: 1, region: null }) }))).toContain("1 contact");
  expect(facts(view({ summary: summary({ contacts: 1204 }) }))).toContain("1,204 contacts, US");
});

test("what needs attention comes worst first", () => {
  const all = attentions(
    view({
      kernel: { state: "waiting", seconds: 12, kept: 2 },
      phase: "silent",
      advice: "Nothing came.",
      dialled: { number: "+1 202 555 0143", name: null },
      failures: [SAVE],
      summary: summary({ unsaved: 3, warnings: ["Give region.", "Numbers were repaired."] }),
      rejected: { origin: 2 },
    }),
  );

  expect(all.map(({ key }) => key)).toEqual([
    "waiting",
    "silent",
    "dialled",
    "failed 1",
    "unsaved",
    "Give region.",
    "Numbers were repaired.",
    "refused",
  ]);
});

test("nothing needs attention when all is well", () => {
  expect(attentions(view())).toEqual([]);
});

test("a kernel that is away says for how long, apart from the text, and what is kept", () => {
  const [waiting] = attentions(view({ kernel: { state: "waiting", seconds: 12, kept: 2 } }));

  expect(waiting?.text).toBe("Kernel busy or away for ");
  expect(waiting?.clock).toEqual({ seconds: 12, rest: ", 2 messages kept" });
});

test("a kernel that is gone names the next step", () => {
  expect(said({ kernel: { state: "gone", kept: 1 } })).toEqual([
    "The kernel is gone, 1 message kept: run the cell again.",
  ]);
  expect(said({ kernel: { state: "gone", kept: 0 } })).toEqual([
    "The kernel is gone: run the cell again.",
  ]);
});

test("another version in the kernel asks for a reload and says what that costs", () => {
  expect(said({ kernel: { state: "version" } })).toEqual([
    "Other version in the kernel: reload this page. A call would end.",
  ]);
});

test("a silent connector shows the advice, or at least its host, and can be reloaded", () => {
  const silent = { phase: "silent", simulated: false, host: "connector.example.com" } as const;

  expect(said({ ...silent, advice: "Check the allowed origins." })).toEqual([
    "Check the allowed origins.",
  ]);
  expect(said(silent)).toEqual(["No word from connector.example.com yet."]);
  expect(steps(silent)).toEqual(["Reload the phone"]);
});

// ---------------------------------------------------------------- a login
const LOGIN = {
  simulated: false,
  host: "connector.example.com",
  address: "https://connector.example.com/softphone?tenantId=ABCDEF",
} as const;
const OPEN = `Open login in a tab ${LOGIN.address}`;

/** What can be pressed beside the first thing said; a link with where it leads. */
function steps(over: Partial<View>): string[] {
  const [first] = attentions(view(over));
  return (first?.steps ?? []).map((step) =>
    "href" in step ? `${step.label} ${step.href}` : step.label,
  );
}

test.each([
  ["ready", "greeted", "Greeted"],
  ["loading", "loaded", "Loaded"],
] as const)(
  "%s and %s: the agent has probably to log in, in a tab or here",
  (phase, waits, word) => {
    const waiting = { ...LOGIN, phase, waits };

    expect(state(view(waiting))).toEqual([word, "info"]);
    expect(said(waiting)).toEqual(["Probably waiting for the agent to log in."]);
    expect(steps(waiting)).toEqual([OPEN, "Reload"]);
  },
);

test("a simulator has no address for a tab, but can be loaded again", () => {
  expect(steps({ phase: "loading", waits: "loaded" })).toEqual(["Reload"]);
});

test("a connector that has asked for crmData waits for no login", () => {
  expect(said({ ...LOGIN, phase: "ready" })).toEqual([]);
});

test("what has loaded and stays silent may wait for a login, or may not be framed", () => {
  const silent = { ...LOGIN, phase: "silent", waits: "loaded" } as const;

  expect(attentions(view(silent))[0]).toMatchObject({
    level: "bad",
    text: "No word from connector.example.com: probably waiting for the agent to log in, or not allowed in a frame.",
  });
  expect(steps(silent)).toEqual([OPEN, "Reload"]);
});

test.each([
  { phase: "silent" },
  { phase: "silent", waits: "loaded" },
  { phase: "loading", waits: "loaded" },
] as const)("where Python found that nothing answers, nobody waits for a login: %j", (so) => {
  const sentence = "Nothing answers at this port. Check the port, and whether the server runs.";
  const diagnosis = { cause: "unreachable", sentence, good: false, checks: [] };
  const unreached = { ...LOGIN, ...so, diagnosis };

  expect(state(view(unreached))).toEqual(["No connector", "bad"]);
  expect(said(unreached)).toEqual([sentence]);
  expect(steps(unreached)).toEqual(["Reload the phone"]);
  expect(said({ ...unreached, phase: "configured", waits: null })).toEqual([]);
  expect(said({ ...unreached, diagnosis: { ...diagnosis, cause: "silent" } })).not.toEqual([
    sentence,
  ]);
});

test("a page of another origin is named before anything is guessed, with the way to allow it", () => {
  const stranger = { ...LOGIN, phase: "configured", stranger: "https://sso.example.org" } as const;

  const [named] = attentions(view(stranger));

  expect(named?.level).toBe("warn");
  expect(named?.text).toBe(
    "The frame shows a page of https://sso.example.org, which may not speak. If it is a login, log in; " +
      'if it is the connector, give CRMWidget(..., allow_origins=["https://sso.example.org"]).',
  );
  expect(steps({ ...stranger, phase: "silent", waits: "loaded" })).toEqual([OPEN, "Reload"]);
});

test("a reload is asked about where a call may be on", () => {
  expect(question(view())).toBeNull();
  expect(question(view({ call: true }))).toMatchObject({ text: "A call may be on; it would end." });
});

test("a number that was dialled is shown with its name", () => {
  expect(said({ dialled: { number: "+1 202 555 0143", name: "Bo Larsen" } })).toEqual([
    "Number given to the phone: Bo Larsen, +1 202 555 0143",
  ]);
});

test("a log whose handler failed is kept and can be tried again", () => {
  const [failed] = attentions(view({ failures: [SAVE] }));

  expect(failed).toMatchObject({
    text: "save() failed for 1 call, kept",
    lines: ["save(): ConnectionError: refused"],
    steps: [{ label: "Retry", act: "retry" }],
  });
});

test("a failure that kept nothing offers no retry", () => {
  const [failed] = attentions(view({ failures: [{ ...SAVE, handler: "pop", kept: false }] }));

  expect(failed?.text).toBe("pop() failed for 1 call");
  expect(failed?.steps).toBeUndefined();
});

test("late handlers are called late, and several handlers are not named in one line", () => {
  const late = { ...SAVE, late: true };

  expect(said({ failures: [late, late] })).toEqual(["save() late for 2 calls, kept"]);
  expect(said({ failures: [SAVE, { ...SAVE, handler: "pop" }] })).toEqual([
    "Handlers failed for 2 calls, kept",
  ]);
});

test("logs that failed before this page came can be tried again too", () => {
  const [failed] = attentions(view({ summary: summary({ failed: 2 }) }));

  expect(failed?.text).toBe("2 call logs failed to save, kept");
  expect(failed?.steps).toEqual([{ label: "Retry", act: "retry" }]);
});

test("logs without a handler name the handler to add", () => {
  expect(said({ summary: summary({ unsaved: 3 }) })).toEqual([
    "3 call logs not saved: no handler. Add @phone.on_save_log.",
  ]);
});

test("refused messages are counted, their reasons apart", () => {
  const [refused] = attentions(view({ rejected: { origin: 1203, shape: 1, size: 0 } }));

  expect(refused?.text).toBe("1,204 messages refused");
  expect(refused?.lines).toEqual(["origin: 1,203", "shape: 1"]);
});

test("where the frame is not, it says where it is", () => {
  expect(away(view())).toBeNull();
  expect(away(view({ place: "dock" }))).toEqual({
    text: "The phone is docked at the lower right.",
    label: "Bring it here",
  });
  expect(away(view({ place: "elsewhere" }))?.label).toBe("Show it here");
});

test("a number that cannot be called says why", () => {
  expect(dialBlocked(view())).toBeNull();
  expect(dialBlocked(view({ canDial: false }))).toMatch(/not switched click-to-dial on/);
  expect(dialBlocked(view({ canDial: false, phase: "ready" }))).toMatch(/not connected yet/);
});

test("before a call, only a simulator is said to have a button for one", () => {
  expect(nobody(view())).toBe("Nobody is calling yet. Press *Incoming call* on the phone.");
  expect(nobody(view({ phase: "loading", waits: "loaded" }))).toMatch(/is not ready/);
  expect(nobody(view({ simulated: false }))).toMatch(/The caller's record appears here/);
  expect(nobody(view({ simulated: false, phase: "loading" }))).toMatch(/is not ready/);
});

test("the verdict speaks only when there is not exactly one contact", () => {
  expect(verdict(record())).toBeNull();
  expect(verdict(several())).toBe("2 contacts have this number. None was opened.");
  expect(verdict(record({ matches: [] }))).toBe("No contact for +1 202 555 0143.");
  expect(verdict(record({ matches: [], asked: "" }))).toMatch(/came without a number/);
});

test("a link or a document is an answer without contacts", () => {
  expect(verdict(record({ matches: [], html: "" }))).toBeNull();
  expect(
    verdict(record({ matches: [], link: { url: "https://a.example", text: "a" } })),
  ).toBeNull();
});

test("a navigation is about an id, a request for reports about nothing", () => {
  const action = "requestNavigateToClickToDialResult";

  expect(verdict({ ...several(), action })).toMatch(/have this id/);
  expect(verdict(record({ action: "requestOpenReports", matches: [], asked: "" }))).toBe(
    "Nothing to show.",
  );
});

test("the reason says rule, function and time", () => {
  expect(reason(record())).toBe("Exact number. pop() answered in 24 ms.");
  expect(reason(record({ ms: 1240 }))).toBe("Exact number. pop() answered in 1.2 s.");
  expect(reason(record({ handler: null }))).toBe("Exact number. The built-in answer took 24 ms.");
});

test("a guess is called a guess wherever the contact is named", () => {
  const unsure = record({
    matches: [{ contact: contact(), rule: "Same last 8 digits", certain: false }],
  });

  expect(reason(unsure)).toMatch(/^Same last 8 digits, not certain\./);
  expect(brief(view({ record: unsure }))).toBe("1 contact may have this number. None was opened.");
  expect(arrival(unsure)).toBe("Incoming: 1 possible contact");
});

test("one line of the record: name, first field when short, rule", () => {
  expect(brief(view({ record: record() }))).toBe("Bo Larsen · Gold · exact number");
  const long = contact({ fields: { notes: "x".repeat(40) } });
  const noted = record({ matches: [{ contact: long, rule: "Exact number", certain: true }] });
  expect(brief(view({ record: noted }))).toBe("Bo Larsen · exact number");
  expect(brief(view({ record: several() }))).toMatch(/^2 contacts/);
});

test("the pill names who comes, or how many it may be", () => {
  expect(arrival(record())).toBe("Incoming: Bo Larsen");
  expect(arrival(several())).toBe("Incoming: 2 contacts");
  expect(arrival(record({ matches: [] }))).toBe("Incoming: +1 202 555 0143");
});

test("a card's rows are the contact's own, in their order", () => {
  expect(rows(contact({ fields: { plan: "Gold", city: "Oslo" } }))).toEqual([
    ["email", "bo@example.com"],
    ["plan", "Gold"],
    ["city", "Oslo"],
  ]);
});

test("an address that may not be opened stays readable", () => {
  expect(rows(contact({ url: "javascript:alert(1)", email: null, fields: {} }))).toEqual([
    ["url", "javascript:alert(1)"],
  ]);
});

test.each([
  "javascript:alert(1)",
  " java\nscript:alert(1)",
  "data:text/html,<script>1</script>",
  "blob:https://a.example/1",
  "file:///etc/hosts",
  "//a.example",
  "/relative",
  "",
])("%j never becomes a link", (address) => {
  expect(safeUrl(address)).toBeNull();
});

test("mail and telephone links are links, but no pages", () => {
  expect(safeUrl("tel:+12025550143")).toBe("tel:+12025550143");
  expect(webUrl("mailto:bo@example.com")).toBeNull();
  expect(webUrl("https://crm.example.com/C-1")).toBe("https://crm.example.com/C-1");
});

test("a mail address cannot bring headers along", () => {
  expect(mailUrl("bo@example.com")).toBe("mailto:bo@example.com");
  expect(mailUrl("bo@example.com?bcc=all@example.com")).toBeNull();
  expect(mailUrl("bo@example.com,ines@example.com")).toBeNull();
  expect(mailUrl("not an address")).toBeNull();
});
