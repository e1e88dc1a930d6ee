/** Registry: the softphones of this page by their keys, shared by every copy of this module. */

import { VERSION } from "../core/wire";
import type { Panel, PanelActions } from "../panel/view";
import type { HostView } from "./placement";
import { outdated } from "./snapshot";

/** A model of the widget: a road to the kernel. */
export interface Port {
  /** When Python made it; the newest is the road. */
  born: number;
  /** Throws when the comm is known to be gone; that it does not throw proves nothing. */
  send(content: object): void;
  /** Custom messages with their buffers; returns how to stop. */
  listen(heard: (content: unknown, buffers: readonly ArrayBufferView[]) => void): () => void;
  /** Calls when the host says that the kernel has ended or begins anew; returns how to stop. */
  mourn?(ended: () => void): () => void;
}

/** A place on the page where the widget is shown. */
export interface Spot {
  element: HTMLElement;
  /** Outputs of this page are Lumino's. */
  lumino: boolean;
  /** The host's view around it, which announces its detaching. */
  view: Promise<HostView | null>;
}

/** What bundles of other builds rely on: it may grow, and changes only with VERSION. */
export interface Handle {
  /** Returns how to detach. */
  attach(port: Port): () => void;
  /** Returns how to take it away. */
  show(spot: Spot): () => void;
  /** Whether this is the window of its frame. */
  owns(source: MessageEventSource): boolean;
}

export type Mount = (actions: PanelActions) => Panel;

interface Registry {
  v: number;
  build: string;
  softphones: Map<string, Handle>;
  /** Whose the newest message was. */
  newest?: { event: MessageEvent; owned: boolean };
}

const REGISTRY: unique symbol = Symbol.for("crmwidget");
const page = globalThis as { [REGISTRY]?: Registry };

/** The handle of this key, made if need be; null: this page runs another version of the wire. */
export function registered(key: string, build: string, make: () => Handle): Handle | null {
  page[REGISTRY] ??= { v: VERSION, build, softphones: new Map() };
  const { v, softphones } = page[REGISTRY];
  if (v !== VERSION) return null;
  let found = softphones.get(key);
  if (!found) {
    found = make();
    softphones.set(key, found);
  }
  return found;
}

/** Whether a message is from the window of any softphone's frame. */
export function owned(event: MessageEvent): boolean {
  const registry = page[REGISTRY];
  const { source } = event;
  if (!registry || source === null) return false;
  // Every phone asks it of every message: looking through all of them each time costs their square
  if (registry.newest?.event !== event) {
    const owned = [...registry.softphones.values()].some((phone) => phone.owns(source));
    registry.newest = { event, owned };
  }
  return registry.newest.owned;
}

/** Asks to reload the page, where `open` gave null. */
export function refuse(element: HTMLElement, mount: Mount): () => void {
  const nothing = () => {};
  const panel = mount({
    dial: nothing,
    letThemCall: nothing,
    search: nothing,
    runAgain: nothing,
    choose: nothing,
    retry: nothing,
    place: nothing,
    reloadFrame: nothing,
    useHere: nothing,
    watch: nothing,
    runMessage: nothing,
    diagnose: nothing,
    traffic: () => Promise.reject(),
  });
  panel.update(outdated);
  element.append(panel.element);
  return () => panel.dispose();
}
