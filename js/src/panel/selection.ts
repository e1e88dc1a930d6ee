/** Selection: the lines of the timeline that a person wants to see. No element is made here. */

import { type Line, stagesOf, type Timeline, tookOf } from "../core/timeline";

export const KINDS = ["received", "sent", "refused", "failed"] as const;
export type Kind = (typeof KINDS)[number];

export class Selection {
  /** Oldest first. */
  readonly lines: Line[] = [];
  readonly #kinds = new Set<Kind>();
  #text = "";
  #cleared = 0;
  #paused: number | null = null;
  #scanned = 0;
  #changes = 0;

  get paused(): boolean {
    return this.#paused !== null;
  }

  /** Where the line with this number is; -1: it is not among them. */
  indexOf(n: number): number {
    let [from, to] = [0, this.lines.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.lines[middle] as Line).n < n) from = middle + 1;
      else to = middle;
    }
    return this.lines[from]?.n === n ? from : -1;
  }

  /** How many came since it was paused. */
  waiting({ last }: Timeline): number {
    return this.#paused === null ? 0 : last - this.#paused;
  }

  /** Only lines with this text in their action or data, in any case. */
  search(text: string): void {
    this.#text = text.trim().toLowerCase();
    this.#again();
  }

  /** Only lines of the kinds that are on; all, where none is. Says whether this one is on now. */
  toggle(kind: Kind): boolean {
    const on = !this.#kinds.delete(kind);
    if (on) this.#kinds.add(kind);
    this.#again();
    return on;
  }

  /** Nothing new, until it is called again. */
  pause({ last }: Timeline): void {
    this.#paused = this.paused ? null : last;
  }

  clear({ last }: Timeline): void {
    this.#cleared = last;
    this.#again();
  }

  /** Takes up what is new; how many lines are gone from the front, or null: it begins anew. */
  update(timeline: Timeline): number | null {
    const { first, last, changes } = timeline;
    // A message fails some time after it came
    if (changes !== this.#changes && this.#kinds.has("failed")) this.#again();
    this.#changes = changes;
    const anew = this.#scanned === 0;
    if (anew) this.lines.length = 0;
    const kept = this.lines.findIndex(({ n }) => n >= first);
    const gone = kept < 0 ? this.lines.length : kept;
    this.lines.splice(0, gone);
    const until = this.#paused ?? last;
    for (let n = Math.max(this.#scanned, this.#cleared, first - 1) + 1; n <= until; n++) {
      const line = timeline.get(n);
      if (line && this.#wants(line)) this.lines.push(line);
    }
    this.#scanned = until;
    return anew ? null : gone;
  }

  #again(): void {
    this.#scanned = 0;
  }

  #wants(line: Line): boolean {
    const { way, action, text } = line;
    const failed = this.#kinds.has("failed") && hasFailed(line);
    if (this.#kinds.size > 0 && !failed && !this.#kinds.has(way as Kind)) return false;
    return !this.#text || `${action} ${text}`.toLowerCase().includes(this.#text);
  }
}

/** Its handler raised or was late, or the page could not deliver it. */
export function hasFailed({ action, trace }: Line): boolean {
  return action === "dropped" || (trace?.error ?? null) !== null;
}

/** One message a line, as JSON; what people said in them is in it. */
export function jsonLines(lines: readonly Line[]): string {
  return lines.map((line) => JSON.stringify(recordOf(line))).join("\n");
}

function recordOf(line: Line): object {
  const { n, at, way, action, text, re, times, trace } = line;
  return {
    n,
    at: new Date(at).toISOString(),
    direction: way,
    action,
    message: JSON.parse(text),
    ...(re && { re }),
    ...(times > 1 && { times }),
    ms: tookOf(line) ?? undefined,
    stages: Object.fromEntries(stagesOf(line)),
    by: trace?.by ?? undefined,
    problems: trace?.problems,
    error: trace?.error ?? undefined,
  };
}
