/**
 * Guard: is it a message of the connector, and what is it as text?
 *
 * Whatever arrives is hostile. A message becomes text as it arrives, so that a value JSON cannot
 * carry never blocks what is behind it. What JSON cannot carry is mapped:
 *
 * | value                       | text                     |
 * |-----------------------------|--------------------------|
 * | BigInt                      | its digits, as a string  |
 * | Date                        | ISO 8601; null if not one|
 * | Map, Set                    | array of entries, values |
 * | ArrayBuffer and its views   | {"$bytes": n}            |
 * | NaN, Infinity               | null                     |
 * | undefined                   | dropped; null in arrays  |
 * | Boolean, Number, String     | what they hold           |
 * | RegExp, Error               | as a string              |
 * | what contains itself        | "[cycle]"                |
 * | half a surrogate pair       | U+FFFD                   |
 * | any other object            | {"$type": its name}      |
 */

import { FROM_CONNECTOR } from "./actions.gen";
import type { Envelope, FromKernel } from "./wire";

export const CAPS = {
  /** Characters of one message as text. */
  size: 256 * 1024,
  /** Objects in objects. */
  depth: 100,
  /** Values in one message. */
  nodes: 20_000,
  /** Characters of an action's name. */
  action: 64,
  /** Messages at once, and each second after that: bursts of 10,000 pass again and again. */
  burst: 20_000,
  rate: 2_000,
} as const;

/** Why a message is not taken. */
export type Reason = "shape" | "type" | "action" | "size" | "depth" | "nodes";

export type Verdict = { ok: true; action: string; data: unknown; text: string } | Refused;

export interface Refused {
  ok: false;
  reason: Reason;
  /** What it asks for, where that could be read. */
  action?: string;
}

/** Judges the data of a message event; the order of the checks is the contract. */
export function judge(value: unknown): Verdict {
  if (!isPlain(value)) return { ok: false, reason: "shape" };
  if (own(value, "type") !== FROM_CONNECTOR) return { ok: false, reason: "type" };
  const action = own(value, "action");
  if (typeof action !== "string" || !isName(action)) return { ok: false, reason: "action" };
  const written = toText(value);
  return written.ok ? { ...written, action, data: own(value, "data") } : { ...written, action };
}

/** The action that a connector's message names; null where there is no valid one. */
export function actionOf(value: unknown): string | null {
  if (!isPlain(value) || own(value, "type") !== FROM_CONNECTOR) return null;
  const action = own(value, "action");
  return typeof action === "string" && isName(action) ? action : null;
}

/** Names are shown and printed: no control characters, with which a line could be forged. */
function isName(action: string): boolean {
  return action.length > 0 && action.length <= CAPS.action && !/\p{Cc}/u.test(action);
}

/** A structured clone is of this realm: an object whose prototype is another one was made here. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Whether it is one of the kernel's custom messages. */
export function isEnvelope(content: unknown): content is Envelope<FromKernel> {
  return (
    typeof content === "object" &&
    content !== null &&
    "crm" in content &&
    content.crm === 1 &&
    "epoch" in content &&
    "items" in content &&
    Array.isArray(content.items)
  );
}

export function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Any value as JSON text, or the cap that it breaks. */
export function toText(value: unknown): { ok: true; text: string } | Refused {
  const writer = new Writer();
  try {
    writer.write(value);
    return { ok: true, text: writer.text };
  } catch (error) {
    if (error instanceof OverCap) return { ok: false, reason: error.reason };
    throw error;
  }
}

class OverCap extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

class Writer {
  #parts: string[] = [];
  #size = 0;
  #nodes = 0;
  /** The objects around the value that is being written. */
  readonly #around: object[] = [];

  get text(): string {
    return this.#parts.join("");
  }

  write(value: unknown): void {
    if (++this.#nodes > CAPS.nodes) throw new OverCap("nodes");
    switch (typeof value) {
      case "string":
        this.#string(value);
        break;
      case "number":
        this.#put(Number.isFinite(value) ? `${value}` : "null");
        break;
      case "boolean":
        this.#put(value ? "true" : "false");
        break;
      case "bigint":
        if (value > LONG || value < -LONG) throw new OverCap("size"); // writing it takes its square
        this.#string(`${value}`);
        break;
      case "object":
        if (value === null) this.#put("null");
        else this.#object(value);
        break;
      default: // undefined in an array; functions and symbols cannot arrive
        this.#put("null");
    }
  }

  #put(text: string): void {
    this.#size += text.length;
    if (this.#size > CAPS.size) throw new OverCap("size");
    this.#parts.push(text);
  }

  #string(value: string): void {
    if (value.length > CAPS.size) throw new OverCap("size");
    this.#put(JSON.stringify(value.replace(HALF, "\ufffd")));
  }

  #object(value: object): void {
    if (this.#around.includes(value)) {
      this.#string("[cycle]");
      return;
    }
    if (this.#around.length >= CAPS.depth) throw new OverCap("depth");
    this.#around.push(value);
    if (Array.isArray(value)) this.#list(value);
    else if (isPlain(value)) this.#plain(value);
    else this.#special(value);
    this.#around.pop();
  }

  #list(values: Iterable<unknown>): void {
    let comma = "";
    this.#put("[");
    for (const each of values) {
      this.#put(comma);
      comma = ",";
      this.write(each);
    }
    this.#put("]");
  }

  #plain(value: Record<string, unknown>): void {
    let comma = "";
    this.#put("{");
    for (const key of Object.keys(value)) {
      const each = value[key];
      if (each === undefined) continue;
      this.#put(comma);
      comma = ",";
      this.#string(key);
      this.#put(":");
      this.write(each);
    }
    this.#put("}");
  }

  #special(value: object): void {
    if (value instanceof Map || value instanceof Set) this.#list(value);
    else if (value instanceof Date) {
      this.write(Number.isNaN(value.getTime()) ? null : value.toISOString());
    } else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      this.#put(`{"$bytes":${value.byteLength}}`);
    } else if (value instanceof Boolean || value instanceof Number || value instanceof String) {
      this.write(value.valueOf());
    } else if (value instanceof RegExp || value instanceof Error) this.#string(`${value}`);
    else this.write({ $type: Object.prototype.toString.call(value).slice(8, -1) });
  }
}

const LONG = 10n ** 1000n;

/** Half a surrogate pair: with the `u` flag whole ones do not match. */
const HALF = /\p{Surrogate}/gu;

/** How many messages a frame may send: a bucket of tokens that fills with time. */
export class Rate {
  #tokens: number = CAPS.burst;
  #at: number;

  /** `now` in ms on a clock that only goes forward. */
  constructor(now: number) {
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(CAPS.burst, this.#tokens + ((now - this.#at) / 1000) * CAPS.rate);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
