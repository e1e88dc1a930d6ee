import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "../../src/core/wire";
import { open, type Softphone } from "../../src/softphone/softphone";
import { CONNECTOR, Puppet } from "./puppet";
import { Panels, parts, Road, settings, simulated } from "./road";
import { until } from "./waiting";

const POP = "requestPerformInteractionScreenPop";
const LOG = "requestSaveInteractionLog";
let keys = 0;
let panels: Panels;
let phone: Softphone;
let end: () => void;

beforeEach(() => {
  panels = new Panels();
  phone = open(`leaving${keys++}`, "b", panels.mount) as Softphone;
});

afterEach(() => {
  end();
  for (const each of document.querySelectorAll(".crmwidget-home")) each.remove();
});

const iframe = () => document.querySelector<HTMLIFrameElement>('iframe[title="Softphone phone"]');
const dock = () => document.querySelector<HTMLElement>(".crmwidget-home") as HTMLElement;
const question = () => dock().querySelector<HTMLElement>('[role="alertdialog"]') as HTMLElement;
const asks = () => question().checkVisibility();
const button = (name: string) =>
  [...dock().querySelectorAll("button")].find((each) => each.ariaLabel === name) as HTMLElement;

async function connected(set: Settings = settings()) {
  const road = new Road();
  road.kernel.settings = set;
  road.parts = { ...parts };
  phone.attach(road);
  const element = document.body.appendChild(document.createElement("div"));
  const remove = phone.show({ element, lumino: false, view: Promise.resolve(null) });
  end = () => {
    const { src: _, ...none } = settings();
    road.set(none); // ends the frame
    remove();
    element.remove();
  };
  const connector = await Puppet.of(await until(() => iframe()));
  return { road, connector };
}

/** Whether the browser would ask before the page is left; it shows words of its own. */
function leaving(): boolean {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
}

describe("leaving the page", () => {
  test("costs nothing before a call, may cost one during it, nothing after its log", async () => {
    const { road, connector } = await connected();
    const before = leaving();

    connector.speak(POP);
    await until(() => road.actions.includes(POP));
    const during = leaving();
    connector.speak(LOG);
    await until(() => road.actions.includes(LOG));
    await until(() => !leaving());

    expect([before, during]).toEqual([false, true]);
  });

  test("costs a call that was dialled from here", async () => {
    const { road, connector } = await connected();

    road.kernel.post({ t: "post", m: { action: "clickToDialResponse", data: {} } });
    await until(() => connector.heard.length === 1);

    expect(leaving()).toBe(true);
  });

  test("costs a call log that the kernel does not hold yet", async () => {
    const { road, connector } = await connected();
    road.held = true;

    connector.speak(LOG);
    await until(() => phone.facts().messages === 1);
    const held = leaving();
    road.release();
    await until(() => road.actions.includes(LOG));
    await until(() => !leaving());

    expect(held).toBe(true);
  });

  test("costs nothing that matters when the connector is simulated", async () => {
    const { road, connector } = await connected(simulated());

    connector.speak(POP);
    await until(() => road.actions.includes(POP));

    expect(leaving()).toBe(false);
  });
});

describe("closing the dock", () => {
  async function ringing(set?: Settings) {
    const made = await connected(set);
    panels.actions[0]?.place("dock");
    made.connector.speak(POP);
    await until(() => made.road.actions.includes(POP));
    button("Close the phone").click();
    return made;
  }

  test("asks while a call may be on, and nothing is closed before it is answered", async () => {
    await ringing();

    expect(question().textContent).toContain("A call may be on; it would end. Close the phone?");
    expect(question().ariaLabel).toBe("A call may be on; it would end.");
    expect(document.activeElement).toBe(button("Keep the phone"));
    expect(iframe()?.isConnected).toBe(true);
  });

  test.each(["press", "Escape"])("the phone can be kept: %s", async (how) => {
    await ringing();

    if (how === "press") button("Keep the phone").click();
    else question().dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));

    expect(asks()).toBe(false);
    expect(document.activeElement).toBe(button("Close the phone"));
    expect(iframe()?.isConnected).toBe(true);
    expect(phone.facts().lost).toBe(false);
  });

  test("the phone can be closed all the same", async () => {
    const { road } = await ringing();

    button("Close the phone all the same").click();
    await until(() => road.notes("lost").length === 1);

    expect(iframe()).toBeNull();
    expect(dock().checkVisibility()).toBe(false);
    expect(asks()).toBe(false);
  });

  test("a simulated call is asked about, too", async () => {
    await ringing(simulated());

    expect(asks()).toBe(true);
  });

  test("the question is over when the frame goes back into its cell", async () => {
    await ringing();

    panels.actions[0]?.place("cell");

    expect(asks()).toBe(false);
  });

  test("the dock says who calls all the time, and whose phone it is when no call is on", async () => {
    const { road, connector } = await ringing();
    const says = () => dock().querySelector("span")?.textContent;
    await until(() => says()?.startsWith("Incoming"));

    connector.speak(LOG);
    await until(() => road.actions.includes(LOG));

    await until(() => says() === `phone \u00b7 ${new URL(CONNECTOR).host}`);
  });

  test("nothing is asked when nothing is at stake", async () => {
    const { road } = await connected();
    panels.actions[0]?.place("dock");

    button("Close the phone").click();
    await until(() => road.notes("lost").length === 1);

    expect(iframe()).toBeNull();
  });
});
