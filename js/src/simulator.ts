/** Simulator: the simulated connector's page. It carries out what core/connector.ts says and draws its state; wiring only. */

import {
  ASSUMPTIONS,
  type Command,
  due,
  type Effect,
  type Event,
  extend,
  initial,
  report,
  restart,
  step,
} from "./connector/connector";
import { FROM_CONNECTOR } from "./core/actions.gen";
import { drawControls } from "./simulator/controls";
import { type Extra, extras, type Tools } from "./simulator/extras";
import { rows } from "./simulator/lists";
import { does, html, icon, redraw, style, tick } from "./simulator/markup";
import { drawPhone, type Tab } from "./simulator/phone";

/** One message as it went over the wire; `at` in ms since 1970. */
export interface Entry {
  direction: "sent" | "received";
  action: string;
  data: unknown;
  at: number;
  /** What is wrong with a received one, each sentence with its evidence. */
  problems: string[];
}

/** `window.simulator`, for scripts in this page and for those that drive a browser. */
export interface Simulator {
  /** Posts a message at once, also one that no connector sends. */
  send(action: string, data?: unknown): void;
  /** All messages so far, oldest first; at most the last 5,000. */
  readonly transcript: readonly Entry[];
  /** Runs a scenario of docs/simulator.md, by name or as data; gives its report, or rejects at a step that cannot be. */
  run(scenario: unknown): Promise<Record<string, unknown>>;
  /** For the scripts of simulator/extras.ts. */
  extend(make: (tools: Tools) => Extra): void;
}

declare global {
  interface Window {
    simulator: Simulator;
  }
}

const REMOTE = "crmwidget/simulator";
const KEPT = 5_000;
const PROBLEMS_SHOWN = 100;

const embedded = window.parent !== window;
/** The page around wrote this one, which cannot load itself again. */
const written = document.URL === "about:srcdoc";
const { login, expired } = document.documentElement.dataset;
const transcript: Entry[] = [];
/** Newest first, each with its action. */
const problems: string[] = [];
/** What waits for the scenarios and faults, which only some pages carry. */
const wanting: (() => void)[] = [];

let tab: Tab = "phone";
/** What stands in inputs, by id: they are redrawn, and it belongs to the call that is on. */
let typed: Record<string, string> = {};
/** The embedding page's origin; undefined while unknown: then only `ready` goes out, to anybody [I]. */
let origin = location.ancestorOrigins?.[0];
let state = initial(
  Math.random().toString(36).slice(2),
  login ? { way: login as "form", expired: expired === "" } : null,
  Date.now(),
);
let timeout: ReturnType<typeof setTimeout>;
/** Another document comes; this one says no more. */
let ended = false;

function take(event: Event): void {
  if (ended) return;
  const now = Date.now();
  const before = state.call?.id;
  const [next, effects] = step(state, event, now);
  state = next;
  if (state.call?.id !== before) {
    typed = {};
    tab = "phone";
    document.querySelector<HTMLElement>(":popover-open")?.hidePopover();
  }
  schedule(now);
  for (const effect of effects) if (!extras.some((extra) => extra.takes?.(effect))) act(effect);
  transcript.splice(0, transcript.length - KEPT);
  problems.splice(PROBLEMS_SHOWN);
  for (const extra of extras) extra.after?.();
  draw();
}

function act(effect: Effect): void {
  if (effect.kind === "done") answer(effect.id, effect.error);
  else if (effect.kind === "restarted") restarted();
  else {
    const { kind, action, data } = effect;
    const found = kind === "heard" ? effect.problems : [];
    if (kind === "post") post(action, data);
    const direction = kind === "post" ? "sent" : "received";
    transcript.push({ direction, action, data, at: Date.now(), problems: found });
    problems.unshift(...found.map((text) => `${action}: ${text}`));
  }
}

/** As far as the page around can tell, ours is loaded anew. */
function restarted(): void {
  ended = extras.some((extra) => extra.restarted(state.door));
  if (written) tell({ what: "restarted" });
}

/** An opaque page has no origin that could be named. */
const target = () => (origin && origin !== "null" ? origin : "*");

function post(action: string, data: unknown): void {
  if (!origin && action !== "ready")
    throw new Error(`${action} was not sent: the origin of the page around is not known yet`);
  const message = { type: FROM_CONNECTOR, action };
  out(data === undefined ? message : { ...message, data });
}

/** Whatever it is, to the page around. */
const out = (message: unknown) => window.parent.postMessage(message, target());

/** To Python, by way of the page around that has written this one; any other is told nothing. */
const tell = (said: object) => {
  if (written) out({ type: REMOTE, ...said });
};

/** Tells whoever gave a command, other than a person at this page, how it went. */
function answer(id: string | number, error: string | null, more = {}): void {
  const result = error === null ? { ok: true } : { ok: false, error };
  if (typeof id === "number") tell({ id, ...result, state: { ...report(state), ...more } });
}

/** `then`, once the scenarios and faults have come. */
function want(then: () => void): void {
  wanting.push(then);
  tell({ what: "wants" });
}

/** Only the page around this one is heard; the first that it says shows its origin. */
window.addEventListener("message", ({ source, data, origin: from }) => {
  if (!embedded || source !== window.parent) return;
  // Served, this is a connector like any other: the page around cannot control it.
  if (data?.type === REMOTE && !written) return;
  origin = from;
  if (data?.type !== REMOTE) take({ kind: "received", message: data });
  else if (data.what === "theme") document.documentElement.style.colorScheme = data.args?.value;
  else if (typeof data.id === "number" && typeof data.what === "string") {
    const { script, ...args } = { ...data.args };
    if (script) load(script);
    give({ id: data.id, what: data.what, args });
  }
});

function give(command: Command): void {
  if (!extras.some((extra) => extra.command?.(command))) take({ kind: "command", command });
}

/** An extra comes with the first command that needs it, from the page that has written this one. */
function load(script: string): void {
  const element = document.createElement("script");
  element.text = script;
  document.head.append(element);
}

function schedule(now: number): void {
  clearTimeout(timeout);
  const next = due(state);
  if (next < Infinity) timeout = setTimeout(() => take({ kind: "tick" }), Math.max(0, next - now));
}

window.simulator = {
  transcript,
  send: (action, data) => take({ kind: "say", action, data }),
  extend(make) {
    const page = { act, answer, give, out, tell, draw, report: () => report(state) };
    const extra = make({ html, does, icon, style, restart, ...page });
    if (extras.some(({ name }) => name === extra.name)) return;
    extras.push(extra);
    extend(extra.verbs);
    ASSUMPTIONS.push(...extra.assumptions);
    if (state.door && written) restarted();
    draw();
    if (extra.wanted) for (const then of wanting.splice(0)) then();
  },
  run: (scenario) => new Promise((resolve) => want(() => resolve(window.simulator.run(scenario)))),
};

// ---------------------------------------------------------------- the page
const host = (id: string) => document.getElementById(id) as HTMLInputElement;

const command = (what: string, args: Command["args"] = {}) => give({ id: null, what, args });

function draw(): void {
  drawPhone(state, tab, embedded, host);
  drawControls(state, problems, written, host);
  redraw(host("rows"), rows(state, typed.search));
  redraw(host("callers"), rows(state, typed.find, "ring"));
  for (const [id, value] of Object.entries(typed)) {
    const field = host(id);
    if (field && field.value !== value) field.value = value;
  }
  tick(Date.now());
}

document.addEventListener("click", ({ target }) => {
  const pressed = (target as Element).closest<HTMLElement>("[data-do], [data-tab], [data-sheet]");
  const { do: what, args = "{}", tab: to, sheet } = pressed?.dataset ?? {};
  pressed?.closest<HTMLElement>("[popover]")?.hidePopover();
  if (sheet) {
    host(sheet).showPopover();
    host("find").focus();
  }
  if (to) {
    tab = to as Tab;
    // The documented moment of the question for the address book [D].
    command({ book: "addressBook", bell: "read" }[to] ?? "state");
  }
  if (!what) return;
  if (what === "want") {
    want(() => host(pressed?.id ?? "").click());
    return;
  }
  tab = "phone";
  command(what, what === "save" ? form() : JSON.parse(args));
});

function form(): Command["args"] {
  const fields = [...document.querySelectorAll<HTMLInputElement>("[data-field]")];
  return {
    topic: host("topic").value,
    notes: host("notes").value,
    customFields: Object.fromEntries(fields.map((one) => [one.dataset.field, one.value])),
  };
}

document.addEventListener("input", ({ target }) => {
  const { id, value } = target as HTMLInputElement;
  if (id === "agent" || id === "spelling") command(id, { value });
  else typed[id] = value;
  if (id === "search" || id === "find") draw();
});

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey, repeat, isComposing } = event;
  const target = event.target as HTMLElement;
  if (target.matches("input") && key === "Enter" && !isComposing)
    document.querySelector<HTMLElement>("#find:focus ~ ul button, #save")?.click();
  if (target.matches("input, select, textarea") || ctrlKey || metaKey || altKey || repeat) return;
  // R, A and E press what they stand for, if it is there.
  const id = { r: "ring", a: "accept", e: "hangUp" }[key];
  if (id) host(id)?.click();
});

setInterval(() => tick(Date.now()), 500);
if (embedded) take({ kind: "tick" });
else draw();
