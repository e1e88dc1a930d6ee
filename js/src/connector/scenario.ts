/**
 * Scenario: what the simulated connector is to do, as data; here it is read. scenario-runner.ts runs it.
 *
 * The words that may be used stand in crmwidget/simulator/vocabulary.json, and
 * crmwidget/simulator/_scenario.py reads the same data by the same rules.
 */

import { TO_CONNECTOR_NAMES } from "../core/actions.gen";
import { isObject } from "./defects";

/** Verbs with the names of their arguments, faults with what they teach, and the scenarios that are built in. */
export interface Vocabulary {
  verbs: Record<string, readonly string[]>;
  faults: Record<string, { takes: readonly string[]; teaches: string }>;
  scenarios: Record<string, { about: string; steps: readonly unknown[] }>;
}

/** Something that has to be seen, or must not be, within so many seconds. */
export interface Expectation {
  message?: string;
  never?: string;
  phase?: string;
  /** What stands at dotted paths of the message's data. */
  data: Record<string, unknown>;
  times: number;
  within: number;
}

export interface Step {
  /** "3", or "3.2" for the second step of what the third repeats. */
  where: string;
  verb: string;
  args: Record<string, unknown>;
  say: string;
  expect: readonly Expectation[];
  /** How often `steps` are to be done. */
  repeat: number;
  steps: readonly Step[];
  /** Seconds after the step before, and after the beginning of the scenario or round. */
  after: number;
  at: number;
}

export interface Scenario {
  name: string;
  steps: readonly Step[];
}

const STEP = ["do", "say", "expect", "repeat", "steps", "after", "at"];
const EXPECTATION = ["message", "never", "phase", "data", "times", "within"];
const NUMBERS = ["number", "numbers", "who"];
const DEEPEST = 8;
const MOST = 100_000;

type Fields = Record<string, unknown>;

/** A name of `scenarios`, a list of steps, or a mapping with steps; throws what is wrong, and in which step. */
export function read(value: unknown, vocabulary: Vocabulary): Scenario {
  const { scenarios } = vocabulary;
  let given = value;
  let title = "";
  if (typeof given === "string") {
    if (!Object.hasOwn(scenarios, given))
      throw new Error(`there is no scenario ${instead(given, Object.keys(scenarios))}`);
    title = given;
    given = scenarios[given];
  }
  const { name = title, steps } = (
    Array.isArray(given) ? { steps: given } : (given ?? {})
  ) as Fields;
  return { name: String(name || "scenario"), steps: each(steps, "", vocabulary) };
}

function each(steps: unknown, where: string, vocabulary: Vocabulary): Step[] {
  if (!Array.isArray(steps) || steps.length === 0)
    throw new Error(`${where ? `step ${where}` : "the scenario"} has no list of steps`);
  if (where.split(".").length > DEEPEST) throw new Error(`step ${where} is nested too deep`);
  return steps.map((one, i) => {
    const place = `${where}${where && "."}${i + 1}`;
    try {
      return step(one, place, vocabulary);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(message.startsWith("step ") ? message : `step ${place}: ${message}`);
    }
  });
}

function step(value: unknown, where: string, vocabulary: Vocabulary): Step {
  const given = long(value, vocabulary);
  const verb = given.do === undefined ? "" : spelled(given.do);
  const takes = verb ? vocabulary.verbs[verb] : [];
  if (!takes) throw new Error(`there is no verb ${instead(verb, Object.keys(vocabulary.verbs))}`);
  const args: Fields = {};
  for (const [key, one] of Object.entries(given)) {
    if (STEP.includes(key)) continue;
    const word = spelled(key);
    if (!takes.includes(word))
      throw new Error(`${verb || "a step"} takes no ${instead(key, [...STEP, ...takes])}`);
    // YAML makes a number of it, and takes its + away.
    if (NUMBERS.includes(word) && [one].flat().some((each) => typeof each !== "string"))
      throw new Error(`${word} is a text: put it in quotes`);
    args[word] = one;
  }
  if (verb === "fault") fault(args, vocabulary);
  if (verb === "calls") calls(args);
  const { say = "", expect = [], repeat = 1, steps } = given;
  count("repeat", repeat);
  return {
    where,
    verb,
    args,
    say: String(say),
    expect: (Array.isArray(expect) ? expect : [expect]).map(expectation),
    repeat: Number(repeat),
    steps: steps === undefined && given.repeat === undefined ? [] : each(steps, where, vocabulary),
    after: seconds("after", given.after ?? 0),
    at: seconds("at", given.at ?? 0),
  };
}

/** One verb and its arguments, as in `{ring: {number: "+1..."}}`, is the short form of a step. */
function long(value: unknown, { verbs }: Vocabulary): Fields {
  if (!isObject(value)) throw new Error("a step is a mapping");
  const [[word, args] = ["", null], ...more] = Object.entries(value);
  if (more.length > 0 || STEP.includes(word) || !Object.hasOwn(verbs, spelled(word))) {
    if (word) return value;
    throw new Error("a step does, says, expects or repeats something, or waits");
  }
  return { ...(isObject(args) ? args : {}), do: word };
}

/** Throws where no fault has this name, or it does not take these arguments. */
export function fault({ name, ...more }: Fields, { faults }: Vocabulary): void {
  const takes = Object.hasOwn(faults, String(name)) && faults[String(name)]?.takes;
  if (!takes) throw new Error(`there is no fault ${instead(name, Object.keys(faults))}`);
  for (const key of Object.keys(more))
    if (!takes.includes(key)) throw new Error(`${name} takes no ${instead(key, takes)}`);
}

function calls({ numbers, rate = 1 }: Fields): void {
  if (!Array.isArray(numbers) || numbers.length === 0 || numbers.length > MOST)
    throw new Error(`numbers is a list of 1 to ${MOST} numbers`);
  if (typeof rate !== "number" || !(rate > 0 && rate <= 100))
    throw new Error("rate is calls a second, above 0 and up to 100");
}

function expectation(value: unknown): Expectation {
  const given: unknown = typeof value === "string" ? { message: value } : value;
  if (!isObject(given)) throw new Error("expect is a message's name or a mapping");
  for (const key of Object.keys(given))
    if (!EXPECTATION.includes(key)) throw new Error(`expect takes no ${instead(key, EXPECTATION)}`);
  const {
    message,
    never,
    phase,
    data = {},
    times = 1,
    within = never === undefined ? 5 : 1,
  } = given;
  if ([message, never, phase].filter((one) => one !== undefined).length !== 1)
    throw new Error("expect names one of message, never and phase");
  const name = phase === undefined ? (message ?? never) : "ready";
  if (!TO_CONNECTOR_NAMES.includes(name as "ready"))
    throw new Error(`a client has no message ${instead(name, TO_CONNECTOR_NAMES)}`);
  if (!isObject(data)) throw new Error("data is a mapping of paths to values");
  count("times", times);
  return { ...given, data, times: Number(times), within: seconds("within", within) };
}

function count(key: string, value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > MOST)
    throw new Error(`${key} is a whole number from 1 to ${MOST}`);
}

function seconds(key: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < 1e6) return value;
  throw new Error(`${key} is a number of seconds`);
}

/** hangUp and hang_up are one word. */
function spelled(word: unknown): string {
  if (word === "login") return "log_in";
  return String(word).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The word, with the known one that is nearest. */
export function instead(word: unknown, known: readonly string[]): string {
  const said = JSON.stringify(word) ?? "undefined";
  const [best, cost] = known
    .map((one): [string, number] => [one, distance(String(word), one)])
    .reduce((least, one) => (one[1] < least[1] ? one : least), ["", 4]);
  if (best && cost < best.length) return `${said}; did you mean "${best}"?`;
  return `${said}${known.length > 0 ? `; there is: ${known.join(", ")}` : ""}`;
}

/** Letters to add, drop or replace. */
function distance(one: string, other: string): number {
  let row = [...Array(other.length + 1).keys()];
  for (const [i, letter] of [...one.slice(0, 60)].entries())
    row = row.reduce<number[]>((next, up, j) => {
      const diagonal = (row[j - 1] ?? 0) + (letter === other[j - 1] ? 0 : 1);
      next.push(j === 0 ? i + 1 : Math.min(up + 1, (next[j - 1] ?? 0) + 1, diagonal));
      return next;
    }, []);
  return row[other.length] ?? 0;
}
