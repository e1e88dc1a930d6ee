/** Turn: the simulated connector's state, and the duties that events and verbs have in common. connector.ts is the door. */

import type { FromConnectorName } from "../core/actions.gen";
import { isObject } from "./defects";
import { at, begin, type Field, type Interaction, type Remembered, words } from "./interaction";
import type { Notice } from "./notice";

/** login: nobody is signed in; greeting: `ready` is unanswered; asking: crmData is. */
export type Phase = "login" | "greeting" | "asking" | "configured";

export type Spelling = "requestGetCrmDirectory" | "requestGetCRMDirectory";

/** What a person, the remote control or a scenario wants; `id` comes back with `done`, null is a person. */
export interface Command {
  id: string | number | null;
  what: string;
  args: Readonly<Record<string, unknown>>;
}

/** The login that stands before the phone. */
export interface Door {
  /** The connector's own page asks, or an identity provider's that refuses to be framed. */
  way: "form" | "sso";
  /** Somebody was logged in, and for too long. */
  expired: boolean;
}

export interface State {
  /** Part of every interaction's id, so that two loads of the page never make the same one. */
  seed: string;
  spelling: Spelling;
  phase: Phase;
  door: Door | null;
  /** How many `ready` went unanswered, and when the next is due, in ms. */
  readies: number;
  readyAt: number;
  /** crmData's parts as received. */
  user: Record<string, unknown>;
  settings: Record<string, unknown>;
  capabilities: Record<string, unknown>;
  agent: "ready" | "notReady";
  /** Click-to-dial, as the page was last told. */
  dial: boolean;
  /** null: not known. An address book that stays unanswered is empty. */
  directory: readonly unknown[] | null;
  /** Until when an answer is waited for, in ms; null: nobody waits. */
  directoryDue: number | null;
  /** Index of the record that calls next. */
  next: number;
  call: Interaction | null;
  serial: number;
  fields: Readonly<Record<Interaction["channel"], readonly Field[]>>;
  history: readonly Remembered[];
  notices: readonly Notice[];
  unread: number;
  /** What a person's last press did, in words. */
  hint: string;
  waiting: readonly Command[];
  problems: number;
}

export type Effect =
  /** Post to the embedding page; without a `data` key when that is undefined. */
  | { kind: "post"; action: string; data: unknown }
  /** A message of the page, as it goes on the transcript. */
  | { kind: "heard"; action: string; data: unknown; problems: string[] }
  /** A command took effect, or did not: then `error` says why and what to do. */
  | { kind: "done"; id: string | number; error: string | null }
  /** The page begins anew. */
  | { kind: "restarted" };

/** One step under way: the new state, what comes out of it, and the time. */
export interface Turn {
  s: State;
  out: Effect[];
  now: number;
}

const DIRECTORY_PATIENCE = 5_000;

/** At `now`, in ms, behind a door if there is one. */
export function initial(seed: string, door: Door | null = null, now = 0): State {
  return {
    seed,
    spelling: "requestGetCrmDirectory",
    phase: door ? "login" : "greeting",
    door,
    readies: 0,
    readyAt: now,
    user: {},
    settings: {},
    capabilities: {},
    agent: "ready",
    dial: false,
    directory: null,
    directoryDue: null,
    next: 0,
    call: null,
    serial: 0,
    fields: { voice: [], digital: [] },
    history: [],
    notices: [],
    unread: 0,
    hint: "",
    waiting: [],
    problems: 0,
  };
}

/** [I] Logging in or out loads the page anew: a call in it is lost. What waits goes on waiting. */
export function restart({ s, out, now }: Turn, door: Door | null): void {
  const { seed, serial, spelling, waiting, problems } = s;
  Object.assign(s, initial(seed, door, now), { serial, spelling, waiting, problems });
  out.push({ kind: "restarted" });
}

/** A leaf of callCenterSettings as text; empty when absent. */
export function setting({ settings }: State, section: string, key: string): string {
  return words(at(settings, section, key));
}

export function post(turn: Turn, action: FromConnectorName | Spelling, data?: unknown): void {
  say(turn, action, data);
}

/** The general form, for what scripts send: any action, also one that nobody knows. */
export function say({ s, out }: Turn, action: string, data: unknown): void {
  if (action === "requestEnableClickToDial") s.dial = at(data, "isEnabled") === true;
  out.push({ kind: "post", action, data });
}

export function askDirectory(turn: Turn): void {
  turn.s.directoryDue = turn.now + DIRECTORY_PATIENCE;
  post(turn, turn.s.spelling);
}

export function open({ s, now }: Turn, what: Parameters<typeof begin>[2]): Interaction {
  s.serial += 1;
  s.hint = "";
  s.call = begin(`sim-${s.seed}-${s.serial}`, now, what);
  return s.call;
}

/** The two are talking; now the fields of the after-call form are asked for. */
export function converse(turn: Turn, call: Interaction): void {
  const { s, now } = turn;
  s.call = { ...call, stage: "talking", answeredAt: now, since: now };
  const options = isObject(s.settings.LogOptions) ? s.settings.LogOptions : {};
  const names = Object.keys(options)
    .filter((key) => /^transactionLogCustomField\d+$/.test(key))
    .map((key) => words(options[key]))
    .filter(Boolean);
  if (names.length > 0)
    post(turn, "requestCustomFieldsValues", { object: { voice: names, digital: names } });
}
