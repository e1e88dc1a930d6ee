/** View: the one immutable snapshot that everything a person sees is drawn from. softphone.ts makes it, the panel only reads. */

import type { Timeline } from "../core/timeline";
import type {
  ShownContacts,
  ShownDiagnosis,
  ShownDial,
  ShownFailure,
  ShownRan,
  ShownRecord,
  ShownSummary,
} from "../core/wire";

/** Where the connection to the connector stands; the words of `phone.status`. */
export type Phase = "loading" | "silent" | "ready" | "configured" | "lost";

/** The way to Python, judged by acknowledgements alone. */
export type Kernel =
  | { state: "connected" }
  | { state: "waiting"; seconds: number; kept: number }
  | { state: "gone"; kept: number }
  /** Another page took the phone over. */
  | { state: "elsewhere" }
  /** Page and kernel run different versions: reload the page. */
  | { state: "version" };

export interface View {
  name: string;
  simulated: boolean;
  /** The connector's host, or null when simulated. */
  host: string | null;
  /** The connector's whole address as it was configured, for a link; null when simulated. */
  address: string | null;
  phase: Phase;
  /** [I] For a login, as it seems: it was greeted and asks for nothing, or loaded and is silent. */
  waits: "greeted" | "loaded" | null;
  /** The origin of the page in the frame, when it spoke and may not. */
  stranger: string | null;
  /** [I] A call may be on. */
  call: boolean;
  kernel: Kernel;
  canDial: boolean;
  summary: ShownSummary | null;
  /** What was asked for last, with its answer when it has one; null until something was asked. */
  record: ShownRecord | null;
  /** Seconds since then. */
  waited: number;
  contacts: ShownContacts | null;
  failures: ShownFailure[];
  /** For 5 s after a number was sent to the connector. */
  dialled: ShownDial | null;
  /** Refused messages by reason. */
  rejected: Record<string, number>;
  messages: number;
  /** Read, never changed; not a copy, because a copy of 10,000 lines for each drawing is too much. */
  timeline: Timeline;
  /** Messages up to this number are with Python. */
  got: number;
  diagnosis: ShownDiagnosis | null;
  ran: ShownRan | null;
  /** Where the frame is shown now. */
  place: "cell" | "dock" | "elsewhere";
  /** In words, for `lost` and for a simulator that did not start. */
  advice: string | null;
}

export interface PanelActions {
  dial(number: string, contact: { id: string | number | null; name: string } | null): void;
  /** With the simulator only: this contact calls. */
  letThemCall(number: string, name: string): void;
  search(text: string, offset: number): void;
  runAgain(): void;
  choose(index: number): void;
  retry(): void;
  /** Move the frame into this view or into the dock. */
  place(where: "cell" | "dock"): void;
  reloadFrame(): void;
  useHere(): void;
  /** The traffic is looked at, or not any more. */
  watch(on: boolean): void;
  /** Runs a message through today's handlers; `ask` comes back with what they gave. */
  runMessage(ask: number, action: string, data: unknown): void;
  diagnose(): void;
  /** The code of the Traffic tab; rejected while it is not here. */
  traffic(): Promise<TrafficModule>;
}

/** js/src/traffic.ts, which is built and sent on its own. */
export interface TrafficModule {
  build: string;
  traffic(actions: PanelActions): TrafficView;
}

export interface TrafficView {
  element: HTMLElement;
  update(view: View): void;
  /** It is seen, or not any more. */
  show(open: boolean): void;
  dispose(): void;
}

/** A drawn panel. `update` is cheap when nothing changed. */
export interface Panel {
  element: HTMLElement;
  /** The element into which the frame is moved. */
  slot: HTMLElement;
  update(view: View): void;
  dispose(): void;
}
