/**
 * Announcer: tells a screen reader who calls and who was found, once for a phone however many views
 * it has. It lives in the body: a cell that is scrolled away is not read.
 */

import { h, setText } from "../panel/dom";

export class Announcer {
  readonly #element = h("div", {
    class: "crmwidget-announcer",
    role: "status",
    style: "position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)",
  });

  say(text: string): void {
    // Into the page before there is something to say: a region that comes with its text is not read
    if (!this.#element.isConnected) document.body.append(this.#element);
    setText(this.#element, text);
  }
}
