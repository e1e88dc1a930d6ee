import { afterEach, expect, test } from "vitest";
import widget from "../../src/widget";
import { Puppet } from "./puppet";
import { Road, settings } from "./road";
import { until } from "./waiting";

class Model {
  readonly road: Road;
  readonly heard = new Set<(content: unknown, buffers: readonly DataView[]) => void>();

  constructor(
    readonly key: string,
    born: number,
  ) {
    this.road = new Road(born);
    this.road.kernel.settings = settings();
    this.road.listen((content) => {
      for (const heard of this.heard) heard(content, []);
    });
  }

  get(name: string): unknown {
    return { _key: this.key, _id: "m1", _born: this.road.born }[name];
  }

  send(content: object): void {
    this.road.send(content);
  }

  on(name: string, heard: (content: unknown, buffers: readonly DataView[]) => void): void {
    if (name === "msg:custom") this.heard.add(heard);
  }

  off(_: string, heard: (content: unknown, buffers: readonly DataView[]) => void): void {
    this.heard.delete(heard);
  }
}

const removed: (() => void)[] = [];
let keys = 0;

afterEach(() => {
  for (const remove of removed.splice(0)) remove();
});

function render(model: Model) {
  const el = document.body.appendChild(document.createElement("div"));
  const controller = new AbortController();
  const cleanup = widget.render({ model, el, signal: controller.signal });
  removed.push(() => {
    controller.abort();
    el.remove();
  });
  return { el, cleanup, abort: () => controller.abort() };
}

const frame = (el: Element) => until(() => el.querySelector("iframe"));

test("a model and a view make a phone that answers", async () => {
  const model = new Model(`w${keys++}`, 1);
  widget.initialize({ model });
  const { el } = render(model);
  const connector = await Puppet.of(await frame(el));

  connector.speak("ready");
  connector.speak("requestCrmData");
  await until(() => model.road.actions.length === 2);

  expect(connector.actions).toEqual(["ready", "crmData"]);
  await until(() => el.querySelector('[data-crmwidget-phase="configured"]'));
});

test("models of one key share one phone, others do not", async () => {
  const key = `w${keys++}`;
  const models = [new Model(key, 1), new Model(key, 2), new Model(`w${keys++}`, 1)];
  for (const model of models) widget.initialize({ model });
  const views = models.map(render);

  for (const n of [1, 2]) await frame(views[n]?.el as Element);

  expect(views.map(({ el }) => el.querySelectorAll("iframe").length)).toEqual([0, 1, 1]);
});

test("a model that ends hears nothing more", async () => {
  const model = new Model(`w${keys++}`, 1);
  const end = widget.initialize({ model });
  await until(() => model.road.kernel.hellos.length === 1);

  end?.();

  expect(model.heard.size).toBe(0);
});

test("a view ends with its signal or its cleanup, whichever comes first", () => {
  const model = new Model(`w${keys++}`, 1);
  const { el, cleanup, abort } = render(model);
  const before = el.childElementCount;

  abort();
  cleanup();

  expect([before, el.childElementCount]).toEqual([1, 0]);
});

test("a page of another version of the wire asks to be reloaded", () => {
  const symbol = Symbol.for("crmwidget");
  const registry = Reflect.get(globalThis, symbol);
  Reflect.set(globalThis, symbol, { v: 99, build: "x", softphones: new Map() });
  const model = new Model("w", 1);

  const attached = widget.initialize({ model });
  const { el } = render(model);
  Reflect.set(globalThis, symbol, registry);

  expect(attached).toBeUndefined();
  expect(el.textContent).toContain("reload this page");
});
