/**
 * Outbox: what the kernel has not finished yet, by number. channel.ts decides what of it is sent.
 *
 * A number is never taken back: what is finished, while something before it is not, leaves only its
 * number. A run of such numbers goes as one `Skip`, so that a new kernel sees no holes.
 */

import type { Do, Msg, Note } from "./wire";

type Unnumbered<T> = T extends unknown ? Omit<T, "seq" | "at"> : never;
/** An item before it has a number. */
export type Body = Unnumbered<Msg | Note | Do>;

/** Stands for items that an earlier kernel has finished: `n` numbers, of which `seq` is the first. */
export interface Skip {
  t: "note";
  seq: number;
  what: "done";
  n: number;
}
export type Item = Msg | Note | Do | Skip;

/**
 * What waits at most: items, and bytes as the kernel has to hold them. Interaction logs, which may
 * wait for days, have their own room, so that neither takes it from the other.
 */
export const ROOM = { items: 20_000, bytes: 64_000_000, logs: 32_000_000 } as const;

const SKIP_SIZE = 64;
const SIGNS = new Set([..."{[,"].map((sign) => sign.charCodeAt(0)));
/** Characters around a message of the connector, on the wire. */
const OVERHEAD = 64;

interface Entry {
  item: Msg | Note | Do;
  /** An interaction log. */
  log: boolean;
  size: number;
  bytes: number;
}

export class Outbox {
  /** What is not finished, by number, in order. */
  readonly #entries = new Map<number, Entry>();
  #lowest = 1;
  #last = 0;
  /** Of what is no interaction log, and of what is one. */
  #bytes = 0;
  #logBytes = 0;
  #logs = 0;
  #messages = 0;

  /** The smallest number that is still to be told. */
  get lowest(): number {
    return this.#lowest;
  }

  get last(): number {
    return this.#last;
  }

  get empty(): boolean {
    return this.#lowest > this.#last;
  }

  get full(): boolean {
    return this.#entries.size - this.#logs >= ROOM.items || this.#bytes >= ROOM.bytes;
  }

  /** Whether an interaction log finds room, given as text. */
  takes(text: string): boolean {
    return this.#logBytes + weightOf(text) <= ROOM.logs;
  }

  /** How many messages of the connector are kept. */
  get messages(): number {
    return this.#messages;
  }

  /** How many interaction logs above number `seq` are kept. */
  logs(seq: number): number {
    let n = 0;
    for (const { item, log } of this.#entries.values()) if (log && item.seq > seq) n++;
    return n;
  }

  /** `log`: it is an interaction log. */
  append(body: Body, at: number, log = false): Msg | Note | Do {
    const size = sizeOf(body);
    const bytes = body.t === "msg" ? weightOf(body.m) : size;
    const item = { ...body, seq: ++this.#last, at };
    this.#entries.set(item.seq, { item, log, size, bytes });
    this.#count(log, bytes);
    if (body.t === "msg") this.#messages++;
    return item;
  }

  items(from: number, to: number): Item[] {
    const items: Item[] = [];
    let run: Skip | null = null;
    for (let seq = from; seq <= to; seq++) {
      const entry = this.#entries.get(seq);
      if (entry) {
        items.push(entry.item);
        run = null;
      } else if (run) run.n++;
      else {
        run = { t: "note", seq, what: "done", n: 1 };
        items.push(run);
      }
    }
    return items;
  }

  /** The last number of a batch that begins at `from`: one item at least. */
  batch(from: number, items: number, characters: number): number {
    let size = 0;
    let n = 0;
    let skips = false;
    for (let seq = from; seq <= this.#last; seq++) {
      const entry = this.#entries.get(seq);
      if (entry || !skips) {
        size += entry?.size ?? SKIP_SIZE;
        if (n === items || (n > 0 && size > characters)) return seq - 1;
        n++;
      }
      skips = !entry;
    }
    return this.#last;
  }

  /** Forgets what an item said, and tells what it was; null: nothing to forget. */
  finish(seq: number): { item: Msg | Note | Do; log: boolean } | null {
    const entry = this.#entries.get(seq);
    if (!entry) return null;
    this.#entries.delete(seq);
    this.#count(entry.log, -entry.bytes);
    if (entry.item.t === "msg") this.#messages--;
    return entry;
  }

  #count(log: boolean, bytes: number): void {
    if (!log) this.#bytes += bytes;
    else {
      this.#logBytes += bytes;
      this.#logs += Math.sign(bytes);
    }
  }

  /** Finishes all numbers between these two, and tells what was there. */
  finishRun(from: number, to: number): { item: Msg | Note | Do; log: boolean }[] {
    const seqs = to - from < this.#entries.size ? between(from, to) : [...this.#entries.keys()];
    return seqs.filter((seq) => seq >= from && seq <= to).flatMap((seq) => this.finish(seq) ?? []);
  }

  /** Drops finished numbers from the front, up to and with number `until`. */
  trim(until: number): void {
    while (this.#lowest <= Math.min(until, this.#last) && !this.#entries.has(this.#lowest)) {
      this.#lowest++;
    }
  }
}

function between(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/**
 * Bytes that a JSON text takes when it is read, roughly: a list or a mapping of Python's takes many
 * more than its text, and each has one of these signs before it or within.
 */
function weightOf(text: string): number {
  let signs = 0;
  for (let i = 0; i < text.length; i++) if (SIGNS.has(text.charCodeAt(i))) signs++;
  return text.length + OVERHEAD + signs * 100;
}

/** Characters on the wire, roughly. */
function sizeOf(body: Body): number {
  if (body.t === "msg") return body.m.length + OVERHEAD;
  const more = body.t === "note" ? body.detail : body.args;
  return (more === undefined ? 0 : JSON.stringify(more).length) + 96;
}
