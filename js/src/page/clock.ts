/** Clock: the time as the cores are told it, and a name that no other page has. */

import type { Time } from "../core/channel";

export function time(): Time {
  return { now: performance.now(), at: Date.now() };
}

/** crypto.randomUUID is missing on plain http, which a Jupyter server in a LAN may speak. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("");
}
