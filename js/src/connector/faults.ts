/**
 * Faults: what may go wrong between a connector and its client, for a while and on purpose.
 *
 * A filter of what the simulated connector posts, without a clock. Several can be on at once; each
 * message passes them in the order of `FILTERS`. Those that are no filter (reload, redirect, login
 * expiry) happen once, and simulator/scenario.ts carries them out.
 */

import { isObject } from "./defects";
import { at } from "./interaction";

/** Something to be posted: a message, or whatever else stands in `raw`. */
export interface Post {
  action: string;
  data: unknown;
  raw?: unknown;
}

type Args = Record<string, unknown>;

/** What becomes of one post; `due` is ms from now. */
type Filter = (post: Post, args: Args, faults: Faults) => (Post & { due?: number })[];

const NONSENSE: unknown[] = [
  "requestCrmData",
  null,
  { type: "CRMConnectMessage", action: 7 },
  { type: "SomethingElse", action: "ready" },
  { type: "CRMConnectMessage" },
  { type: "CRMConnectMessage", action: "requestPerformInteractionScreenPop", data: "+1" },
  { type: "CRMConnectMessage", action: "requestSaveInteractionLog", data: { message: [] } },
  { type: "CRMConnectMessage", action: "requestCustomFieldsValues", data: { object: null } },
];

/** A path of `data` that is left out of each action. */
const MISSING: Record<string, string> = {
  requestPerformInteractionScreenPop: "aniValues",
  requestSaveInteractionLog: "message.body.interactionData.interaction",
  requestCustomFieldsValues: "object.digital",
  requestEnableClickToDial: "isEnabled",
  requestNavigateToClickToDialResult: "recordId",
};

const WHERE: Record<string, string> = {
  logDetails: "message.body.interactionData.logDetails",
  customFields: "message.body.interactionData.logDetails.customFields",
  header: "header",
};

const changed = (post: Post, action: string, change: (data: unknown) => unknown) => [
  post.action === action ? { ...post, data: change(post.data) } : post,
];

const FILTERS: Record<string, Filter> = {
  "missing keys": (post) => {
    const path = MISSING[post.action];
    return [path ? { ...post, data: without(post.data, path.split(".")) } : post];
  },
  "bare log": (post, { without: key }) =>
    changed(post, "requestSaveInteractionLog", (data) =>
      without(data, (WHERE[String(key ?? "logDetails")] ?? "").split(".")),
    ),
  "blank ani": (post) =>
    changed(post, "requestPerformInteractionScreenPop", (data) => {
      const values = at(data, "aniValues");
      return Array.isArray(values) ? { ...(data as Args), aniValues: ["", ...values] } : data;
    }),
  "both spellings": (post) =>
    /^requestGetCRMDirectory$/i.test(post.action)
      ? ["requestGetCrmDirectory", "requestGetCRMDirectory"].map((action) => ({ ...post, action }))
      : [post],
  malformed: (post, _, faults) => {
    const raw = NONSENSE[faults.turn("malformed") % NONSENSE.length];
    return [{ action: "?", data: null, raw }, post];
  },
  duplicate: (post, { times }) => Array<Post>(Math.min(Number(times) || 2, 100)).fill(post),
  drop: (post, { every }, faults) =>
    faults.turn("drop") % (Number(every) || 2) === 0 ? [] : [post],
  reorder: (post, { seconds }, faults) => faults.swap(post, Number(seconds) || 1),
  delay: (post, { seconds }) => [{ ...post, due: (Number(seconds) || 3) * 1000 }],
  silence: () => [],
};

export class Faults {
  readonly #on = new Map<string, Args>();
  #deferred: (Post & { due: number })[] = [];
  #held: { post: Post; due: number } | null = null;
  #ping = Infinity;
  #now = 0;
  readonly #turns = new Map<string, number>();

  /** The names of those that are on. */
  get names(): string[] {
    return [...this.#on.keys()];
  }

  /** When something is to be posted, in ms; Infinity: nothing waits. */
  get due(): number {
    return Math.min(
      this.#ping,
      this.#held?.due ?? Infinity,
      ...this.#deferred.map(({ due }) => due),
    );
  }

  start(name: string, args: Args, now: number): void {
    this.#on.set(name, args);
    this.#turns.delete(name);
    if (name === "pinging") this.#ping = now;
  }

  /** One of them, or all; what they have held back comes with the next tick. */
  end(name: string | null, now: number): void {
    if (name === null) this.#on.clear();
    else this.#on.delete(name);
    if (!this.#on.has("pinging")) this.#ping = Infinity;
    if (!this.#on.has("reorder") && this.#held) this.#held.due = now;
    if (!this.#on.has("delay"))
      this.#deferred = this.#deferred.map((one) => ({ ...one, due: now }));
  }

  /** What is to be posted now, for one message of the connector. */
  pass(post: Post, now: number): Post[] {
    this.#now = now;
    let posts: (Post & { due?: number })[] = [post];
    for (const [name, filter] of Object.entries(FILTERS)) {
      const args = this.#on.get(name);
      if (args) posts = posts.flatMap((one) => filter(one, args, this));
    }
    // What waits already goes first: only "reorder" changes the order.
    const late = posts.filter(({ due }) => due !== undefined);
    this.#deferred.push(...late.map((one) => ({ ...one, due: now + (one.due ?? 0) })));
    return posts.filter(({ due }) => due === undefined);
  }

  /** What time alone brings about. */
  tick(now: number): Post[] {
    const posts = this.#deferred.filter(({ due }) => due <= now);
    this.#deferred = this.#deferred.filter(({ due }) => due > now);
    if (this.#held && this.#held.due <= now) {
      posts.push({ ...this.#held.post, due: now });
      this.#held = null;
    }
    if (this.#ping <= now) {
      this.#ping = now + (Number(this.#on.get("pinging")?.seconds) || 1) * 1000;
      return [...this.pass({ action: "ready", data: undefined }, now), ...posts];
    }
    return posts;
  }

  /** Of two messages the second goes first; the first waits for it, but not for ever. */
  swap(post: Post, seconds: number): Post[] {
    const held = this.#held;
    this.#held = held ? null : { post, due: this.#now + seconds * 1000 };
    return held ? [post, held.post] : [];
  }

  /** How many messages a fault has seen, with this one. */
  turn(name: string): number {
    const n = (this.#turns.get(name) ?? 0) + 1;
    this.#turns.set(name, n);
    return n;
  }
}

/** A copy of `data` that lacks what stands at a path. */
function without(data: unknown, [key = "", ...rest]: string[]): unknown {
  if (!isObject(data)) return data;
  const { [key]: inner, ...others } = data;
  return rest.length === 0 || !(key in data) ? others : { ...data, [key]: without(inner, rest) };
}
