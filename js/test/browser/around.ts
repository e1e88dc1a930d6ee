/** Around: a page that embeds the simulator's page, answers it, and looks at what it shows. */

import { expect } from "vitest";
import css from "../../src/simulator.css?raw";
import template from "../../src/simulator.html?raw";
import { crmData, crmDirectory, customFields } from "../core/client";
import { passes } from "./waiting";

const frames: HTMLIFrameElement[] = [];

const module = (path: string) => `<script type="module" src="/src/${path}"></script>`;

/** The page as build.mjs makes it, but with its modules from the server of the tests. */
const PAGE = template
  .replace("<!-- style -->", () => `<style>${css}</style>`)
  .replace("<!-- script -->", module("simulator.ts"));

/** A page around it that answers what `answers` names, once for each question. */
export class Around {
  readonly frame = document.createElement("iframe");
  readonly heard: { action?: string; data?: unknown; type: string; origin: string }[] = [];
  answers: Record<string, [string, unknown]> = {
    ready: ["ready", {}],
    requestCrmData: ["crmData", crmData()],
    requestGetCrmDirectory: ["crmDirectory", crmDirectory()],
    requestCustomFieldsValues: ["customFieldsDataResponse", customFields()],
  };

  /** `attributes` of the html element; `extra` is what the page carries beyond the plain one. */
  constructor(attributes = "", without: string[] = [], extra = "") {
    for (const action of without) delete this.answers[action];
    window.addEventListener("message", this.#hear);
    this.frame.width = "320";
    this.frame.height = "600";
    const carried = extra && module(`simulator/${extra}.ts`);
    this.frame.srcdoc = PAGE.replace("<html", `<html ${attributes}`).replace(
      "</body>",
      () => `${carried}</body>`,
    );
    document.body.append(this.frame);
    frames.push(this.frame);
  }

  #hear = ({ source, data, origin }: MessageEvent) => {
    if (source !== this.frame.contentWindow) return;
    this.heard.push({ ...data, origin });
    const answer = this.answers[data.action];
    if (answer) this.says(...answer);
  };

  says(action: string, data?: unknown, type = "ClientAppMessage"): void {
    this.posts({ type, action, data });
  }

  posts(message: unknown): void {
    this.frame.contentWindow?.postMessage(message, "*");
  }

  /** A command of the remote control and the answer to it. */
  async does(what: string, args = {}, id = Math.random()) {
    this.posts({ type: "crmwidget/simulator", id, what, args });
    return passes(() => {
      const answer = this.heard.find((one) => "ok" in one && "id" in one && one.id === id);
      expect(answer).toBeDefined();
      return answer;
    });
  }

  get document(): Document {
    return this.frame.contentDocument as Document;
  }

  get simulator() {
    return (this.frame.contentWindow as Window).simulator;
  }

  /** The text of the phone or of another area. */
  text(area = "main"): string {
    // biome-ignore lint/performance/useDomNodeTextContent: what is shown, with its gaps
    return this.document.querySelector<HTMLElement>(area)?.innerText.replace(/\s+/g, " ") ?? "";
  }

  find<E extends HTMLElement>(selector: string): E {
    const found = this.document.querySelector<E>(selector);
    if (!found) throw new Error(`${selector} is not there`);
    return found;
  }

  button(words: string): HTMLButtonElement {
    const all = [...this.document.querySelectorAll("button")];
    const found = all.find((one) => one.textContent.trim().startsWith(words));
    if (!found) throw new Error(`no button "${words}"`);
    return found;
  }

  type(selector: string, value: string): void {
    const field = this.find<HTMLInputElement>(selector);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  key(key: string, target: EventTarget = this.document.body): void {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  }

  async shows(words: string, area = "main"): Promise<this> {
    await passes(() => expect(this.text(area)).toContain(words));
    return this;
  }

  async hears(action: string): Promise<unknown> {
    await passes(() => expect(this.heard.map((one) => one.action)).toContain(action));
    return this.heard.findLast((one) => one.action === action)?.data;
  }
}

/** Takes all pages away again. */
export function clear(): void {
  for (const frame of frames.splice(0)) frame.remove();
}
