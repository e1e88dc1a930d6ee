/**
 * Login: the page that stands before the simulated phone, its single sign-on and its time-out.
 *
 * An extra: the plain page does not carry it. Nobody has seen a live connector's login, so all of
 * it is [I]. Where the page is served, logging in and out goes to the server, and another document
 * comes; a page that was written into its frame begins anew by itself.
 */

import type { Assumption, Door, State } from "../connector/connector";
import { loginVerbs } from "../connector/login";
import type { Extra, Tools } from "./extras";
import css from "./login.css";
import type { Markup } from "./markup";

/** Whose page refuses to be framed, where it is only drawn. */
const PROVIDER = "login.example.com";

const ASSUMED: Assumption[] = [
  "Its login page is shown in the frame, and it says nothing until somebody has logged in.",
  "Single sign-on takes the frame to an identity provider, which forbids being framed.",
  "Logging in and out, and a login that expires, load the frame anew; a call in it is lost.",
  "A login in another tab counts for the frame once that is loaded again.",
].map((text, i) => ({ id: `login ${i + 1}`, text, tag: "I" }));

window.simulator.extend(({ html, does, icon, style, restart }: Tools): Extra => {
  const written = document.URL === "about:srcdoc";

  /** Name and secret are for the looks: neither is sent, checked or kept. */
  function form({ expired }: Door): Markup {
    return html`<div class="call login"><i class="face away" aria-hidden="true">${icon("phone")}</i><h2>Sign in</h2>
      ${expired && html`<p class="expired" role="alert">Your login has expired. Sign in again.</p>`}
      <label>Name<input id="name" autocomplete="off" placeholder="Any name"></label>
      <label>Password<input id="secret" autocomplete="off" readonly value="not asked for"></label>
      <button id="enter" class="filled" data-lead ${does("login")}>Sign in</button>
      <button class="quiet" ${does("logOut", { sso: true })}>Single sign-on</button>
      <small>Simulated: any name will do, nothing is checked or kept. A real connector has its own page here [I].</small></div>`;
  }

  /** What a browser shows in the frame; where the page is served, it does so itself. */
  function refused(): Markup {
    return html`<div class="call refused">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 3h8l4 4v14H6zM14 3v4h4M9.5 12v.5m5-.5v.5M9.5 17q2.5-2.5 5 0"/></svg>
      <h2>${PROVIDER} refused to connect.</h2>
      <small>Drawn by the simulator. The frame was sent to an identity provider whose page forbids being framed, and a browser shows this, or nothing at all [I]. The way out: log in in a tab of its own, then reload the frame.</small></div>`;
  }

  function inTab(): Markup {
    return html`<div class="call"><i class="face free" aria-hidden="true">${icon("phone")}</i><h2>You are signed in</h2>
      <p>Close this tab, and press Reload beside the phone.</p></div>`;
  }

  const menu = document.createElement("nav");
  menu.id = "login-menu";
  menu.popover = "auto";
  menu.ariaLabel = "Login";
  menu.innerHTML =
    html`<button type="button" ${does("logOut", { expired: true })}>Let the login expire</button>
    <button type="button" ${does("logOut")}>Log out</button>
    <button type="button" ${does("logOut", { sso: true })}>Log out, to single sign-on</button>`.source;
  document.body.append(menu);
  style(css);

  document.addEventListener("keydown", ({ key, target, isComposing }) => {
    if (key === "Enter" && !isComposing && (target as Element).closest(".login input"))
      document.getElementById("enter")?.click();
  });

  return {
    name: "login",
    verbs: loginVerbs(restart),
    assumptions: ASSUMED,
    controls: ({ door }: State) =>
      door
        ? html`<button class="quiet" title="As in a tab of its own, with the frame loaded again" ${does("login")}>Log in ↗</button>`
        : html`<button class="quiet" popovertarget="login-menu">Login ▴</button>`,
    screen({ door }, embedded) {
      if (door) return door.way === "sso" ? refused() : form(door);
      return embedded ? undefined : inTab();
    },
    restarted(door) {
      if (written) return false;
      go(door ? "logout" : "login", door);
      return true;
    },
  };
});

/** To the server, which remembers who is logged in and sends the page that follows. */
function go(where: "login" | "logout", door: Door | null): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = where;
  for (const [name, value] of Object.entries(door ?? {})) {
    const field = document.createElement("input");
    field.name = name;
    field.value = String(value);
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
