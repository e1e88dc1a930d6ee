/** Notice: a displayErrorNotification as the agent sees it. */

import { words } from "./interaction";

const TRANSIENT_FOR = 5_000;

export interface Notice {
  key: number;
  /** transient, okDialog, okCancelDialog, fixedDialog or html. */
  kind: string;
  severity: string;
  title: string;
  text: string;
  at: number;
  /** On the screen until then, in ms; Infinity: until dismissed; null: only under the bell. */
  until: number | null;
}

/** Lenient: both spellings of severity, missing parts empty. Text stays text, whatever its type says. */
export function noticeOf(data: Record<string, unknown>, key: number, now: number): Notice {
  const kind = words(data.type) || "transient";
  const pieces = Array.isArray(data.textArray) ? data.textArray.map(words).filter(Boolean) : [];
  return {
    key,
    kind,
    severity: (words(data.severity) || words(data.serverity) || "INFO").toUpperCase(),
    title: words(data.title),
    text: pieces.join("\n"),
    at: now,
    until: kind === "transient" && data.persist !== true ? now + TRANSIENT_FOR : Infinity,
  };
}
