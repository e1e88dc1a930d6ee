/** Buffers: the binary buffers that came beside messages, by content hash; the last few are kept. */

/** How many; more than a page needs at once. */
const KEPT = 8;

export class Buffers {
  readonly #parts = new Map<string, ArrayBufferView>();
  /** What was read from them. */
  readonly #values = new WeakMap<ArrayBufferView, unknown>();

  /** The hashes of what is kept. */
  get names(): string[] {
    return [...this.#parts.keys()];
  }

  /** Takes the buffers of one message; `names` are theirs, in order. */
  add(names: readonly string[], buffers: readonly ArrayBufferView[]): void {
    for (const [i, name] of names.entries()) {
      const buffer = buffers[i];
      if (buffer) this.#touch(name, buffer);
    }
    for (const name of this.names.slice(0, -KEPT)) this.#parts.delete(name);
  }

  /** Bytes of the part from which this value was read; 0: from none. */
  sizeOf(value: unknown): number {
    return (
      [...this.#parts.values()].find((each) => this.#values.get(each) === value)?.byteLength ?? 0
    );
  }

  /** A part that is a script, run; rejected when it is not here. As anywidget runs the widget's. */
  async module<M>(name: string): Promise<M> {
    const text = this.text(name);
    if (text === null) throw new Error("not here");
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      return await import(/* @vite-ignore */ url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  /** The text of a part, or null when it is not here. */
  text(name: string): string | null {
    const buffer = this.#parts.get(name);
    if (!buffer) return null;
    this.#touch(name, buffer);
    return new TextDecoder().decode(buffer);
  }

  /** The value of a part that holds JSON, read once; null when it is not here or no JSON. */
  value(name: string): { value: unknown } | null {
    const buffer = this.#parts.get(name);
    const text = buffer && !this.#values.has(buffer) ? this.text(name) : null;
    if (buffer && text !== null) {
      try {
        this.#values.set(buffer, JSON.parse(text));
      } catch {
        return null;
      }
    }
    if (!buffer) return null;
    this.#touch(name, buffer);
    return { value: this.#values.get(buffer) };
  }

  #touch(name: string, buffer: ArrayBufferView): void {
    this.#parts.delete(name);
    this.#parts.set(name, buffer);
  }
}
