/**
 * LogStorage: interaction logs that are not done yet, in the tab's sessionStorage; a reload keeps them.
 *
 * An entry is written before its log is sent and gone once the kernel is done with it. Where the
 * storage is forbidden, full or not there, nothing is mirrored, and nothing else changes.
 */

import { isPlain } from "../core/guard";
import type { Msg } from "../core/wire";

/** An interaction log as an earlier page in this tab has left it. */
export type Left = Pick<Msg, "at" | "m" | "simulated"> & { key: string };

export class LogStorage {
  readonly #prefix: string;
  /** Where each log lies. Names count up: a storage has no order of its own. */
  readonly #names = new Map<string, string>();
  readonly #left: Left[] = [];
  #next = 1;
  #on = true;

  /** `phone`: the softphone's key; two notebooks share a page. */
  constructor(phone: string) {
    this.#prefix = `crmwidget/${phone}/`;
    this.#try((storage) => this.#read(storage));
  }

  /** What an earlier page has left, oldest first. */
  get left(): readonly Left[] {
    return this.#left;
  }

  keep(key: string, { at, m, simulated }: Omit<Left, "key">): void {
    if (!this.#on || this.#names.has(key)) return;
    const name = `${this.#prefix}${this.#next++}`;
    this.#try((storage) => {
      storage.setItem(name, JSON.stringify({ key, at, m, simulated }));
      this.#names.set(key, name);
    });
  }

  forget(key: string): void {
    const name = this.#names.get(key);
    if (name === undefined) return;
    this.#names.delete(key);
    this.#try((storage) => storage.removeItem(name));
  }

  /** Off: what is there goes, and nothing comes. */
  turn(on: boolean): void {
    this.#on = on;
    if (!on) for (const key of [...this.#names.keys()]) this.forget(key);
  }

  #read(storage: Storage): void {
    const found = Object.keys(storage)
      .filter((name) => name.startsWith(this.#prefix))
      .map((name) => ({ name, n: Number(name.slice(this.#prefix.length)) }))
      .sort((a, b) => a.n - b.n);
    for (const { name, n } of found) {
      const left = parse(storage.getItem(name) ?? "");
      if (!left || !Number.isSafeInteger(n) || this.#names.has(left.key)) {
        storage.removeItem(name);
        continue;
      }
      this.#names.set(left.key, name);
      this.#left.push(left);
      this.#next = n + 1;
    }
  }

  #try(use: (storage: Storage) => void): void {
    try {
      use(sessionStorage);
    } catch {
      // An opaque origin, a full or a forbidden storage
    }
  }
}

function parse(text: string): Left | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isPlain(value)) return null;
  const { key, at, m, simulated } = value;
  const good = typeof key === "string" && typeof at === "number" && typeof m === "string";
  return good ? { key, at, m, ...(simulated === true && { simulated }) } : null;
}
