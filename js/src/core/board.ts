/** Board: what the kernel has shown to the person, newest last. */

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

export interface Board {
  readonly summary: ShownSummary | null;
  readonly record: ShownRecord | null;
  /** `seq` of the message that `record` answers. */
  readonly recordOf: number | null;
  readonly contacts: ShownContacts | null;
  readonly failures: ShownFailure[];
  readonly dialled: ShownDial | null;
  readonly diagnosis: ShownDiagnosis | null;
  /** What came of the message that was run last. */
  readonly ran: ShownRan | null;
  /** What went wrong with the last thing a person did. */
  readonly warnings: string[];
}

export const empty: Board = {
  summary: null,
  record: null,
  recordOf: null,
  contacts: null,
  failures: [],
  dialled: null,
  diagnosis: null,
  ran: null,
  warnings: [],
};

/** The board after the kernel has shown one more thing. */
export function shown(board: Board, { what, data, re }: Show): Board {
  switch (what) {
    case "summary": {
      const summary = data as ShownSummary;
      // A log that was saved after all has not failed
      const failures = board.failures.filter(({ kept }) => !kept || summary.failed > 0);
      return { ...board, summary, failures };
    }
    case "record": {
      const record = data as ShownRecord;
      const failures = board.failures.filter(
        ({ action, kept }) => kept || action !== record.action,
      );
      return { ...board, record, recordOf: re ?? null, failures };
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

/** Another kernel: what the last one could not do is not its business. */
export function renewed(board: Board): Board {
  return { ...board, failures: [], warnings: [], dialled: null };
}
