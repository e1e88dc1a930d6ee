/**
 * Kernel clock: what the kernel's clock shows, read on this page's.
 *
 * Both go on while a machine sleeps; performance.now() need not. A clock that is set, or a virtual
 * machine that was paused, makes the two differ: that is seen, and the kernel is asked again.
 */

import type { Time } from "./channel";

/** ms by which the page's two clocks must part from each other to mean that one has jumped. */
export const JUMP = 1_000;

export class KernelClock {
  /** ms to add to the page's clock. */
  #offset = 0;
  /** ms that the answer took from which the offset is known: it is right within half of that. */
  #trip = Number.POSITIVE_INFINITY;
  /** ms between the page's two clocks, when they were last looked at. */
  #between: number | null = null;

  /** ms on the kernel's clock. */
  read(time: Time): number {
    return time.at + this.#offset;
  }

  /** Another kernel answers from now on. */
  forget(): void {
    this.#trip = Number.POSITIVE_INFINITY;
  }

  /** Whether a clock of this page has jumped since the last look: the kernel is to be asked. */
  look(time: Time): boolean {
    const between = time.at - time.now;
    const moved = this.#between === null ? 0 : between - this.#between;
    this.#between = between;
    // Forward it may have slept, which the kernel's clock shows, too; back it was set
    if (moved < -JUMP) this.#offset -= moved;
    return Math.abs(moved) > JUMP;
  }

  /** The kernel's clock showed `at` when it answered what was asked then. */
  answered(at: number, asked: Time, time: Time): void {
    const trip = time.now - asked.now;
    if (Math.abs(time.at - asked.at - trip) > JUMP) return; // a clock has jumped meanwhile
    const offset = at - (asked.at + time.at) / 2;
    // Two that contradict each other: a clock was set, so the older one is out of date
    const excluded = Math.abs(offset - this.#offset) > (trip + this.#trip) / 2 + 1;
    if (trip > this.#trip && !excluded) return;
    this.#trip = trip;
    this.#offset = offset;
  }
}
