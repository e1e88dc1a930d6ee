/**
 * Runner: works a scenario off. No clock, no phone: it is told what happened and when, and says what to do.
 *
 * A step waits for its time, gives its command, and then waits for what it expects. An expectation
 * looks at what the client has said since the last command was given; each message meets one
 * expectation at most. One that is not met is noted, and the scenario goes on; a command that is
 * refused ends it.
 */

import { at } from "./interaction";
import type { Expectation, Scenario, Step } from "./scenario";

export type Happening =
  | { kind: "tick" }
  /** What became of the last command: null, or why it was refused. */
  | { kind: "done"; error: string | null }
  | { kind: "heard"; action: string; data: unknown };

export type Act =
  | { kind: "do"; what: string; args: Record<string, unknown> }
  | { kind: "say"; text: string };

export interface Result {
  step: string;
  expected: string;
  passed: boolean;
  /** What came instead, or when it came. */
  seen: string;
}

export interface Progress {
  done: number;
  total: number;
  passed: number;
  failed: number;
}

export interface Report extends Progress {
  scenario: string;
  /** It ran to its end, and every expectation was met. */
  ok: boolean;
  stopped: boolean;
  /** The command that was refused, and why. */
  refused: { step: string; what: string; error: string } | null;
  seconds: number;
  /** All that failed and the first that passed, `KEPT` of each at most. */
  results: Result[];
}

const KEPT = 200;
const POOL = 1_000;

interface Round {
  steps: readonly Step[];
  next: number;
  /** Rounds that are still to come. */
  left: number;
  since: number;
}

interface Open {
  expectation: Expectation;
  where: string;
  since: number;
}

/** The calls of a day: the next one is due at `since` plus `next` times `every` ms. */
interface Day {
  numbers: readonly unknown[];
  next: number;
  since: number;
  every: number;
  log: Record<string, unknown>;
}

export class Run {
  readonly #name: string;
  readonly #total: number;
  readonly #began: number;
  readonly #rounds: Round[];
  #step: Step | null = null;
  #day: Day | null = null;
  /** When the step before was through. */
  #free: number;
  #asked = false;
  #open: Open[] = [];
  #heard: { action: string; data: unknown }[] = [];
  /** How often each action was heard and met no expectation. */
  #counts = new Map<string, number>();
  #done = 0;
  #tally = { passed: 0, failed: 0 };
  #results: Result[] = [];
  #refused: Report["refused"] = null;
  #stopped = false;
  #due = Infinity;
  /** Set at its end. */
  report: Report | null = null;

  constructor({ name, steps }: Scenario, now: number) {
    this.#name = name;
    this.#total = size(steps);
    this.#began = now;
    this.#free = now;
    this.#rounds = [{ steps, next: 0, left: 0, since: now }];
  }

  /** When time alone brings it on, in ms of the caller's clock. */
  get due(): number {
    return this.#asked ? Infinity : this.#due;
  }

  get progress(): Progress {
    return { done: this.#done, total: this.#total, ...this.#tally };
  }

  stop(now: number): void {
    if (this.report) return;
    this.#stopped = true;
    this.#end(now);
  }

  /** `phase` is where the phone stands. What is given back is to be done in order. */
  take(happening: Happening, now: number, phase: unknown): Act[] {
    if (this.report) return [];
    if (happening.kind === "heard") this.#hear(happening);
    if (happening.kind === "done" && this.#asked) {
      this.#asked = false;
      if (happening.error !== null) return this.#refuse(happening.error, now);
      this.#through(now);
    }
    const acts: Act[] = [];
    this.#due = Infinity;
    while (!this.#asked && !this.report && this.#settle(now, phase) && this.#advance(now, acts));
    return acts;
  }

  #hear({ action, data }: { action: string; data: unknown }): void {
    this.#counts.set(action, (this.#counts.get(action) ?? 0) + 1);
    this.#heard.push({ action, data });
    if (this.#heard.length > POOL) this.#heard.shift();
  }

  #refuse(error: string, now: number): Act[] {
    const { where = "", verb = "" } = this.#step ?? {};
    this.#refused = { step: where, what: verb, error };
    this.#end(now);
    return [];
  }

  /** A command took effect. */
  #through(now: number): void {
    if (this.#day) {
      this.#done += 1;
      this.#day.next += 1;
      if (this.#day.next < this.#day.numbers.length) return;
      this.#day = null;
    } else this.#done += 1;
    this.#expect(now);
  }

  #expect(now: number): void {
    const { where = "", expect = [] } = this.#step ?? {};
    this.#open = expect.map((expectation) => ({ expectation, where, since: now }));
    this.#free = now;
  }

  // ---------------------------------------------------------------- what is expected
  /** Whether nothing is waited for any more. */
  #settle(now: number, phase: unknown): boolean {
    if (this.#open.length === 0) return true;
    this.#open = this.#open.filter((one) => !this.#decided(one, now, phase));
    if (this.#open.length === 0) this.#free = now;
    return this.#open.length === 0;
  }

  #decided({ expectation, where, since }: Open, now: number, phase: unknown): boolean {
    const { message, never, within, times } = expectation;
    const name = message ?? never;
    const met = name === undefined ? phase === expectation.phase : this.#met(name, expectation);
    const over = now >= since + within * 1000;
    if (!(met || over)) {
      this.#due = Math.min(this.#due, since + within * 1000);
      return false;
    }
    const passed = met !== (never !== undefined);
    if (met && message !== undefined) this.#use(message, times, expectation);
    const came = met ? `after ${((now - since) / 1000).toFixed(2)} s` : this.#instead(name, phase);
    this.#note({ step: where, expected: said(expectation), passed, seen: came });
    return true;
  }

  #met(name: string, { data, times }: Expectation): boolean {
    if ((this.#counts.get(name) ?? 0) < times) return false;
    return Object.keys(data).length === 0 || this.#matching(name, data).length >= times;
  }

  #matching(name: string, data: Record<string, unknown>) {
    return this.#heard.filter(
      (one) => one.action === name && Object.entries(data).every((leaf) => has(one.data, leaf)),
    );
  }

  #use(name: string, times: number, { data }: Expectation): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) - times);
    const used = new Set(this.#matching(name, data).slice(0, times));
    this.#heard = this.#heard.filter((one) => !used.has(one));
  }

  /** Actions only, never what a message said. */
  #instead(name: string | undefined, phase: unknown): string {
    if (name === undefined) return String(phase);
    const all = [...this.#counts].filter(([, n]) => n > 0);
    const others = all.map(([action, n]) => (n > 1 ? `${n} ${action}` : action)).join(", ");
    const other = (this.#counts.get(name) ?? 0) > 0 ? ", too few or with other data" : "";
    return (others || "nothing") + other;
  }

  #note(result: Result): void {
    const kind = result.passed ? "passed" : "failed";
    this.#tally[kind] += 1;
    if (this.#tally[kind] <= KEPT) this.#results.push(result);
  }

  // ---------------------------------------------------------------- what is done
  /** Goes on with what is due; false: there is something to wait for. */
  #advance(now: number, acts: Act[]): boolean {
    if (this.#day) return this.#call(this.#day, now, acts);
    const round = this.#rounds.at(-1);
    if (!round) return this.#end(now);
    const step = round.steps[round.next];
    if (!step) return this.#again(round, now);
    const due = Math.max(this.#free + step.after * 1000, round.since + step.at * 1000);
    if (now < due) return this.#wait(due);
    round.next += 1;
    this.#step = step;
    if (step.say) acts.push({ kind: "say", text: step.say });
    if (step.steps.length > 0)
      this.#rounds.push({ steps: step.steps, next: 0, left: step.repeat - 1, since: now });
    if (!step.verb) {
      if (step.steps.length === 0) this.#done += 1;
      this.#expect(now);
      return true;
    }
    this.#heard = [];
    this.#counts.clear();
    if (step.verb === "calls") this.#begin(step, now);
    else {
      this.#asked = true;
      acts.push({ kind: "do", ...command(step) });
    }
    return true;
  }

  #again(round: Round, now: number): boolean {
    if (round.left === 0) this.#rounds.pop();
    else Object.assign(round, { next: 0, left: round.left - 1, since: now });
    return true;
  }

  #begin({ args }: Step, now: number): void {
    const { numbers, rate = 1, topic = "A day of calls", notes = "" } = args;
    const every = 1000 / Number(rate);
    this.#day = {
      numbers: numbers as unknown[],
      next: 0,
      since: now,
      every,
      log: { topic, notes },
    };
  }

  /** Rings, talks and saves in one go: what it takes is the client's time, not ours. */
  #call({ numbers, next, since, every, log }: Day, now: number, acts: Act[]): boolean {
    const due = since + next * every;
    if (now < due) return this.#wait(due);
    this.#asked = true;
    const steps = [{ ring: { numbers: [numbers[next]] } }, { accept: {} }, { end: log }];
    acts.push({ kind: "do", what: "run", args: { steps } });
    return true;
  }

  #wait(due: number): false {
    this.#due = Math.min(this.#due, due);
    return false;
  }

  #end(now: number): false {
    this.report = {
      scenario: this.#name,
      ok: !(this.#refused || this.#stopped) && this.#tally.failed === 0,
      stopped: this.#stopped,
      refused: this.#refused,
      seconds: (now - this.#began) / 1000,
      results: this.#results,
      ...this.progress,
    };
    return false;
  }
}

/** How many steps and calls there are in all. */
function size(steps: readonly Step[]): number {
  return steps.reduce((sum, { verb, args, repeat, steps: inner }) => {
    const own = verb === "calls" ? (args.numbers as unknown[]).length : 1;
    return sum + (inner.length > 0 ? repeat * size(inner) + (verb ? own : 0) : own);
  }, 0);
}

/** A step as a command of commands.ts. */
function command({ verb, args }: Step): { what: string; args: Record<string, unknown> } {
  const { custom_fields: customFields, ...more } = args;
  if (customFields !== undefined) more.customFields = customFields;
  if (verb === "log_in") return { what: "login", args: more };
  if (verb === "expire_login") return { what: "logOut", args: { ...more, expired: true } };
  return { what: verb.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), args: more };
}

/** An expectation as a report names it; values that it asks for are not repeated. */
function said({ message, never, phase, data, times, within }: Expectation): string {
  const paths = Object.keys(data);
  const what = message ?? (never === undefined ? `phase ${phase}` : `no ${never}`);
  const more = paths.length > 0 ? ` with ${paths.join(", ")}` : "";
  return `${times > 1 ? `${times} ` : ""}${what}${more} within ${within} s`;
}

function has(data: unknown, [path, value]: [string, unknown]): boolean {
  return JSON.stringify(at(data, ...path.split("."))) === JSON.stringify(value);
}
