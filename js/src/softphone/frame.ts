/**
 * Frame: the connector's iframe, who may speak from it, and the only place where we post to it.
 *
 * It is appended once, where it is born; placement.ts moves it from then on. What arrives is judged in
 * the order of `#heard`, and that order is the contract.
 */

import { FROM_CONNECTOR, TO_CONNECTOR } from "../core/actions.gen";
import type { Reply } from "../core/connection";
import {
  actionOf,
  isPlain,
  judge,
  own,
  Rate,
  type Reason,
  type Refused,
  toText,
} from "../core/guard";

/** Why something that claims to be the connector's is not taken. */
export type Refusal = "untrusted" | "source" | "origin" | "rate" | "room" | Reason;

export interface FrameEvents {
  /** Whether there is room for a message; `text` is all of it as JSON. */
  takes(action: string, text: string): boolean;
  /** A message of the connector; `text` is all of it as JSON. */
  message(action: string, data: unknown, text: string): void;
  /** The simulator's answer to `control`, as JSON. */
  controlled(text: string): void;
  /** `action`: what it asked for, where it was the connector's and too much for us. */
  refused(reason: Refusal, origin: string, action: string | null): void;
  loaded(): void;
  /** It went somewhere else and was removed. */
  ended(reason: "navigated"): void;
}

export interface FrameOptions {
  title: string;
  /** The connector's address, or our simulator's page. */
  content: { src: string; origins: readonly string[] } | { srcdoc: string };
  /** The element in which it is born. */
  place: Element;
  events: FrameEvents;
  /** Whether it is from the window of another phone on this page. */
  known(event: MessageEvent): boolean;
}

const ID = "crmConnectIframeId";
/** `type` of the simulator's remote control. */
const REMOTE = "crmwidget/simulator";
/** The origin of a sandboxed document; it is no target, so what goes there goes to "*". */
const OPAQUE = "null";

export class Frame {
  readonly element: HTMLIFrameElement;
  readonly #events: FrameEvents;
  readonly #known: (event: MessageEvent) => boolean;
  readonly #simulated: boolean;
  readonly #window: Window;
  readonly #rate = new Rate(performance.now());
  #origins: readonly string[];
  #origin: string | null = null;
  #loads = 0;

  /** `src` must be an address that `isPage` lets through. */
  constructor({ title, content, place, events, known }: FrameOptions) {
    const document = place.ownerDocument;
    this.#events = events;
    this.#known = known;
    this.#simulated = "srcdoc" in content;
    this.#origins = "srcdoc" in content ? [OPAQUE] : content.origins;
    // The listener belongs to the window that holds the iframe: that is the connector's parent
    this.#window = document.defaultView as Window;
    this.element = document.createElement("iframe");
    this.element.title = title;
    this.element.style.cssText = "display:block;border:0;width:100%;height:100%";
    if (!document.getElementById(ID)) this.element.id = ID;
    if ("srcdoc" in content) {
      this.element.sandbox.value = "allow-scripts";
      // biome-ignore lint/plugin: our own page, whole, in the sandbox of the line above
      this.element.srcdoc = content.srcdoc;
    } else {
      this.element.allow = "camera; microphone; geolocation";
      this.element.src = content.src;
    }
    this.element.addEventListener("load", this.#loaded);
    // biome-ignore lint/plugin: #heard looks at source and origin first
    this.#window.addEventListener("message", this.#heard);
    // What cannot be read here, as a compiled module, arrives so; its data is null
    this.#window.addEventListener("messageerror", this.#heard);
    place.append(this.element);
  }

  /** The origin that has spoken last, or null. */
  get origin(): string | null {
    return this.#origin;
  }

  /** False when the element was taken out of the document, and a call in it has ended. */
  get alive(): boolean {
    return this.element.isConnected;
  }

  /** Further origins that may speak, or fewer. */
  allow(origins: readonly string[]): void {
    if (!this.#simulated) this.#origins = origins;
  }

  owns(source: MessageEventSource): boolean {
    return source === this.element.contentWindow;
  }

  /** Sends a message of ours to the exact origin that has spoken, before that to the first allowed. */
  post(reply: Reply): void {
    this.#post({ type: TO_CONNECTOR, ...reply });
  }

  /** A command for our simulator; a real connector never gets one. */
  control(id: number, what: string, args: Record<string, unknown>): void {
    if (this.#simulated) this.#post({ type: REMOTE, id, what, args });
  }

  close(): void {
    this.#window.removeEventListener("message", this.#heard);
    this.#window.removeEventListener("messageerror", this.#heard);
    this.element.removeEventListener("load", this.#loaded);
    this.element.remove();
  }

  #post(message: object): void {
    const target = this.#simulated ? "*" : (this.#origin ?? this.#origins[0]);
    if (target !== undefined) this.element.contentWindow?.postMessage(message, target);
  }

  readonly #loaded = (): void => {
    this.#loads++;
    if (this.#simulated && this.#loads > 1) {
      // An opaque frame that navigates still says "null": it is not our page any more
      this.close();
      this.#events.ended("navigated");
    } else this.#events.loaded();
  };

  readonly #heard = (event: MessageEvent<unknown>): void => {
    const { source, origin } = event;
    const ours = source !== null && this.owns(source);
    // What other windows say is no business of ours, unless it claims to be a connector's
    if (!ours && (this.#known(event) || !claims(event.data))) return;
    const refusal = this.#refusal(event, ours);
    if (refusal) {
      const action = refusal === "rate" ? actionOf(event.data) : null;
      this.#events.refused(refusal, origin, action);
      return;
    }
    const { data } = event;
    if (this.#simulated && isPlain(data) && own(data, "type") === REMOTE) {
      this.#take(toText(data), origin, ({ text }) => this.#events.controlled(text));
      return;
    }
    this.#take(judge(data), origin, ({ action, data: payload, text }) => {
      this.#origin = origin;
      if (this.#events.takes(action, text)) this.#events.message(action, payload, text);
      else this.#events.refused("room", origin, action);
    });
  };

  /** Who may speak at all. */
  #refusal(event: MessageEvent, ours: boolean): Refusal | null {
    if (!event.isTrusted) return "untrusted"; // a script can forge source and origin, not this
    if (!ours) return "source";
    if (!this.#origins.includes(event.origin)) return "origin";
    return this.#rate.take(performance.now()) ? null : "rate";
  }

  #take<T extends { ok: true }>(
    verdict: T | Refused,
    origin: string,
    use: (taken: T) => void,
  ): void {
    if (verdict.ok) use(verdict);
    else this.#events.refused(verdict.reason, origin, verdict.action ?? null);
  }
}

/** Whether this address can be a connector's: anything but http(s) might run in our own page. */
export function isPage(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

function claims(data: unknown): boolean {
  return isPlain(data) && own(data, "type") === FROM_CONNECTOR;
}
