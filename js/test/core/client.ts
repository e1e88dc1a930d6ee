/** Client: builders of what a client application says, and a driver that plays one against the simulated connector. */

import {
  type Door,
  type Effect,
  type Event,
  initial,
  type State,
  step,
} from "../../src/connector/connector";

type Fields = Record<string, unknown>;

export const CONTACTS = [
  { id: "C-1", name: "Bo Larsen", phone: "(202) 555-0143", email: "bo@example.com" },
  { id: "C-2", name: "Ines Okafor", phone: "+44 20 7946 0018", email: "ines@example.com" },
  { id: "C-3", name: "Sam Reyes", phone: "+1 415 555 0132", email: "sam@example.com" },
  { id: "C-4", name: "Kit Reyes", phone: "415-555-0132", email: "kit@example.com" },
];

/** crmData as documented; sections of settings are merged in. */
export function crmData(sections: Record<string, Fields> = {}, more: Fields = {}): Fields {
  return {
    callCenterSettings: {
      LogOptions: {
        callLogEnabled: "Y",
        transactionLogCustomField1: "case_id",
        transactionLogCustomField2: "",
        ...sections.LogOptions,
      },
      SoftphoneOptions: { language: "en_US", clickToDial: "Y", ...sections.SoftphoneOptions },
      DialingOptions: { dialCountryCode: "1", ...sections.DialingOptions },
    },
    currentUser: {
      attributes: { type: "User" },
      Name: "Ada Marsh",
      Username: "ada@example.com",
      Id: "U-1",
      LanguageLocaleKey: "en_US",
    },
    capabilities: { directoryAvailable: true },
    ...more,
  };
}

export function crmDirectory(results: readonly unknown[] = CONTACTS): Fields {
  return { count: String(results.length), results };
}

/** clickToDialResponse for one record, every key of it. */
export function dial(more: Fields = {}): Fields {
  const result = {
    number: "+15551230001",
    objectType: "Contact",
    recordId: "C-1",
    recordName: "Bo Larsen",
    email: "bo@example.com",
    url: "",
  };
  const { number, email, ...pageInfo } = result;
  return {
    onClickToDialResponse: result,
    clickToDialLogDetails: { id: "C-1", name: "Bo Larsen", personAccount: true, type: "Contact" },
    softphoneItems: [],
    doNotCall: false,
    crmEmails: email,
    crmPhones: [number],
    nameObjects: null,
    relatedToObjects: [{ isName: false, isRelatedTo: true, pageInfo }],
    pageInfo: result,
    ...more,
  };
}

/** A stringified customFieldsDataResponse with one field for voice. */
export function customFields(info: Fields = {}): string {
  const customFieldInfo = { customFieldType: "STRING", customFieldLabel: "Case", ...info };
  return JSON.stringify({ digital: {}, voice: { case_id: { customFieldInfo } } });
}

export function notification(more: Fields = {}): Fields {
  return {
    type: "transient",
    severity: "INFO",
    textArray: ["A Gold customer", "is calling"],
    title: "Note",
    dialogId: 1,
    persist: false,
    store: false,
    ...more,
  };
}

/** createHistoryItem for a received log. */
export function historyItem(log: Fields, taskId: unknown = "call-1"): Fields {
  const { message, header } = log;
  return { taskId, data: { message, header, logParameters: {}, msgData: { message, header } } };
}

export class Client {
  state: State;
  now = 1_000;
  out: Effect[] = [];

  constructor(door: Door | null = null) {
    this.state = initial("s", door, this.now);
  }

  take(event: Event): Effect[] {
    const [state, effects] = step(this.state, event, this.now);
    this.state = state;
    this.out.push(...effects);
    return effects;
  }

  /** Lets time pass, in ms. */
  wait(ms: number): Effect[] {
    this.now += ms;
    return this.take({ kind: "tick" });
  }

  says(action: string, data?: unknown): Effect[] {
    return this.take({ kind: "received", message: { type: "ClientAppMessage", action, data } });
  }

  /** A command; what came of it is the error, or null. */
  tells(what: string, args: Fields = {}, id: string | number | null = 1): string | null {
    const done = this.take({ kind: "command", command: { id, what, args } }).find(
      (effect) => effect.kind === "done",
    );
    return done?.kind === "done" ? done.error : null;
  }

  /** Answers the handshake, by default with an address book. */
  configure(data: Fields = crmData(), directory: Fields | null = crmDirectory()): this {
    this.take({ kind: "tick" });
    this.says("ready");
    this.says("crmData", data);
    if (directory) this.says("crmDirectory", directory);
    return this;
  }

  /** The actions posted so far. */
  get posted(): string[] {
    return this.out.flatMap((effect) => (effect.kind === "post" ? [effect.action] : []));
  }

  /** `data` of the last post of `action`. */
  dataOf(action: string): Fields {
    const found = this.out.findLast((effect) => effect.kind === "post" && effect.action === action);
    if (found?.kind !== "post") throw new Error(`${action} was not posted`);
    return found.data as Fields;
  }

  /** What was wrong with the last message that was heard. */
  get problems(): string[] {
    const heard = this.out.findLast((effect) => effect.kind === "heard");
    return heard?.kind === "heard" ? heard.problems : [];
  }
}
