/** Assumptions: every habit of the simulated connector that nobody has documented. The page lists them, so that none passes for a fact. */

export interface Assumption {
  id: string;
  text: string;
  /** [S] what the vendor's sample client does, [I] inferred by this project. */
  tag: "S" | "I";
}

const TABLE = {
  crm: "Every page is a custom CRM.",
  parent: "Only the page around is heard, and posted to: any page while its origin is unknown.",
  ready: "ready is sent every second until it is answered.",
  activation: "The agent is active once ready is answered.",
  "crm-data": "crmData is asked for once.",
  envelope: "A message of another type or spelling is reported, not acted upon.",
  dial: "Click-to-dial is enabled after crmData if clickToDial is Y.",
  spelling: "The address book is asked for in the sample client's spelling.",
  directory: "It is also asked for after crmData if directoryAvailable is true, to name who calls.",
  rings: "One call at a time rings until it is taken, whatever the agent's state.",
  pop: "The screen pop is sent at the first ring, with one number as the address book writes it.",
  withheld: "A withheld number is an empty string.",
  chat: "A chat pops the screen with its writer's address and is logged as a call is.",
  fields:
    "The fields of transactionLogCustomField1, 2, ... are asked for when a conversation starts, for voice and digital alike.",
  picklist: "A list in a PICKLIST's customFieldInfo is its options.",
  log: "A log has the evidenced paths, an opaque header, and the kind of call as subject.",
  times: "START_TIME is HH:MM:SS(UTC), START_DATE is YYYY-MM-DD, of the first ring.",
  disabled: "A log is sent even if callLogEnabled is N. A real connector may not.",
  declined: "A declined call has no log.",
  outgoing: "Whom the agent calls answers after two seconds.",
  navigate: "Selecting the dialled party sends its pageInfo back.",
  reports: "Reports are offered unless reportsEnabled is N.",
  history: "History keeps interactionHistorySize items, or five.",
  notices: "A transient notification stays for five seconds. All are kept under the bell.",
};

export const ASSUMPTIONS: readonly Assumption[] = Object.entries(TABLE).map(([id, text]) => ({
  id,
  text,
  tag: id === "spelling" ? "S" : "I",
}));
