/** Snapshot: what the panels draw, put together from what the softphone's parts know. */

import { type Board, empty } from "./core/board";
import type { Standing } from "./core/channel";
import { phase, type State } from "./core/connection";
import type { Refusals } from "./core/refusals";
import type { Settings } from "./core/wire";
import type { View } from "./panel/view";

/** Why there is no frame. */
export type Ended = "removed" | "closed" | "navigated";

export interface Known {
  /** null before the kernel has given any. */
  settings: Settings | null;
  state: State;
  board: Board;
  refusals: Refusals;
  kernel: Standing;
  ended: Ended;
}

export function snapshot(known: Known, place: View["place"]): View {
  const { settings, state, board, refusals, kernel } = known;
  return {
    ...drawn(board),
    name: settings?.name ?? "phone",
    simulated: settings?.simulated ?? false,
    host: hostOf(settings),
    phase: phase(state),
    kernel,
    canDial: state.dial,
    rejected: refusals.counts,
    messages: state.messages,
    place,
    advice: advice(known),
  };
}

/** Drawn where this page runs another version of the wire than the living softphones. */
export const outdated: View = {
  ...drawn(empty),
  name: "phone",
  simulated: false,
  host: null,
  phase: "loading",
  kernel: { state: "version" },
  canDial: false,
  rejected: {},
  messages: 0,
  place: "cell",
  advice: null,
};

/** What the dock is called; `call`: one may be on [I], which is all there is to see of a folded one. */
export function titleOf(settings: Settings | null, call = false): string {
  const who = settings?.simulated ? "simulator" : hostOf(settings);
  return [settings?.name, call ? "a call may be on" : who].filter(Boolean).join(" \u00b7 ");
}

/** What closing the phone may cost, as a sentence; `logs`: interaction logs only this page has. */
export function stake({ call }: State, logs: number): string | null {
  const said: string[] = [];
  if (call) said.push("A call may be on; it would end."); // [I]
  if (logs > 0) said.push(`${logs} call log${logs > 1 ? "s have" : " has"} not reached Python.`);
  return said.length > 0 ? said.join(" ") : null;
}

function hostOf(settings: Settings | null): string | null {
  const src = settings?.src;
  return src !== undefined && URL.canParse(src) ? new URL(src).host : null;
}

type Drawn = "summary" | "record" | "recordOf" | "contacts" | "failures" | "dialled";

function drawn({ warnings, ...board }: Board): Pick<View, Drawn> {
  const { summary } = board;
  const all = summary && { ...summary, warnings: [...warnings, ...summary.warnings] };
  return { ...board, summary: all };
}

const LOST: Record<Ended, string> = {
  removed: "The phone was taken out of the page, and a call in it has ended.",
  closed: "The phone was closed.",
  navigated: "The simulator's frame showed another page and was closed.",
};

function advice({ state, refusals, ended }: Known): string | null {
  if (state.lost) return LOST[ended];
  if (state.blocked) {
    return (
      "The simulator's page may not run here: this server forbids inline scripts. " +
      "Run `crmwidget simulate` and give its address to CRMWidget(...)."
    );
  }
  const { stranger } = refusals;
  if (!state.silent || stranger === null) return null;
  return (
    `A message came from ${stranger}, which may not speak. If it is the connector's, ` +
    `give CRMWidget(..., allow_origins=["${stranger}"]).`
  );
}
