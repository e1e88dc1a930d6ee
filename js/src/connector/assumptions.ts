/** Assumptions: every habit of the simulated connector that nobody has documented. The page lists them, so that none passes for a fact. */

export interface Assumption {
  id: string;
  text: string;
  /** [S] what the vendor's sample client does, [I] inferred by this project. */
  tag: "S" | "I";
}

const table = {
  crm: "It takes every page for a custom CRM.",
  parent:
    "It hears only the page around it, and posts to that page's origin; to any while it is unknown.",
  ready: "It sends ready every second until it is answered.",
  activation: "The agent is activated by nobody, once ready is answered.",
  "crm-data": "It asks for crmData once.",
  envelope: "A message of another type or spelling is reported and not acted upon.",
  dial: "It enables click-to-dial right after crmData, if clickToDial is Y.",
  spelling: "It asks for the address book as the sample client spells it.",
  directory:
    "It asks for the address book once after crmData, if directoryAvailable is true, to name who calls next.",
  rings: "A call rings until it is taken, whatever the agent's state, and one at a time.",
  pop: "The screen pop is sent at the first ring, with one number as the address book writes it.",
  withheld: "A withheld number is one empty string.",
  format: "Another format of a number is made from DialingOptions.",
  chat: "A chat pops the screen with its writer's address and is logged as a call is.",
  fields:
    "It asks for the custom fields of transactionLogCustomField1, 2, ... when a conversation starts, the same for voice and digital.",
  picklist: "A list in a PICKLIST field's customFieldInfo is its options.",
  log: "A log has the evidenced paths only, an opaque header, and the kind of call as subject.",
  times: "START_TIME is HH:MM:SS(UTC), START_DATE is YYYY-MM-DD: the first ring.",
  disabled: "A log is sent even if callLogEnabled is N. A real connector may not.",
  declined: "A declined call has no log.",
  outgoing: "Whom the agent calls answers after two seconds.",
  navigate: "Selecting the dialled party sends its pageInfo back.",
  reports: "There is a Reports button unless reportsEnabled is N.",
  history: "History keeps interactionHistorySize items, or five.",
  notices: "A transient notification stays for five seconds. All are kept under the bell.",
};

export const ASSUMPTIONS: Assumption[] = Object.entries(table).map(([id, text]) => ({
  id,
  text,
  tag: id === "spelling" ? "S" : "I",
}));
