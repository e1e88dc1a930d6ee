/** Markup: how the simulator's page is written and redrawn. What is put into a template is text, unless it is markup itself. */

export class Markup {
  constructor(readonly source: string) {}
}

type Part = string | number | boolean | null | undefined | Markup | readonly Part[];

/** `` html`<b title="${name}">${name}</b>` ``; null, undefined and booleans are nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...parts.map(text)));
}

function text(part: Part): string {
  if (part instanceof Markup) return part.source;
  if (Array.isArray(part)) return part.map(text).join("");
  return typeof part === "string" || typeof part === "number"
    ? String(part).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
    : "";
}

/** The attributes of what gives a command when it is pressed; simulator.ts listens. */
export function does(what: string, args: Record<string, unknown> = {}): Markup {
  return html`data-do="${what}" data-args="${JSON.stringify(args)}"`;
}

/** Adds a stylesheet of a module; a content policy that knows only the page's own style allows it. */
export function style(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}

const drawn = new WeakMap<Element, string>();

/** Puts `markup` into `host` if it is not there already. */
export function redraw(host: Element | null, markup: Markup): void {
  if (!host || drawn.get(host) === markup.source) return;
  drawn.set(host, markup.source);
  const active = host.contains(document.activeElement) && document.activeElement;
  host.innerHTML = markup.source;
  // What was pressed is gone: its namesake, else the new screen's first, keeps the keyboard's place.
  const find = (selector: string) => host.querySelector<HTMLElement>(selector);
  if (active) (find(`[id="${active.id || "-"}"]`) ?? find("[data-lead]"))?.focus();
}

/** Strokes in a box of 24. */
const ICONS = {
  phone: "M7 4h2l2 4-2 2a12 12 0 0 0 5 5l2-2 4 2v2a3 3 0 0 1-3 3A16 16 0 0 1 4 7a3 3 0 0 1 3-3z",
  pause: "M9 6v12m6-12v12",
  play: "M8 5v14l11-7z",
  book: "M6 3h13v18H6zM3 8h3m-3 8h3m4-7h5",
  history: "M4 6v4h4m-4 0a8 8 0 1 1 0 4M12 8v4l3 2",
  bell: "M5 17h14l-1-2v-4a6 6 0 0 0-12 0v4zm5 3c0 2 4 2 4 0",
  reports: "M5 20v-8m7 8V4m7 16v-5",
};

export type Icon = keyof typeof ICONS;

export function icon(name: Icon): Markup {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}

/** A duration that goes on, "12:31": `tick` keeps all of them right. */
export const timer = (since: number): Markup => html`<time data-since="${since}"></time>`;

export function tick(now: number): void {
  for (const one of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const iso = new Date(now - Number(one.dataset.since)).toISOString();
    one.textContent = iso.slice(14, 19).replace(/^0/, "");
  }
}
