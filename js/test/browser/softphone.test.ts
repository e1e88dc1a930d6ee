import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/core/limits";
import { host } from "../../src/page/environment";
import { refuse } from "../../src/softphone/registry";
import { open } from "../../src/softphone/softphone";
import { CONNECTOR } from "./puppet";
import { CRM_DATA, PAGE, Road, settings } from "./road";
import {
  connected,
  drawn,
  key,
  page,
  panels,
  phone,
  post,
  puppet,
  REGISTRY,
  show,
} from "./softphones";
import { until } from "./waiting";

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
    await until(() => road.notes("shown").length + road.notes("loaded").length === 2);

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

  test("a host that says that the kernel has ended is believed at once", async () => {
    const { road } = await connected();
    const sent = road.sent.length;

    road.end();

    await drawn(({ kernel }) => kernel.state === "gone");
    expect(road.sent).toHaveLength(sent);
  });

  test("the end of the kernel of a model before says nothing", async () => {
    const { road } = await connected();
    const next = new Road(2, road.kernel);
    phone.attach(next);

    road.end();
    await until(() => next.kernel.hellos.length > 1);

    expect(panels.view.kernel.state).not.toBe("gone");
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

    const { id: kernel } = road.kernel;
    const turn = ++road.kernel.turn;
    road.hear({ crm: 1, epoch: "another page", items: [{ t: "welcome", n: 1, kernel, turn }] });
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

describe("bundles", () => {
  test("a bundle of another build finds the living softphone", async () => {
    const path = "../../src/softphone/softphone.ts?another";
    const other: typeof import("../../src/softphone/softphone") = await import(
      /* @vite-ignore */ path
    );

    const found = other.open(key, "b2", () => {
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
