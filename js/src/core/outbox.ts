/**
 * Outbox: what the kernel has not finished yet, by number. channel.ts decides what of it is sent.
 *
 * A number is never taken back: what is finished, while something before it is not, leaves a `Skip`
 * behind, so that a new kernel sees no holes.
 */

import type { Do, Msg, Note } from "./wire";

type Unnumbered<T> = T extends unknown ? Omit<T, "seq" | "at"> : never;
/** An item before it has a number. */
export type Body = Unnumbered<Msg | Note | Do>;

/** Stands for an item that an earlier kernel has finished. */
export interface Skip {
  t: "note";
  seq: number;
  at: number;
  what: "done";
}
export type Item = Msg | Note | Do | Skip;

/** What waits at most, in items and in characters; interaction logs always find room. */
export const ROOM = { items: 20_000, characters: 32_000_000 } as const;

const SKIP_SIZE = 64;

interface Entry {
  item: Item;
  /** An interaction log. */
  log: boolean;
  size: number;
}

export class Outbox {
  #entries: Entry[] = [];
  #lowest = 1;
  #size = 0;
  #messages = 0;

  /** The smallest number that is not finished. */
  get lowest(): number {
    return this.#lowest;
  }

  get last(): number {
    return this.#lowest + this.#entries.length - 1;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  get full(): boolean {
    return this.#entries.length >= ROOM.items || this.#size >= ROOM.characters;
  }

  /** How many messages of the connector are kept. */
  get messages(): number {
    return this.#messages;
  }

  /** How many interaction logs above number `seq` are kept. */
  logs(seq: number): number {
    return this.#entries.filter((entry) => entry.log && entry.item.seq > seq).length;
  }

  /** `log`: it is an interaction log. */
  append(body: Body, at: number, log = false): Item {
    const size = sizeOf(body);
    const item = { ...body, seq: this.last + 1, at };
    this.#entries.push({ item, log, size });
    this.#size += size;
    if (body.t === "msg") this.#messages++;
    return item;
  }

  items(from: number, to: number): Item[] {
    return this.#entries.slice(from - this.#lowest, to - this.#lowest + 1).map(({ item }) => item);
  }

  /** The last number of a batch that begins at `from`: one item at least. */
  batch(from: number, items: number, characters: number): number {
    let size = 0;
    let to = from - 1;
    while (to < this.last && to - from + 1 < items) {
      size += (this.#entries[to + 1 - this.#lowest] as Entry).size;
      if (to >= from && size > characters) break;
      to++;
    }
    return to;
  }

  /** Forgets what an item said, and tells what it was; null: nothing to forget. */
  finish(seq: number): { item: Item; log: boolean } | null {
    const entry = this.#entries[seq - this.#lowest];
    if (!entry || isSkip(entry.item)) return null;
    const { item, log } = entry;
    if (item.t === "msg") this.#messages--;
    this.#size += SKIP_SIZE - entry.size;
    entry.log = false;
    entry.item = { t: "note", seq, at: item.at, what: "done" };
    entry.size = SKIP_SIZE;
    return { item, log };
  }

  /** Drops finished items from the front, up to and with number `until`. */
  trim(until: number): void {
    let n = 0;
    for (const { item } of this.#entries) {
      if (item.seq > until || !isSkip(item)) break;
      n++;
    }
    this.#entries.splice(0, n);
    this.#size -= n * SKIP_SIZE;
    this.#lowest += n;
  }
}

function isSkip(item: Item): item is Skip {
  return item.t === "note" && item.what === "done";
}

/** Characters on the wire, roughly. */
function sizeOf(body: Body): number {
  if (body.t === "msg") return body.m.length + 64;
  const more = body.t === "note" ? body.detail : body.args;
  return (more === undefined ? 0 : JSON.stringify(more).length) + 96;
}
