import { describe, expect, test } from "vitest";
import { open, type Softphone } from "../../src/softphone/softphone";
import { address, CONNECTOR, ELSEWHERE, Puppet } from "./puppet";
import { parts, Road, settings, simulated } from "./road";
import { cells, connected, drawn, iframe, key, panels, phone, puppet, show } from "./softphones";
import { until } from "./waiting";

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
    const first = await connector.id();
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
    expect(await again.id()).not.toBe(first);
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
    const other = open(`${key}/other`, "b1", panels.mount) as Softphone;
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
    await until(() => phone.facts().loads === 1);

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
    await until(() => connector.heard.length > 0);

    panels.actions[0]?.reloadFrame();
    await until(() => road.notes("sim").length > 0);

    expect(road.notes("sim")).toMatchObject([{ ok: false }]);
  });
});
