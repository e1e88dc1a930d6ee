/** KernelView: what the kernel has shown to the person, newest last. */

import type {
  Show,
  ShownContacts,
  ShownDiagnosis,
  ShownDial,
  ShownFailure,
  ShownRan,
  ShownRecord,
  ShownSummary,
} from "./wire";

const FAILURES = 50;
const WARNINGS = 5;

export interface KernelView {
  readonly summary: ShownSummary | null;
  readonly record: ShownRecord | null;
  readonly contacts: ShownContacts | null;
  readonly failures: ShownFailure[];
  readonly dialled: ShownDial | null;
  readonly diagnosis: ShownDiagnosis | null;
  /** What came of the message that was run last. */
  readonly ran: ShownRan | null;
  /** What went wrong with the last thing a person did. */
  readonly warnings: string[];
}

export const empty: KernelView = {
  summary: null,
  record: null,
  contacts: null,
  failures: [],
  dialled: null,
  diagnosis: null,
  ran: null,
  warnings: [],
};

/** The board after the kernel has shown one more thing. */
export function shown(board: KernelView, { what, data }: Show): KernelView {
  switch (what) {
    case "summary": {
      const summary = data as ShownSummary;
      // A log that was saved after all has not failed
      const failures = board.failures.filter(({ kept }) => !kept || summary.failed > 0);
      return { ...board, summary, failures };
    }
    case "record": {
      const record = data as ShownRecord;
      // Of an earlier question, which this page or the kernel has left behind
      if (board.record && record.place < board.record.place) return board;
      const works = record.stage === "found" || record.stage === "handled";
      const failures = board.failures.filter(
        ({ action, kept }) => kept || !works || action !== record.action,
      );
      return { ...board, record, failures };
    }
    case "contacts":
      return { ...board, contacts: data as ShownContacts };
    case "failed":
      return { ...board, failures: [...board.failures, data as ShownFailure].slice(-FAILURES) };
    case "dialled":
      return { ...board, dialled: data as ShownDial };
    case "diagnosis":
      return { ...board, diagnosis: data as ShownDiagnosis };
    case "ran":
      return { ...board, ran: data as ShownRan };
    case "warning": {
      const { text } = data as { text: string };
      return { ...board, warnings: [...board.warnings, text].slice(-WARNINGS) };
    }
    case "trace":
      return board; // of the timeline
  }
}

/** Somebody calls: nothing that is about the last caller stays. */
export function asked(board: KernelView, record: ShownRecord): KernelView {
  return { ...board, record, dialled: null };
}

/** Another kernel: what the last one could not do is not its business, and it knows no record. */
export function renewed(board: KernelView): KernelView {
  const record = board.record && { ...board.record, id: null };
  return { ...board, record, failures: [], warnings: [], dialled: null };
}
