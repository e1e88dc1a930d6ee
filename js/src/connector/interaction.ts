/** Interaction: a call or a chat from its first ring to its log, as values. connector.ts decides when; this file what. */

import type { InteractionLogData } from "../core/messages.gen";
import { isObject } from "./defects";

export type Stage = "ringing" | "dialling" | "talking" | "held" | "wrapUp";

export interface Interaction {
  id: string;
  /** The name by which the remote control calls it, or empty. */
  label: string;
  channel: "voice" | "digital";
  way: "in" | "out";
  /** As it was presented; empty when withheld. */
  number: string;
  /** Empty when unknown. */
  name: string;
  stage: Stage;
  /** Milliseconds of the first ring, of the answer, and of the present stage's start. */
  startedAt: number;
  answeredAt: number | null;
  since: number;
  /** How long the conversation was, in ms, once it is over. */
  talked: number;
  /** What the page said of the dialled party: pageInfo of clickToDialResponse. */
  page: Record<string, unknown> | null;
  /** What a chat begins with. */
  text: string;
}

/** A custom field of the after-call form. */
export interface Field {
  /** The CRM's own spelling. */
  name: string;
  label: string;
  /** Choices of a PICKLIST; null: free text. */
  options: readonly string[] | null;
}

/** One item of the history menu, from createHistoryItem. */
export interface Remembered {
  task: string;
  who: string;
  topic: string;
  notes: string;
  /** As the log has them; empty when absent. */
  date: string;
  time: string;
}

/** The agent's own address: [I], the log needs both ends. */
const AGENT_LINE = "+12025550199";

export function begin(
  id: string,
  now: number,
  what: Pick<Interaction, "channel" | "way" | "number" | "name"> & Partial<Interaction>,
): Interaction {
  return {
    id,
    label: "",
    stage: what.way === "in" ? "ringing" : "dialling",
    startedAt: now,
    answeredAt: null,
    since: now,
    talked: 0,
    page: null,
    text: "",
    ...what,
  };
}

/** `data` of requestSaveInteractionLog, with every path that is evidenced; an unknown address is left out. */
export function logOf(
  call: Interaction,
  topic: string,
  notes: string,
  values: Record<string, unknown>,
  fields: readonly Field[],
): InteractionLogData {
  const them = call.number || undefined;
  // Fields the page never named come from the remote control: they are sent all the same.
  const names = new Set([...fields.map((field) => field.name), ...Object.keys(values)]);
  return {
    // [I] the documentation only says that a header may be there and is echoed.
    header: { source: "crmwidget simulator", sentFor: call.id },
    message: {
      body: {
        interactionId: call.id,
        interactionData: {
          ...address("updatedOriginatingAddress", call.way === "in" ? them : AGENT_LINE),
          ...address("updatedDestinationAddress", call.way === "in" ? AGENT_LINE : them),
          interaction: { topic, intrinsics: intrinsics(call.startedAt) },
          logDetails: {
            subject: subjectOf(call),
            comments: notes,
            // The sample client throws when the array is missing [O].
            customFields: [...names].map((name) => ({
              logFieldName: name,
              currentValue: words(values[name]),
            })),
          },
        },
      },
    },
  };
}

const address = (key: string, value: string | undefined) => (value ? { [key]: value } : {});

function subjectOf(call: Interaction): string {
  if (call.channel === "digital") return "Chat";
  return call.way === "in" ? "Incoming call" : "Outgoing call";
}

/** [I] the zone stands in parentheses: the sample client splits at them. */
function intrinsics(at: number): Record<string, string> {
  const iso = new Date(at).toISOString();
  return { START_TIME: `${iso.slice(11, 19)}(UTC)`, START_DATE: iso.slice(0, 10) };
}

/** What createHistoryItem says of a past interaction; null when it carries no message. */
export function remembered(item: unknown): Remembered | null {
  const { taskId, data } = isObject(item) ? item : {};
  const message = at(data, "message");
  if (!isObject(message)) return null;
  const said = at(message, "body", "interactionData");
  const times = at(said, "interaction", "intrinsics");
  const own = at(said, "updatedOriginatingAddress");
  const who = own === AGENT_LINE ? at(said, "updatedDestinationAddress") : own;
  return {
    task: words(taskId),
    who: words(who) || "Number withheld",
    topic: words(at(said, "interaction", "topic")),
    notes: words(at(said, "logDetails", "comments")),
    date: words(at(times, "START_DATE")),
    time: words(at(times, "START_TIME")).replace(/\(.*/, ""),
  };
}

/** The fields of one channel in customFieldsDataResponse; a string of JSON, or the object it should have been. */
export function fieldsOf(data: unknown, channel: "voice" | "digital"): Field[] {
  let maps = data;
  if (typeof data === "string")
    try {
      maps = JSON.parse(data);
    } catch {
      return [];
    }
  const fields = at(maps, channel);
  return Object.entries(isObject(fields) ? fields : {}).map(([name, field]) => {
    const info = at(field, "customFieldInfo");
    const label = words(at(info, "customFieldLabel")) || name;
    const picks = at(info, "customFieldType") === "PICKLIST";
    return { name, label, options: picks ? optionsOf(info) : null };
  });
}

/** [I] the first array of strings in customFieldInfo; without one the field is free text. */
function optionsOf(info: unknown): string[] | null {
  const lists = Object.values(isObject(info) ? info : {}).filter(Array.isArray);
  return lists.find((list) => list.length > 0 && list.every(words)) ?? null;
}

/** The value at a path of own keys, or undefined. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

/** A string or number as text; anything else is empty. */
export function words(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
