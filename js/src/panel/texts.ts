/**
 * Words: what the panel says, decided from the snapshot alone.
 *
 * No element is made here, so every sentence can be tested as a value. [I] marks what rests on an
 * assumption about the connector.
 */

import type {
  ShownCheck,
  ShownContact,
  ShownDiagnosis,
  ShownMatch,
  ShownRecord,
} from "../core/wire";
import type { View } from "./view";

export type Level = "good" | "info" | "warn" | "bad";

/** Something a person should know or do, with its next step. */
export interface Attention {
  /** Equal while it is about the same thing: one put aside stays aside until this changes. */
  key: string;
  level: Level;
  text: string;
  /** A clock after the text, never announced, and what follows it. */
  clock?: { seconds: number; rest: string };
  /** One line each, shown on request. */
  lines?: string[];
  steps?: Step[];
  /** It may be put aside: it does not stop the phone from working. */
  aside?: true;
}

/** The next step: something to do here, or an address to open in a tab. */
export type Step =
  | { label: string; act: "retry" | "reload" | "reloadNow" | "keepFrame" }
  | { label: string; href: string };

/** "1,204" */
export function number(n: number): string {
  return n.toLocaleString("en-US");
}

/** "1 message", "1,204 messages" */
export function count(n: number, noun: string): string {
  return `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** The state in a word. A kernel that went elsewhere took the phone with it. */
export function state(view: View): [word: string, level: Level] {
  const { phase, waits, kernel } = view;
  if (kernel.state === "elsewhere") return ["Elsewhere", "info"];
  if (kernel.state === "gone") return ["Python away", "bad"];
  const unheard = phase === "silent" || (phase === "loading" && waits !== null);
  if (unheard && unreached(view)) return ["No connector", "bad"];
  return phase === "loading" && waits ? ["Loaded", "info"] : STATES[phase];
}

const STATES: Record<View["phase"], [string, Level]> = {
  loading: ["Loading", "info"],
  silent: ["Silent", "bad"],
  ready: ["Greeted", "info"],
  configured: ["Connected", "good"],
  lost: ["Lost", "bad"],
};

/** What the status line says when nothing needs attention. */
export function facts(view: View): string[] {
  const { summary } = view;
  const said: string[] = [];
  if (summary?.agent) said.push(`agent ${summary.agent}`);
  if (summary) {
    const { contacts: known } = summary;
    const contacts =
      known === null ? "contacts on request" : known ? count(known, "contact") : "no contacts";
    said.push(summary.region ? `${contacts}, ${summary.region}` : contacts);
  }
  said.push(`click-to-dial ${view.canDial ? "on" : "off"}`);
  return said;
}

/** Everything that needs attention, worst first. */
export function attentions(view: View): Attention[] {
  const warnings = view.summary?.warnings ?? [];
  return [
    aboutKernel(view),
    aboutConnection(view),
    aboutDial(view),
    aboutFailures(view),
    aboutLogs(view),
    ...warnings.map((text) => note(text, "warn", text, { aside: true })),
    aboutRefused(view),
  ].filter((each) => each !== null);
}

function note(key: string, level: Level, text: string, rest: Partial<Attention> = {}): Attention {
  return { key, level, text, ...rest };
}

function aboutKernel({ kernel }: View): Attention | null {
  const { state } = kernel;
  const kept = "kept" in kernel && kernel.kept ? `, ${count(kernel.kept, "message")} kept` : "";
  switch (state) {
    case "version":
      return note(state, "bad", "Other version in the kernel: reload this page. A call would end.");
    case "gone":
      return note(state, "bad", `The kernel is gone${kept}: run the cell again.`);
    case "waiting":
      return note(state, "warn", "Kernel busy or away for ", {
        clock: { seconds: kernel.seconds, rest: kept },
      });
    default:
      return null;
  }
}

function aboutConnection(view: View): Attention | null {
  const { phase, advice, host, kernel, waits, stranger } = view;
  const reload: Partial<Attention> = { steps: [{ label: "Reload the phone", act: "reload" }] };
  if (kernel.state === "elsewhere") return null;
  if (phase === "lost") return note(phase, "bad", advice ?? "The phone's frame is gone.", reload);
  if (advice !== null) return note("silent", "bad", advice, reload);
  if (stranger !== null) {
    const text =
      `The frame shows a page of ${stranger}, which may not speak. If it is a login, log in; ` +
      `if it is the connector, give CRMWidget(..., allow_origins=["${stranger}"]).`;
    return note(`stranger ${stranger}`, phase === "silent" ? "bad" : "warn", text, login(view));
  }
  const from = host ?? "the simulator";
  const unheard = phase === "silent" || (phase === "loading" && waits !== null);
  const found = unheard ? unreached(view) : null;
  if (found) return note(`found ${found}`, "bad", found, reload);
  if (phase === "silent") {
    const text = waits
      ? `No word from ${from}: probably waiting for the agent to log in, or not allowed in a frame.`
      : `No word from ${from} yet.`;
    return note(phase, "bad", text, waits ? login(view) : reload);
  }
  // [I] it asks for crmData only when an agent is active: so that is what is missing
  return waits && note(waits, "info", "Probably waiting for the agent to log in.", login(view));
}

/** Why there is no connector to wait for, as Python found when it asked the address, or null. */
function unreached({ diagnosis }: View): string | null {
  return diagnosis && NO_CONNECTOR.includes(diagnosis.cause) ? diagnosis.sentence : null;
}

/** Causes of diagnosis/_causes.py with which no login helps. */
const NO_CONNECTOR = ["unreachable", "certificate", "http-error", "no-page"];

/** Browsers and identity providers often refuse a login in a frame: so in a tab, then reload. */
function login({ address }: View): Partial<Attention> {
  const open: Step[] = address ? [{ label: "Open login in a tab", href: address }] : [];
  return { steps: [...open, { label: "Reload", act: "reload" }] };
}

/** Asked before a reload, where that has a price. */
export function question({ call }: View): Attention | null {
  if (!call) return null;
  return note("question", "warn", "A call may be on; it would end.", {
    steps: [
      { label: "Reload it", act: "reloadNow" },
      { label: "Keep it", act: "keepFrame" },
    ],
  });
}

/** It was handed to the connector; whether it rings nobody tells us. */
function aboutDial({ dialled }: View): Attention | null {
  if (!dialled) return null;
  const who = dialled.name ? `${dialled.name}, ${dialled.number}` : dialled.number;
  return note("dialled", "info", `Number given to the phone: ${who}`);
}

function aboutFailures({ failures, summary }: View): Attention | null {
  const steps: Step[] = [{ label: "Retry", act: "retry" }];
  const kept = failures.some((failure) => failure.kept);
  const [first] = failures;
  if (!first) {
    const n = summary?.failed;
    return n
      ? note("failed", "bad", `${count(n, "call log")} failed to save, kept`, { steps })
      : null;
  }
  const alone = failures.every(({ handler }) => handler === first.handler);
  const who = alone ? call(first.handler) : "Handlers";
  const verb = failures.every(({ late }) => late) ? "late" : "failed";
  const text = `${who} ${verb} for ${count(failures.length, "call")}${kept ? ", kept" : ""}`;
  return note(`failed ${failures.length}`, "bad", text, {
    lines: failures.map(({ handler, error }) => `${call(handler)}: ${error}`),
    aside: true,
    ...(kept && { steps }),
  });
}

function aboutLogs({ summary }: View): Attention | null {
  const n = summary?.unsaved;
  if (!n) return null;
  const text = `${count(n, "call log")} not saved: no handler. Add @phone.on_save_log.`;
  return note("unsaved", "warn", text, { aside: true });
}

function aboutRefused({ rejected }: View): Attention | null {
  const reasons = Object.entries(rejected).filter(([, n]) => n > 0);
  const total = reasons.reduce((sum, [, n]) => sum + n, 0);
  const lines = reasons.map(([reason, n]) => `${reason}: ${number(n)}`);
  return total
    ? note("refused", "warn", `${count(total, "message")} refused`, { lines, aside: true })
    : null;
}

/** Why the frame is not here, and the button that gets it. */
export function away({ kernel, place }: View): { text: string; label: string } | null {
  if (kernel.state === "elsewhere") {
    return { text: "This phone is open on another page.", label: "Use it here" };
  }
  if (place === "cell") return null;
  return place === "dock"
    ? { text: "The phone is docked at the lower right.", label: "Bring it here" }
    : { text: "The phone is shown in another place on this page.", label: "Show it here" };
}

/** Why what Python does cannot be had now. */
export const PYTHON_AWAY = "Python is away: run the phone's cell again";

/** Why nobody can be called now, or null. */
export function dialBlocked({ canDial, phase, kernel }: View): string | null {
  if (kernel.state === "gone") return PYTHON_AWAY;
  if (canDial) return null;
  return phase === "configured"
    ? "The phone has not switched click-to-dial on"
    : "The phone is not connected yet";
}

/** What the Record tab says before anything was asked; *so* stands what a button is called. */
export function nobody({ simulated, phase, waits, kernel }: View): string {
  if (kernel.state === "elsewhere") return "The record is shown on the page that has the phone.";
  const next =
    simulated && !waits
      ? "Press *Incoming call* on the phone."
      : phase === "configured"
        ? "The caller's record appears here."
        : "The phone is not ready.";
  return `Nobody is calling yet. ${next}`;
}

/** What a record is about. */
export function heading({ action, log }: ShownRecord): string {
  switch (action) {
    case POP:
      return log ? "Call from" : "Incoming";
    case "requestNavigateToClickToDialResult":
      return "Opened";
    case "requestOpenReports":
      return "Reports";
    default:
      return action;
  }
}

const POP = "requestPerformInteractionScreenPop";

/** Whom it is about, as long as nobody is found: the number, or that there is none. */
export function subject({ action, asked }: ShownRecord): string {
  return asked || (action === POP ? "a withheld number" : "");
}

/** Where a question stands that has no answer to show. */
export interface Progress {
  text: string;
  level: Level;
  /** It is being asked: the seconds are counted. */
  asking?: true;
  /** How to go on, shown on request. */
  more?: string;
}

/** What is said of a record in place of an answer; null: there is one. */
export function progress(view: View): Progress | null {
  const { record } = view;
  if (!record) return null;
  const { stage, handler, error, id } = record;
  const who = handler ?? "The built-in answer";
  switch (stage) {
    case "asking":
      return { ...asking(view, record), asking: true };
    case "failed":
      return { text: `${who} failed: ${error}`, level: "bad", more: TRACEBACK };
    case "late":
      return { text: `${who} is late: no answer after ${error}.`, level: "bad", more: LATE };
    case "missed":
      return { text: id === null ? NO_ROOM : MISSED, level: "warn" };
    case "handled":
      return { text: `${who} handled it, and shows no record.`, level: "info" };
    default:
      return null;
  }
}

const TRACEBACK =
  "The traceback is in the output of the phone's cell. phone.errors[-1].rerun() runs it once more, " +
  "in a cell of yours, where %debug works.";
const LATE =
  "What it returns will be shown here when it comes. Make it faster, or give it longer: " +
  "timeout= where it is registered.";
const MISSED =
  "Python was away when this came, and it was too old to ask about when Python was back.";
const NO_ROOM = "Too many messages wait for Python: it was not asked about this one.";

/** Whom Python asks, or why it asks nobody yet. */
function asking({ kernel, summary }: View, { action }: ShownRecord): Progress {
  switch (kernel.state) {
    case "connected": {
      const who = summary?.asks?.[action];
      return { text: who ? `Asking ${who} ...` : "Looking in the contacts ...", level: "info" };
    }
    case "waiting":
      return { text: "Python is busy or away. The call is kept until it answers.", level: "warn" };
    case "gone":
      return {
        text: "Python is away, the call is kept. Run the phone's cell again.",
        level: "bad",
      };
    case "elsewhere":
      return { text: "The phone is used on another page. The call is kept here.", level: "warn" };
    case "version":
      return { text: "Python runs another version. Reload this page.", level: "bad" };
  }
}

/** The sentence that stands for the contacts when there is not exactly one, else null. */
export function verdict(record: ShownRecord): string | null {
  const { matches, asked, link, html, stage } = record;
  const calling = record.action === POP;
  if (stage !== "found") return null;
  // Nobody has it for certain: even a single one is not opened.
  if (matches[0]?.certain === false) {
    return `${count(matches.length, "contact")} may have this number. None was opened.`;
  }
  if (matches.length > 1) {
    return `${count(matches.length, "contact")} have this ${calling ? "number" : "id"}. None was opened.`;
  }
  if (matches.length === 1 || link || html !== null) return null;
  if (asked) return `No contact for ${asked}.`;
  return calling ? "No contact: the call came without a number." : "Nothing to show.";
}

/** "Exact number. pop() answered in 24 ms." */
export function reason({ matches, handler, ms }: ShownRecord): string {
  const [only, second] = matches;
  // "Returned by pop()" says no more than what follows
  const why = only && !second && !/^(Returned|Found) by /.test(only.rule) ? `${rule(only)} ` : "";
  const who = handler ? `${handler} answered in` : "The built-in answer took";
  return `${why}${who} ${took(ms)}.`;
}

function took(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What became of the call, as far as the connector says; null: it is about no call. */
export function course({ action, log, stage }: ShownRecord): string | null {
  if (action === "requestOpenReports" || (!log && (action !== POP || stage === "asking"))) {
    return null;
  }
  if (!log) return "No call log since.";
  const at = timeOf(log.at);
  switch (log.state) {
    case "came":
      return `Its log came at ${at} and is being saved.`;
    case "saved":
      return log.item === null ? `Logged at ${at}.` : `Logged as ${log.item} at ${at}.`;
    case "kept":
      return `Its log came at ${at} and is kept: nothing saves it yet.`;
    case "failed":
      return `Its log came at ${at} and is kept: saving it failed.`;
  }
}

/** "12:04:31" */
export function timeOf(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** "Exact number." */
export function rule({ rule, certain }: ShownMatch): string {
  return `${rule}${certain ? "" : ", not certain"}.`;
}

/** One line for the narrow layout: "Bo Larsen · Gold · exact number". */
export function brief(view: View): string {
  const { record } = view;
  if (!record) return "";
  const state = progress(view);
  if (state) return `${heading(record)} ${subject(record)} · ${state.text}`;
  const [only, second] = record.matches;
  if (!only || second || !only.certain) {
    return verdict(record) ?? record.link?.text ?? heading(record);
  }
  const [field = ""] = Object.values(only.contact.fields);
  const why = ((record.log && course(record)) ?? rule(only)).slice(0, -1);
  const parts = [
    only.contact.name,
    field.length < 25 && field,
    why.charAt(0).toLowerCase() + why.slice(1),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** "Incoming: Bo Larsen", for the pill and the dock. */
export function arrival(record: ShownRecord): string {
  const { matches, stage } = record;
  const [first] = matches;
  const unsure = first?.certain === false;
  const several = unsure || matches.length > 1;
  const who = several
    ? count(matches.length, unsure ? "possible contact" : "contact")
    : first?.contact.name;
  const known = stage === "found" && who;
  return [heading(record), known || subject(record)].filter(Boolean).join(": ");
}

/** What a screen reader is told: who calls, and then who was found. */
export function announcement(view: View): string {
  const { record } = view;
  if (!record || view.kernel.state === "elsewhere") return "";
  const [only, second] = record.matches;
  const found = only && !second && only.certain ? rule(only) : verdict(record);
  const said = progress(view)?.text ?? found;
  return [`${arrival(record)}.`, said, record.log && course(record)].filter(Boolean).join(" ");
}

/** What stands on a card below id and numbers: term, text. */
export function rows({ email, url, fields }: ShownContact): [string, string][] {
  const said: [string, string][] = email ? [["email", email]] : [];
  if (url && !webUrl(url)) said.push(["url", url]);
  return [...said, ...Object.entries(fields)];
}

/** "pop()" for "pop". */
export function call(handler: string): string {
  return /[) ]/.test(handler) ? handler : `${handler}()`;
}

/** The address when it may become a link, else null: whatever else it is stays text. */
export function safeUrl(text: string): string | null {
  return hrefOf(text, ["http:", "https:", "mailto:", "tel:"]);
}

/** The same for a page to open. */
export function webUrl(text: string): string | null {
  return hrefOf(text, ["http:", "https:"]);
}

function hrefOf(text: string, schemes: string[]): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return schemes.includes(url.protocol) ? url.href : null;
}

/** A mail link, only for what is plainly one address: no header can ride on it. */
export function mailUrl(email: string): string | null {
  return /^[^\s@?&%,;:]+@[^\s@?&%,;:]+$/.test(email) ? `mailto:${email}` : null;
}

/** What the page itself says where Python does not answer, else null; `late`: it was asked in vain. */
export function mute({ kernel, phase, messages }: View, late: boolean): ShownDiagnosis | null {
  const why = late && kernel.state === "connected" ? BUSY : AWAY[kernel.state];
  if (!why) return null;
  const [cause, sentence] = why;
  const kept = "kept" in kernel ? kernel.kept : 0;
  const checks: ShownCheck[] = [
    {
      name: "phone",
      verdict: phase === "configured" ? "ok" : "look",
      evidence: `${STATES[phase][0]}; it has sent ${count(messages, "message")}.`,
      advice: "",
    },
    {
      name: "kept here",
      verdict: kept > 0 ? "look" : "ok",
      evidence: kept > 0 ? `${count(kept, "message")} for Python.` : "Nothing.",
      advice: kept > 0 ? "They are delivered in order as soon as a kernel answers." : "",
    },
  ];
  return { cause, sentence, good: false, checks };
}

const BUSY: [string, string] = [
  "kernel-busy",
  "Python is there and has not answered for 8 s: probably a handler runs for long, or a cell does " +
    "and this kernel receives nothing meanwhile. Wait for it, or interrupt the kernel.",
];

const AWAY: Partial<Record<View["kernel"]["state"], [string, string]>> = {
  waiting: [
    "kernel-away",
    "The kernel does not answer: it is busy, restarting, or its connection is cut. The phone goes " +
      "on, and what it says is kept here. Wait for the cell that runs; if the kernel was " +
      "restarted, run the cell of the phone again.",
  ],
  gone: [
    "kernel-away",
    "The kernel is gone. The phone goes on, and what it says is kept here. Start the kernel and " +
      "run the cell of the phone again; reloading this page would end a call.",
  ],
  elsewhere: ["elsewhere", "Another page has taken this phone over. Press Use it here."],
  version: [
    "other-version",
    "Page and kernel run different versions of crmwidget. Reload this page; that ends a call.",
  ],
};

/** The colour of a check's word. */
export function verdictOf(verdict: ShownCheck["verdict"]): Level {
  return ({ ok: "good", look: "warn", wrong: "bad", unknown: "info" } as const)[verdict] ?? "info";
}

/** "Diagnosis ok", "Diagnosis !"; neither while it is too early to tell. */
export function diagnosisLabel({ phase, kernel, stranger, failures }: View): string {
  const wrong = ["silent", "lost"].includes(phase) || stranger !== null || failures.length > 0;
  if (wrong || kernel.state !== "connected") return "Diagnosis !";
  return phase === "configured" ? "Diagnosis ok" : "Diagnosis";
}
