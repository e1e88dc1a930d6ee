/**
 * Bridge: the page's end of the channel for tests/test_channel_both.py, which plays all the rest.
 *
 * One line of JSON in, one out: [epoch, what, time, ...arguments] is answered with the effects.
 */

import { readSync, writeSync } from "node:fs";
import { Channel, type Time } from "../src/core/channel";
import type { Body } from "../src/core/outbox";
import type { Facts } from "../src/core/wire";

type Line = [epoch: string, what: string, time: Time, ...more: unknown[]];

const pages = new Map<string, Channel>();
const facts = () => ({ cached: [] }) as unknown as Facts;

function page(epoch: string): Channel {
  const found = pages.get(epoch);
  if (found) return found;
  const made = new Channel({ epoch, build: "b", facts });
  pages.set(epoch, made);
  return made;
}

function answer([epoch, what, time, first, second]: Line): unknown {
  const channel = page(epoch);
  switch (what) {
    case "push":
      return channel.push(first as Body, time, second === true);
    case "receive":
      return channel.receive(first, time);
    case "hide":
      return channel.hide(first === true, time);
    case "attach":
    case "detach":
    case "here":
    case "failed":
    case "wake":
      return channel[what](time);
    case "kernelTime":
      return channel.kernelTime(time);
    case "state":
      return { ...channel.standing(time.now), ...channel.counts, logs: channel.logs };
    case "forget":
      return pages.clear();
    default:
      throw new Error(`the bridge does not know ${what}`);
  }
}

/** Reads without the event loop: two turns of it are most of what a line would cost. */
function serve(): void {
  const chunk = Buffer.alloc(1 << 16);
  let text = "";
  for (let n = readSync(0, chunk); n > 0; n = readSync(0, chunk)) {
    text += chunk.toString("utf8", 0, n);
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      writeSync(1, `${JSON.stringify(answer(JSON.parse(line)) ?? null)}\n`);
    }
  }
}

serve();
