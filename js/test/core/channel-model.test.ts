/**
 * The channel against a model: whatever the road does, each kernel takes every message once and in
 * order, the page takes every item of the kernel once and in order, and in the end all is forgotten.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Channel, type Content, type Effect } from "../../src/core/channel";
import { LIMITS } from "../../src/core/limits";
import { Kernel } from "./kernel";

const LATENCY = 4;

type Command =
  | { kind: "push"; n: number }
  | { kind: "say"; n: number }
  | { kind: "finish"; which: number }
  | { kind: "pass"; ms: number }
  | { kind: "cut"; ms: number }
  | { kind: "throw"; ms: number }
  | { kind: "twice" }
  | { kind: "restart"; model: boolean }
  | { kind: "reattach" }
  | { kind: "hide"; hidden: boolean };

/** One page, the kernels it lives to see, and the road between them. */
class World {
  now = 0;
  readonly kernels: Kernel[] = [];
  /** What was delivered to the page, per kernel. */
  readonly delivered = new Map<string, number[]>();
  readonly said = new Map<string, number>();
  readonly channel: Channel;
  /** Every number that was ever done. */
  readonly finished = new Set<number>();
  pushed = 0;
  transmitted = 0;
  cutUntil = 0;
  throwUntil = 0;
  #road = 0;
  #wakeAt: number | null = null;
  #toKernel: { at: number; road: number; kernel: Kernel; content: Content }[] = [];
  #toPage: { at: number; road: number; content: unknown }[] = [];
  #lossy: () => boolean;

  constructor(losses: boolean[]) {
    let n = 0;
    this.#lossy = () => losses[n++] ?? false;
    const facts = { loads: 1, acked: true, configured: true, dial: true, silent: false };
    this.channel = new Channel({
      epoch: "e1",
      build: "b",
      facts: () => ({
        ...facts,
        lost: false,
        shown: true,
        origin: null,
        messages: 0,
        rejected: 0,
        cached: [],
        host: {},
      }),
    });
    this.restart(true);
  }

  get kernel(): Kernel {
    return this.kernels.at(-1) as Kernel;
  }

  get time() {
    return { now: this.now, at: this.now };
  }

  restart(withModel: boolean): void {
    const id = `k${this.kernels.length}`;
    this.delivered.set(id, []);
    this.said.set(id, 0);
    this.#toKernel = [];
    this.#road++;
    const road = this.#road;
    this.kernels.push(new Kernel(id, (content) => this.#answer(road, content)));
    if (withModel) this.reattach();
    else this.carryOut(this.channel.detach(this.time));
  }

  reattach(): void {
    this.carryOut(this.channel.attach(this.time));
  }

  #answer(road: number, content: unknown): void {
    const lost = this.#lossy() || this.now < this.cutUntil;
    if (!lost) this.#toPage.push({ at: this.now + LATENCY, road, content });
  }

  carryOut(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "wake") this.#wakeAt = effect.at;
      else if (effect.kind === "transmit") this.#transmit(effect.content);
      else if (effect.kind === "deliver" && effect.item.t !== "set") {
        this.delivered.get(this.kernel.id)?.push(effect.item.seq);
        const note = { t: "note", what: "dropped", n: effect.item.seq } as const;
        this.pushed++;
        this.carryOut(this.channel.push(note, this.time));
      }
    }
  }

  #transmit(content: Content): void {
    this.transmitted++;
    if (this.now < this.throwUntil) this.carryOut(this.channel.failed(this.time));
    else if (this.now >= this.cutUntil) this.#deliverLater(content);
  }

  #deliverLater(content: Content): void {
    const copy = structuredClone(content);
    this.#toKernel.push({
      at: this.now + LATENCY,
      road: this.#road,
      kernel: this.kernel,
      content: copy,
    });
  }

  /** A queue of the host is flushed although its items arrived already. */
  twice(): void {
    const last = this.#toKernel.at(-1);
    if (last) this.#toKernel.push(last);
  }

  finish(which: number): void {
    const open = [...this.kernel.open];
    const seq = open[which % (open.length || 1)];
    if (seq === undefined) return;
    this.finished.add(seq);
    this.kernel.finish(seq);
  }

  /** Lets time pass, one thing after the other. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = Math.min(
        this.#toKernel[0]?.at ?? Number.POSITIVE_INFINITY,
        this.#toPage[0]?.at ?? Number.POSITIVE_INFINITY,
        this.#wakeAt ?? Number.POSITIVE_INFINITY,
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (this.#wakeAt !== null && this.#wakeAt <= next) {
        this.#wakeAt = null;
        this.carryOut(this.channel.wake(this.time));
      } else if ((this.#toKernel[0]?.at ?? Number.POSITIVE_INFINITY) <= next) {
        const arrived = this.#toKernel.shift();
        if (arrived?.kernel === this.kernel) arrived.kernel.receive(arrived.content, this.now);
      } else {
        const arrived = this.#toPage.shift();
        if (arrived?.road === this.#road) {
          this.carryOut(this.channel.receive(arrived.content, this.time));
        }
      }
    }
    this.now = end;
  }

  run(command: Command): void {
    switch (command.kind) {
      case "push":
        for (let i = 0; i < command.n; i++) {
          this.pushed++;
          const body = { t: "msg", m: `${this.pushed}` } as const;
          this.carryOut(this.channel.push(body, this.time));
        }
        break;
      case "say":
        for (let i = 0; i < command.n; i++) {
          const seq = this.kernel.post({ t: "post", m: { action: "crmData" } });
          this.said.set(this.kernel.id, seq);
        }
        break;
      case "finish":
        this.finish(command.which);
        break;
      case "pass":
        this.pass(command.ms);
        break;
      case "cut":
        this.cutUntil = this.now + command.ms;
        this.#toKernel = [];
        this.#toPage = [];
        break;
      case "throw":
        this.throwUntil = this.now + command.ms;
        break;
      case "twice":
        this.twice();
        break;
      case "restart":
        this.restart(command.model);
        break;
      case "reattach":
        this.reattach();
        break;
      case "hide":
        this.carryOut(this.channel.hide(command.hidden, this.time));
        break;
    }
  }

  /** The road is good again, and there is time until all is quiet. */
  heal(): void {
    this.#lossy = () => false;
    this.pass(3_000);
    this.reattach();
    for (let i = 0; i < 400; i++) {
      this.pass(1_000);
      this.kernel.late();
      for (const seq of this.kernel.open) this.finished.add(seq);
      this.kernel.finish(...this.kernel.open);
      if (this.kernel.unheard === 0 && this.kernel.done === this.pushed) break;
    }
    this.kernel.tell();
    this.pass(1_000);
  }
}

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("push"), n: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("say"), n: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("finish"), which: fc.nat(50) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("cut"), ms: fc.integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("throw"), ms: fc.integer({ min: 1, max: 3000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("twice") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart"), model: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reattach") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hide"), hidden: fc.boolean() }) },
) as fc.Arbitrary<Command>;

function run(commands: Command[], losses: boolean[]): World {
  const world = new World(losses);
  for (const each of commands) world.run(each);
  world.heal();
  return world;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

const script = fc.array(command, { maxLength: 60, size: "max" });
const losses = fc.array(fc.boolean(), { maxLength: 300, size: "max" });

test("every kernel takes the numbers in order, without holes, each once", () => {
  fc.assert(
    fc.property(script, losses, (commands, lost) => {
      const { kernels } = run(commands, lost);

      for (const { taken } of kernels) {
        const from = taken[0] ?? 1;
        expect(taken).toEqual(upTo(taken.length).map((n) => n + from - 1));
      }
    }),
    { numRuns: 100 },
  );
});

test("every message reaches the kernels until one has finished it, and what is finished is not sent to a new one", () => {
  fc.assert(
    fc.property(script, losses, (commands, lost) => {
      const world = run(commands, lost);

      expect([...world.finished].sort((a, b) => a - b)).toEqual(upTo(world.pushed));
      for (const { items } of world.kernels) {
        for (const [seq, item] of items) {
          if (item.t === "msg") expect(Number(item.m)).toBe(seq);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("the page takes what a kernel says in order, each once, and all that the last one said", () => {
  fc.assert(
    fc.property(script, losses, (commands, lost) => {
      const world = run(commands, lost);

      for (const seqs of world.delivered.values()) expect(seqs).toEqual(upTo(seqs.length));
      const { id } = world.kernel;
      expect(world.delivered.get(id)).toHaveLength(world.said.get(id) ?? 0);
    }),
    { numRuns: 100 },
  );
});

test("in the end the page is connected, has forgotten all, and says nothing more", () => {
  fc.assert(
    fc.property(script, losses, (commands, lost) => {
      const world = run(commands, lost);
      const before = world.transmitted;

      world.pass(120_000);

      expect(world.channel.standing(world.now)).toEqual({ state: "connected" });
      expect(world.transmitted - before).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test("a long cut under load costs one question at a time and no more than was on its way", () => {
  const world = new World([]);
  world.pass(10);
  world.run({ kind: "push", n: 1 });
  world.run({ kind: "cut", ms: 20_000 });
  for (let i = 0; i < 200; i++) {
    world.run({ kind: "push", n: 50 });
    world.pass(100);
  }
  const during = world.transmitted;

  world.heal();

  expect(during).toBeLessThan(2 + LIMITS.window + 12);
  expect(world.kernel.taken).toEqual(upTo(10_001));
});
