/** Controls: what no real connector has. Who calls next, what the simulator assumes, what it found wrong. */

import { ASSUMPTIONS, type State } from "../connector/connector";
import { callable, entry } from "../connector/numbers";
import css from "./controls.css";
import { extras } from "./extras";
import { does, html, icon, type Markup, redraw, style } from "./markup";

style(css);

/** `problems` are sentences, newest first. The menu and the sheets themselves stand in simulator.html. */
export function drawControls(
  state: State,
  problems: string[],
  written: boolean,
  host: (id: string) => Element,
): void {
  redraw(host("controls"), controls(state, written));
  redraw(host("found"), html`${problems.map((text) => html`<li>${text}`)}`);
  redraw(
    host("assumed"),
    html`${ASSUMPTIONS.map(({ text, tag }) => html`<li><b>[${tag}]</b> ${text}`)}`,
  );
}

/** Who has written the page can send what it does not carry. */
const WANTED = ["Scenario", "Faults"].map(
  (name) => html`<button id="${name}" class="quiet" ${does("want")}>${name} ▴</button>`,
);

function controls(state: State, written: boolean): Markup {
  const { problems, hint, phase, call, directory, next } = state;
  const off = (phase !== "configured" || call) && html`disabled`;
  const { name, phone } = entry(directory?.[callable(directory, next)]);
  const caller = name || phone;
  return html`<header><h2>Simulator controls</h2><small role="status">${hint}</small>${
    problems > 0 &&
    html`<button class="problems" popovertarget="problems">Problems: ${problems}</button>`
  }</header><div class="split">
    <button id="ring" class="filled" title="Incoming call (R)" data-lead ${does("ring")} ${off}>${icon("phone")}<span>Incoming call${
      caller && `: ${caller}`
    }</span></button>
    <button class="filled" aria-label="Who calls" popovertarget="who" ${off}>▴</button></div>
    <footer><button class="quiet" ${does("chat")} ${off}>Chat</button>${written && !extras.some((extra) => extra.wanted) && WANTED}${extras.map((extra) => extra.controls(state))}
    <button class="link" popovertarget="assumptions">What this simulator assumes (${ASSUMPTIONS.length})</button></footer>`;
}
