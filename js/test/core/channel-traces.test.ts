/** The page's end of the channel, in traces that tests/test_channel_traces.py plays. */

import { expect, test } from "vitest";
import vectors from "../../../tests/vectors/channel.json";
import { Channel, type Effect } from "../../src/core/channel";
import type { Body } from "../../src/core/outbox";
import type { Facts } from "../../src/core/wire";

interface Step {
  at: number;
  page?: string;
  kernel?: string;
  do?: string;
  body?: Body;
  keep?: boolean;
  up?: unknown;
  down?: { epoch: string };
  takes?: number[];
  lost?: boolean;
  again?: boolean;
  deaf?: string[];
}

const beginnings: Record<string, Step[]> = vectors.beginnings;
const traces = vectors.traces as { name: string; begins?: string; steps: Step[] }[];

/** The pages of a trace, and what they have said that the trace has not named yet. */
class Pages {
  readonly said: { at: number; content: unknown }[] = [];
  now = 0;
  readonly #channels = new Map<string, Channel>();
  readonly #wakes = new Map<string, number>();

  passUntil(until: number): void {
    for (;;) {
      const [next] = [...this.#wakes].sort(([, a], [, b]) => a - b);
      if (!next || next[1] > until) break;
      const [epoch, at] = next;
      this.now = Math.max(this.now, at);
      this.#wakes.delete(epoch);
      this.#carry(epoch, this.#channel(epoch).wake(this.#time));
    }
    this.now = until;
  }

  do({ page = "", do: what, body, keep }: Step): void {
    const channel = this.#channel(page);
    if (what === "attach") this.#carry(page, channel.attach(this.#time));
    else if (what === "here") this.#carry(page, channel.here(this.#time));
    else if (what === "push" && body) this.#carry(page, channel.push(body, this.#time, keep));
    else if (what === "unload") {
      this.#channels.delete(page);
      this.#wakes.delete(page);
    }
  }

  /** What the kernel says reaches all of them but the deaf; the numbers that one takes. */
  hear(content: unknown, deaf: string[] = []): number[] {
    return [...this.#channels].flatMap(([epoch, channel]) =>
      deaf.includes(epoch) ? [] : this.#carry(epoch, channel.receive(content, this.#time)),
    );
  }

  get #time() {
    return { now: this.now, at: this.now };
  }

  #channel(epoch: string): Channel {
    const found = this.#channels.get(epoch);
    if (found) return found;
    const made = new Channel({ epoch, build: "b", facts: () => ({}) as Facts });
    this.#channels.set(epoch, made);
    return made;
  }

  #carry(epoch: string, effects: Effect[]): number[] {
    const taken: number[] = [];
    for (const effect of effects) {
      if (effect.kind === "wake") this.#wakes.set(epoch, effect.at);
      else if (effect.kind === "transmit")
        this.said.push({ at: this.now, content: effect.content });
      else if (effect.kind === "deliver" && effect.item.t !== "set") taken.push(effect.item.seq);
    }
    return taken;
  }
}

test.each(traces)("the page says what the trace says, then, and nothing else: $name", (trace) => {
  const pages = new Pages();

  for (const step of [...(beginnings[trace.begins ?? ""] ?? []), ...trace.steps]) {
    if (step.at > pages.now) {
      expect(pages.said).toEqual([]);
      pages.passUntil(step.at);
    }
    if (step.page) pages.do(step);
    else if (step.down && !step.lost)
      expect(pages.hear(step.down, step.deaf)).toEqual(step.takes ?? []);
    else if (step.up && !step.again) {
      expect(pages.said.shift()).toEqual({ at: step.at, content: step.up });
    }
  }

  expect(pages.said).toEqual([]);
});
