/** Refusals: what was not taken, counted, and said to the kernel at most once a second. */

import { incoming } from "./actions.gen";
import { CAPS } from "./guard";
import { type Body, ROOM } from "./outbox";

/** ms between two notes. */
const EVERY = 1_000;

/** What is taken at most, by the reason of a refusal. */
const MOST = { ...CAPS, room: ROOM.logs } as const;

/** A message of the connector that was more than is taken of it. */
interface Over {
  action: string;
  reason: string;
  limit: number;
}

export class Refusals {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #origin: string | null = null;
  /** Since the last note, by reason. */
  readonly #fresh = new Map<string, number>();
  /** Since the last note: what the connector waits for and has lost, by action and reason. */
  readonly #over = new Map<string, Over>();
  #from = "";
  #saidAt = Number.NEGATIVE_INFINITY;

  get total(): number {
    return this.#total;
  }

  /** By reason, since this page was opened. */
  get counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Who spoke last from our frame, and from an origin that is not allowed; null: somebody who may. */
  get stranger(): string | null {
    return this.#origin;
  }

  /** `action`: what it asked for, where it was over one of our limits. */
  add(reason: string, origin: string, action: string | null = null): void {
    this.#total++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#fresh.set(reason, (this.#fresh.get(reason) ?? 0) + 1);
    this.#from = origin;
    if (reason === "origin") this.#origin = origin;
    const known = action === null ? undefined : incoming(action);
    if (known && isCap(reason)) {
      const over = { action: known.name, reason, limit: MOST[reason] };
      this.#over.set(`${known.name} ${reason}`, over);
    }
  }

  /** One who may has spoken, or there is another frame. */
  forget(): void {
    this.#origin = null;
  }

  /** When `note` has something to say; null: nothing. */
  get due(): number | null {
    return this.#fresh.size > 0 ? this.#saidAt + EVERY : null;
  }

  /** All since the last one, in one line. */
  note(now: number): Body | null {
    if (this.due === null || now < this.due) return null;
    const reasons = Object.fromEntries(this.#fresh);
    const n = Object.values(reasons).reduce((sum, each) => sum + each, 0);
    const reason = Object.keys(reasons).join(", ");
    const over = [...this.#over.values()];
    const said = { reason, reasons, origin: this.#from, stranger: this.#origin };
    const detail = over.length > 0 ? { ...said, over } : said;
    this.#over.clear();
    this.#fresh.clear();
    this.#saidAt = now;
    return { t: "note", what: "rejected", n, detail };
  }
}

function isCap(reason: string): reason is keyof typeof MOST {
  return Object.hasOwn(MOST, reason);
}
