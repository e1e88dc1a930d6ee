/** A connector that does what a test tells it, in a frame of a real foreign origin or in a sandbox. */

import { vi } from "vitest";
import html from "./puppet.html?raw";
import { passes, until } from "./waiting";

/** The server of these tests has several names, and each is an origin of its own. */
export const HERE = location.origin;
export const CONNECTOR = HERE.replace("localhost", "127.0.0.1");
export const ELSEWHERE = HERE.replace("localhost", "elsewhere.localhost");

export function address(origin: string): string {
  return new URL(new URL("./puppet.html", import.meta.url).pathname, origin).href;
}
export const SRCDOC = html;

export interface Heard {
  heard: unknown;
  origin: string;
  /** On its own clock, ms since 1970. */
  at: number;
}

export class Puppet {
  /** What it heard from its parent. */
  readonly heard: Heard[] = [];
  #id = "";
  readonly #port: MessagePort;

  private constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }) => {
      if ("id" in data) this.#id = data.id;
      else this.heard.push(data);
    };
  }

  /** Takes hold of the page in a frame, as soon as it answers. */
  static async of(frame: HTMLIFrameElement): Promise<Puppet> {
    return passes(async () => {
      const { port1, port2 } = new MessageChannel();
      const puppet = new Puppet(port1);
      frame.contentWindow?.postMessage({ string: true }, "*", [port2]);
      await vi.waitUntil(() => puppet.#id !== "", { timeout: 150, interval: 5 });
      return puppet;
    });
  }

  say(value: unknown, times = 1): void {
    this.#port.postMessage({ do: "say", value, times });
  }

  speak(action: string, data?: unknown, times = 1): void {
    this.#port.postMessage({ do: "speak", action, data, times });
  }

  go(href: string): void {
    this.#port.postMessage({ do: "go", href });
  }

  /** The id of its load: another one means that it was loaded again. */
  async id(): Promise<string> {
    this.#id = "";
    this.#port.postMessage({ do: "who" });
    await until(() => this.#id !== "");
    return this.#id;
  }

  /** What we sent it, in order. */
  get actions(): unknown[] {
    return this.heard.map(({ heard }) => (heard as { action?: unknown }).action);
  }
}
