/** Defects: what is wrong with a message of the client application, in sentences that end in the evidence of the rule. */

import { TO_CONNECTOR } from "../core/actions.gen";

type Fields = Record<string, unknown>;

/**
 * One rule a line: where (a dotted path below `data`, `*` for every key there, `|` for either), of what kind, with
 * what evidence, and the keys it is about (`?`: may be absent). `id` is a string or a number; a
 * word that is no kind stands for itself.
 */
const SHAPES: Record<string, string> = {
  crmData: `
    . object D callCenterSettings currentUser capabilities
    callCenterSettings object S *
    callCenterSettings.* string S *
    currentUser string D Name Username Id LanguageLocaleKey
    currentUser object D attributes
    currentUser.attributes string D type
    capabilities boolean S directoryAvailable?`,
  crmDirectory: `
    . string S count
    . array S results
    results object S *
    results.* id S id
    results.* string S name
    results.* string|null S phone email`,
  clickToDialResponse: `
    . object S onClickToDialResponse pageInfo clickToDialLogDetails
    onClickToDialResponse|pageInfo string S number objectType recordName url
    onClickToDialResponse|pageInfo string|null S email
    onClickToDialResponse|pageInfo id S recordId
    clickToDialLogDetails string S name type
    clickToDialLogDetails id S id
    clickToDialLogDetails true S personAccount
    . boolean S doNotCall
    . string|null S crmEmails
    . null S nameObjects
    . array S crmPhones relatedToObjects softphoneItems
    crmPhones string S *
    relatedToObjects object S *
    relatedToObjects.* false S isName
    relatedToObjects.* true S isRelatedTo
    relatedToObjects.* object S pageInfo
    relatedToObjects.*.pageInfo string S url recordName objectType
    relatedToObjects.*.pageInfo id S recordId`,
  createHistoryItem: `
    . id D taskId
    . object D data
    data object D message logParameters msgData
    data.msgData object D message`,
  customFieldsDataResponse: `
    . object S *
    * object S *
    *.* object S customFieldInfo
    *.*.customFieldInfo string S customFieldLabel
    *.*.customFieldInfo STRING|PICKLIST S customFieldType`,
  // The documentation writes `serverity` in one place: both are taken.
  displayErrorNotification: `
    . transient|okDialog|okCancelDialog|fixedDialog|html D type
    . EVENT|INFO|WARNING|ERROR|CRITICAL|SUCCESS D severity
    . array D textArray
    textArray string D *
    . string D title
    . number D dialogId
    . boolean D persist store`,
};

/** Values that break one rule and are spelled out; the others are counted. */
const SPELLED_OUT = 3;

/** The sentences about `data` of the client's `action`, which is known. */
export function defects(action: string, data: unknown): string[] {
  const shape = SHAPES[action];
  if (shape === undefined) return [];
  const [value, found] = action === "customFieldsDataResponse" ? unpacked(data) : [data, []];
  if (!isObject(value)) return found.length > 0 ? found : [broken("data", value, "object", "D")];
  const read = "serverity" in value ? { severity: value.serverity, ...value } : value;
  for (const rule of shape.trim().split(/\s*\n\s*/)) {
    const [where = "", kinds = "", tag = "", ...keys] = rule.split(" ");
    for (const key of keys) {
      const path = [...where.split("."), key].filter(Boolean);
      const wrong = [...leaves(read, path, "")].filter(
        ([, leaf]) => !kinds.split("|").some((kind) => matches(leaf, kind)),
      );
      for (const [name, leaf] of wrong.slice(0, SPELLED_OUT))
        found.push(broken(name, leaf, kinds, tag));
      if (wrong.length > SPELLED_OUT)
        found.push(`and ${wrong.length - SPELLED_OUT} more of ${path.join(".")} [${tag}]`);
    }
  }
  return [...found, ...beyond(action, value)];
}

/** What no single path tells. */
function beyond(action: string, value: Fields): string[] {
  const found: string[] = [];
  if (action === "crmDirectory" && Array.isArray(value.results)) {
    const { count, results } = value;
    if (typeof count === "string" && count !== String(results.length))
      found.push(`count is "${count}" and there are ${results.length} results [S]`);
    const silent = results.filter((one) => isObject(one) && !one.phone && !one.email).length;
    if (silent) found.push(`${silent} of results have neither phone nor email; those stay out [D]`);
  }
  const { data } = value;
  if (isObject(data) && isObject(data.msgData) && "header" in data && !("header" in data.msgData))
    found.push("data.header is missing in data.msgData, which copies it [D]");
  return found;
}

/** customFieldsDataResponse is JSON in a string; an object is tolerated and flagged. */
function unpacked(data: unknown): [unknown, string[]] {
  if (typeof data !== "string") return [data, [broken("data", data, "string", "D")]];
  try {
    return [JSON.parse(data), []];
  } catch {
    return [null, ["data is a string that is not JSON [D]"]];
  }
}

/** Every value at a path, with its name; nothing below what is no object, because that has its own rule. */
function* leaves(value: unknown, path: string[], name: string): Generator<[string, unknown]> {
  const [head, ...rest] = path;
  if (head === undefined) yield [name, value];
  else if (typeof value === "object" && value !== null) {
    const key = head.replace("?", "");
    const own = value as Fields;
    const keys = key === "*" ? Object.keys(own) : key === head || key in own ? key.split("|") : [];
    for (const one of keys) yield* leaves(own[one], rest, name ? `${name}.${one}` : one);
  }
}

function matches(value: unknown, kind: string): boolean {
  if (kind === "object") return isObject(value);
  if (kind === "array") return Array.isArray(value);
  if (kind === "id") return typeof value === "string" || typeof value === "number";
  return (
    typeof value === kind || (typeof value !== "object" ? String(value) : kindOf(value)) === kind
  );
}

/** What keeps a message from being acted upon, or null. */
export function refusal(message: Fields, known: readonly string[]): string | null {
  const { type, action } = message;
  if (type !== TO_CONNECTOR) return broken("type", type, TO_CONNECTOR, "D");
  if (typeof action !== "string") return broken("action", action, "string", "D");
  return known.includes(action) ? null : `no client message is called ${said(action)} [D]`;
}

/** Whether a value from outside can be read by key. */
export function isObject(value: unknown): value is Fields {
  return kindOf(value) === "object";
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** A short value is quoted, so that a reader recognises it; others are named by their kind. */
function said(value: unknown): string {
  const short = typeof value === "string" ? value.length < 40 : typeof value === "boolean";
  return short ? JSON.stringify(value) : kindOf(value);
}

function broken(name: string, value: unknown, kinds: string, tag: string): string {
  const words = kinds.replace("id", "string or number").replaceAll("|", " or ");
  return `${name} is ${said(value)}; it must be ${words} [${tag}]`;
}
