/**
 * Holder: which page has the phone, as far as this one knows.
 *
 * The kernel gives it to a page that is new, or where a person asks for it, and counts these turns.
 * News can come late, twice, or not at all: what names a higher turn is right, what names a lower
 * one is old. A wish ends with the first answer, or with its time: a page that is heard again after
 * an hour must not take the phone from the page where the person is by then.
 */

import type { Time } from "./channel";
import { LIMITS } from "./limits";
import type { Elsewhere, Welcome } from "./wire";

export class Holder {
  #away = false;
  /** The kernel that counts, and the highest turn that it has named. */
  #kernel: string | null = null;
  #turn = 0;
  #wish: { hello: number; since: Time } | null = null;
  /** When this page was opened, which is a wish, too; null: it has heard an answer, or is over. */
  #opened: Time | null = null;
  #first = true;

  /** Another page has the phone. */
  get away(): boolean {
    return this.#away;
  }

  /** It has a road to a kernel: the first time, somebody has opened it. */
  opens(time: Time): void {
    if (this.#first) this.#opened = time;
    this.#first = false;
  }

  /** A person wants the phone here, and the next hello, which has this number, will say so. */
  ask(hello: number, time: Time): void {
    this.#away = false;
    this.#wish = { hello, since: time };
  }

  /** The hello that a person's wish came with, if it is open; 0: not even that it was opened is one. */
  wish(time: Time): number | null {
    if (this.#wish && isOver(this.#wish.since, time)) this.#wish = null;
    if (this.#opened && isOver(this.#opened, time)) this.#opened = null;
    if (this.#wish) return this.#wish.hello;
    return this.#opened ? null : 0;
  }

  /** The kernel has given the phone to this page, or says that it still has it; false: old news. */
  welcomed({ kernel, turn }: Welcome): boolean {
    if (this.#old(kernel, turn)) return false;
    this.#believe(kernel, turn);
    this.#away = false;
    this.#wish = this.#opened = null;
    return true;
  }

  /** The kernel has given it to another page. */
  superseded({ kernel, turn }: Welcome): void {
    if (kernel !== this.#kernel || turn <= this.#turn) return;
    this.#turn = turn;
    this.#away = this.#wish === null;
  }

  /** The kernel says that another page has it; false: old news, or a wish is on its way. */
  elsewhere({ n, kernel, turn }: Elsewhere): boolean {
    if (this.#old(kernel, turn) || n < (this.#wish?.hello ?? 0)) return false;
    this.#believe(kernel, turn);
    this.#away = true;
    this.#wish = this.#opened = null;
    return true;
  }

  #old(kernel: string, turn: number): boolean {
    return kernel === this.#kernel && turn < this.#turn;
  }

  #believe(kernel: string, turn: number): void {
    this.#kernel = kernel;
    this.#turn = turn;
  }
}

/** By the clock that ran on: one stands still in a machine that sleeps, one can be set back. */
function isOver(since: Time, { now, at }: Time): boolean {
  return Math.max(now - since.now, at - since.at) > LIMITS.wish;
}
