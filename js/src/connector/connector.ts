/**
 * Connector: the simulated softphone as a function. Events with the time go in, effects come out.
 *
 * No clock, no DOM, no postMessage: simulator.ts carries the effects out and draws the state. What a
 * person presses, what Python's remote control says and what a scenario does are the same commands,
 * worked off in order once the connector is configured.
 */

import { TO_CONNECTOR, TO_CONNECTOR_NAMES } from "../core/actions.gen";
import { work } from "./commands";
import { defects, isObject, refusal } from "./defects";
import { at, fieldsOf, remembered, words } from "./interaction";
import { noticeOf } from "./notice";
import {
  askDirectory,
  type Command,
  converse,
  type Effect,
  open,
  post,
  type State,
  say,
  setting,
  type Turn,
} from "./state";

export { ASSUMPTIONS, type Assumption } from "./assumptions";
export { extend } from "./commands";
export {
  type Command,
  type Door,
  type Effect,
  initial,
  restart,
  type State,
  setting,
} from "./state";

export type Event =
  /** The time of `due` has come, or the page has just been loaded. */
  | { kind: "tick" }
  | { kind: "received"; message: unknown }
  | { kind: "command"; command: Command }
  /** A script posts at once, whatever the state and the action. */
  | { kind: "say"; action: string; data: unknown };

const READY_EVERY = 1_000;
const ANSWERED_AFTER = 2_000;
const NOTICES_KEPT = 50;

/** What the connector does about one event. `state` is not changed. */
export function step(state: State, event: Event, now: number): [State, Effect[]] {
  const turn: Turn = { s: { ...state }, out: [], now };
  const { s } = turn;
  if (event.kind === "received") receive(turn, event.message);
  if (event.kind === "command") s.waiting = [...s.waiting, event.command];
  if (event.kind === "say") say(turn, event.action, event.data);
  pass(turn);
  work(turn);
  return [s, turn.out];
}

/** When the next tick is needed, in ms of the caller's clock; Infinity: only an event changes anything. */
export function due({ phase, readyAt, directoryDue, call, notices }: State): number {
  return Math.min(
    phase === "greeting" ? readyAt : Infinity,
    directoryDue ?? Infinity,
    call?.stage === "dialling" ? call.since + ANSWERED_AFTER : Infinity,
    ...notices.map((notice) => notice.until ?? Infinity),
  );
}

/** What the remote control is told after each command. */
export function report({ phase, call, user, directory, problems }: State): Record<string, unknown> {
  return {
    call: call?.id ?? null,
    number: call?.number ?? null,
    name: call?.name || null,
    phase: phase === "configured" ? (call?.stage ?? "idle") : phase,
    agent: words(user.Name) || null,
    contacts: directory?.length ?? null,
    problems,
  };
}

/** What time alone brings about. */
function pass(turn: Turn): void {
  const { s, now } = turn;
  if (s.phase === "greeting" && now >= s.readyAt) {
    post(turn, "ready");
    s.readies += 1;
    s.readyAt = now + READY_EVERY;
  }
  if (s.directoryDue !== null && now >= s.directoryDue) {
    s.directoryDue = null;
    s.directory ??= [];
  }
  if (s.call?.stage === "dialling" && now >= s.call.since + ANSWERED_AFTER) converse(turn, s.call);
  const over = (until: number | null) => until !== null && now >= until;
  if (s.notices.some((one) => over(one.until)))
    s.notices = s.notices.map((one) => (over(one.until) ? { ...one, until: null } : one));
}

// ---------------------------------------------------------------- what the page says
function receive(turn: Turn, message: unknown): void {
  const { s, out } = turn;
  const hear = (action: string, data: unknown, problems: string[]) => {
    s.problems += problems.length;
    out.push({ kind: "heard", action, data, problems });
  };
  if (typeof message === "string" && message.includes(TO_CONNECTOR))
    hear("", message, ["the message is a string; it must be an object [D]"]);
  if (!isObject(message) || !("action" in message || message.type === TO_CONNECTOR)) return;
  const action = words(message.action);
  // One page of the documentation puts the notification beside the action, another under data.
  const beside = action === "displayErrorNotification" && !message.data;
  const data = beside ? { ...message, type: "transient" } : message.data;
  const refused = refusal(message, TO_CONNECTOR_NAMES);
  if (refused) {
    hear(action, data, [refused]);
    return;
  }
  const problems = defects(action, data);
  if (action === "clickToDialResponse" && !s.dial)
    problems.push("click-to-dial is not enabled: no call is started [D]");
  hear(action, data, problems);
  REACTIONS.get(action)?.(turn, data);
}

const REACTIONS = new Map<string, (turn: Turn, data: unknown) => void>([
  [
    "ready",
    (turn) => {
      if (turn.s.phase !== "greeting") return;
      // [I] the agent is active by itself: nobody presses Activate.
      turn.s.phase = "asking";
      post(turn, "requestCrmData");
    },
  ],
  ["crmData", configure],
  [
    "crmDirectory",
    ({ s }, data) => {
      const results = at(data, "results");
      s.directory = Array.isArray(results) ? results : [];
      s.directoryDue = null;
    },
  ],
  ["clickToDialResponse", dialled],
  [
    "createHistoryItem",
    ({ s }, data) => {
      const item = remembered(data);
      const size = Number(setting(s, "LogOptions", "interactionHistorySize")) || 5;
      if (item) s.history = [item, ...s.history].slice(0, size);
    },
  ],
  [
    "customFieldsDataResponse",
    ({ s }, data) => {
      s.fields = { voice: fieldsOf(data, "voice"), digital: fieldsOf(data, "digital") };
    },
  ],
  [
    "displayErrorNotification",
    ({ s, now }, data) => {
      if (!isObject(data)) return;
      s.serial += 1;
      s.notices = [noticeOf(data, s.serial, now), ...s.notices].slice(0, NOTICES_KEPT);
      s.unread += 1;
    },
  ],
]);

function configure(turn: Turn, data: unknown): void {
  const { s } = turn;
  const first = s.phase === "asking";
  if (!(first || s.phase === "configured") || !isObject(data) || !isObject(data.currentUser))
    return;
  s.phase = "configured";
  s.user = data.currentUser;
  s.settings = isObject(data.callCenterSettings) ? data.callCenterSettings : {};
  s.capabilities = isObject(data.capabilities) ? data.capabilities : {};
  const dial = setting(s, "SoftphoneOptions", "clickToDial") === "Y";
  if (dial !== s.dial) post(turn, "requestEnableClickToDial", { isEnabled: dial });
  if (first && s.capabilities.directoryAvailable === true) askDirectory(turn);
}

function dialled(turn: Turn, data: unknown): void {
  const { s } = turn;
  const page = at(data, "pageInfo");
  const number = words(at(data, "onClickToDialResponse", "number"));
  if (!s.dial || !number) return;
  if (s.call) s.hint = "the page wants to call somebody, and a call is on";
  else if (at(data, "doNotCall") === true) s.hint = "the page says: do not call this number";
  else {
    const name = words(at(page, "recordName"));
    open(turn, { channel: "voice", way: "out", number, name, page: isObject(page) ? page : null });
  }
}
