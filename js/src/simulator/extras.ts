/**
 * Extras: what only some pages carry, so that the plain one stays small.
 *
 * Each is a script of its own, built from simulator/<name>.ts, that hands itself to
 * `simulator.extend`. It is given what it needs of this page, which has one copy of that.
 */

import type { Verb } from "../connector/commands";
import type {
  Assumption,
  Command,
  Door,
  Effect,
  report,
  restart,
  State,
} from "../connector/connector";
import type { does, html, icon, Markup, style } from "./markup";

export interface Tools {
  html: typeof html;
  does: typeof does;
  icon: typeof icon;
  style: typeof style;
  restart: typeof restart;
  /** Carries out what the connector does. */
  act(effect: Effect): void;
  /** Tells whoever gave a command how it went. */
  answer(id: string | number, error: string | null, more?: object): void;
  give(command: Command): void;
  /** Posts whatever it is to the page around. */
  out(message: unknown): void;
  /** To Python, by way of the page around. */
  tell(said: object): void;
  draw(): void;
  report(): ReturnType<typeof report>;
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
  /** It is what the page asks for when somebody wants more than it carries. */
  wanted?: boolean;
  /** Carries a command out that is none of the connector's; false: it is one. */
  command?(command: Command): boolean;
  /** Takes what the connector does upon itself; false: it is to be done. */
  takes?(effect: Effect): boolean;
  /** An event has been dealt with. */
  after?(): void;
}

export const extras: Extra[] = [];
