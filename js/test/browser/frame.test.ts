import { afterEach, describe, expect, test, vi } from "vitest";
import { CAPS } from "../../src/core/guard";
import { Frame, type FrameOptions, isPage } from "../../src/softphone/frame";
import { address, CONNECTOR, ELSEWHERE, HERE, Puppet, SRCDOC } from "./puppet";
import { until } from "./waiting";

const TYPE = "CRMConnectMessage";
const frames: { close(): void }[] = [];

interface Taken {
  messages: { action: string; data: unknown; text: string }[];
  refused: [string, string][];
  controlled: unknown[];
  loads: number;
  ended: string[];
}

function make(content: FrameOptions["content"], known: FrameOptions["known"] = () => false) {
  const taken: Taken = { messages: [], refused: [], controlled: [], loads: 0, ended: [] };
  const frame = new Frame({
    title: "Softphone test",
    content,
    place: document.body,
    known,
    events: {
      takes: (action) => action !== "noRoom",
      message: (action, data, text) => taken.messages.push({ action, data, text }),
      controlled: (text) => taken.controlled.push(JSON.parse(text)),
      refused: (reason, origin) => taken.refused.push([reason, origin]),
      loaded: () => taken.loads++,
      ended: (reason) => taken.ended.push(reason),
    },
  });
  frames.push(frame);
  return { frame, taken };
}

const connector = { src: address(CONNECTOR), origins: [CONNECTOR] };

async function embedded(content: FrameOptions["content"] = connector) {
  const made = make(content);
  await until(() => made.taken.loads > 0);
  return { ...made, puppet: await Puppet.of(made.frame.element) };
}

/** A frame that is not ours. */
async function stranger(origin: string): Promise<{ element: HTMLIFrameElement; puppet: Puppet }> {
  const element = document.createElement("iframe");
  element.src = address(origin);
  document.body.append(element);
  frames.push({ close: () => element.remove() });
  return { element, puppet: await Puppet.of(element) };
}

/** Waits until everything that was said before has been heard. */
async function settled(puppet: Puppet, taken: Taken): Promise<void> {
  puppet.speak("end");
  await until(() => taken.messages.some(({ action }) => action === "end"));
}

afterEach(() => {
  for (const frame of frames.splice(0)) frame.close();
});

describe("the element", () => {
  test("a connector's frame may use camera, microphone and place, and is not sandboxed", () => {
    const { element } = make(connector).frame;

    expect(element.id).toBe("crmConnectIframeId");
    expect(element.allow).toBe("camera; microphone; geolocation");
    expect(element.hasAttribute("sandbox")).toBe(false);
    expect(element.title).toBe("Softphone test");
    expect(getComputedStyle(element).borderWidth).toBe("0px");
  });

  test("only the first on the page has the customary id", () => {
    make(connector);

    expect(make(connector).frame.element.id).toBe("");
  });

  test("the simulator's frame may run scripts and nothing else", () => {
    const { element } = make({ srcdoc: SRCDOC }).frame;

    expect(element.getAttribute("sandbox")).toBe("allow-scripts");
    expect(element.allow).toBe("");
  });

  test.each([
    ["https://crm.example.com/softphone?x=1", true],
    ["http://127.0.0.1:8080/", true],
    ["javascript:alert(1)", false],
    ["JavaScript:alert(1)", false],
    ["data:text/html,x", false],
    ["blob:https://crm.example.com/1", false],
    ["about:srcdoc", false],
    ["crm.example.com", false],
    ["", false],
  ])("%s can be embedded: %s", (src, can) => {
    expect(isPage(src)).toBe(can);
  });
});

describe("who may speak", () => {
  test("a message for which there is no room is refused by that name", async () => {
    const { taken, puppet } = await embedded();

    puppet.say({ type: TYPE, action: "noRoom" });
    puppet.say({ type: TYPE, action: "ready" });
    await until(() => taken.messages.length > 0);

    expect(taken.refused).toEqual([["room", CONNECTOR]]);
    expect(taken.messages.map(({ action }) => action)).toEqual(["ready"]);
  });

  test("a message of the connector is taken, whole", async () => {
    const { frame, taken, puppet } = await embedded();

    puppet.say({ type: TYPE, action: "ready", data: { n: 1n }, more: [1] });
    await until(() => taken.messages.length > 0);

    expect(taken.messages).toEqual([
      {
        action: "ready",
        data: { n: 1n },
        text: `{"type":"${TYPE}","action":"ready","data":{"n":"1"},"more":[1]}`,
      },
    ]);
    expect(taken.refused).toEqual([]);
    expect(frame.origin).toBe(CONNECTOR);
  });

  test("an event that a script has made is refused, however right the rest is", async () => {
    const { frame, taken, puppet } = await embedded();
    const data = { type: TYPE, action: "requestSaveInteractionLog", data: {} };
    const source = frame.element.contentWindow;

    window.dispatchEvent(new MessageEvent("message", { data, origin: CONNECTOR, source }));
    window.dispatchEvent(new MessageEvent("message", { data: 7, origin: "x", source }));
    await settled(puppet, taken);

    expect(taken.refused).toEqual([
      ["untrusted", CONNECTOR],
      ["untrusted", "x"],
    ]);
    expect(taken.messages.map(({ action }) => action)).toEqual(["end"]);
  });

  test("a look-alike in another frame is refused, even from the connector's origin", async () => {
    const { taken, puppet } = await embedded();
    const other = await stranger(CONNECTOR);

    other.puppet.speak("ready");
    await until(() => taken.refused.length > 0);
    await settled(puppet, taken);

    expect(taken.refused).toEqual([["source", CONNECTOR]]);
  });

  test("our own window is no connector", async () => {
    const { taken } = await embedded();

    window.postMessage({ type: TYPE, action: "ready" }, HERE);
    await until(() => taken.refused.length > 0);

    expect(taken.refused).toEqual([["source", HERE]]);
  });

  test("an origin that is not allowed is refused before anything is looked at", async () => {
    const { frame, taken, puppet } = await embedded({ ...connector, origins: [ELSEWHERE] });

    puppet.speak("ready");
    puppet.say("no message at all");
    puppet.say({ type: "another" });
    await until(() => taken.refused.length === 3);

    expect(taken.refused.map(([reason]) => reason)).toEqual(["origin", "origin", "origin"]);
    expect(frame.origin).toBeNull();
  });

  test("an origin that begins like an allowed one is another", async () => {
    const { taken, puppet } = await embedded({ ...connector, origins: [CONNECTOR.slice(0, -1)] });

    puppet.speak("ready");
    await until(() => taken.refused.length > 0);

    expect(taken.refused).toEqual([["origin", CONNECTOR]]);
  });

  test("what other frames say among themselves is no business of ours", async () => {
    const { taken, puppet } = await embedded();
    const other = await stranger(ELSEWHERE);
    const heard = vi.fn();
    window.addEventListener("message", heard);

    for (const value of ["text", { type: "other" }, null, 7]) other.puppet.say(value);
    await until(() => heard.mock.calls.length === 4);
    window.removeEventListener("message", heard);
    await settled(puppet, taken);

    expect(taken.refused).toEqual([]);
  });

  test("what another phone of this page hears is its own business", async () => {
    const other = await stranger(CONNECTOR);
    const { taken, frame } = make(
      connector,
      ({ source }) => source === other.element.contentWindow,
    );
    const puppet = await Puppet.of(frame.element);

    const arrived = new Promise((heard) =>
      window.addEventListener("message", heard, { once: true }),
    );
    other.puppet.speak("ready");
    await arrived;
    await settled(puppet, taken);

    expect(taken.refused).toEqual([]);
  });

  test("further origins may be allowed, and be taken back", async () => {
    const { frame, taken, puppet } = await embedded({ ...connector, origins: [ELSEWHERE] });

    frame.allow([ELSEWHERE, CONNECTOR]);
    puppet.speak("first");
    await until(() => taken.messages.length === 1);
    frame.allow([ELSEWHERE]);
    puppet.speak("second");
    await until(() => taken.refused.length === 1);

    expect(taken.messages.map(({ action }) => action)).toEqual(["first"]);
  });

  test("after it was closed nobody is heard", async () => {
    const { frame, taken } = await embedded();
    const source = frame.element.contentWindow;

    frame.close();
    window.dispatchEvent(new MessageEvent("message", { data: 1, source }));
    window.postMessage({ type: TYPE, action: "ready" }, HERE);
    await new Promise((heard) => window.addEventListener("message", heard, { once: true }));

    expect(taken.refused).toEqual([]);
    expect(frame.alive).toBe(false);
  });
});

describe("what is no message", () => {
  test.each<[string, unknown]>([
    ["shape", "text"],
    ["shape", null],
    ["shape", [TYPE]],
    ["shape", new Map([["type", TYPE]])],
    ["type", { action: "ready" }],
    ["type", { type: "ClientAppMessage", action: "ready" }],
    ["action", { type: TYPE }],
    ["action", { type: TYPE, action: "x".repeat(CAPS.action + 1) }],
    ["size", { type: TYPE, action: "ready", data: "x".repeat(CAPS.size) }],
    ["nodes", { type: TYPE, action: "ready", data: new Array(CAPS.nodes).fill(0) }],
  ])("it is refused for its %s, and the next good one is taken", async (reason, value) => {
    const { taken, puppet } = await embedded();

    puppet.say(value);
    await settled(puppet, taken);

    expect(taken.refused).toEqual([[reason, CONNECTOR]]);
    expect(taken.messages).toHaveLength(1);
  });

  test("a flood is cut, a burst of ten thousand is not", async () => {
    const { taken, puppet } = await embedded();

    puppet.speak("burst", null, 10_000);
    await until(() => taken.messages.length === 10_000);
    expect(taken.refused).toEqual([]);
    // Time stands still until it is over: however slow the machine, it is a flood
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    puppet.speak("flood", null, 30_000);
    await until(() => taken.messages.length + taken.refused.length === 40_000);
    clock.mockRestore();

    expect(taken.refused.length).toBeGreaterThanOrEqual(30_000 - CAPS.burst);
    expect(new Set(taken.refused.map(([reason]) => reason))).toEqual(new Set(["rate"]));
  });
});

describe("what we say", () => {
  test("it goes to the connector, in the connector's envelope", async () => {
    const { frame, puppet } = await embedded();

    frame.post({ action: "ready" });
    frame.post({ action: "crmData", data: { a: 1 } });
    await until(() => puppet.heard.length === 2);

    expect(puppet.heard.map(({ heard, origin }) => ({ heard, origin }))).toEqual([
      { heard: { type: "ClientAppMessage", action: "ready" }, origin: HERE },
      { heard: { type: "ClientAppMessage", action: "crmData", data: { a: 1 } }, origin: HERE },
    ]);
  });

  test("it goes to the origin that has spoken, not to another allowed one", async () => {
    const origins = [ELSEWHERE, CONNECTOR];
    const { frame, taken, puppet } = await embedded({ ...connector, origins });

    frame.post({ action: "early" });
    puppet.speak("ready");
    await until(() => taken.messages.length > 0);
    frame.post({ action: "late" });
    await until(() => puppet.heard.length > 0);

    expect(puppet.actions).toEqual(["late"]);
  });

  test("a page that took the frame over hears nothing", async () => {
    const { frame, taken, puppet } = await embedded();
    puppet.speak("ready");
    await until(() => taken.messages.length > 0);
    puppet.go(address(ELSEWHERE));
    await until(() => taken.loads === 2);
    const thief = await Puppet.of(frame.element);

    frame.post({ action: "crmData", data: "secret" });
    thief.speak("ready");
    await until(() => taken.refused.length > 0);
    await thief.id();

    expect(thief.heard).toEqual([]);
    expect(taken.refused).toEqual([["origin", ELSEWHERE]]);
  });

  test("a real connector is never remote-controlled", async () => {
    const { frame, puppet } = await embedded();

    frame.control(1, "ring", {});
    frame.post({ action: "ready" });
    await until(() => puppet.heard.length > 0);

    expect(puppet.actions).toEqual(["ready"]);
  });

  test("nor does its word count as the simulator's answer", async () => {
    const { taken, puppet } = await embedded();

    puppet.say({ type: "crmwidget/simulator", id: 1, ok: true });
    await settled(puppet, taken);

    expect(taken.controlled).toEqual([]);
    expect(taken.refused).toEqual([["type", CONNECTOR]]);
  });
});

describe("the simulator", () => {
  const simulated = { srcdoc: SRCDOC };

  test("it speaks from an opaque origin, and is answered", async () => {
    const { frame, taken, puppet } = await embedded(simulated);

    puppet.speak("ready");
    await until(() => taken.messages.length > 0);
    frame.post({ action: "ready" });
    await until(() => puppet.heard.length > 0);

    expect(frame.origin).toBe("null");
    expect(puppet.actions).toEqual(["ready"]);
  });

  test("it has no access to this page", async () => {
    const { frame } = await embedded(simulated);

    expect(frame.element.contentDocument).toBeNull();
  });

  test("it is remote-controlled, and its answers are handed on", async () => {
    const { frame, taken, puppet } = await embedded(simulated);

    frame.control(7, "ring", { number: "+12025550143" });
    await until(() => puppet.heard.length > 0);
    puppet.say({ type: "crmwidget/simulator", id: 7, ok: true, state: { at: new Date(0) } });
    await until(() => taken.controlled.length > 0);

    expect(puppet.heard[0]?.heard).toEqual({
      type: "crmwidget/simulator",
      id: 7,
      what: "ring",
      args: { number: "+12025550143" },
    });
    expect(taken.controlled).toEqual([
      {
        type: "crmwidget/simulator",
        id: 7,
        ok: true,
        state: { at: "1970-01-01T00:00:00.000Z" },
      },
    ]);
  });

  test("another sandboxed frame is another frame, although its origin looks the same", async () => {
    const { taken, puppet } = await embedded(simulated);
    const element = document.createElement("iframe");
    element.sandbox.value = "allow-scripts";
    element.srcdoc = SRCDOC;
    document.body.append(element);
    frames.push({ close: () => element.remove() });
    const other = await Puppet.of(element);

    other.speak("ready");
    await until(() => taken.refused.length > 0);
    await settled(puppet, taken);

    expect(taken.refused).toEqual([["source", "null"]]);
  });

  test("when it goes to another page it is closed: that page would look the same", async () => {
    const { frame, taken, puppet } = await embedded(simulated);

    puppet.go("data:text/html,hello");
    await until(() => taken.ended.length > 0);

    expect(taken.ended).toEqual(["navigated"]);
    expect(frame.alive).toBe(false);
    expect(taken.loads).toBe(1);
  });
});
