import { describe, expect, test } from "vitest";
import { asked, empty, type KernelView, renewed, shown } from "../../src/core/kernel-view";
import type { Show, ShownFailure, ShownRecord, ShownSummary } from "../../src/core/wire";

const record: ShownRecord = {
  id: "k1/7",
  place: 7,
  stage: "found",
  action: "requestPerformInteractionScreenPop",
  asked: "+12025550143",
  matches: [],
  link: null,
  html: null,
  handler: "pop()",
  ms: 3,
  error: null,
  changed: false,
  at: 0,
  log: null,
};
const summary: ShownSummary = {
  agent: "Ada Marsh",
  contacts: 4,
  region: "US",
  recognised: null,
  warnings: [],
  unsaved: 0,
  failed: 0,
  asks: {},
};
const failure: ShownFailure = {
  action: "requestPerformInteractionScreenPop",
  handler: "pop",
  error: "KeyError",
  late: false,
  kept: false,
};
const log: ShownFailure = { ...failure, action: "requestSaveInteractionLog", kept: true };

let seq = 0;
function show(what: Show["what"], data: unknown, re?: number): Show {
  return { t: "show", seq: ++seq, what, data, ...(re !== undefined && { re }) };
}

function board(...shows: Show[]): KernelView {
  return shows.reduce(shown, empty);
}

describe("what the kernel shows", () => {
  test("what was found takes the place of the question", () => {
    const question = { ...record, stage: "asking" as const };

    expect(board(show("record", question), show("record", record)).record).toEqual(record);
  });

  test.each(["found", "failed", "late", "missed", "handled"] as const)(
    "an earlier question that is %s changes nothing of the later one",
    (stage) => {
      const later = asked(board(show("record", record)), { ...record, place: 9, stage: "asking" });

      expect(shown(later, show("record", { ...record, place: 8.5, stage }))).toBe(later);
    },
  );

  test("a call takes away what is about the last caller", () => {
    const dialled = { number: "+12025550143", name: "Bo Larsen" };
    const before = board(show("record", record), show("dialled", dialled));
    const next: ShownRecord = { ...record, place: 8, stage: "asking", asked: "+442079460018" };

    expect(asked(before, next)).toEqual({ ...empty, record: next });
  });

  test("summary, contacts and dialled number are the last ones", () => {
    const contacts = { text: "bo", total: 4, matching: 1, offset: 0, rows: [] };
    const dialled = { number: "+12025550143", name: null };

    const drawn = board(
      show("summary", { ...summary, agent: null }),
      show("summary", summary),
      show("contacts", contacts),
      show("dialled", dialled),
    );

    expect(drawn).toMatchObject({ summary, contacts, dialled });
  });

  test("failures are kept, the last fifty", () => {
    const shows = Array.from({ length: 60 }, (_, n) =>
      show("failed", { ...failure, error: `${n}` }),
    );

    const errors = board(...shows).failures.map(({ error }) => error);

    expect(errors).toHaveLength(50);
    expect(errors.at(-1)).toBe("59");
  });

  test("a handler that works again takes its failure away, not those of kept logs", () => {
    const drawn = board(show("failed", failure), show("failed", log), show("record", record));

    expect(drawn.failures).toEqual([log]);
  });

  test("logs that were saved after all have not failed", () => {
    const before = board(show("failed", failure), show("failed", log));

    expect(shown(before, show("summary", { ...summary, failed: 1 })).failures).toHaveLength(2);
    expect(shown(before, show("summary", summary)).failures).toEqual([failure]);
  });

  test("warnings are texts, the last five", () => {
    const shows = Array.from({ length: 7 }, (_, n) => show("warning", { text: `${n}` }));

    expect(board(...shows).warnings).toEqual(["2", "3", "4", "5", "6"]);
  });

  test("another kernel starts without the failures of the last, the record stays and can be run again no more", () => {
    const before = board(
      show("record", record),
      show("failed", log),
      show("warning", { text: "no" }),
      show("dialled", { number: "1", name: null }),
    );

    expect(renewed(before)).toEqual({ ...empty, record: { ...record, id: null } });
  });
});
