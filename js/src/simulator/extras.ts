/**
 * Extras: what only some pages carry, so that the plain one stays small.
 *
 * Each is a script of its own, built from simulator/<name>.ts, that hands itself to
 * `simulator.extend`. It is given what it needs of this page, which has one copy of that.
 */

import type { Assumption, Door, restart, State } from "../core/connector";
import type { Verb } from "../core/verbs";
import type { does, html, icon, Markup, style } from "./markup";

export interface Tools {
  html: typeof html;
  does: typeof does;
  icon: typeof icon;
  style: typeof style;
  restart: typeof restart;
}

export interface Extra {
  name: string;
  verbs: Record<string, Verb>;
  assumptions: readonly Assumption[];
  /** What stands among the simulator's controls. */
  controls(state: State): Markup;
  /** What to draw before the phone is configured; undefined: what would be drawn without it. */
  screen(state: State, embedded: boolean): Markup | undefined;
  /** The page begins anew; true: another document comes, and this one is to say no more. */
  restarted(door: Door | null): boolean;
}

export const extras: Extra[] = [];
