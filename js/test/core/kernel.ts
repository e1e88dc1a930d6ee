/**
 * A kernel for tests: the other end of the wire as its rules say, in as few lines as they allow.
 * It keeps one numbering for all pages and repeats from what a `hello` says was received.
 */

import type { Content } from "../../src/core/channel";
import type { FromKernel, NumberedFromKernel } from "../../src/core/wire";

type Numbered = { seq: number } & Record<string, unknown>;
type Unnumbered<T> = T extends unknown ? Omit<T, "seq"> : never;

export class Kernel {
  /** Numbers in the order in which they were delivered. */
  readonly taken: number[] = [];
  readonly items = new Map<number, Numbered>();
  readonly hellos: { n: number; lowest: number; got: number; kernel: string | null }[] = [];
  readonly open = new Set<number>();
  version = 1;
  /** How often it has turned to a page. */
  turn = 1;
  settings: FromKernel | null = null;
  #epoch: string | null = null;
  #last = 0;
  readonly #hold = new Map<number, Numbered>();
  #outs: NumberedFromKernel[] = [];
  #seq = 0;
  #finished: number[] = [];

  constructor(
    readonly id: string,
    /** Hands one custom message to the comm. */
    public send: (content: unknown) => void,
  ) {}

  get done(): number {
    const [lowest] = this.open; // numbers are added in order
    return lowest === undefined ? this.#last : lowest - 1;
  }

  get unheard(): number {
    return this.#outs.length;
  }

  receive({ epoch, items }: Content, at: number): void {
    const answers: FromKernel[] = [];
    for (const item of items) {
      if (item.t === "hello") {
        this.hellos.push(item);
        if (this.#epoch === null) this.#last = item.lowest - 1;
        if (item.here) this.turn++;
        this.#epoch = epoch;
        this.#acknowledge(item.kernel === this.id ? item.got : 0);
        const lowest = this.#outs[0]?.seq ?? this.#seq + 1;
        const welcome = {
          n: item.n,
          v: this.version,
          got: this.#last,
          at,
          kernel: this.id,
          lowest,
          turn: this.turn,
        };
        answers.push({ t: "welcome", ...welcome });
        if (this.settings) answers.push(this.settings);
        answers.push(...this.#outs);
      } else if (this.#epoch === null) continue;
      else if (item.t === "got") this.#acknowledge(item.n);
      else this.#hold.set(item.seq, item as unknown as Numbered);
    }
    for (const [seq, held] of this.#hold) {
      if (seq > this.#last) continue;
      this.#hold.delete(seq);
      const rest = held.what === "done" ? seq + (held.n as number) - 1 - this.#last : 0;
      if (rest > 0) this.#hold.set(this.#last + 1, { ...held, seq: this.#last + 1, n: rest });
    }
    for (let next = this.#hold.get(this.#last + 1); next; next = this.#hold.get(this.#last + 1)) {
      this.#hold.delete(next.seq);
      const run = next.what === "done" ? (next.n as number) : 1;
      for (let i = 0; i < run; i++) this.taken.push(++this.#last);
      this.items.set(next.seq, next);
      if (next.what !== "done") this.open.add(next.seq);
    }
    this.tell(...answers);
  }

  #acknowledge(got: number): void {
    this.#outs = this.#outs.filter(({ seq }) => seq > got);
  }

  /** Both marks ride on every message. */
  tell(...items: FromKernel[]): void {
    if (this.#epoch === null) return;
    this.#finished = this.#finished.filter((seq) => seq > this.done);
    const also = this.#finished.map((seq): [number, number] => [seq, seq]);
    const marks: FromKernel = { t: "got", n: this.#last, done: this.done, also };
    this.send({ crm: 1, epoch: this.#epoch, items: [...items, marks] });
  }

  finish(...seqs: number[]): void {
    for (const seq of seqs) if (this.open.delete(seq)) this.#finished.push(seq);
    this.tell();
  }

  post(item: Unnumbered<NumberedFromKernel>): number {
    const numbered = { ...item, seq: ++this.#seq } as NumberedFromKernel;
    this.#outs.push(numbered);
    this.tell(numbered);
    return this.#seq;
  }

  /** The last ones were not acknowledged: nothing behind them shows the page a gap. */
  late(): void {
    if (this.#outs.length > 0) this.tell(...this.#outs);
  }
}
