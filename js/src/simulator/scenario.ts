/**
 * Scenarios and faults of the simulated connector: their menus, and what carries them out in a page.
 *
 * An extra: the plain page does not carry it, and asks for it when somebody wants one. What a
 * scenario does is in connector/scenario.ts and connector/scenario-runner.ts, what a fault does in connector/faults.ts.
 */

import vocabulary from "../../../crmwidget/simulator/vocabulary.json";
import type { Assumption, Command, Effect } from "../connector/connector";
import { Faults, type Post } from "../connector/faults";
import { amended, type Handover, handoverVerbs } from "../connector/handover";
import { fault, read, type Vocabulary } from "../connector/scenario";
import { type Happening, type Report, Run } from "../connector/scenario-runner";
import type { Extra, Tools } from "./extras";
import type { Markup } from "./markup";
import css from "./scenario.css";

const WORDS: Vocabulary = vocabulary;
const ASSUMED: Assumption[] = [
  "Holding, consulting and conferences send the client nothing, and leave no trace in the log.",
  "Whom the agent consults is +1 202 555 0188 and answers at once, while the caller is on hold.",
  "A transfer ends the agent's part; the log has the new destination as updatedDestinationAddress.",
  "A disposition is a custom field of the log called dispositionCode.",
  "An e-mail pops the screen with its writer's address, and the log's subject is E-mail.",
  "In a day of calls one follows the other, each answered, ended and logged at once.",
].map((text, i) => ({ id: `scenario ${i + 1}`, text, tag: "I" }));

/** Commands that a scenario gives come back under this name. */
const OURS = "scenario";
const LOG = "requestSaveInteractionLog";
/** What is done in a row before the page may draw. */
const ROW = 60;
const TOLD_EVERY = 500;
const STILL_THERE = 10_000;
/** The simulator's server has two names, which to a browser are two origins. */
const OTHER: Record<string, string> = { localhost: "127.0.0.1", "127.0.0.1": "localhost" };

window.simulator.extend((page: Tools): Extra => {
  const { html, does } = page;
  const written = document.URL === "about:srcdoc";
  const faults = new Faults();
  const keep: { handover: Handover | null } = { handover: null };
  /** What has happened and the scenario was not told yet. */
  const news: Happening[] = [];
  let run: Run | null = null;
  let last: Report | null = null;
  /** What becomes of the scenario that is on. */
  let tell: (report: Report) => void = () => undefined;
  let title = "";
  let line = "";
  let working = false;
  let anew = false;
  let timeout: ReturnType<typeof setTimeout>;

  // ---------------------------------------------------------------- the scenario
  function begin(scenario: unknown, then: typeof tell): void {
    if (run) throw new Error("a scenario is on: stop it first, or wait for its end");
    const found = read(scenario, WORDS);
    run = new Run(found, Date.now());
    tell = then;
    title = found.name;
    last = null;
    line = "";
    later(0);
  }

  /** Tells the scenario what has happened, and does what it says; a day of calls never fills the page's time. */
  function work(): void {
    if (working) return;
    working = true;
    for (let n = 0; run && n < ROW; n++) {
      const happened = news.shift();
      if (!happened && n > 0) break;
      const now = Date.now();
      for (const act of run.take(happened ?? { kind: "tick" }, now, page.report().phase))
        if (act.kind === "say") line = act.text;
        else page.give({ id: OURS, what: act.what, args: act.args });
    }
    working = false;
    if (!run) news.length = 0;
    else if (run.report) finish(run.report);
    const due = Math.min(run?.due ?? Infinity, faults.due);
    if (news.length > 0 || due < Infinity) later(news.length > 0 ? 0 : due - Date.now());
  }

  function later(ms: number): void {
    clearTimeout(timeout);
    timeout = setTimeout(
      () => {
        send(faults.tick(Date.now()));
        work();
        page.draw();
      },
      Math.max(0, ms),
    );
  }

  function finish(report: Report): void {
    run = null;
    last = report;
    news.length = 0;
    tell(report);
  }

  /** Python is told how far it is, and now and then that it is there. */
  function toPython(id: number): typeof tell {
    let said = "";
    let at = 0;
    const clock = setInterval(() => {
      const progress = run?.progress;
      if (JSON.stringify(progress) === said && Date.now() < at + STILL_THERE) return;
      said = JSON.stringify(progress);
      at = Date.now();
      page.tell({ id, progress });
    }, TOLD_EVERY);
    return (report) => {
      clearInterval(clock);
      page.answer(id, null, { run: report });
    };
  }

  /** The server that has sent the scenario is told how far it is, and when this page goes. */
  function toServer(place: string): typeof tell {
    const id = Math.random().toString(36).slice(2);
    let gone = false;
    const say = () => {
      const { phase } = page.report();
      const configured = !["greeting", "asking", "login"].includes(String(phase));
      const { progress } = run ?? {};
      navigator.sendBeacon(place, JSON.stringify({ page: id, progress, configured, gone }));
    };
    const goes = () => {
      gone = true;
      say();
    };
    const clock = setInterval(say, TOLD_EVERY);
    addEventListener("pagehide", goes);
    say();
    return (report) => {
      clearInterval(clock);
      removeEventListener("pagehide", goes);
      fetch(place, { method: "POST", body: JSON.stringify(report) });
    };
  }

  const why = ({ refused }: Report) =>
    refused && `step ${refused.step} (${refused.what}): ${refused.error}`;

  window.simulator.run = (scenario) =>
    new Promise((resolve, reject) =>
      begin(scenario, (report) => {
        const refused = why(report);
        if (refused) reject(new Error(refused));
        else resolve({ ...page.report(), ...report });
      }),
    );

  // ---------------------------------------------------------------- commands
  const COMMANDS: Record<string, (args: Command["args"], id: Command["id"]) => unknown> = {
    scenario({ scenario }, id) {
      begin(scenario, typeof id === "number" ? toPython(id) : () => undefined);
      return typeof id === "number" ? "later" : null;
    },
    stop() {
      run?.stop(Date.now());
      if (run?.report) finish(run.report);
    },
    fault(args) {
      fault(args, WORDS);
      const { name, ...more } = args;
      if (name === "redirect") redirect();
      else if (name === "login expiry")
        page.give({ id: null, what: "logOut", args: { ...more, expired: true } });
      else if (name === "reload") reload();
      else faults.start(String(name), more, Date.now());
    },
    endFaults({ name }) {
      const pinged = faults.names.includes("pinging");
      faults.end(typeof name === "string" ? name : null, Date.now());
      // Its question, asked once, may be lost; and who took a ready for a restart waits for it.
      const well = pinged === faults.names.includes("pinging");
      if (!well || page.report().phase === "asking") reload();
      later(0);
    },
  };

  function command({ id, what, args }: Command): boolean {
    const found = Object.hasOwn(COMMANDS, what) && COMMANDS[what];
    if (!found) return false;
    let error: string | null = null;
    try {
      if (found(args, id) === "later") return true;
    } catch (refused) {
      error = (refused as Error).message;
    }
    if (id === OURS) news.push({ kind: "done", error });
    else if (id !== null) page.answer(id, error);
    else if (error) {
      line = error;
      last = null;
    }
    page.draw();
    later(0);
    return true;
  }

  function redirect(): void {
    const other = OTHER[location.hostname];
    if (!other)
      throw new Error(
        "a page that was written into its frame has no other origin: use `crmwidget simulate`",
      );
    const address = new URL(location.href);
    address.hostname = other;
    location.href = address.href;
  }

  /** It begins anew in its place, also where its login would go to the server. */
  function reload(): void {
    anew = true;
    page.give({ id: null, what: "reload", args: {} });
    anew = false;
  }

  // ---------------------------------------------------------------- what the connector does
  function takes(effect: Effect): boolean {
    if (effect.kind === "done" && effect.id === OURS)
      return news.push({ kind: "done", error: effect.error }) > 0;
    if (effect.kind === "restarted" && anew) {
      if (written) page.tell({ what: "restarted" });
      return true;
    }
    if (effect.kind === "heard" && run) news.push(effect);
    if (effect.kind !== "post") return false;
    const { action } = effect;
    const data = action === LOG ? amended(effect.data, keep.handover) : effect.data;
    send(faults.pass({ action, data }, Date.now()));
    return true;
  }

  function send(posts: Post[]): void {
    for (const post of posts)
      if ("raw" in post) page.out(post.raw);
      else page.act({ kind: "post", action: post.action, data: post.data });
  }

  // ---------------------------------------------------------------- what is seen
  const sheet = (id: string, name: string, content: Markup) => {
    const section = document.createElement("section");
    section.id = id;
    section.className = "sheet";
    section.popover = "auto";
    section.role = "dialog";
    section.ariaLabel = name;
    section.innerHTML =
      html`<button type="button" class="close" popovertarget="${id}" aria-label="Close">×</button><h2>${name}</h2>${content}`.source;
    document.body.append(section);
    return section;
  };
  const row = (what: Markup, name: string, about: string) =>
    html`<li><button type="button" class="row" ${what}><b>${name}</b><small>${about}</small></button>`;

  sheet(
    "scenarios",
    "Scenario",
    html`<ul>${Object.entries(WORDS.scenarios).map(([name, { about }]) =>
      row(does("scenario", { scenario: name }), name, about),
    )}</ul>`,
  );
  sheet(
    "faults",
    "Faults",
    html`<p>What it teaches. Several can be on at once.</p><ul>${row(does("endFaults"), "End all", "Back to a connector that is well.")}${Object.entries(
      WORDS.faults,
    ).map(([name, { teaches }]) => row(does("fault", { name }), name, teaches))}</ul>`,
  );
  const results = sheet("results", "Results", html`<ul></ul>`);
  results.addEventListener("beforetoggle", () => {
    const list = last?.results.map(
      ({ step, expected, passed, seen }) =>
        html`<li class="${passed ? "" : "failed"}"><b>${passed ? "Passed" : "Failed"}</b> step ${step}: ${expected}<small> ${seen}</small>`,
    );
    (results.lastElementChild as Element).innerHTML = html`${list}`.source;
  });
  page.style(css);

  function controls(): Markup {
    const { phase } = page.report();
    const call = ["talking", "held"].includes(String(phase));
    const quiet = (what: Markup, name: string) =>
      html`<button class="quiet" ${what}>${name}</button>`;
    return html`<button id="Scenario" class="quiet" popovertarget="scenarios">Scenario ▴</button>
      <button id="Faults" class="quiet" popovertarget="faults">Faults ▴</button>${
        call &&
        html`<div class="way calls">${quiet(does("consult"), "Consult")}${quiet(does("conference"), "Conference")}${quiet(does("retrieve"), "Back")}${quiet(does("transfer"), "Transfer")}</div>`
      }${under()}${
        faults.names.length > 0 &&
        html`<div class="way">${faults.names.map(
          (name) =>
            html`<button class="quiet on" title="End this fault" ${does("endFaults", { name })}>${name} ×</button>`,
        )}</div>`
      }`;
  }

  /** What is under way, or what came of it. */
  function under(): Markup | false {
    if (run) {
      const { done, total } = run.progress;
      return html`<div class="way"><span role="status">${title}${line && `: ${line}`}</span>${done} of ${total}
        <button id="stop" class="quiet" ${does("stop")}>Stop</button><progress aria-label="${title}" max="${total}" value="${done}"></progress></div>`;
    }
    if (!last) return line !== "" && html`<div class="way"><span role="alert">${line}</span></div>`;
    const { ok, stopped, passed, failed, scenario } = last;
    const word = stopped ? "stopped" : ok ? "passed" : "failed";
    return html`<div class="way"><span role="status">${scenario}: ${word}. ${why(last) ?? `${passed} of ${passed + failed} expectations met`}</span>
      ${passed + failed > 0 && html`<button class="link" popovertarget="results">Results</button>`}</div>`;
  }

  const { scenario: given, report: place } = document.documentElement.dataset;
  if (given && window.parent !== window)
    begin(JSON.parse(given), place ? toServer(place) : () => undefined);

  return {
    name: "scenario",
    wanted: true,
    verbs: {
      ...handoverVerbs(keep),
      reload: ["", (turn) => page.restart(turn, null)],
    },
    assumptions: ASSUMED,
    controls,
    screen: () => undefined,
    restarted: () => false,
    command,
    takes,
    after: work,
  };
});
