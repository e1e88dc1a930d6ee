/** Timer: one timer, on the clock of performance.now(). */

export class Timer {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings then, and not when it was set to before; null: not at all. */
  set(at: number | null): void {
    clearTimeout(this.#timer);
    if (at === null) return;
    this.#timer = setTimeout(this.#ring, Math.ceil(Math.max(0, at - performance.now())));
  }
}
