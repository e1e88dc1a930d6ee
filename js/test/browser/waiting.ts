/** Waiting: for what is to come, however busy the machine is; what never comes fails at last. */

import { vi } from "vitest";

const PATIENCE = 90_000;

/** The first true value of `seen()`. */
export const until = <T>(seen: () => T) => vi.waitUntil(seen, PATIENCE);

/** What `agreed()` returns, as soon as nothing in it throws. */
export const passes = <T>(agreed: () => T) => vi.waitFor(agreed, PATIENCE);
