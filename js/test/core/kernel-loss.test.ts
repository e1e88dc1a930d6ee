import { expect, test, vi } from "vitest";
import { mourn } from "../../src/softphone/kernel-loss";

class Signal<T> {
  readonly slots = new Set<(sender: unknown, args: T) => void>();
  connect = (slot: (sender: unknown, args: T) => void) =>
    this.slots.size < this.slots.add(slot).size;
  disconnect = (slot: (sender: unknown, args: T) => void) => this.slots.delete(slot);
  emit(args: T): void {
    for (const slot of this.slots) slot(this, args);
  }
}

function manager() {
  const kernel = { statusChanged: new Signal<string>(), disposed: new Signal<undefined>() };
  return { kernel };
}

test.each(["restarting", "autorestarting", "terminating", "dead"])(
  "a kernel ends as %s",
  (status) => {
    const host = manager();
    const ended = vi.fn();
    mourn(host, ended);

    host.kernel.statusChanged.emit(status);

    expect(ended).toHaveBeenCalledOnce();
  },
);

test.each(["starting", "idle", "busy", "unknown", "connected"])("%s is no end", (status) => {
  const host = manager();
  const ended = vi.fn();
  mourn(host, ended);

  host.kernel.statusChanged.emit(status);

  expect(ended).not.toHaveBeenCalled();
});

test("one that is shut down or changed for another ends, until nobody asks any more", () => {
  const host = manager();
  const ended = vi.fn();
  const stop = mourn(host, ended);

  host.kernel.disposed.emit(undefined);
  stop();
  host.kernel.disposed.emit(undefined);

  expect(ended).toHaveBeenCalledOnce();
  expect(host.kernel.statusChanged.slots.size).toBe(0);
});

test.each([undefined, null, {}, { kernel: null }, { kernel: {} }])(
  "a host says nothing: %j",
  (host) => {
    expect(() => mourn(host, vi.fn())()).not.toThrow();
  },
);
