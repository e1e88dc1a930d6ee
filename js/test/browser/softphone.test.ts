import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../src/core/channel";
import { Timeline } from "../../src/core/timeline";
import type { Settings, Show } from "../../src/core/wire";
import { host } from "../../src/host";
import { refuse } from "../../src/registry";
import { open, type Softphone } from "../../src/softphone";
import { address, CONNECTOR, ELSEWHERE, Puppet } from "./puppet";
import { CRM_DATA, PAGE, Panels, parts, Road, settings, simulated } from "./road";
import { until } from "./waiting";

const REGISTRY = Symbol.for("crmwidget");
const page = globalThis as {
  [REGISTRY]?: { v: number; build: string; softphones: Map<string, unknown> };
};

let panels: Panels;
let phone: Softphone;
let cells: { element: HTMLElement; remove: () => void }[];
let keys = 0;

beforeEach(() => {
  panels = new Panels();
  cells = [];
  phone = open(`key${keys++}`, "b1", panels.mount) as Softphone;
});

afterEach(() => {
  panels.actions[0]?.place("dock");
  for (const cell of cells) {
    cell.remove();
    cell.element.remove();
  }
  for (const each of document.querySelectorAll(".crmwidget-home")) each.remove();
  page[REGISTRY]?.softphones.clear();
  vi.useRealTimers();
});

/** A cell of a page without Lumino: the frame is born in it. */
function show(): () => void {
  const element = document.createElement("div");
  document.body.append(element);
  const remove = phone.show({ element, lumino: false, view: Promise.resolve(null) });
  cells.push({ element, remove });
  return () => {
    remove();
    element.remove();
  };
}

const iframe = () => document.querySelector<HTMLIFrameElement>('iframe[title="Softphone phone"]');
const drawn = (what: (view: Panels["view"]) => boolean) =>
  until(() => panels.views.length > 0 && what(panels.view));

async function puppet(): Promise<Puppet> {
  return Puppet.of(await until(() => iframe()));
}

/** A softphone with a model, a view and a connector in its frame. */
async function connected(set: Settings = settings(), road = new Road()) {
  road.kernel.settings = set;
  road.parts = { ...parts };
  phone.attach(road);
  show();
  return { road, connector: await puppet() };
}

function post(action: string, more: Record<string, unknown> = {}) {
  return { t: "post" as const, m: { action, data: { from: "python" } }, ...more };
}

describe("the handshake", () => {
  test("ready and crmData are answered while the kernel is busy, and reach it later", async () => {
    const { road, connector } = await connected();
    road.held = true;

    connector.speak("ready");
    connector.speak("requestCrmData");
    await until(() => connector.heard.length === 2);
    road.release();
    await until(() => road.actions.length === 2);

    expect(connector.heard.map(({ heard }) => heard)).toEqual([
      { type: "ClientAppMessage", action: "ready" },
      { type: "ClientAppMessage", ...CRM_DATA },
    ]);
    expect(road.taken("msg")).toMatchObject([{ answered: true }, { answered: true }]);
    await drawn(({ phase }) => phase === "configured");
  });

  test("an answer has left before the kernel hears of the question", async () => {
    const { road, connector } = await connected();
    const send = road.send.bind(road);
    let told = 0;
    road.send = (content) => {
      const end = Date.now() + 500;
      while (Date.now() < end);
      told = Date.now();
      send(content);
    };

    connector.speak("requestCrmData");
    const both = () => road.actions.length === 1 && connector.heard.length === 1;
    await until(both);

    expect(connector.heard[0]?.at).toBeLessThan(told);
  });

  test("what comes after an answered question does not overtake it", async () => {
    const { road, connector } = await connected();

    for (let i = 0; i < 20; i++) {
      connector.speak("requestCrmData");
      connector.speak("requestSaveInteractionLog", { i });
      connector.say({ type: "other" });
    }
    await until(() => road.actions.length === 40);

    expect(road.actions).toEqual(
      Array(20).fill(["requestCrmData", "requestSaveInteractionLog"]).flat(),
    );
  });

  test("what is asked before there is a kernel waits for one", async () => {
    const { road, connector } = await connected();
    road.broken = true;

    connector.speak("requestOpenReports");
    connector.speak("requestSaveInteractionLog", { n: 1n });
    await drawn(({ kernel }) => kernel.state === "gone" && kernel.kept === 2);
    const next = new Road(2);
    next.kernel.settings = settings();
    phone.attach(next);
    await until(() => next.actions.length === 2);

    expect(next.actions).toEqual(["requestOpenReports", "requestSaveInteractionLog"]);
    expect(next.taken("msg")[1]?.m).toContain('"n":"1"');
    await drawn(({ kernel }) => kernel.state === "connected");
  });

  test("the kernel's answer reaches the connector, and costs no message of its own", async () => {
    const { road, connector } = await connected(settings({ standing: {} }));
    connector.speak("requestCrmData");
    await until(() => road.actions.length === 1);

    const notes = road.taken("note").length;
    road.kernel.post(post("crmData", { re: 1 }));
    await until(() => connector.heard.length === 1);

    expect(connector.heard[0]?.heard).toEqual({
      type: "ClientAppMessage",
      action: "crmData",
      data: { from: "python" },
    });
    await drawn(({ phase }) => phase === "configured");
    expect(road.taken("note")).toHaveLength(notes);
  });

  test("a message without data has no such key", async () => {
    const { road, connector } = await connected();

    road.kernel.post({ t: "post", m: { action: "ready" } });
    await until(() => connector.heard.length === 1);

    expect(connector.heard[0]?.heard).toEqual({ type: "ClientAppMessage", action: "ready" });
  });

  test("an answer may come beside its message, and is kept for the next time", async () => {
    const { road, connector } = await connected();
    const part = "a".repeat(32);
    const directory = { action: "crmDirectory", part };
    road.parts = { [part]: '{"count":"0","results":[]}' };

    road.set(settings({ standing: { requestGetCrmDirectory: directory } }));
    await until(() => phone.facts().cached.includes(part));
    for (const spelling of ["requestGetCRMDirectory", "requestGetCrmDirectory"]) {
      connector.speak(spelling);
    }
    await until(() => connector.heard.length === 2);

    expect(connector.heard.map(({ heard }) => heard)).toEqual(
      Array(2).fill({
        type: "ClientAppMessage",
        action: "crmDirectory",
        data: { count: "0", results: [] },
      }),
    );
  });

  test("an answer whose part is not here is not standing, and is asked for once", async () => {
    const { road, connector } = await connected();
    const hellos = road.kernel.hellos.length;
    const missing = { action: "crmDirectory", part: "b".repeat(32) };

    road.set(settings({ standing: { requestGetCrmDirectory: missing } }));
    await until(() => road.kernel.hellos.length > hellos);
    road.set(settings({ standing: { requestGetCrmDirectory: missing } }));
    connector.speak("requestGetCrmDirectory");
    await until(() => road.actions.length === 1);
    await new Promise((later) => setTimeout(later, 2 * LIMITS.gap));

    expect(road.taken("msg")[0]).not.toHaveProperty("answered");
    expect(road.kernel.hellos).toHaveLength(hellos + 1);
  });
});

describe("nothing arrives late", () => {
  test("what has expired on the kernel's clock is dropped and said", async () => {
    const { road, connector } = await connected();
    const now = Date.now();

    road.kernel.post(post("clickToDialResponse", { exp: now - 1_000 }));
    road.kernel.post(post("displayErrorNotification", { exp: now + 60_000 }));
    await until(() => road.notes("dropped").length === 1 && connector.heard.length === 1);

    expect(road.notes("dropped")).toMatchObject([
      { action: "clickToDialResponse", reason: "late" },
    ]);
    expect(connector.actions).toEqual(["displayErrorNotification"]);
  });

  test("the kernel's clock may be any clock", async () => {
    const road = new Road();
    const receive = road.kernel.receive.bind(road.kernel);
    road.kernel.receive = (content, at) => receive(content, at - 1_700_000_000_000);
    const { connector } = await connected(settings(), road);
    const now = Date.now() - 1_700_000_000_000;

    road.kernel.post(post("late", { exp: now - 1_000 }));
    road.kernel.post(post("early", { exp: now + 5_000 }));
    await until(() => connector.heard.length === 1);

    expect(connector.actions).toEqual(["early"]);
  });

  test("an answer for a document that is gone is dropped", async () => {
    const { road, connector } = await connected();
    const { loads } = phone.facts();

    road.kernel.post(post("old", { load: loads - 1 }));
    road.kernel.post(post("new", { load: loads }));
    await until(() => road.notes("dropped").length === 1 && connector.heard.length === 1);

    expect(connector.actions).toEqual(["new"]);
  });

  test("without a frame nothing is posted", async () => {
    const road = new Road();
    road.kernel.settings = settings();
    phone.attach(road);
    await until(() => road.kernel.hellos.length > 0);

    road.kernel.post(post("crmData"));
    await until(() => road.notes("dropped").length === 1);

    expect(road.notes("dropped")).toMatchObject([{ action: "crmData", reason: "no frame" }]);
  });

  test("a message whose data did not come is dropped and said", async () => {
    const { road } = await connected();

    road.kernel.post({ t: "post", m: { action: "crmDirectory", part: "c".repeat(32) } });
    await until(() => road.notes("dropped").length === 1);

    expect(road.notes("dropped")).toMatchObject([{ reason: "its data did not arrive" }]);
  });
});

describe("models", () => {
  test("the newest is the road, in whatever order they come", async () => {
    const old = new Road(1);
    const { road, connector } = await connected(settings(), new Road(2));
    phone.attach(old);

    connector.speak("ready");
    await until(() => road.actions.length === 1);

    expect(old.sent).toEqual([]);
  });

  test("what an older one still brings is not heard", async () => {
    const { road, connector } = await connected();
    const next = new Road(2);
    phone.attach(next);
    await until(() => next.kernel.hellos.length === 1);

    road.kernel.post(post("stale"));
    next.kernel.post(post("fresh"));
    await until(() => connector.heard.length > 0);

    expect(connector.actions).toEqual(["fresh"]);
  });

  test("when it goes, the one before is the road again", async () => {
    const { road, connector } = await connected();
    const detach = phone.attach(new Road(2));
    detach();

    connector.speak("ready");
    await until(() => road.actions.length === 1);

    expect(road.kernel.hellos).toHaveLength(2);
  });

  test("when the last one goes the kernel is gone, and the call goes on", async () => {
    const road = new Road();
    road.kernel.settings = settings();
    const detach = phone.attach(road);
    show();
    const connector = await puppet();

    detach();
    connector.speak("ready");
    await until(() => connector.heard.length === 1);

    await drawn(({ kernel }) => kernel.state === "gone");
  });

  test("a new kernel is sent what is not done, and the frame is the same", async () => {
    const { road, connector } = await connected();
    const id = await connector.id();
    for (const action of ["one", "two", "three"]) connector.speak(action);
    await until(() => road.actions.length === 3);
    const [, second] = road.taken("msg") as { seq: number }[];
    road.kernel.finish(second?.seq ?? 0);
    await connector.id();

    const next = new Road(2);
    next.kernel.settings = settings();
    phone.attach(next);
    await until(() => next.actions.length === 2);

    expect(next.actions).toEqual(["one", "three"]);
    expect(await connector.id()).toBe(id);
  });

  test("a note about the connection says all that this page knows of it", async () => {
    const { road } = await connected();

    await until(() => road.notes("loaded").length === 1);

    expect(road.notes("loaded")).toEqual([
      {
        loads: 1,
        acked: false,
        configured: false,
        dial: false,
        silent: false,
        lost: false,
        shown: true,
        origin: null,
        messages: 0,
        rejected: 0,
        host: host(null),
      },
    ]);
  });

  test("a new kernel is told how the connection stands", async () => {
    const { road, connector } = await connected();
    connector.speak("ready");
    connector.speak("requestCrmData");
    connector.speak("requestEnableClickToDial", { isEnabled: true });
    await until(() => road.actions.length === 3);

    const next = new Road(2);
    phone.attach(next);
    await until(() => next.kernel.hellos.length === 1);

    expect(next.kernel.hellos[0]).toMatchObject({
      facts: {
        loads: 1,
        acked: true,
        configured: true,
        dial: true,
        silent: false,
        lost: false,
        shown: true,
        origin: CONNECTOR,
        messages: 3,
        rejected: 0,
        cached: [PAGE],
      },
    });
  });

  test("a page that was superseded says so, and takes over when a person wants it", async () => {
    const { road } = await connected();

    road.hear({ crm: 1, epoch: "another page", items: [{ t: "welcome", n: 1 }] });
    await drawn(({ kernel }) => kernel.state === "elsewhere");
    panels.actions[0]?.useHere();
    await drawn(({ kernel }) => kernel.state === "connected");

    await until(() => road.taken("do").length === 1);
    expect(road.taken("do")).toMatchObject([{ what: "here" }]);
  });

  test("a kernel of another version is said, and nothing else is tried", async () => {
    const road = new Road();
    road.kernel.version = 2;
    phone.attach(road);
    show();

    await drawn(({ kernel }) => kernel.state === "version");
  });
});

describe("the frame", () => {
  test("it is made with the first view, not before", async () => {
    const road = new Road();
    road.kernel.settings = settings();
    phone.attach(road);
    await until(() => road.kernel.hellos.length > 0);
    const before = iframe();

    show();

    expect(before).toBeNull();
    await until(() => iframe());
  });

  test("the same settings again leave it alone, another address makes another", async () => {
    const { road, connector } = await connected();
    const id = await connector.id();

    road.set(settings({ name: "phone", origins: [CONNECTOR, ELSEWHERE] }));
    const same = await connector.id();
    road.set(settings({ src: `${address(CONNECTOR)}?other` }));
    await until(() => iframe()?.src.endsWith("?other"));
    const other = await puppet();

    expect(same).toBe(id);
    expect(await other.id()).not.toBe(id);
  });

  test("an address that is no page is never loaded", async () => {
    const road = new Road();
    road.kernel.settings = settings({ src: "javascript:parent.evil=1" });
    phone.attach(road);
    show();
    await until(() => road.kernel.hellos.length > 0);
    await drawn(({ name }) => name === "phone");

    expect(iframe()).toBeNull();
    expect(globalThis).not.toHaveProperty("evil");
  });

  test("closed in the dock it is lost, until a person loads it again", async () => {
    const { road } = await connected();
    panels.actions[0]?.place("dock");
    const dock = document.querySelector(".crmwidget-home");

    dock?.querySelector<HTMLButtonElement>('[aria-label="Close the phone"]')?.click();
    await drawn(({ phase }) => phase === "lost");
    const { advice } = panels.view;
    road.set(settings());
    const closed = iframe();
    panels.actions[0]?.reloadFrame();

    expect(advice).toBe("The phone was closed.");
    expect(closed).toBeNull();
    await puppet();
    await drawn(({ phase }) => phase === "loading");
    expect(road.notes("lost")).toMatchObject([{ lost: true, reason: "closed" }]);
  });

  test("loaded again it greets anew, and what the kernel has not finished is still there", async () => {
    const { road, connector } = await connected();
    connector.speak("ready");
    connector.speak("requestCrmData");
    await until(() => road.actions.length === 2);
    road.held = true;
    connector.speak("requestSaveInteractionLog", { n: 1 });
    await drawn(({ messages }) => messages === 3);

    panels.actions[0]?.reloadFrame();
    const again = await puppet();
    await until(() => phone.facts().loads === 2);
    const before = phone.facts();
    again.speak("ready");
    again.speak("requestCrmData");
    await until(() => again.heard.length === 2);
    road.release();
    await until(() => road.actions.length === 5);

    expect(before).toMatchObject({ acked: false, configured: false, dial: false, origin: null });
    expect(await again.id()).not.toBe(await connector.id().catch(() => "gone"));
    expect(again.actions).toEqual(["ready", "crmData"]);
    expect(road.actions).toEqual([
      "ready",
      "requestCrmData",
      "requestSaveInteractionLog",
      "ready",
      "requestCrmData",
    ]);
    expect(road.notes("loaded").map(({ loads }) => loads)).toEqual([1, 2]);
  });

  test("loaded again while it was silent, it has its whole silence before it", async () => {
    const { road } = await connected(settings({ limits: { silence: 0.2 } }));
    await drawn(({ phase }) => phase === "silent");

    panels.actions[0]?.reloadFrame();
    await drawn(({ phase }) => phase === "loading");
    await drawn(({ phase }) => phase === "silent");

    expect(road.notes("silent")).toHaveLength(2);
  });

  test("settings without an address end it", async () => {
    const { road } = await connected();
    const { src: _, ...none } = settings();

    road.set(none);
    await drawn(({ phase }) => phase === "lost");

    expect(iframe()).toBeNull();
  });

  test("a simulator that goes to another page is closed", async () => {
    const { road, connector } = await connected(simulated());

    connector.go("data:text/html,x");
    await drawn(({ phase }) => phase === "lost");

    expect(panels.view.advice).toContain("another page");
    expect(road.notes("lost")).toMatchObject([{ reason: "navigated" }]);
  });

  test("taken out of the page with its cell it is lost, and the next view has a new one", async () => {
    const { road } = await connected();
    const [cell] = cells;

    cell?.element.remove();
    cell?.remove();
    await until(() => road.notes("lost").length === 1);
    show();

    await puppet();
    expect(road.notes("lost")).toMatchObject([{ reason: "removed" }]);
  });

  test("two phones on a page do not take each other for look-alikes", async () => {
    const { road, connector } = await connected();
    const other = open(`key${keys++}`, "b1", panels.mount) as Softphone;
    const otherRoad = new Road(1);
    otherRoad.kernel.settings = settings({ name: "second" });
    other.attach(otherRoad);
    const element = document.body.appendChild(document.createElement("div"));
    const remove = other.show({ element, lumino: false, view: Promise.resolve(null) });
    cells.push({ element, remove });
    const second = await Puppet.of(
      await until(() => document.querySelector<HTMLIFrameElement>('[title$="second"]')),
    );

    second.speak("ready");
    connector.speak("ready");
    await until(() => road.actions.length === 1 && otherRoad.actions.length === 1);

    expect([phone.facts().rejected, other.facts().rejected]).toEqual([0, 0]);
  });
});

describe("the simulator's remote control", () => {
  const ring = { t: "sim" as const, ref: 41, what: "ring", args: { number: "+12025550143" } };

  test("a command waits for the page, and its answer goes back with its id", async () => {
    const road = new Road();
    road.kernel.settings = simulated();
    road.parts = { ...parts };
    phone.attach(road);
    await until(() => road.kernel.hellos.length > 0);
    road.kernel.post(ring);
    show();
    const connector = await puppet();
    await until(() => phone.facts().loads === 1);

    connector.say({ type: "crmwidget/simulator", id: 41, ok: true, state: { call: 1 } });
    await until(() => road.notes("sim").length === 1);

    expect(road.notes("sim")).toEqual([{ id: 41, ok: true, state: { call: 1 } }]);
  });

  test("the page gets it in an envelope of ours", async () => {
    const { road, connector } = await connected(simulated());

    road.kernel.post(ring);
    // The page is told the theme as well, whenever it is loaded.
    const rung = await until(() =>
      connector.heard.find(({ heard }) => (heard as { what?: string }).what === "ring"),
    );

    expect(rung.heard).toEqual({
      type: "crmwidget/simulator",
      id: 41,
      what: "ring",
      args: { number: "+12025550143" },
    });
  });

  test("a page that begins anew has nothing of before, and no second document", async () => {
    const { road, connector } = await connected(simulated());
    connector.speak("ready");
    connector.speak("requestCrmData");
    await drawn(({ phase }) => phase === "configured");

    connector.say({ type: "crmwidget/simulator", what: "restarted" });
    await drawn(({ phase }) => phase === "loading");
    connector.speak("ready");
    await drawn(({ phase }) => phase === "ready");

    expect(phone.facts()).toMatchObject({ loads: 2, acked: true, configured: false });
    expect(road.notes("loaded")).toHaveLength(2);
    expect(road.notes("lost")).toEqual([]);
  });

  test("a real connector that says so is refused as any other word", async () => {
    const { connector } = await connected();

    connector.say({ type: "crmwidget/simulator", what: "restarted" });
    await drawn(({ rejected }) => rejected.type === 1);

    expect(phone.facts().loads).toBe(1);
  });

  test("a real connector cannot be controlled", async () => {
    const { road } = await connected();

    road.kernel.post(ring);
    await until(() => road.notes("sim").length === 1);

    expect(road.notes("sim")).toMatchObject([
      { ok: false, error: "this phone embeds a real connector" },
    ]);
  });

  test("a command that the page can no longer answer has failed", async () => {
    const { road, connector } = await connected(simulated());
    road.kernel.post(ring);
    await until(() => connector.heard.length === 1);

    panels.actions[0]?.reloadFrame();
    await until(() => road.notes("sim").length === 1);

    expect(road.notes("sim")).toMatchObject([{ ok: false }]);
  });
});

describe("what a person sees and does", () => {
  function display(what: Show["what"], data: unknown, re?: number) {
    return { t: "show" as const, what, data, ...(re !== undefined && { re }) };
  }
  const record = { action: "requestPerformInteractionScreenPop", asked: "1", at: 0 };

  test("the snapshot begins with what is known", () => {
    show();

    expect(panels.view).toEqual({
      name: "phone",
      simulated: false,
      host: null,
      address: null,
      phase: "loading",
      waits: null,
      stranger: null,
      call: false,
      kernel: { state: "gone", kept: 0 },
      canDial: false,
      summary: null,
      record: null,
      recordOf: null,
      contacts: null,
      failures: [],
      dialled: null,
      rejected: {},
      messages: 0,
      timeline: expect.any(Timeline),
      got: 0,
      diagnosis: null,
      ran: null,
      place: "cell",
      advice: null,
    });
  });

  test("a connector is named by its host, the simulator by being one", async () => {
    const { road } = await connected();
    await drawn(({ host }) => host !== null);
    const real = panels.view;
    road.parts = { ...parts };
    road.set(simulated());
    await drawn((view) => view.simulated);

    expect(real).toMatchObject({ host: new URL(CONNECTOR).host, simulated: false });
    expect(panels.view.host).toBeNull();
  });

  test("what the kernel shows is drawn", async () => {
    const { road } = await connected();

    road.kernel.post(display("record", record, 5));
    road.kernel.post(display("warning", { text: "It cannot dial." }));
    road.kernel.post(display("summary", { warnings: ["No region."], failed: 0 }));
    await drawn((view) => view.record !== null && view.summary !== null);

    expect(panels.view).toMatchObject({
      record,
      recordOf: 5,
      summary: { warnings: ["It cannot dial.", "No region."] },
    });
  });

  test("a dialled number is shown for five seconds", async () => {
    const { road } = await connected();
    road.kernel.post(display("dialled", { number: "+12025550143", name: "Bo Larsen" }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await drawn(({ dialled }) => dialled !== null);

    vi.advanceTimersByTime(4_000);
    const during = panels.view.dialled;
    vi.advanceTimersByTime(1_100);

    expect(during).toEqual({ number: "+12025550143", name: "Bo Larsen" });
    await drawn(({ dialled }) => dialled === null);
  });

  test("what a person does goes to the kernel", async () => {
    const { road } = await connected();
    road.kernel.post(display("record", record, 5));
    await drawn((view) => view.record !== null);
    const [act] = panels.actions;

    act?.dial("+12025550143", { id: "C-1", name: "Bo Larsen" });
    act?.letThemCall("+12025550143", "Bo Larsen");
    act?.search("bo", 50);
    act?.runAgain();
    act?.choose(1);
    act?.retry();
    await until(() => road.taken("do").length === 6);

    expect(road.taken("do").map(({ what, args }) => [what, args])).toEqual([
      ["dial", { number: "+12025550143", contact: { id: "C-1", name: "Bo Larsen" } }],
      ["ring", { number: "+12025550143", name: "Bo Larsen" }],
      ["search", { text: "bo", offset: 50 }],
      ["run_again", { seq: 5 }],
      ["choose", { index: 1, seq: 5 }],
      ["retry", {}],
    ]);
  });

  test("what went wrong with the last thing done is gone with the next", async () => {
    const { road } = await connected();
    road.kernel.post(display("summary", { warnings: [], failed: 0 }));
    road.kernel.post(display("warning", { text: "It cannot dial." }));
    await drawn(({ summary }) => summary?.warnings.length === 1);

    panels.actions[0]?.search("", 0);

    await drawn(({ summary }) => summary?.warnings.length === 0);
  });

  test("a kernel that does not answer is counted in seconds", async () => {
    const { road, connector } = await connected();
    road.held = true;

    connector.speak("requestOpenReports");
    await drawn(({ kernel }) => kernel.state === "waiting" && kernel.seconds === 1);
    await drawn(({ kernel }) => kernel.state === "waiting" && kernel.seconds === 2);
    road.release();

    await drawn(({ kernel }) => kernel.state === "connected");
  });

  test("refused messages are counted, and the kernel hears of them in one note", async () => {
    const { road, connector } = await connected();

    connector.say("no message", 1);
    await until(() => road.notes("rejected").length === 1);
    connector.say({ type: "other" }, 50);
    connector.say(null, 50);
    await drawn(({ rejected }) => rejected.type === 50 && rejected.shape === 51);
    await until(() => road.notes("rejected").length === 2);

    expect(road.notes("rejected")[1]).toEqual({
      reason: "type, shape",
      reasons: { type: 50, shape: 50 },
      origin: CONNECTOR,
      stranger: null,
    });
    expect(connector.heard).toEqual([]);
  });

  test("a page of another origin in the frame is named as soon as it speaks", async () => {
    const set = settings({ origins: [ELSEWHERE], limits: { silence: 0.2 } });
    const { road, connector } = await connected(set);

    connector.speak("ready");
    await drawn(({ stranger }) => stranger === CONNECTOR);
    await drawn(({ phase }) => phase === "silent");
    await until(() => road.notes("silent").length === 1);
    expect(road.notes("silent")).toMatchObject([{ silent: true, origin: null }]);
    road.set(settings());
    connector.speak("ready");
    await drawn(({ stranger, phase }) => stranger === null && phase === "ready");
  });

  test("views that come and go in a second are one view for the kernel", async () => {
    const { road } = await connected();
    const [first] = cells;

    first?.remove();
    show();
    cells[1]?.remove();
    await until(() => road.notes("shown").length === 2);

    expect(road.notes("shown").map(({ shown }) => shown)).toEqual([true, false]);
    expect(panels.disposed).toBe(2);
  });

  test("each view is told where the frame is, seen from it", async () => {
    await connected();
    show();
    await drawn(() => true);
    panels.views.length = 0;
    panels.actions[1]?.place("cell");

    await until(() => panels.views.length >= 2);

    expect(panels.views.slice(-2).map(({ place }) => place)).toEqual(["elsewhere", "cell"]);
  });

  test("a burst is drawn once in a while, not once a message", async () => {
    const { connector } = await connected();
    panels.views.length = 0;

    connector.speak("burst", null, 2_000);
    await drawn(({ messages }) => messages === 2_000);

    expect(panels.views.length).toBeLessThan(200);
  });
});

describe("bundles", () => {
  test("a bundle of another build finds the living softphone", async () => {
    const path = "../../src/softphone.ts?another";
    const other: typeof import("../../src/softphone") = await import(/* @vite-ignore */ path);

    const found = other.open(`key${keys - 1}`, "b2", () => {
      throw new Error("the living one draws with its own panel");
    });

    expect(other.open).not.toBe(open);
    expect(found).toBe(phone);
    expect(page[REGISTRY]?.build).toBe("b1");
  });

  test("where another version of the wire lives, a person is asked to reload the page", () => {
    const registry = page[REGISTRY];
    page[REGISTRY] = { v: 99, build: "x", softphones: new Map() };

    const found = open("key", "b1", panels.mount);
    const remove = refuse(document.body, panels.mount);

    expect(found).toBeNull();
    expect(panels.view.kernel).toEqual({ state: "version" });
    remove();
    expect(panels.disposed).toBe(1);
    if (registry) page[REGISTRY] = registry;
  });
});
