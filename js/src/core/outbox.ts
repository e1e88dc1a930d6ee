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
 * What waits at most: items, and characters in all. Interaction logs, which may wait for days, have
 * their own room, so that neither takes it from the other.
 */
export const ROOM = { items: 20_000, characters: 32_000_000, logs: 32_000_000 } as const;

const SKIP_SIZE = 64;
/** Characters around a message of the connector, on the wire. */
const OVERHEAD = 64;

interface Entry {
  item: Msg | Note | Do;
  /** An interaction log. */
  log: boolean;
  size: number;
}

export class Outbox {
  /** What is not finished, by number, in order. */
  readonly #entries = new Map<number, Entry>();
  #lowest = 1;
  #last = 0;
  /** Characters of what is no interaction log, and of what is one. */
  #size = 0;
  #logSize = 0;
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
    return this.#entries.size - this.#logs >= ROOM.items || this.#size >= ROOM.characters;
  }

  /** Whether an interaction log of so many characters finds room. */
  takes(characters: number): boolean {
    return this.#logSize + characters + OVERHEAD <= ROOM.logs;
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
    const item = { ...body, seq: ++this.#last, at };
    this.#entries.set(item.seq, { item, log, size });
    this.#count(log, size);
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
    this.#count(entry.log, -entry.size);
    if (entry.item.t === "msg") this.#messages--;
    return entry;
  }

  #count(log: boolean, size: number): void {
    if (!log) this.#size += size;
    else {
      this.#logSize += size;
      this.#logs += Math.sign(size);
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

/** Characters on the wire, roughly. */
function sizeOf(body: Body): number {
  if (body.t === "msg") return body.m.length + OVERHEAD;
  const more = body.t === "note" ? body.detail : body.args;
  return (more === undefined ? 0 : JSON.stringify(more).length) + 96;
}
