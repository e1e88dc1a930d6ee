/** Remote: commands for our simulator, from Python; they wait until its page is there. */

import type { Body } from "./outbox";

export interface Command {
  id: number;
  what: string;
  args: Record<string, unknown>;
}

export class Remote {
  #waiting: Command[] = [];
  readonly #open = new Set<number>();

  add(command: Command): void {
    this.#waiting.push(command);
  }

  /** The page is there: what is to be sent to it now. */
  start(): Command[] {
    const commands = this.#waiting;
    this.#waiting = [];
    for (const { id } of commands) this.#open.add(id);
    return commands;
  }

  /**
   * What the page says, as a note: an answer, how far it is, or that it wants what it does not
   * carry; or that it begins anew; null: nothing that was asked.
   */
  read(text: string): Body | "restarted" | null {
    const { id, ok, error, state, what, progress } = JSON.parse(text) as Record<string, unknown>;
    if (what === "restarted") return what;
    if (what === "wants") return { t: "note", what: "sim", detail: { wants: true } };
    if (typeof id !== "number" || !this.#open.has(id)) return null;
    if (progress !== undefined) return { t: "note", what: "sim", detail: { id, progress } };
    this.#open.delete(id);
    const why = ok === true ? {} : { error: typeof error === "string" ? error : "it refused" };
    return { t: "note", what: "sim", detail: { id, ok: ok === true, ...why, state } };
  }

  /** There is no page any more that could answer; what waits, waits for the next. */
  end(error: string): Body[] {
    const ids = [...this.#open];
    this.#open.clear();
    return ids.map((id) => ({ t: "note", what: "sim", detail: { id, ok: false, error } }));
  }

  /** There will never be one. */
  refuse(error: string): Body[] {
    this.start();
    return this.end(error);
  }
}
