/**
 * Question: whether a message of the connector asks whose record to show, and for which number.
 *
 * With the first word of such a message the record of the last caller goes, before Python has it and
 * also where Python is away: an agent is never shown somebody else's customer.
 */

import { incoming } from "./actions.gen";
import { isPlain, own } from "./guard";
import type { ShownRecord } from "./wire";

/** A record of which nothing is known but that it is asked for. `place`: see ShownRecord. */
export function asking(
  { action, data }: { action: string; data: unknown },
  place: number,
  at: number,
): ShownRecord | null {
  const name = incoming(action)?.name;
  const read = name === undefined ? undefined : ASKED[name];
  if (!read) return null;
  return { ...NOTHING, matches: [], place, action: name as string, asked: read(data), at };
}

/** Characters of what is asked for that are shown. */
const LONGEST = 200;

const NOTHING = {
  id: null,
  stage: "asking",
  link: null,
  html: null,
  handler: null,
  ms: 0,
  error: null,
  changed: false,
  log: null,
} as const satisfies Partial<Record<keyof ShownRecord, unknown>>;

const ASKED: Record<string, (data: unknown) => string> = {
  requestPerformInteractionScreenPop: (data) => {
    const given = member(data, "aniValues");
    const values = Array.isArray(given) ? given : [given];
    return values.map(text).find((value) => value.trim() !== "") ?? "";
  },
  requestNavigateToClickToDialResult: (data) =>
    text(isPlain(data) ? member(data, "recordId") : data),
};

function member(data: unknown, key: string): unknown {
  return isPlain(data) ? own(data, key) : undefined;
}

/** As Python reads it: what is neither text nor number is nothing. */
function text(value: unknown): string {
  const read = typeof value === "string" || typeof value === "number" ? `${value}` : "";
  return read.slice(0, LONGEST);
}
