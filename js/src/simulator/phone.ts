/** Phone: what an agent has. Header, one screen at a time, notifications over it, tabs at the foot. */

import { type State, setting } from "../connector/connector";
import { type Field, type Interaction, words } from "../connector/interaction";
import { extras } from "./extras";
import { book, called, face, history, notices } from "./lists";
import { does, html, type Icon, icon, type Markup, redraw, style, timer } from "./markup";
import css from "./phone.css";

style(css);

export type Tab = "phone" | "book" | "history" | "bell";

/** Draws `state`; `embedded` is false when the page is opened by itself: then nobody can answer. */
export function drawPhone(
  state: State,
  tab: Tab,
  embedded: boolean,
  host: (id: string) => Element,
) {
  const configured = state.phase === "configured";
  redraw(host("header"), header(state, configured));
  redraw(host("screen"), configured ? screen(state, tab) : start(state, embedded));
  redraw(host("toasts"), toasts(state));
  redraw(host("foot"), html`${configured && foot(state, tab)}`);
}

function header({ call, agent }: State, configured: boolean): Markup {
  const after = call?.stage === "wrapUp";
  const option = (value: State["agent"], name: string) =>
    html`<option value="${value}" ${!after && agent === value && html`selected`}>${name}`;
  return html`<i class="mark">${icon("phone")}</i><h1>Simulated connector</h1>${
    configured &&
    html`<select id="agent" class="${after ? "after" : agent}" aria-label="Agent state">
      ${option("ready", "Ready")}${option("notReady", "Not ready")}${
        after && html`<option selected>After call work`
      }</select>`
  }`;
}

// ---------------------------------------------------------------- before it is configured
function start(state: State, embedded: boolean): Markup {
  const { phase, readies } = state;
  const screen = (style: string, title: string, text: string, more?: Markup) =>
    html`<div class="call">${face("", style)}<h2>${title}</h2><p>${text}</p>${more}</div>`;
  for (const extra of extras) {
    const drawn = extra.screen(state, embedded);
    if (drawn) return drawn;
  }
  if (!embedded)
    return screen("away", "Nobody embeds this page", `Another page is to embed ${location.origin}`);
  if (phase === "asking") return screen("ringing", "Agent active [I]", "Waits for crmData");
  const silent = readies > 5 ? html`<p>Does the page listen?</p>` : html``;
  return screen("ringing", "Custom CRM [I]", "Waits for ready", silent);
}

// ---------------------------------------------------------------- the phone itself
function screen(state: State, tab: Tab): Markup {
  if (tab === "book") return book(state);
  if (tab === "history") return history(state);
  if (tab === "bell") return notices(state);
  const { call } = state;
  if (!call) return idle(state);
  return call.stage === "wrapUp" ? form(state, call) : conversation(call);
}

function idle(state: State): Markup {
  const { user, directory, dial, agent } = state;
  const name = words(user.Name);
  const ready = agent === "ready";
  const facts = [
    setting(state, "SoftphoneOptions", "language") || words(user.LanguageLocaleKey),
    directory && `${directory.length} contacts`,
    `click-to-dial ${dial ? "on" : "off"}`,
  ];
  return html`<div class="call">${face(name, ready ? "free" : "away")}<h2>${name}</h2>
    <p>${ready ? "Ready, waiting for a call" : "Not ready"}</p>
    <small>${facts.filter(Boolean).join(" · ")}</small></div>`;
}

function conversation(call: Interaction): Markup {
  const { stage, page, text, name, number, channel, since, answeredAt } = call;
  const who = called(call);
  const titles = {
    ringing: `Incoming ${channel === "digital" ? "chat" : "call"}`,
    dialling: "Calling",
    talking: "Talking",
    held: "On hold",
    wrapUp: "",
  };
  const link = html`<button class="link" title="Open this record in the page" ${does("navigate")}>${who} ↗</button>`;
  return html`<div class="call">${face(name, stage)}<div role="alert"><p>${titles[stage]}</p><h2>${page ? link : who}</h2></div>
    ${name && number && html`<p>${number}</p>`}<p class="${text && "toast"}">${text || timer((stage === "talking" && answeredAt) || since)}</p>
    <div class="answer">${stage === "ringing" && round("decline", "Decline", "phone")}
    ${stage === "ringing" && round("accept", "Accept (A)", "phone")}
    ${stage === "talking" && round("hold", "Hold", "pause")}
    ${stage === "held" && round("resume", "Resume", "play")}
    ${stage !== "ringing" && round("hangUp", "End (E)", "phone")}</div></div>`;
}

/** `title` is the button's name and its key. */
function round(verb: string, title: string, image: Icon): Markup {
  const lead = verb !== "decline" && html`data-lead`;
  return html`<button id="${verb}" class="round" title="${title}" ${lead} ${does(verb)}><i>${icon(image)}</i>${title.replace(/ .*/, "")}</button>`;
}

function form(state: State, call: Interaction): Markup {
  const disabled = setting(state, "LogOptions", "callLogEnabled") === "N";
  return html`<div class="form"><header>${face(call.name, "small")}<h2>${called(call)}</h2>
    <small>talked ${Math.round(call.talked / 1000)} s</small></header>
    <label>Topic<input id="topic" data-lead></label>
    <label class="grows">Notes<textarea id="notes"></textarea></label>
    <div class="fields">${state.fields[call.channel].map(custom)}</div>
    ${disabled && html`<small>callLogEnabled is N: a real connector may not send this log [I].</small>`}
    <footer><button class="quiet" ${does("skip")}>No log</button>
    <button id="save" class="filled" ${does("save")}>Save log</button></footer></div>`;
}

function custom({ name, label, options }: Field): Markup {
  const tells = html`id="field ${name}" data-field="${name}"`;
  return html`<label title="${name}">${label}${
    options
      ? html`<select ${tells}><option value="">-${options.map((one) => html`<option>${one}`)}</select>`
      : html`<input ${tells}>`
  }</label>`;
}

// ---------------------------------------------------------------- over it and under it
function toasts(state: State): Markup {
  const shown = state.notices.filter((one) => one.until !== null).slice(0, 3);
  return html`${shown.map(({ key, kind, severity, title, text }) => {
    const button = (name: string) =>
      html`<button class="quiet" ${does("dismiss", { notice: key })}>${name}</button>`;
    return html`<div class="toast ${severity}" role="alert"><span><b>${title}</b> ${text}</span>${
      kind === "okCancelDialog" && button("Cancel")
    }${button(kind.startsWith("ok") ? "OK" : "×")}</div>`;
  })}`;
}

function foot(state: State, current: Tab): Markup {
  const tab = (name: Tab, title: string, image: Icon) =>
    html`<button id="${name}" class="tab" data-tab="${name}" aria-pressed="${String(name === current)}">${icon(image)}${title}${
      name === "bell" && state.unread > 0 && html`<b>${state.unread}</b>`
    }</button>`;
  const reports = setting(state, "SoftphoneOptions", "reportsEnabled") !== "N";
  return html`${tab("phone", "Phone", "phone")}${tab("book", "Address book", "book")}${tab("history", "History", "history")}${
    reports && html`<button class="tab" ${does("reports")}>${icon("reports")}Reports</button>`
  }${tab("bell", "Alerts", "bell")}`;
}
