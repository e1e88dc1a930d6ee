/**
 * Timeline: the last messages of this page, and what it did alone. Bounded; no DOM and no clock.
 *
 * Lines are numbered from 1 in the order in which they happened and never move. What is learned of
 * a line later (its answer, the kernel's trace) is written into it, and its `rev` grows.
 */

import type { Reply } from "./connection";
import type { ShownTrace, Stages } from "./wire";

export const ROOM = { lines: 10_000, characters: 8_000_000 } as const;

/** ms without a refusal of that kind after which the next one is a line of its own. */
const BURST = 1_000;

export interface Line {
  readonly n: number;
  /** ms since 1970. */
  readonly at: number;
  readonly way: "received" | "sent" | "refused" | "page";
  /** The action; the reason of a refusal; what the page did. */
  readonly action: string;
  /** The whole message, or what is known of the event, as JSON. */
  readonly text: string;
  /** Under which the kernel knows a received message; 0: it was not told. */
  readonly seq: number;
  /** `n` of the request that this one answers; 0: of none. */
  readonly re: number;
  /** `n` of the first answer to this one; 0: there is none. */
  readonly reply: number;
  /** ms from its arrival until its first answer was posted; null: none was. */
  readonly ms: number | null;
  /** The page has answered, and nobody else. */
  readonly alone: boolean;
  /** How many it stands for. */
  readonly times: number;
  readonly trace: ShownTrace | null;
  /** Grows with each change. */
  readonly rev: number;
}

type Entry = { -readonly [K in keyof Line]: Line[K] } & { started: number };

/** When something happens: ms on a clock that only goes forward, and since 1970. */
interface Moment {
  now: number;
  at: number;
}

export class Timeline {
  #lines: Entry[] = [];
  /** Lines at the front of `#lines` that are dropped. */
  #start = 0;
  #dropped = 0;
  #size = 0;
  #messages = 0;
  /** Grows when a line changes that was there before. */
  #changes = 0;
  readonly #told = new Map<number, Entry>();
  readonly #bursts = new Map<string, Entry>();

  /** `n` of the oldest line that is kept. */
  get first(): number {
    return this.#dropped + 1;
  }

  /** `n` of the newest line. */
  get last(): number {
    return this.#dropped + this.#lines.length - this.#start;
  }

  /** How many messages there were, the dropped ones as well. */
  get messages(): number {
    return this.#messages;
  }

  get changes(): number {
    return this.#changes;
  }

  get(n: number): Line | undefined {
    return n > this.#dropped ? this.#find(n) : undefined;
  }

  /** A message of the connector; `text` is all of it. */
  received(action: string, text: string, { now, at }: Moment): number {
    return this.#add({ at, way: "received", action, text }, now);
  }

  /** A message to it; `re`: `n` of its request, `alone`: of the page's own, `size`: see textOf. */
  sent(reply: Reply, { now, at }: Moment, { re = 0, alone = false, size = 0 }): void {
    const text = textOf(reply, size);
    const n = this.#add({ at, way: "sent", action: reply.action, text, re }, now);
    const request = re > this.#dropped ? this.#find(re) : undefined;
    if (!request || request.reply > 0) return;
    request.reply = n;
    request.ms = now - request.started;
    request.alone = alone;
    this.#touch(request);
  }

  /** Something that claimed to be a message. A burst for one reason is one line. */
  refused(reason: string, origin: string, { now, at }: Moment): void {
    const burst = this.#bursts.get(reason);
    if (burst && burst.n > this.#dropped && now - burst.started < BURST) {
      burst.times++;
      burst.started = now;
      this.#touch(burst);
      return;
    }
    const text = JSON.stringify({ reason, origin });
    this.#bursts.set(
      reason,
      this.#find(this.#add({ at, way: "refused", action: reason, text }, now)),
    );
  }

  /** What the page did alone, or what happened to it. */
  noted(what: string, detail: object, { now, at }: Moment): void {
    this.#add({ at, way: "page", action: what, text: JSON.stringify(detail) }, now);
  }

  /** The kernel is told of line `n` under the number `seq`. */
  told(n: number, seq: number): void {
    const line = n > this.#dropped ? this.#find(n) : undefined;
    if (!line) return;
    line.seq = seq;
    this.#told.set(seq, line);
    this.#touch(line);
  }

  /** `n` of the message that the kernel knows as `seq`; 0: it is not here. */
  of(seq: number | undefined): number {
    return (seq !== undefined && this.#told.get(seq)?.n) || 0;
  }

  /** `data`: of a `show trace`. */
  traced(data: unknown): void {
    for (const trace of data as readonly ShownTrace[]) {
      const line = this.#told.get(trace.seq);
      if (!line) continue;
      line.trace = trace;
      this.#touch(line);
    }
  }

  #add(
    line: Pick<Line, "at" | "way" | "action" | "text"> & { re?: number },
    started: number,
  ): number {
    const n = this.last + 1;
    const unknown = { seq: 0, re: 0, reply: 0, ms: null, alone: false, times: 1, trace: null };
    this.#lines.push({ ...unknown, ...line, n, started, rev: 0 });
    if (line.way !== "page") this.#messages++;
    this.#size += line.text.length;
    while (
      this.#lines.length - this.#start > ROOM.lines ||
      (this.#size > ROOM.characters && this.last > this.first)
    ) {
      this.#drop();
    }
    return n;
  }

  #drop(): void {
    const { seq, text } = this.#lines[this.#start++] as Entry;
    this.#dropped++;
    this.#size -= text.length;
    this.#told.delete(seq);
    if (this.#start < ROOM.lines / 10) return;
    this.#lines.splice(0, this.#start);
    this.#start = 0;
  }

  #find(n: number): Entry {
    return this.#lines[n - 1 - this.#dropped + this.#start] as Entry;
  }

  #touch(line: Entry): void {
    line.rev++;
    this.#changes++;
  }
}

/** ms in the places that are known, in order; `back`: from the end of its handler to its answer. */
export function stagesOf({ ms, alone, trace }: Line): [name: string, ms: number][] {
  if (alone) return [["page", ms ?? 0]];
  const { page, channel, queue, handler }: Stages = trace?.stages ?? {};
  const known = Object.entries({ page, channel, queue, handler }).filter(
    (each): each is [string, number] => each[1] !== undefined,
  );
  const sum = known.reduce((total, [, each]) => total + each, 0);
  if (ms !== null && handler !== undefined && ms > sum) known.push(["back", ms - sum]);
  return known;
}

/** ms from its arrival to its answer, or to the end of its handler; null: nothing is known. */
export function tookOf(line: Line): number | null {
  if (line.ms !== null) return line.ms;
  const stages = stagesOf(line);
  return stages.length > 0 ? stages.reduce((total, [, each]) => total + each, 0) : null;
}

/** An answer as text; of one whose data came as a part, that is large, only the size in bytes. */
function textOf({ action, data }: Reply, size: number): string {
  return JSON.stringify({ action, data: size > 0 ? { $bytes: size } : data });
}
