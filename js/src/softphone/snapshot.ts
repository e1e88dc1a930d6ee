/** Snapshot: what the panels draw, put together from what the softphone's parts know. */

import type { Standing } from "../core/channel";
import { phase, type State } from "../core/connection";
import { empty, type KernelView } from "../core/kernel-view";
import type { Refusals } from "../core/refusals";
import { Timeline } from "../core/timeline";
import type { Settings } from "../core/wire";
import { arrival } from "../panel/texts";
import type { View } from "../panel/view";
import { isPage } from "./frame";

/** Why there is no frame. */
export type Ended = "removed" | "closed" | "navigated";

export interface Known {
  /** null before the kernel has given any. */
  settings: Settings | null;
  state: State;
  board: KernelView;
  refusals: Refusals;
  timeline: Timeline;
  /** Up to this number the kernel has taken all. */
  got: number;
  kernel: Standing;
  ended: Ended;
}

/** `at`: ms since 1970. */
export function snapshot(known: Known, place: View["place"], at = Date.now()): View {
  const { settings, state, board, refusals, kernel } = known;
  const { record } = board;
  return {
    ...drawn(board),
    record: stale(known) ? null : record,
    waited: record ? Math.max(0, Math.floor((at - record.at) / 1000)) : 0,
    name: settings?.name ?? "phone",
    simulated: settings?.simulated ?? false,
    host: hostOf(settings),
    address: addressOf(settings),
    phase: phase(state),
    waits: waits(state),
    stranger: state.lost ? null : refusals.stranger,
    call: state.call,
    kernel,
    canDial: state.dial,
    rejected: refusals.counts,
    messages: state.messages,
    timeline: known.timeline,
    got: known.got,
    place,
    advice: advice(known),
  };
}

/** Drawn where this page runs another version of the wire than the living softphones. */
export const outdated: View = {
  ...drawn(empty),
  waited: 0,
  name: "phone",
  simulated: false,
  host: null,
  address: null,
  phase: "loading",
  waits: null,
  stranger: null,
  call: false,
  kernel: { state: "version" },
  canDial: false,
  rejected: {},
  messages: 0,
  timeline: new Timeline(),
  got: 0,
  place: "cell",
  advice: null,
};

/** Another page has the phone: what was found here may by now be another caller's record. */
function stale({ board, kernel }: Known): boolean {
  return kernel.state === "elsewhere" && board.record?.stage !== "asking";
}

/** What the dock is called: while a call may be on [I] who calls, all there is to see of a folded one. */
export function titleOf(settings: Settings | null, view: Called | null = null): string {
  const { call = false, record = null } = view ?? {};
  if (call && record?.action === "requestPerformInteractionScreenPop") return arrival(record);
  const who = settings?.simulated ? "simulator" : hostOf(settings);
  return [settings?.name, call ? "a call may be on" : who].filter(Boolean).join(" \u00b7 ");
}

type Called = Pick<View, "call" | "record">;

/** What closing the phone may cost, as a sentence; `logs`: interaction logs only this page has. */
export function stake({ call }: State, logs: number): string | null {
  const said: string[] = [];
  if (call) said.push("A call may be on; it would end."); // [I]
  if (logs > 0) said.push(`${logs} call log${logs > 1 ? "s have" : " has"} not reached Python.`);
  return said.length > 0 ? said.join(" ") : null;
}

function hostOf(settings: Settings | null): string | null {
  const address = addressOf(settings);
  return address && new URL(address).host;
}

/** The configured address, never one that a message brought; it may become a link. */
function addressOf(settings: Settings | null): string | null {
  const src = settings?.src;
  return src !== undefined && isPage(src) ? src : null;
}

/** [I] What has spoken or loaded, and neither asks for crmData nor greets, waits for a login. */
function waits({ acked, asked, configured, quiet, simulated, alive }: State): View["waits"] {
  if (acked) return asked || configured ? null : "greeted";
  return quiet && (alive || !simulated) ? "loaded" : null;
}

type Drawn = Exclude<keyof KernelView, "warnings">;

function drawn({ warnings, ...board }: KernelView): Pick<View, Drawn> {
  const { summary } = board;
  const all = summary && { ...summary, warnings: [...warnings, ...summary.warnings] };
  return { ...board, summary: all };
}

const LOST: Record<Ended, string> = {
  removed: "The phone was taken out of the page, and a call in it has ended.",
  closed: "The phone was closed.",
  navigated: "The simulator's frame showed another page and was closed.",
};

function advice({ state, ended }: Known): string | null {
  if (state.lost) return LOST[ended];
  if (!state.quiet || !state.simulated || state.alive) return null;
  return (
    "The simulator's page may not run here: this server forbids inline scripts. " +
    "Run `crmwidget simulate` and give its address to CRMWidget(...)."
  );
}
