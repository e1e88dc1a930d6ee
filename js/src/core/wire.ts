/** Wire: what page and kernel say to each other over the widget's comm. Types only; channel.ts numbers and keeps. */

/** Bumped when page and kernel could no longer understand each other. */
export const VERSION = 1;

/** One custom message. `parts` names, by content hash, the binary buffers that came with it. */
export interface Envelope<I> {
  crm: 1;
  /** The page's, as sender or addressee: what a kernel sends reaches every page that is open on it. */
  epoch: string;
  /** When the page handed it to the comm, ms since 1970 on its clock. */
  at?: number;
  items: I[];
  parts?: string[];
}

/** What the page knows of the connection; the kernel's session starts from it. */
export interface Facts {
  loads: number;
  acked: boolean;
  configured: boolean;
  dial: boolean;
  silent: boolean;
  lost: boolean;
  /** A view of the widget is on screen. */
  shown: boolean;
  /** The origin that has spoken, or null. */
  origin: string | null;
  messages: number;
  rejected: number;
  /** Hashes of the parts this page still has. */
  cached: string[];
  /** The page itself, see Host in page/environment.ts. */
  host: object;
}

// ---------------------------------------------------------------- page to kernel
export interface Hello {
  t: "hello";
  n: number;
  v: number;
  build: string;
  lowest: number;
  /**
   * The kernel whose numbers `got` counts; null before the first welcome: a new page, which gets the
   * phone unless `here` is 0.
   */
  kernel: string | null;
  got: number;
  /**
   * Number of the hello with which a person has asked for the phone here: until an answer has come,
   * for 30 s at most. 0: the page was opened longer ago than that, or has had its answer.
   */
  here?: number;
  facts: Facts;
  at: number;
}

/** The connector's message as JSON text, exactly as it arrived. */
export interface Msg {
  t: "msg";
  seq: number;
  at: number;
  m: string;
  /** Which document of the frame has said it, counted by its loads; left out: the first. */
  load?: number;
  /** The page has answered from a standing answer: nobody else must. */
  answered?: true;
  /** How many `ready` were answered and not passed on since the last one. */
  readies?: number;
  /** Under which an earlier page in this tab has sent it; else its key is `epoch/seq`. */
  key?: string;
  /** An interaction log of our simulator: a real connector may be here when it arrives. */
  simulated?: true;
}

/** What the page did alone. */
export interface Note {
  t: "note";
  seq: number;
  at: number;
  what: "loaded" | "rejected" | "dropped" | "silent" | "shown" | "lost" | "sim" | "forbidden";
  n?: number;
  detail?: Record<string, unknown>;
}

/** A person used the panel. */
export interface Do {
  t: "do";
  seq: number;
  at: number;
  what:
    | "dial"
    | "search"
    | "run_again"
    | "retry"
    | "choose"
    | "ring"
    | "here"
    | "watch"
    | "run_message"
    | "diagnose";
  args: Record<string, unknown>;
}

export interface Got {
  t: "got";
  n: number;
}

export type ToKernel = Hello | Msg | Note | Do | Got;
export type Numbered = Msg | Note | Do;

// ---------------------------------------------------------------- kernel to page
export interface Welcome {
  t: "welcome";
  n: number;
  v: number;
  got: number;
  at: number;
  kernel: string;
  /** Numbers of the kernel below this went to other pages. */
  lowest: number;
  /** How often this kernel has turned to a page: of two that say who has the phone the higher one is right. */
  turn: number;
}

/** To a page that has not got the phone, where it says something, or something of it is finished. */
export interface Elsewhere {
  t: "elsewhere";
  /** Number of the newest hello that this kernel has of the page. */
  n: number;
  kernel: string;
  /** As in `Welcome`. */
  turn: number;
}

/** Both marks, cumulative: `n` this kernel holds, `done` the page may forget. */
export interface Marks {
  t: "got";
  n: number;
  done: number;
  /** Done above that: runs of numbers, from the first to the last. */
  also?: [number, number][];
}

/** A finished answer; `part` is the hash of a buffer that holds `data` as JSON. */
export interface Answer {
  action: string;
  data?: unknown;
  part?: string;
}

export interface Settings {
  t: "set";
  /** Numbered like other items, but beside a welcome: what is lost comes again. */
  seq?: number;
  name: string;
  /** Exactly one of the two: an address, or the simulator's own page as a part. */
  src?: string;
  srcdoc?: string;
  /** The code of the Traffic tab, as a part. */
  traffic?: string;
  simulated: boolean;
  /** The exact origins that may speak; empty when simulated, whose origin is opaque. */
  origins: string[];
  placement: "auto" | "cell" | "dock";
  limits: { silence: number };
  /** Whether interaction logs outlive a reload of the page, in the tab's sessionStorage. */
  mirror: boolean;
  /** By the request's action name as in actions.gen.ts. */
  standing: Record<string, Answer>;
}

export interface Post {
  t: "post";
  seq: number;
  m: Answer;
  /** `seq` of the message this answers. */
  re?: number;
  /** Not to be posted after this time, ms on the kernel's clock, which goes on in its sleep. */
  exp?: number;
  /** The frame's load this belongs to; dropped when the frame has reloaded since. */
  load?: number;
}

export interface Show {
  t: "show";
  seq: number;
  re?: number;
  what:
    | "summary"
    | "record"
    | "contacts"
    | "failed"
    | "dialled"
    | "warning"
    | "trace"
    | "ran"
    | "diagnosis";
  data: unknown;
}

/** Our simulator's remote control; the page answers with a note `sim` whose `id` is `ref`. */
export interface Sim {
  t: "sim";
  seq: number;
  ref: number;
  what: string;
  args: Record<string, unknown>;
}

/** In place of what is too late to be sent once more: its number has to come. */
export interface Skipped {
  t: "skip";
  seq: number;
}

export type FromKernel = Welcome | Elsewhere | Marks | Settings | Post | Show | Sim | Skipped;
export type NumberedFromKernel = Post | Show | Sim;

// ---------------------------------------------------------------- what is shown
export interface ShownNumber {
  number: string;
  kind: string | null;
}

export interface ShownContact {
  id: string | number | null;
  name: string;
  phones: ShownNumber[];
  email: string | null;
  url: string | null;
  /** The row's other columns, already as text. */
  fields: Record<string, string>;
}

export interface ShownMatch {
  contact: ShownContact;
  /** In words: "Exact number", "Same digits as written". */
  rule: string;
  certain: boolean;
}

/**
 * `show record`: a screen pop, a navigation or a request for reports, and what came of it. The page
 * makes the first one of a question itself, the moment its message arrives.
 */
export interface ShownRecord {
  /** For `run_again` and `choose`; null: no living kernel knows it. */
  id: string | null;
  /** The message's number in this page; one of another page stands between two numbers. */
  place: number;
  stage: "asking" | "found" | "handled" | "failed" | "late" | "missed";
  /** The wire action that asked. */
  action: string;
  /** The number or record id that was asked for. */
  asked: string;
  matches: ShownMatch[];
  link: { url: string; text: string } | null;
  /** A document to show in a sandboxed frame: a table, a figure. */
  html: string | null;
  /** Who answered, "pop()" or "HubSpot"; null: the built-in answer. */
  handler: string | null;
  /** Milliseconds the answer took. */
  ms: number;
  /** Redacted: why it failed; for a late one how long it might have taken. */
  error: string | null;
  /** The handler was redefined since. */
  changed: boolean;
  at: number;
  /** The interaction log of this call [I], as far as it has one. */
  log: { state: "came" | "saved" | "kept" | "failed"; item: string | null; at: number } | null;
}

/** `show summary`: the status line's facts that only the kernel has. */
export interface ShownSummary {
  agent: string | null;
  contacts: number | null;
  region: string | null;
  /** What was recognised in the contacts, in one line. */
  recognised: string | null;
  /** Something to mend, with the remedy; worst first. */
  warnings: string[];
  /** Interaction logs that no handler has saved. */
  unsaved: number;
  failed: number;
  /** Who is asked whose record to show, by the action's name, as in `ShownRecord.handler`. */
  asks: Record<string, string | null>;
}

/** `show contacts`: the answer to a `do search`. */
export interface ShownContacts {
  text: string;
  total: number;
  matching: number;
  offset: number;
  rows: ShownContact[];
}

/** `show failed`: a handler raised or was late. */
export interface ShownFailure {
  action: string;
  handler: string;
  /** Redacted. */
  error: string;
  late: boolean;
  /** An interaction log: it is kept and can be tried again. */
  kept: boolean;
}

/** `show dialled`: a number was sent to the connector. */
export interface ShownDial {
  number: string;
  name: string | null;
}

/** ms that a message spent in each place, as far as they are known. */
export interface Stages {
  page?: number;
  channel?: number;
  queue?: number;
  handler?: number;
}

/** `show trace` is a list of these, sent while somebody looks: what became of messages in Python. */
export interface ShownTrace {
  /** Number of the message. */
  seq: number;
  /** Who answered, in words; null: nobody yet. */
  by: string | null;
  stages: Stages;
  /** What was tolerated, sentences that end in the evidence of their rule. */
  problems: string[];
  /** Redacted. */
  error: string | null;
}

/** `show ran`: the answer to a `do run_message`; nothing of it went to the connector. */
export interface ShownRan {
  /** The `ask` that came with the request. */
  ask: number;
  action: string;
  answers: { action: string; data?: unknown }[];
  /** Ids of records, or the link, that would have been shown; null: nothing was looked up. */
  shown: string[] | null;
  by: string | null;
  error: string | null;
  problems: string[];
  ms: number | null;
}

/** `show diagnosis`: the answer to a `do diagnose`. */
export interface ShownDiagnosis {
  cause: string;
  sentence: string;
  good: boolean;
  checks: ShownCheck[];
}

export interface ShownCheck {
  name: string;
  verdict: "ok" | "look" | "wrong" | "unknown";
  evidence: string;
  advice: string;
}
