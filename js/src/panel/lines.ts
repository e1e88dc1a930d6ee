/** Lines: what is said of one line of the timeline. */

import { ACTIONS, incoming } from "../core/actions.gen";
import { type Line, stagesOf, tookOf } from "../core/timeline";
import { h } from "./dom";
import type { Level } from "./texts";

export const SIGNS: Record<Line["way"], string> = {
  received: "\u2190",
  sent: "\u2192",
  refused: "\u00d7",
  page: "\u00b7",
};

/** What a person should think of it. */
export interface Mark {
  level: Level;
  text: string;
  /** Sentences, each with the evidence of its rule where the vendor has a rule. */
  why: string[];
}

const SOURCES: Record<string, string> = {
  D: "The vendor documents this action [D]",
  S: "The vendor's sample client uses this action [S]",
  R: "The sample client's readme names this action [R]",
};

const REFUSED: Record<string, string> = {
  untrusted: "a script made it, no frame sent it",
  source: "another window than the phone's sent it",
  origin: "its origin is not among the allowed ones [D]",
  rate: "too many at once",
  room: "too many call logs wait to be saved",
  shape: "it is no plain object [D]",
  type: "its type is not the connector's [D]",
  action: "its action is no short text [D]",
  size: "it is too large",
  depth: "it is nested too deeply",
  nodes: "it has too many values",
};

const DONE: Record<string, string> = {
  loaded: "the frame has loaded",
  silent: "no word from the connector",
  lost: "the frame is gone",
  forbidden: "the page's policy forbids the frame",
  dropped: "not delivered",
  resent: "sent to Python again",
  kernel: "a kernel has answered",
};

/** `got`: messages up to this number are with Python. */
export function markOf(line: Line, got: number): Mark {
  const { way, action, seq, trace } = line;
  if (way === "refused") return { level: "bad", text: "refused", why: [REFUSED[action] ?? action] };
  if (way === "page") return { level: action === "dropped" ? "bad" : "info", text: "", why: [] };
  const evidence = evidenceOf(line);
  const why = [
    evidence
      ? (SOURCES[evidence] as string)
      : "Nobody has documented this action; it is passed on [I]",
  ];
  if (way === "sent") return { level: "info", text: evidence ? `[${evidence}]` : "", why };
  if (trace?.error) return { level: "bad", text: "failed", why: [trace.error, ...trace.problems] };
  if (trace && trace.problems.length > 0) {
    const tags = trace.problems.flatMap((each) => each.match(/\[[A-Z]\]/g) ?? []);
    return { level: "warn", text: ["!", ...new Set(tags)].join(" "), why: trace.problems };
  }
  if (seq > got) return { level: "warn", text: "kept", why: ["Python does not have it yet"] };
  if (!trace) return { level: "info", text: `[${evidence ?? "I"}]`, why };
  return { level: "good", text: `ok [${evidence ?? "I"}]`, why };
}

function evidenceOf({ way, action }: Line): string | undefined {
  if (way === "received") return incoming(action)?.evidence;
  return ACTIONS.find((each) => each.name === action && each.direction === "to_connector")
    ?.evidence;
}

/** What stands in the row. */
export function titleOf({ way, action, times }: Line): string {
  const title = way === "page" ? (DONE[action] ?? action) : action;
  return times > 1 ? `${title} (${times} times)` : title;
}

/** "24 ms" */
export function ms(n: number): string {
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} ms`;
}

/** "12:04:31" and ".482", for which there is not always room. */
export function clock(at: number): [string, HTMLElement] {
  const rest = `.${`${at % 1000}`.padStart(3, "0")}`;
  return [new Date(at).toTimeString().slice(0, 8), h("i", {}, rest)];
}

/** What a screen reader says of the row. */
export function spoken(line: Line, got: number): string {
  const took = tookOf(line);
  const { level, text, why } = markOf(line, got);
  const about = level === "good" ? [text] : level === "info" ? [] : [text, ...why];
  const answers = line.re > 0 ? `answer to ${line.re}` : "";
  const time = took === null ? "" : ms(took);
  return [line.way, titleOf(line), answers, ...about, time].filter(Boolean).join(", ");
}

/** "page 0.4 ms, handler 21 ms, back 4 ms. Answered by your handler pop()." */
export function story(line: Line): string {
  const stages = stagesOf(line).map(([name, each]) => `${name} ${ms(each)}`);
  const by = line.alone ? "the page" : line.trace?.by;
  const said = [stages.join(", "), by && `Answered by ${by}`];
  return said
    .filter(Boolean)
    .map((each) => `${each}.`)
    .join(" ");
}

/** Longest text that is drawn; copying gives all. */
const DRAWN = 20_000;

/** JSON with line breaks. */
export function pretty(text: string): string {
  const whole = JSON.stringify(JSON.parse(text), null, 2);
  const rest = whole.length - DRAWN;
  return rest > 0 ? `${whole.slice(0, DRAWN)}\n... and ${rest} characters; Copy has them` : whole;
}
