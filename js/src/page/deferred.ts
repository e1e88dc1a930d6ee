/**
 * Deferred: what need not be done at once, in a task of its own and in order.
 *
 * A message to a frame of another site leaves only when the task that posts it is over. A port, unlike
 * a timer, is not slowed down in a hidden page.
 */

export class Deferred {
  readonly #channel = new MessageChannel();
  #waiting: (() => void)[] = [];

  constructor() {
    this.#channel.port1.onmessage = () => this.now();
  }

  add(act: () => void): void {
    if (this.#waiting.push(act) === 1) this.#channel.port2.postMessage(null);
  }

  /** Does what waits: something that must not overtake it comes now. */
  now(): void {
    for (const act of this.#waiting.splice(0)) act();
  }
}
