/** A road from a softphone to a kernel, as long as a microtask; and a panel that only looks. */

import type { FromKernel, Settings } from "../../src/core/wire";
import type { PanelActions, View } from "../../src/panel/view";
import type { Mount, Port } from "../../src/softphone/registry";
import { Kernel } from "../core/kernel";
import { address, CONNECTOR, SRCDOC } from "./puppet";

export class Road implements Port {
  readonly kernel: Kernel;
  readonly sent: object[] = [];
  /** Buffers that come with what the kernel says next, by hash. */
  parts: Record<string, string> = {};
  broken = false;
  /** The kernel is busy: it reads later. */
  held = false;
  #waiting: (() => void)[] = [];
  #heard: ((content: unknown, buffers: readonly ArrayBufferView[]) => void) | null = null;

  constructor(
    readonly born = 1,
    kernel?: Kernel,
  ) {
    this.kernel = kernel ?? new Kernel(`k${born}`, () => {});
    this.kernel.send = (content) => this.hear(content);
  }

  send(content: object): void {
    if (this.broken) throw new Error("Cannot send");
    this.sent.push(content);
    const copy = structuredClone(content) as Parameters<Kernel["receive"]>[0];
    const read = () => this.kernel.receive(copy, Date.now());
    if (this.held) this.#waiting.push(read);
    else queueMicrotask(read);
  }

  release(): void {
    this.held = false;
    for (const read of this.#waiting.splice(0)) read();
  }

  listen(heard: (content: unknown, buffers: readonly ArrayBufferView[]) => void): () => void {
    this.#heard = heard;
    return () => {
      this.#heard = null;
    };
  }

  /** As a host that knows its kernel does. */
  end: () => void = () => {};

  mourn(ended: () => void): () => void {
    this.end = ended;
    return () => {
      this.end = () => {};
    };
  }

  hear(content: unknown): void {
    const names = Object.keys(this.parts);
    const buffers = Object.values(this.parts).map((text) => new TextEncoder().encode(text));
    this.parts = {};
    const whole = names.length > 0 ? { ...(content as object), parts: names } : content;
    queueMicrotask(() => this.#heard?.(structuredClone(whole), buffers));
  }

  set(settings: Settings): void {
    this.kernel.settings = settings;
    this.kernel.tell(settings as FromKernel);
  }

  /** What the page has said that the kernel took, one kind of it. */
  taken(t: "msg" | "note" | "do"): Record<string, unknown>[] {
    return [...this.kernel.items.values()].filter((item) => item.t === t);
  }

  /** Details of one kind of note. */
  notes(what: string): Record<string, unknown>[] {
    return this.taken("note")
      .filter((note) => note.what === what)
      .map(({ detail }) => detail as Record<string, unknown>);
  }

  get actions(): string[] {
    return this.taken("msg").map(({ m }) => JSON.parse(`${m}`).action);
  }
}

export const CRM_DATA = { action: "crmData", data: { currentUser: { Name: "Ada Marsh" } } };

export function settings(more: Partial<Settings> = {}): Settings {
  return {
    t: "set",
    name: "phone",
    src: address(CONNECTOR),
    simulated: false,
    origins: [CONNECTOR],
    placement: "auto",
    limits: { silence: 15 },
    mirror: true,
    standing: { requestCrmData: CRM_DATA },
    ...more,
  };
}

export const PAGE = "0123456789abcdef0123456789abcdef";

/** Settings of a phone with a simulated connector; its page is the part `PAGE`. */
export function simulated(more: Partial<Settings> = {}): Settings {
  const { src: _, ...rest } = settings();
  return { ...rest, srcdoc: PAGE, simulated: true, origins: [], ...more };
}

export const parts = { [PAGE]: SRCDOC };

/** A panel that keeps what it was told to draw. */
export class Panels {
  readonly views: View[] = [];
  readonly slots: HTMLElement[] = [];
  readonly actions: PanelActions[] = [];
  disposed = 0;

  readonly mount: Mount = (actions) => {
    const element = document.createElement("div");
    const slot = element.appendChild(document.createElement("div"));
    this.actions.push(actions);
    this.slots.push(slot);
    return {
      element,
      slot,
      update: (view) => this.views.push(view),
      dispose: () => {
        this.disposed++;
        element.remove();
      },
    };
  };

  get view(): View {
    return this.views.at(-1) as View;
  }
}
