/**
 * Builds what the Python package ships, into crmwidget/static/: widget.js, simulator.html, and the
 * extras of that page, which crmwidget/simulator/_page.py puts into it where they are asked for.
 *
 * esbuild does the work. The output is the same for the same sources on every machine, it
 * fetches nothing when it runs, and a bundle that outgrew its limit fails the build.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "crmwidget", "static");

/** Bytes after gzip; the goals of the frontend. */
const LIMITS = {
  "widget.js": 30_000,
  "traffic.js": 8_000,
  "simulator.html": 25_000,
  "simulator.login.js": 3_000,
  "simulator.scenario.js": 10_500,
};

/** What esbuild makes of one entry; `__BUILD__` becomes `id`. */
async function bundle(entry, format, id = hash) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    loader: { ".css": "text" },
    define: { __BUILD__: '"__BUILD__"' },
    tsconfigRaw: {},
    plugins: [minifiedCss],
  });
  const text = result.outputFiles[0].text;
  return text.replaceAll("__BUILD__", id(text));
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

async function css(path) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [path],
    write: false,
    minify: true,
    charset: "utf8",
    target: "es2022",
  });
  return result.outputFiles[0].text.trim();
}

/** A stylesheet is imported as a string, minified. */
const minifiedCss = {
  name: "minified css",
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      contents: await css(path),
      loader: "text",
    }));
  },
};

/** A script to stand in a page: nothing in it may end its element early. */
async function inline(entry) {
  const script = await bundle(entry, "iife");
  const safe = script.replace(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");
  return safe.replace(/\n +/g, "\n"); // only templates of markup have such lines
}

/** The simulator as one file. */
async function page() {
  const script = await inline("src/simulator.ts");
  const parts = { style: await css("src/simulator.css"), script };
  let html = (await readFile(join(here, "src", "simulator.html"), "utf8")).replace(/\n +/g, "\n");
  for (const [name, text] of Object.entries(parts)) {
    const place = `<!-- ${name} -->`;
    if (html.split(place).length !== 2) {
      throw new Error(`src/simulator.html needs ${place} exactly once`);
    }
    html = html.replace(place, () => `<${name}>${text}</${name}>`);
  }
  return html;
}

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
let widget = "";
const files = {
  "widget.js": await bundle("src/widget.ts", "esm", (text) => (widget = hash(text))),
  // It runs in the widget that it was built with, and in no other
  "traffic.js": await bundle("src/traffic.ts", "esm", () => widget),
  "simulator.html": await page(),
  "simulator.login.js": await inline("src/simulator/login.ts"),
  "simulator.scenario.js": await inline("src/simulator/scenario.ts"),
};
for (const [name, text] of Object.entries(files)) {
  await writeFile(join(target, name), text);
  const size = gzipSync(text, { level: 9 }).length;
  const verdict = size > LIMITS[name] ? "is over" : "of";
  process.stdout.write(`${name} ${size} bytes gzipped ${verdict} ${LIMITS[name]}\n`);
  if (size > LIMITS[name]) process.exitCode = 1;
}
