/**
 * Holder: which page has the phone, as far as this one knows.
 *
 * The kernel gives it to a page that is new, or where a person asks for it, and counts these turns.
 * News can come late, twice, or not at all: what names a higher turn is right, what names a lower
 * one is old.
 */

import type { Elsewhere, Welcome } from "./wire";

export class Holder {
  #away = false;
  /** The kernel that counts, and the highest turn that it has named. */
  #kernel: string | null = null;
  #turn = 0;
  #wish: number | null = null;

  /** Another page has the phone. */
  get away(): boolean {
    return this.#away;
  }

  /** Number of the hello with which a person asked for the phone here; null: no wish is open. */
  get wish(): number | null {
    return this.#wish;
  }

  /** A person wants the phone here, and the next hello, which has this number, will say so. */
  ask(hello: number): void {
    this.#away = false;
    this.#wish = hello;
  }

  /** The kernel has given the phone to this page, or says that it still has it; false: old news. */
  welcomed({ kernel, turn }: Welcome): boolean {
    if (this.#old(kernel, turn)) return false;
    this.#believe(kernel, turn);
    this.#away = false;
    this.#wish = null;
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
    if (this.#old(kernel, turn) || n < (this.#wish ?? 0)) return false;
    this.#believe(kernel, turn);
    this.#away = true;
    this.#wish = null;
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
