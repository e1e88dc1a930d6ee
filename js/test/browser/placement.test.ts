import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Frame } from "../../src/softphone/frame";
import {
  findView,
  type HostModel,
  type HostView,
  hasLumino,
  Placement,
  type Slot,
} from "../../src/softphone/placement";
import { Puppet, SRCDOC } from "./puppet";
import { until } from "./waiting";

const moveBefore = Element.prototype.moveBefore;
let notebook: HTMLElement;
let home: Placement;
let frames: Frame[] = [];
const events = { moved: vi.fn(), lost: vi.fn(), closed: vi.fn() };

beforeEach(() => {
  notebook = document.createElement("main");
  document.body.append(notebook);
  home = new Placement("Softphone", events);
});

afterEach(() => {
  home.release();
  for (const frame of frames) frame.close();
  frames = [];
  for (const dock of document.querySelectorAll(".crmwidget-home")) dock.remove();
  notebook.remove();
  Element.prototype.moveBefore = moveBefore;
  vi.clearAllMocks();
});

/** A cell of JupyterLab with a view of the widget in it. */
class Cell {
  readonly output = document.createElement("div");
  readonly slot: Slot & { element: HTMLElement };
  readonly view: HostView & { el: Element; luminoWidget: { parent: unknown } };
  readonly seen: string[] = [];
  #found: (view: HostView | null) => void = () => {};

  constructor(lumino = true) {
    const element = document.createElement("div");
    this.output.append(element);
    notebook.append(this.output);
    this.slot = { element, lumino, view: null };
    this.view = {
      el: this.output,
      luminoWidget: { parent: {} },
      processLuminoMessage: ({ type }) => this.seen.push(`${type} ${this.holds}`),
    };
    home.enter(this.slot, new Promise((found) => (this.#found = found)));
  }

  get holds(): boolean {
    return this.slot.element.querySelector("iframe") !== null;
  }

  /** The promise of the view resolves after the widget was rendered. */
  async rendered(view: HostView | null = this.view): Promise<this> {
    this.#found(view);
    await Promise.resolve();
    await Promise.resolve();
    return this;
  }

  attach(): void {
    notebook.append(this.output);
    this.view.processLuminoMessage({ type: "after-attach" });
  }

  /** What Lumino does when a cell is moved, collapsed, cleared, closed or run again. */
  detach(): void {
    this.view.processLuminoMessage({ type: "before-detach" });
    this.output.remove();
    this.view.processLuminoMessage({ type: "after-detach" });
  }

  /** Run again: detached, then aborted. */
  end(): void {
    this.detach();
    home.exit(this.slot);
  }
}

function born(): Frame {
  const nothing = () => {};
  const frame = new Frame({
    title: "Softphone",
    content: { srcdoc: SRCDOC },
    place: home.birthplace(),
    known: () => false,
    events: {
      takes: () => true,
      message: nothing,
      controlled: nothing,
      refused: nothing,
      loaded: nothing,
      ended: nothing,
    },
  });
  frames.push(frame);
  home.hold(frame);
  return frame;
}

const dock = () => document.querySelector<HTMLElement>(".crmwidget-home");
const docked = () => dock()?.querySelector("iframe") != null;
const visible = () => dock()?.checkVisibility({ visibilityProperty: true }) ?? false;
const press = (name: string) =>
  dock()?.querySelector<HTMLButtonElement>(`button[aria-label="${name}"]`)?.click();

describe("home and slot", () => {
  test("the frame is born at home and moves into the cell once its detaching is announced", async () => {
    const cell = new Cell();

    born();
    const before = { docked: docked(), holds: cell.holds };
    await cell.rendered();

    expect(before).toEqual({ docked: true, holds: false });
    expect({ docked: docked(), holds: cell.holds }).toEqual({ docked: false, holds: true });
    expect(home.where(cell.slot)).toBe("cell");
  });

  test("it is at home before its cell leaves the document", async () => {
    const cell = await new Cell().rendered();
    born();

    cell.detach();

    expect(cell.seen).toEqual(["before-detach false", "after-detach false"]);
    expect(docked()).toBe(true);
    expect(events.lost).not.toHaveBeenCalled();
  });

  test("whatever happens to cells, it is not loaded again", async () => {
    const cell = await new Cell().rendered();
    const frame = born();
    const puppet = await Puppet.of(frame.element);
    const id = await puppet.id();

    cell.detach();
    cell.attach();
    cell.end();
    const second = await new Cell().rendered();
    const third = await new Cell().rendered();
    third.end();
    home.place(second.slot, "dock");
    home.place(second.slot, "cell");

    expect(await puppet.id()).toBe(id);
    expect(second.holds).toBe(true);
  });

  test("a frame that is appended again is loaded again: the test above would notice", async () => {
    const element = document.createElement("iframe");
    element.srcdoc = SRCDOC;
    document.body.append(element);
    const id = await (await Puppet.of(element)).id();

    notebook.append(element);

    expect(await (await Puppet.of(element)).id()).not.toBe(id);
  });

  test("the view that was attached last shows it, and gives it back", async () => {
    const first = await new Cell().rendered();
    born();
    const second = await new Cell().rendered();
    const during = [home.where(first.slot), home.where(second.slot)];

    second.end();

    expect(during).toEqual(["elsewhere", "cell"]);
    expect(first.holds).toBe(true);
  });

  test("a view that is attached again shows it again", async () => {
    const cell = await new Cell().rendered();
    born();
    cell.detach();

    cell.attach();

    expect(cell.holds).toBe(true);
  });

  test("a view without a Lumino parent does not get it: nothing would announce the detaching", async () => {
    const cell = new Cell();
    cell.view.luminoWidget.parent = null;
    born();

    await cell.rendered();

    expect(cell.holds).toBe(false);
  });

  test("a view that is gone before it was found is forgotten", async () => {
    const cell = new Cell();
    born();
    home.exit(cell.slot);

    await cell.rendered();

    expect(cell.holds).toBe(false);
    expect(cell.view.processLuminoMessage).not.toHaveProperty("name", "");
  });

  test("a frame that was taken out of the document is reported", async () => {
    const cell = await new Cell().rendered();
    born();
    cell.output.remove();

    home.exit(cell.slot);

    expect(events.lost).toHaveBeenCalledOnce();
  });
});

describe("where it cannot move", () => {
  test("without moveBefore it stays at home, through everything", async () => {
    Reflect.deleteProperty(Element.prototype, "moveBefore");
    const cell = new Cell();
    const frame = born();
    const puppet = await Puppet.of(frame.element);
    const id = await puppet.id();

    await cell.rendered();
    home.place(cell.slot, "cell");
    cell.end();
    await new Cell().rendered();

    expect(docked()).toBe(true);
    expect(await puppet.id()).toBe(id);
  });

  test("without a view that announces its detaching it stays at home", async () => {
    const cell = new Cell();
    born();

    await cell.rendered(null);

    expect(docked()).toBe(true);
    await until(visible);
    expect(home.where(cell.slot)).toBe("dock");
  });

  test("where outputs are not Lumino's it is born in the cell", () => {
    const cell = new Cell(false);

    born();

    expect(cell.holds).toBe(true);
    expect(dock()).toBeNull();
    expect(home.where(cell.slot)).toBe("cell");
  });

  test("placement cell is kept to even where it cannot move", () => {
    Reflect.deleteProperty(Element.prototype, "moveBefore");
    home.prefer("cell");
    const cell = new Cell();

    born();

    expect(cell.holds).toBe(true);
  });

  test("a page is known by its outputs before there is a view to ask", () => {
    const before = hasLumino(notebook);
    notebook.className = "jp-Notebook";

    expect([before, hasLumino(notebook)]).toEqual([false, true]);
  });
});

describe("the dock", () => {
  test("a cell that runs again does not flash it", async () => {
    const cell = await new Cell().rendered();
    born();

    cell.end();
    const between = visible();
    await new Cell().rendered();

    expect(between).toBe(false);
    await new Promise((later) => setTimeout(later, 450));
    expect(visible()).toBe(false);
  });

  test("it appears when the frame stays in it, and views hear of that", async () => {
    const cell = new Cell();
    born();
    const early = home.where(cell.slot);
    events.moved.mockClear();

    await until(visible);

    expect(early).toBe("cell");
    expect(home.where(cell.slot)).toBe("dock");
    expect(events.moved).toHaveBeenCalled();
  });

  test("placement dock keeps the frame there", async () => {
    home.prefer("dock");
    born();

    const cell = await new Cell().rendered();

    expect(cell.holds).toBe(false);
    expect(docked()).toBe(true);
  });

  test("the same placement said again does not undo what a person wanted", async () => {
    home.prefer("dock");
    const cell = await new Cell().rendered();
    born();
    home.place(cell.slot, "cell");

    home.prefer("dock");

    expect(cell.holds).toBe(true);
  });

  test("a new placement moves the frame", async () => {
    const cell = await new Cell().rendered();
    born();

    home.prefer("dock");
    const first = docked();
    home.prefer("auto");

    expect([first, cell.holds]).toEqual([true, true]);
  });

  test("a person pops it out and brings it back", async () => {
    const cell = await new Cell().rendered();
    born();

    home.place(cell.slot, "dock");
    const out = { visible: visible(), holds: cell.holds };
    press("Move the phone into its cell");

    expect(out).toEqual({ visible: true, holds: false });
    expect(cell.holds).toBe(true);
    expect(visible()).toBe(false);
  });

  test("what a person has popped out stays out when the cell runs again", async () => {
    const cell = await new Cell().rendered();
    born();
    home.place(cell.slot, "dock");

    cell.end();
    await new Cell().rendered();

    expect(docked()).toBe(true);
  });

  test("without a cell that can take it there is no way back to offer", async () => {
    const cell = await new Cell().rendered();
    born();
    home.place(cell.slot, "dock");
    const back = dock()?.querySelector('[aria-label="Move the phone into its cell"]');

    const before = back?.checkVisibility();
    cell.end();

    expect([before, back?.checkVisibility()]).toEqual([true, false]);
  });

  test("folded, it shows its header only, and the page in it lives on", async () => {
    home.prefer("dock");
    const frame = born();
    const puppet = await Puppet.of(frame.element);
    await until(visible);
    const height = dock()?.offsetHeight ?? 0;

    press("Minimise");
    const folded = dock()?.offsetHeight ?? 0;
    const id = await puppet.id();
    press("Restore");

    expect(folded).toBeLessThan(60);
    expect(dock()?.offsetHeight).toBe(height);
    expect(await puppet.id()).toBe(id);
  });

  test("asking for the phone where it cannot come unfolds the dock", async () => {
    const cell = new Cell();
    born();
    await until(visible);
    press("Minimise");

    home.place(cell.slot, "cell");

    expect(dock()?.offsetHeight).toBeGreaterThan(300);
  });

  test("closing it is said", async () => {
    home.prefer("dock");
    born();

    press("Close the phone");

    expect(events.closed).toHaveBeenCalledOnce();
  });

  test("it says whose phone it is, as text", () => {
    home.prefer("dock");
    born();

    home.label("<b>phone</b>");

    expect(dock()?.querySelector("span")?.textContent).toBe("<b>phone</b>");
  });

  test.each([
    ["side by side", 1300, 336],
    ["one upon the other where there is no room", 400, 0],
  ])("two phones lie %s", async (_, width, apart) => {
    vi.stubGlobal("innerWidth", width);
    home.prefer("dock");
    born();
    const other = new Placement("Other", events);
    other.prefer("dock");
    other.birthplace();

    await until(visible);
    const [first, second] = [...document.querySelectorAll(".crmwidget-home")].map((each) =>
      each.getBoundingClientRect(),
    );
    other.release();
    vi.unstubAllGlobals();

    expect((first?.right ?? 0) - (second?.right ?? 0)).toBe(apart);
  });
});

describe("finding the host's view", () => {
  const element = document.createElement("div");
  const view: HostView = { el: element, processLuminoMessage: () => {} };
  const model = (views: unknown, id: unknown = "m1"): HostModel => ({
    get: () => id,
    widget_manager: { get_model: async (asked: string) => (asked === "m1" ? { views } : null) },
  });

  test("it is the one around the element", async () => {
    const views = {
      a: Promise.reject(new Error("not made")),
      b: Promise.resolve({ ...view, el: document.createElement("div") }),
      c: Promise.resolve(view),
    };

    expect(await findView(model(views), element)).toBe(view);
  });

  test("a view that never comes does not keep the right one from being found", async () => {
    const views = { a: new Promise(() => {}), b: Promise.resolve(view) };

    expect(await findView(model(views), element)).toBe(view);
  });

  test.each([
    ["no widget manager", { get: () => "m1" }],
    ["an older one", { get: () => "m1", widget_manager: {} }],
    ["no id", model({}, 7)],
    ["a model that is not there", model({}, "m2")],
    ["a model without views", model(null)],
    [
      "one that fails",
      { get: () => "m1", widget_manager: { get_model: () => Promise.reject(new Error("no")) } },
    ],
  ] satisfies [string, HostModel][])("with %s there is none", async (_, host) => {
    expect(await findView(host, element)).toBeNull();
  });
});
