/** The id of this bundle; build.mjs and vitest.config.ts put it in place. */
declare const __BUILD__: string;
