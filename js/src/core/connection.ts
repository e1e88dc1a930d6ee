/**
 * Connection: our side of the handshake as a function. frame.ts and channel.ts carry out what it says.
 *
 * Every `ready` is answered, in any state, and every question that has a standing answer: a busy or
 * dead kernel never keeps the connector from starting. All is passed on to the kernel but a `ready`
 * that repeats itself, because a pinging connector must not keep an idle kernel from being culled.
 */

import { type Action, incoming } from "./actions.gen";
import { isPlain, own, toText } from "./guard";
import type { Body } from "./outbox";
import type { Facts } from "./wire";

/** A message of ours; without `data` the key stays away, too. */
export interface Reply {
  action: string;
  data?: unknown;
}

export interface State {
  /** The frame is there. */
  readonly open: boolean;
  readonly simulated: boolean;
  /** Seconds without a first `ready` until it is called silent. */
  readonly silence: number;
  /** Finished answers, by the request's name. */
  readonly standing: ReadonlyMap<string, Reply>;
  /** How many documents this page's frames have shown. */
  readonly loads: number;
  /** The frame has shown none yet. */
  readonly fresh: boolean;
  readonly acked: boolean;
  /** crmData was asked for: [I] an agent is active. */
  readonly asked: boolean;
  readonly configured: boolean;
  readonly dial: boolean;
  /** [I] A call may be on: a screen pop or a dial, and no interaction log since. */
  readonly call: boolean;
  readonly silent: boolean;
  readonly lost: boolean;
  /** Something has loaded and says nothing: it may wait for a login [I], or may not run here. */
  readonly quiet: boolean;
  /** Our simulator's page has said that it is there. */
  readonly alive: boolean;
  readonly messages: number;
  /** `ready` that were answered and not passed on since the last one that was. */
  readonly readies: number;
  /** Since when a first `ready` is awaited. */
  readonly waitsSince: number;
  /** When the load event of the present document came; null: it did not yet. */
  readonly loadedAt: number | null;
  /** When the last `ready` since then came. */
  readonly greetedAt: number;
}

export type Event =
  | { kind: "settings"; simulated: boolean; silence: number; standing: ReadonlyMap<string, Reply> }
  /** A frame was made. */
  | { kind: "opened" }
  /** Its load event. */
  | { kind: "loaded" }
  /** Our simulator's page begins anew, as a connector's does when its agent logs in or out [I]. */
  | { kind: "restarted" }
  /** A message that was judged to be the connector's; `text` is all of it. */
  | { kind: "message"; action: string; data: unknown; text: string }
  /** The kernel has a message for the connector. */
  | { kind: "post"; reply: Reply }
  /** The frame is gone, and not because we made another one. */
  | { kind: "ended"; reason: string }
  | { kind: "wake" };

export type Effect =
  | { kind: "post"; reply: Reply }
  /** To the kernel; `keep`: an interaction log. */
  | { kind: "tell"; body: Body; keep: boolean };

/** ms in which a page that has loaded says its first `ready`; our own does, if it may run at all. */
const STARTS = 3_000;
/** ms: a load event so soon after a `ready` is of the document that sent it [I]. */
const SOON = 2_000;

export const initial: State = {
  open: false,
  simulated: false,
  silence: 15,
  standing: new Map(),
  loads: 0,
  fresh: true,
  acked: false,
  asked: false,
  configured: false,
  dial: false,
  call: false,
  silent: false,
  lost: false,
  quiet: false,
  alive: false,
  messages: 0,
  readies: 0,
  waitsSince: 0,
  loadedAt: null,
  greetedAt: Number.NEGATIVE_INFINITY,
};

/** `now` in ms on a clock that only goes forward. */
export function step(state: State, event: Event, now: number): [State, Effect[]] {
  switch (event.kind) {
    case "settings": {
      const { simulated, silence, standing } = event;
      return [{ ...state, simulated, silence, standing }, []];
    }
    case "opened":
      return [{ ...state, ...UNHEARD, open: true, lost: false, fresh: true, waitsSince: now }, []];
    case "loaded":
      return loaded(state, now);
    case "restarted":
      return restarted(state, now);
    case "message":
      return message(state, event, now);
    case "post":
      return post(state, event.reply);
    case "ended":
      return noted({ ...state, ...UNHEARD, open: false, lost: true }, "lost", {
        reason: event.reason,
      });
    case "wake":
      return late(state, now);
  }
}

/** When `wake` has something to say; null: never, as things stand. */
export function due(state: State): number | null {
  const times = [silentAt(state), quietAt(state)].filter((at) => at !== null);
  return times.length > 0 ? Math.min(...times) : null;
}

/** What is said of the connection in every `hello`. */
export function facts(
  state: State,
): Omit<Facts, "shown" | "origin" | "rejected" | "cached" | "host"> {
  const { loads, acked, configured, dial, silent, lost, messages } = state;
  return { loads, acked, configured, dial, silent, lost, messages };
}

/** The words of `phone.status`. */
export function phase(state: State): "loading" | "silent" | "ready" | "configured" | "lost" {
  if (state.lost) return "lost";
  if (state.configured) return "configured";
  if (state.acked) return "ready";
  return state.silent ? "silent" : "loading";
}

/** A document that has not spoken. */
const UNHEARD = {
  acked: false,
  asked: false,
  configured: false,
  dial: false,
  call: false,
  silent: false,
  quiet: false,
  alive: false,
  loadedAt: null,
  greetedAt: Number.NEGATIVE_INFINITY,
} as const;

/** The load event comes after what the document's scripts say first, or before it. */
function loaded(state: State, now: number): [State, Effect[]] {
  const same = !state.fresh && (state.loadedAt === null || now - state.greetedAt < SOON);
  if (same) return [{ ...state, loadedAt: now, greetedAt: initial.greetedAt }, []];
  const unheard = state.fresh ? state : { ...state, ...UNHEARD, waitsSince: now };
  const [next, effects] = begun(unheard);
  return [{ ...next, loadedAt: now }, effects];
}

/** It may say so before its load event. */
function restarted(state: State, now: number): [State, Effect[]] {
  const loadedAt = state.fresh ? null : now;
  return begun({ ...state, ...UNHEARD, alive: true, waitsSince: now, loadedAt });
}

function begun(state: State): [State, Effect[]] {
  const next = { ...state, fresh: false, loads: state.loads + 1 };
  return noted(next, "loaded", { loads: next.loads });
}

function noted(
  state: State,
  what: "loaded" | "lost" | "silent",
  detail: Record<string, unknown>,
): [State, Effect[]] {
  const body: Body = { t: "note", what, detail };
  return [state, [{ kind: "tell", body, keep: false }]];
}

type Heard = Extract<Event, { kind: "message" }>;

function message(before: State, event: Heard, now: number): [State, Effect[]] {
  const action = incoming(event.action);
  const effects: Effect[] = [];
  let state: State = { ...before, messages: before.messages + 1 };
  const ready = action?.name === "ready";
  // [I] a `ready` after crmData: the frame has reloaded, and click-to-dial is off until asked for
  const again = ready && state.configured;
  if (again) state = { ...state, ...UNHEARD };
  if (again || state.fresh) {
    const [next, said] = begun(state);
    state = next;
    effects.push(...said);
  }
  if (ready) {
    effects.push({ kind: "post", reply: { action: "ready" } });
    state = { ...state, greetedAt: now };
    if (state.acked) return [{ ...state, readies: state.readies + 1 }, effects];
    state = { ...state, acked: true, silent: false, quiet: false };
  }
  const answer = action && !ready ? state.standing.get(action.name) : undefined;
  if (answer) {
    const [next, posted] = post(state, answer);
    state = next;
    effects.push(...posted);
  }
  if (action?.name === "requestCrmData") state = { ...state, asked: true };
  if (action?.name === "requestEnableClickToDial") state = { ...state, dial: enables(event.data) };
  if (action?.name === "requestPerformInteractionScreenPop") state = { ...state, call: true };
  if (action?.kept) state = { ...state, call: false };
  effects.push(passedOn(event, action, ready || answer !== undefined, state));
  return [{ ...state, readies: 0 }, effects];
}

function passedOn(
  event: Heard,
  action: Action | undefined,
  answered: boolean,
  { loads, readies, simulated }: State,
): Effect {
  const keep = action?.kept ?? false;
  const body: Body = {
    t: "msg",
    m: event.text,
    ...(loads > 1 && { load: loads }),
    ...(answered && { answered }),
    ...(readies > 0 && { readies }),
    ...(keep && simulated && { simulated }),
  };
  return { kind: "tell", body, keep };
}

/** As the kernel reads it, which sees the text: what is unclear enables nothing. */
function enables(data: unknown): boolean {
  const written = toText(isPlain(data) ? own(data, "isEnabled") : data);
  const flag: unknown = written.ok ? JSON.parse(written.text) : null;
  if (typeof flag === "string") return ["true", "y"].includes(flag.trim().toLowerCase());
  return flag === true || flag === 1;
}

function post(state: State, reply: Reply): [State, Effect[]] {
  const configured = state.configured || reply.action === "crmData";
  const call = state.call || reply.action === "clickToDialResponse";
  return [{ ...state, configured, call }, [{ kind: "post", reply }]];
}

function silentAt({ open, acked, silent, waitsSince, silence }: State): number | null {
  return open && !acked && !silent ? waitsSince + silence * 1000 : null;
}

function quietAt({ open, quiet, acked, loadedAt }: State): number | null {
  const waits = open && !quiet && !acked && loadedAt !== null;
  return waits ? loadedAt + STARTS : null;
}

function late(state: State, now: number): [State, Effect[]] {
  const quiet = quietAt(state);
  const next = quiet !== null && now >= quiet ? { ...state, quiet: true } : state;
  const silent = silentAt(next);
  if (silent === null || now < silent) return [next, []];
  return noted({ ...next, silent: true }, "silent", {});
}
