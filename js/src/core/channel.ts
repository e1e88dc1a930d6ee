/**
 * Channel: the page's end of the wire to the kernel. Did it arrive?
 *
 * No clock and no comm: tell it what happened with the time, carry out the effects in their order,
 * call `wake` when the last `wake` effect says. The kernel's end is crmwidget/channel.py.
 *
 * Items are numbered and kept until the kernel says `done`. A road (a living model) is no proof of
 * anything, nor is a send that did not throw: only marks are. On silence the page asks with one
 * `hello`, and only what its `welcome` shows to be missing of what was sent before it is sent again:
 * on a slow kernel resending would be a storm. While nothing is outstanding nothing is sent, because
 * a heartbeat would keep an idle kernel from being culled.
 */

import { isEnvelope } from "./guard";
import { Holder } from "./holder";
import { KernelClock } from "./kernel-clock";
import { LIMITS } from "./limits";
import { type Body, type Item, Outbox } from "./outbox";
import {
  type Elsewhere,
  type Envelope,
  type Facts,
  type FromKernel,
  type Got,
  type Hello,
  type Marks,
  type Msg,
  type NumberedFromKernel,
  type Settings,
  type Skipped,
  VERSION,
  type Welcome,
} from "./wire";

/** When something happens. */
export interface Time {
  /** ms on a clock that only goes forward; what waits is measured with it. */
  now: number;
  /** ms since 1970 on the page's clock; what is said to others. */
  at: number;
}

export type Content = Envelope<Item | Hello | Got>;

export type Effect =
  /** An interaction log came: it must outlive this page, from before it is sent. */
  | { kind: "keep"; key: string; item: Msg }
  /** The kernel is done with it. */
  | { kind: "forget"; key: string }
  /** Hand this to the comm; call `failed` when that throws. */
  | { kind: "transmit"; content: Content }
  /** Call `wake` then, on the clock of `Time.now`; replaces the one before. */
  | { kind: "wake"; at: number }
  /** A kernel answered; `fresh`: it is another one than before. */
  | { kind: "attached"; fresh: boolean }
  | { kind: "deliver"; item: Settings | NumberedFromKernel };

/** The way to the kernel as a person should see it; the words of View.kernel. */
export type Standing =
  | { state: "connected" }
  | { state: "waiting"; seconds: number; kept: number }
  | { state: "gone"; kept: number }
  | { state: "elsewhere" }
  | { state: "version" };

/** A batch that was sent and not yet `got`. */
interface Flight {
  from: number;
  to: number;
  /** Number of the newest `hello` when it was sent last. */
  hello: number;
  /** When it was sent first, and last. */
  since: number;
  at: number;
}

/** A question to the kernel, and what of ours it held by then. */
interface Question {
  asked: Time;
  got: number;
}

export class Channel {
  readonly epoch: string;
  readonly #build: string;
  readonly #facts: () => Facts;

  readonly #outbox = new Outbox();
  #sent = 0;
  #got = 0;
  #refused = 0;
  #resent = 0;
  #flights: Flight[] = [];
  #pauseUntil = 0;
  /** Until when nothing is sent because all that waits has time; 0: something has none. */
  #restUntil = 0;

  #kernel: string | null = null;
  /** The last of the kernel's numbers that was taken in order. */
  #received = 0;
  #gotDue: number | null = null;
  #gotAt = Number.NEGATIVE_INFINITY;

  #road = false;
  #broken = false;
  /** A kernel has answered on this road. */
  #up = false;
  readonly #holder = new Holder();
  #version = false;
  #hidden = false;

  #hellos = new Map<number, Question>();
  #n = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #begunAt = 0;
  #wait: number = LIMITS.first;
  /** Something is missing here: ask as soon as that is decent. */
  #missing = false;
  #heardAt = 0;
  #quiet = 0;
  #livelyAt = 0;

  readonly #clock = new KernelClock();

  #armed: number | null = null;
  #mirrored: Effect[] = [];
  #out: Content[] = [];
  #delivered: Effect[] = [];

  /** `epoch` names this page for as long as it lives; `facts` is asked for every `hello`. */
  constructor(options: { epoch: string; build: string; facts: () => Facts }) {
    this.epoch = options.epoch;
    this.#build = options.build;
    this.#facts = options.facts;
  }

  /** What the kernel's clock shows, in ms. */
  kernelTime(time: Time): number {
    return this.#clock.read(time);
  }

  /** Another page has taken the phone over. */
  get away(): boolean {
    return this.#holder.away;
  }

  /** Interaction logs that no living kernel holds: they would be lost with this page. */
  get logs(): number {
    return this.#outbox.logs(this.#up ? this.#got : 0);
  }

  /** Numbers of the newest item and of the last that the kernel took; how many were sent again. */
  get counts(): { last: number; got: number; resent: number } {
    return { last: this.#outbox.last, got: this.#got, resent: this.#resent };
  }

  /** There is no room but for interaction logs. */
  get full(): boolean {
    return this.#outbox.full;
  }

  /** Whether an interaction log finds room, given as text: to be asked before it is pushed. */
  takes(text: string): boolean {
    return this.#outbox.takes(text);
  }

  standing(now: number): Standing {
    if (this.#version) return { state: "version" };
    if (this.away) return { state: "elsewhere" };
    const kept = this.#outbox.messages;
    if (!this.#road || this.#broken) return { state: "gone", kept };
    const since = this.#silentSince;
    if (since === null || now - since < LIMITS.first) return { state: "connected" };
    return { state: "waiting", seconds: Math.floor((now - since) / 1000), kept };
  }

  // ---------------------------------------------------------------- what happens
  /**
   * A model is there, or another one than before. A page that was superseded stays so, but `here`: a
   * person wants the phone on this page.
   */
  attach(time: Time, here = false): Effect[] {
    this.#road = true;
    this.#broken = this.#version = false;
    this.#holder.opens(time);
    if (here) this.#holder.ask(this.#n + 1, time);
    this.#begin(time);
    return this.#effects(time);
  }

  /** The last model is gone: what comes now is kept for the next one. */
  detach(time: Time): Effect[] {
    this.#road = this.#up = false;
    return this.#effects(time);
  }

  /** A person wants the phone on this page. */
  here(time: Time): Effect[] {
    this.#holder.ask(this.#n + 1, time);
    this.#begin(time);
    return this.#effects(time);
  }

  /** The comm threw, or its kernel ended: nothing of what was handed to it since is sure. */
  failed(time: Time): Effect[] {
    this.#up = false;
    this.#broken = true;
    this.#askedAt = time.now;
    return this.#effects(time);
  }

  /** Timers of a hidden page run once a second: nothing waits for company then. */
  hide(hidden: boolean, time: Time): Effect[] {
    this.#hidden = hidden;
    this.#livelyAt = time.now;
    this.#pauseUntil = 0;
    this.#flush(time);
    return this.#effects(time);
  }

  /** Something that the kernel should have sent is not here. */
  miss(time: Time): Effect[] {
    this.#missing = true;
    this.#ask(time);
    return this.#effects(time);
  }

  /** Numbers `body` and sends it as soon as it may. `keep`: an interaction log, taken even where `takes` says no. */
  push(body: Body, time: Time, keep = false): Effect[] {
    this.#livelyAt = time.now;
    if (this.#outbox.full && !keep) {
      if (body.t !== "note") this.#refused++;
      return this.#effects(time);
    }
    this.#confess(time);
    const item = this.#outbox.append(body, time.at, keep);
    if (keep && item.t === "msg") {
      this.#mirrored.push({ kind: "keep", key: this.#keyOf(item), item });
    }
    const rests = body.t === "msg" && body.answered === true && !keep;
    if (!rests) this.#restUntil = 0;
    else if (this.#sent === item.seq - 1) this.#restUntil = time.now + LIMITS.rest;
    this.#flushWhenDue(time);
    return this.#effects(time);
  }

  /** The content of a custom message of the current model. */
  receive(content: unknown, time: Time): Effect[] {
    if (!isEnvelope(content)) return [];
    if (content.epoch !== this.epoch) {
      for (const item of content.items) if (item.t === "welcome") this.#holder.superseded(item);
      return this.#effects(time);
    }
    for (const item of content.items) this.#take(item, time);
    if (!this.#open) return this.#effects(time);
    this.#confess(time);
    this.#flushWhenDue(time);
    this.#acknowledge(time);
    this.#ask(time);
    return this.#effects(time);
  }

  /** The time of the last `wake` effect has come. */
  wake(time: Time): Effect[] {
    this.#armed = null;
    this.#flushWhenDue(time);
    this.#acknowledge(time);
    this.#ask(time);
    return this.#effects(time);
  }

  // ---------------------------------------------------------------- to the kernel
  /** Says how many messages found no room, as soon as there is some. */
  #confess(time: Time): void {
    if (this.#refused === 0 || this.#outbox.full) return;
    const n = this.#refused;
    this.#refused = 0;
    this.#outbox.append({ t: "note", what: "dropped", n, detail: { reason: "full" } }, time.at);
  }

  get #flushAt(): number {
    return this.#hidden ? 0 : Math.max(this.#pauseUntil, this.#restUntil);
  }

  #flushWhenDue(time: Time): void {
    if (time.now >= this.#flushAt) this.#flush(time);
  }

  /** What is said here has somebody who listens. */
  get #open(): boolean {
    return this.#up && !this.away;
  }

  #flush(time: Time): void {
    while (this.#open && this.#sent < this.#outbox.last && this.#flights.length < LIMITS.window) {
      const from = this.#sent + 1;
      this.#sent = this.#outbox.batch(from, LIMITS.items, LIMITS.characters);
      const to = this.#sent;
      this.#flights.push({ from, to, hello: this.#n, since: time.now, at: time.now });
      this.#transmit(this.#outbox.items(from, to), time);
      this.#pauseUntil = time.now + LIMITS.pause;
    }
  }

  #transmit(items: (Item | Hello)[], time: Time): void {
    const got: Got[] = [];
    if (this.#gotDue !== null && time.now - this.#gotAt >= LIMITS.got) {
      got.push({ t: "got", n: this.#received });
      this.#gotDue = null;
      this.#gotAt = time.now;
    }
    if (items.length + got.length === 0) return;
    this.#out.push({ crm: 1, epoch: this.epoch, items: [...items, ...got] });
  }

  #acknowledge(time: Time): void {
    if (this.#open && this.#gotDue !== null && time.now >= this.#gotDue) this.#transmit([], time);
  }

  #begin(time: Time): void {
    this.#up = false;
    this.#wait = LIMITS.first;
    this.#begunAt = this.#livelyAt = time.now;
    if (this.#road && !this.away && !this.#version) this.#hello(time);
  }

  #hello(time: Time): void {
    this.#hellos.set(++this.#n, { asked: time, got: this.#got });
    this.#askedAt = time.now;
    const wish = this.#holder.wish(time);
    const here = wish !== 0 || this.#kernel === null ? wish : null; // 0 goes without saying later
    const hello: Hello = {
      t: "hello",
      n: this.#n,
      v: VERSION,
      build: this.#build,
      lowest: this.#outbox.lowest,
      kernel: this.#kernel,
      got: this.#received,
      ...(here !== null && { here }),
      facts: this.#facts(),
      at: time.at,
    };
    this.#transmit([hello], time);
  }

  /** Since when the kernel owes an answer; null: it does not. */
  get #silentSince(): number | null {
    if (!this.#up) return this.#begunAt;
    const [question] = this.#hellos.values();
    const since = [this.#flights[0]?.since, question?.asked.now].filter((at) => at !== undefined);
    return since.length > 0 ? Math.min(...since) : null;
  }

  /** When the kernel is to be asked next; null: never, as things stand. */
  get #questionAt(): number | null {
    if (!this.#road || this.#version) return null;
    if (!this.#up) {
      const decent = this.away ? this.#begunAt + LIMITS.away : 0;
      return this.#unlessHopeless(Math.max(this.#askedAt + this.#wait, decent));
    }
    if (this.away) return null;
    if (this.#hellos.size > 0) return this.#unlessHopeless(this.#askedAt + this.#wait);
    if (this.#missing) return this.#askedAt + LIMITS.gap;
    const flight = this.#flights[0];
    if (flight) return Math.max(flight.at, this.#heardAt) + this.#wait;
    const quiet = LIMITS.quiet[this.#quiet];
    return !this.#outbox.empty && quiet !== undefined
      ? Math.max(this.#heardAt, this.#askedAt) + quiet
      : null;
  }

  #unlessHopeless(at: number): number | null {
    return at - this.#livelyAt > LIMITS.giveUp ? null : at;
  }

  #ask(time: Time): void {
    if (this.#clock.look(time) && this.#up) this.#missing = true; // the kernel's clock, as it is now
    const at = this.#questionAt;
    if (at === null || time.now < at) return;
    const calm = this.#hellos.size + this.#flights.length === 0 && !this.#missing;
    if (this.#up && calm) this.#quiet++;
    this.#wait = LIMITS.next;
    this.#hello(time);
  }

  // ---------------------------------------------------------------- from the kernel
  #take(item: FromKernel, time: Time): void {
    if (item.t === "welcome") this.#welcome(item, time);
    else if (item.t === "elsewhere") this.#superseded(item);
    else if (!this.#up)
      return; // before the welcome: of a kernel or page that we are not
    else if (item.t === "got") this.#marks(item, time);
    else if (this.away) return;
    else if (item.t === "set" && item.seq === undefined) this.#deliver(item);
    else this.#next(item as { seq: number } & typeof item, time);
  }

  /** A numbered item: the next one is taken, a known one acknowledged again. */
  #next(item: (Settings | NumberedFromKernel | Skipped) & { seq: number }, time: Time): void {
    if (item.seq > this.#received + 1) {
      this.#missing = true;
      return;
    }
    if (item.seq === this.#received + 1) {
      this.#received = item.seq;
      if (item.t !== "skip") this.#deliver(item);
    }
    this.#gotDue ??= this.#hidden ? time.now : time.now + LIMITS.got;
  }

  #deliver(item: Settings | NumberedFromKernel): void {
    this.#delivered.push({ kind: "deliver", item });
  }

  #welcome(item: Welcome, time: Time): void {
    if (item.v !== VERSION) {
      this.#version = true;
      this.#up = false;
      return;
    }
    const question = this.#hellos.get(item.n);
    if (!question || !this.#holder.welcomed(item)) return;
    this.#answered(item.n);
    const fresh = item.kernel !== this.#kernel;
    this.#broken = this.#missing = false;
    this.#heard(time);
    if (fresh) this.#clock.forget();
    this.#clock.answered(item.at, question.asked, time);
    // Numbers below `lowest` went to other pages, or this page has them.
    const { lowest } = item;
    if (fresh) {
      this.#kernel = item.kernel;
      this.#received = lowest - 1;
      this.#restart(item.got);
    } else {
      this.#received = Math.max(this.#received, lowest - 1);
      if (item.got < question.got) this.#restart(item.got);
      this.#advance(item.got, time);
      this.#resend(item.n, time);
    }
    this.#delivered.push({ kind: "attached", fresh });
  }

  /** Another page has the phone: nothing goes from here, but what was said before may get done. */
  #superseded(item: Elsewhere): void {
    const ours = item.kernel === this.#kernel;
    if (!(ours || this.#hellos.has(item.n)) || !this.#holder.elsewhere(item)) return;
    this.#answered(item.n);
    this.#missing = false;
    if (!ours) this.#restart(0);
  }

  /** The kernel has heard all questions up to this one. */
  #answered(hello: number): void {
    for (const n of [...this.#hellos.keys()]) if (n <= hello) this.#hellos.delete(n);
    this.#up = true;
  }

  /** A kernel that knows nothing of this page above `got`, or has forgotten it: all the rest goes. */
  #restart(got: number): void {
    this.#sent = this.#got = Math.min(Math.max(got, this.#outbox.lowest - 1), this.#outbox.last);
    this.#flights = [];
  }

  /** What was sent before that hello and is not there is lost: the road keeps the order. */
  #resend(hello: number, time: Time): void {
    for (const flight of this.#flights) {
      if (flight.hello >= hello) continue;
      flight.hello = this.#n;
      flight.at = time.now;
      const items = this.#outbox.items(Math.max(flight.from, this.#got + 1), flight.to);
      this.#resent += items.length;
      this.#transmit(items, time);
    }
  }

  #marks({ n, done, also }: Marks, time: Time): void {
    this.#advance(n, time);
    let moved = this.#finish(this.#outbox.lowest, Math.min(done, this.#got));
    for (const [from, to] of also ?? [])
      moved = this.#finish(from, Math.min(to, this.#got)) || moved;
    this.#outbox.trim(this.#got);
    if (moved) this.#moved(time);
  }

  #finish(from: number, to: number): boolean {
    const finished = this.#outbox.finishRun(from, to);
    for (const { log, item } of finished) {
      if (log && item.t === "msg") this.#mirrored.push({ kind: "forget", key: this.#keyOf(item) });
    }
    return finished.length > 0;
  }

  /** The kernel knows an interaction log by it, from whichever page and kernel it comes. */
  #keyOf({ key, seq }: Msg): string {
    return key ?? `${this.epoch}/${seq}`;
  }

  #advance(got: number, time: Time): void {
    if (got <= this.#got) return;
    this.#got = Math.min(got, this.#sent);
    this.#flights = this.#flights.filter(({ to }) => to > this.#got);
    this.#moved(time);
  }

  #moved(time: Time): void {
    this.#quiet = 0;
    this.#heard(time);
  }

  #heard(time: Time): void {
    this.#heardAt = this.#livelyAt = time.now;
    this.#wait = LIMITS.first;
  }

  // ---------------------------------------------------------------- effects
  /** Delivering comes last: whoever takes it may call again. */
  #effects(time: Time): Effect[] {
    const effects = this.#mirrored;
    effects.push(...this.#out.map((content) => ({ kind: "transmit" as const, content })));
    const at = this.#nextAt(time.now);
    if (at !== null && at !== this.#armed) effects.push({ kind: "wake", at });
    this.#armed = at;
    effects.push(...this.#delivered);
    this.#mirrored = [];
    this.#out = [];
    this.#delivered = [];
    return effects;
  }

  #nextAt(now: number): number | null {
    const due: number[] = [];
    const question = this.#questionAt;
    if (question !== null) due.push(question);
    if (this.#open) {
      const free = this.#flights.length < LIMITS.window;
      if (this.#sent < this.#outbox.last && free) due.push(Math.max(now, this.#flushAt));
      if (this.#gotDue !== null) due.push(Math.max(this.#gotDue, this.#gotAt + LIMITS.got));
    }
    return due.length > 0 ? Math.min(...due) : null;
  }
}
