/** Vitest: `core` in node, `frames` in a real browser, because simulated DOMs fake origin and source. */

import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Milliseconds of a test, which waits for conditions: what it takes tells how busy a machine is. */
const PATIENCE = 180_000;

/** As in build.mjs: a stylesheet is imported as a string, and the build has an id. */
const asBuilt: Plugin = {
  name: "as built",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!source.endsWith(".css")) return null;
    const found = await this.resolve(source, importer, { skipSelf: true });
    return found && `${found.id}?raw`;
  },
  transform(code, id) {
    if (!id.endsWith(".ts") || !code.includes("__BUILD__")) return null;
    return { code: code.replaceAll("__BUILD__", '"test"'), map: null };
  },
};

export default defineConfig({
  server: { fs: { allow: [fileURLToPath(new URL("..", import.meta.url))] } },
  test: {
    projects: [
      {
        plugins: [asBuilt],
        test: {
          name: "core",
          environment: "node",
          include: ["test/{core,connector}/**/*.test.ts"],
          // Its modules keep nothing: a process of its own for each file would only load them anew.
          isolate: false,
          testTimeout: PATIENCE,
        },
      },
      {
        plugins: [asBuilt],
        test: {
          name: "frames",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: PATIENCE,
          expect: { poll: { timeout: PATIENCE / 2 } },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({
              launchOptions: {
                executablePath: process.env.CHROMIUM,
                args: [
                  "--no-sandbox",
                  "--disable-gpu",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--no-first-run",
                ],
              },
            }),
          },
        },
      },
    ],
  },
});
