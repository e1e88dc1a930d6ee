/** Verbs: the commands that persons, the remote control and scenarios give, and the queue in which they wait. */

import { isObject } from "./defects";
import { type Interaction, logOf, type Stage, words } from "./interaction";
import { callable, entry, otherFormat, shared, stranger } from "./numbers";
import { askDirectory, type Command, converse, open, post, say, setting, type Turn } from "./state";

type Args = Command["args"];

/** Returned by a verb that needs an answer of the page first: it is tried again with the next event. */
const WAIT = Symbol("wait");

/** A string says why the command cannot be carried out, to whoever gave it. */
// biome-ignore lint/suspicious/noConfusingVoidType: most verbs have nothing to say
type Outcome = string | typeof WAIT | undefined | void;

/** `when` names the stages in which the verb makes sense, `idle` being no call; empty: always. */
export type Verb = [when: string, act: (turn: Turn, args: Args, call: Interaction) => Outcome];

const ANY = "";
const ON = "dialling talking held";

const VERBS = new Map<string, Verb>([
  ["ring", ["idle", ring]],
  ["accept", ["ringing", (turn, _, call) => converse(turn, call)]],
  ["decline", ["ringing", drop]],
  ["hold", ["talking", (turn, _, call) => become(turn, call, "held")]],
  ["resume", ["held", (turn, _, call) => become(turn, call, "talking")]],
  ["hangUp", [ON, hangUp]],
  ["end", [`${ON} wrapUp`, end]],
  ["save", ["wrapUp", save]],
  ["skip", ["wrapUp", drop]],
  ["call", ["idle", call]],
  ["chat", ["idle", chat]],
  ["addressBook", [ANY, askDirectory]],
  ["customFields", [ANY, customFields]],
  ["reports", [ANY, (turn) => post(turn, "requestOpenReports")]],
  ["navigate", [ANY, navigate]],
  ["send", [ANY, (turn, { action, data }) => say(turn, words(action), data)]],
  ["agent", [ANY, stand]],
  ["spelling", [ANY, spell]],
  ["dismiss", [ANY, dismiss]],
  ["read", [ANY, read]],
  ["state", [ANY, () => undefined]],
]);

/** The verbs for which nobody has to wait until the connector is configured. */
const EARLY = ["state"];

/** Adds verbs; those for every stage need no configured connector. More than once is as good as once. */
export function extend(verbs: Record<string, Verb>): void {
  for (const [name, verb] of Object.entries(verbs)) {
    VERBS.set(name, verb);
    if (!verb[0]) EARLY.push(name);
  }
}

/** Why a verb makes no sense now, and what to do first. */
const SITUATIONS: Record<string, string> = {
  idle: "there is no call",
  ringing: "a call is ringing: accept or decline it first",
  wrapUp: "a call waits for its log: end or skip it first",
};

/** Works the queue off, as far as it goes: until the connector is configured hardly anything moves. */
export function work(turn: Turn): void {
  const { s } = turn;
  for (;;) {
    const configured = s.phase === "configured";
    const command = s.waiting.find(({ what }) => configured || EARLY.includes(what));
    if (!command) return;
    const [first, rest] = split(command);
    const outcome = attempt(turn, first);
    if (outcome === WAIT) return;
    const next = rest && !outcome ? [rest] : [];
    s.waiting = s.waiting.flatMap((one) => (one === command ? next : [one]));
    const error = outcome ?? null;
    if (command.id === null) s.hint = error ?? s.hint;
    else if (next.length === 0) turn.out.push({ kind: "done", id: command.id, error });
  }
}

/** The first step of a `run`, and what is left of it; any other command is one step. */
function split(command: Command): [Command, Command | null] {
  if (command.what !== "run") return [command, null];
  const [step, ...steps] = Array.isArray(command.args.steps) ? command.args.steps : [];
  const [what, args] = Object.entries(isObject(step) ? step : {})[0] ?? ["state", {}];
  const first = { ...command, what, args: isObject(args) ? args : {} };
  return [first, steps.length > 0 ? { ...command, args: { steps } } : null];
}

function attempt(turn: Turn, { what, args }: Command): Outcome {
  const [when, act] = VERBS.get(what) ?? [];
  const { call } = turn.s;
  const stage = call?.stage ?? "idle";
  const meant = words(args.call);
  if (!act) return `no command is called ${what}`;
  if (when && when !== "idle" && meant && meant !== call?.label && meant !== call?.id)
    return "this call is over";
  if (when && !when.split(" ").includes(stage))
    return SITUATIONS[stage] ?? "a call is on: end it first";
  return act(turn, args, call as Interaction);
}

// ---------------------------------------------------------------- who calls
function ring(turn: Turn, args: Args): Outcome {
  const { s } = turn;
  const { pick } = args;
  const numbers = Array.isArray(args.numbers) ? args.numbers.map(words) : null;
  let number = words(args.number ?? numbers?.find(Boolean));
  let name = words(args.name);
  if (!number && !numbers && pick !== "withheld") {
    if (waits(turn)) return WAIT;
    const directory = s.directory ?? [];
    const next = callable(directory, s.next);
    const contact = entry(directory[next]);
    if (pick === "shared") number = shared(directory);
    else if (pick === "stranger" || !contact.phone) number = stranger(directory);
    else if (pick === "format")
      number = otherFormat(
        contact.phone,
        s.serial,
        setting(s, "DialingOptions", "dialCountryCode"),
      );
    else {
      ({ name, phone: number } = contact);
      s.next = next + 1;
    }
    if (!number) return "no two of your contacts share a number";
  }
  open(turn, { channel: "voice", way: "in", number, name, label: words(args.call) });
  post(turn, "requestPerformInteractionScreenPop", { aniValues: numbers ?? [number] });
}

/** Whether the address book has to answer first; asks for it when nobody has. */
function waits(turn: Turn): boolean {
  const { s } = turn;
  if (s.directory || s.capabilities.directoryAvailable === false) return false;
  if (s.directoryDue === null) askDirectory(turn);
  return true;
}

function chat(turn: Turn, args: Args): Outcome {
  let number = words(args.who);
  let name = words(args.name);
  if (!number) {
    if (waits(turn)) return WAIT;
    ({ name, email: number } = entry(turn.s.directory?.find((one) => entry(one).email)));
    number ||= "guest@example.com";
  }
  const text = words(args.text) || "Hello, can you help me?";
  open(turn, { channel: "digital", way: "in", number, name, label: words(args.call), text });
  post(turn, "requestPerformInteractionScreenPop", { aniValues: [number] });
}

/** The agent calls, from the address book. What the page dials comes as clickToDialResponse. */
function call(turn: Turn, { number, name }: Args): Outcome {
  open(turn, { channel: "voice", way: "out", number: words(number), name: words(name) });
}

// ---------------------------------------------------------------- the life of a call
function drop({ s }: Turn): void {
  s.call = null;
}

function become({ s, now }: Turn, call: Interaction, stage: Stage): void {
  s.call = { ...call, stage, since: now };
}

function hangUp(turn: Turn, _: Args, call: Interaction): void {
  become(turn, { ...call, talked: turn.now - (call.answeredAt ?? turn.now) }, "wrapUp");
}

function end(turn: Turn, args: Args, call: Interaction): void {
  if (call.stage !== "wrapUp") hangUp(turn, args, call);
  save(turn, args, call);
}

function save(turn: Turn, { topic, notes, customFields }: Args, call: Interaction): void {
  const { s } = turn;
  const values = isObject(customFields) ? customFields : {};
  const log = logOf(call, words(topic), words(notes), values, s.fields[call.channel]);
  post(turn, "requestSaveInteractionLog", log);
  s.call = null;
  s.hint = "log sent";
}

// ---------------------------------------------------------------- without a call
function customFields(turn: Turn, { voice, digital }: Args): void {
  const names = (value: unknown) => (Array.isArray(value) ? value.map(words) : []);
  post(turn, "requestCustomFieldsValues", {
    object: { voice: names(voice), digital: names(digital) },
  });
}

function navigate(turn: Turn, { data = turn.s.call?.page }: Args): Outcome {
  if (!data) return "the page has dialled nobody: there is no record to open";
  post(turn, "requestNavigateToClickToDialResult", data);
}

function stand({ s }: Turn, { value }: Args): void {
  s.agent = value === "ready" ? value : "notReady";
}

function spell({ s }: Turn, { value }: Args): void {
  if (value === "requestGetCrmDirectory" || value === "requestGetCRMDirectory") s.spelling = value;
}

function dismiss({ s }: Turn, { notice }: Args): void {
  s.notices = s.notices.map((one) => (one.key === notice ? { ...one, until: null } : one));
}

function read({ s }: Turn): void {
  s.unread = 0;
}
