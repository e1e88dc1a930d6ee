/**
 * Mourn: the end of a kernel, in the words of JupyterLab's and Notebook's widget manager.
 *
 * An idle phone sends nothing, so nothing else would tell that Python is gone. Other hosts say
 * nothing of their kernel: there it shows with the next message.
 */

/** A signal of Lumino's. */
interface Signal<T> {
  connect(slot: (sender: unknown, args: T) => void): boolean;
  disconnect(slot: (sender: unknown, args: T) => void): boolean;
}

interface Kernel {
  statusChanged: Signal<string>;
  disposed: Signal<unknown>;
}

/** What comes before a kernel that knows nothing of this phone, or none. */
const ENDS = ["restarting", "autorestarting", "terminating", "dead"];

/** Calls `ended` whenever the kernel of this manager ends; returns how to stop. */
export function mourn(manager: unknown, ended: () => void): () => void {
  const kernel = kernelOf(manager);
  if (!kernel) return () => {};
  const status = (_: unknown, now: string) => {
    if (ENDS.includes(now)) ended();
  };
  const gone = () => ended();
  kernel.statusChanged.connect(status);
  kernel.disposed.connect(gone);
  return () => {
    kernel.statusChanged.disconnect(status);
    kernel.disposed.disconnect(gone);
  };
}

function kernelOf(manager: unknown): Kernel | null {
  if (typeof manager !== "object" || manager === null || !("kernel" in manager)) return null;
  const { kernel } = manager;
  if (typeof kernel !== "object" || kernel === null) return null;
  return "statusChanged" in kernel && "disposed" in kernel ? (kernel as Kernel) : null;
}
