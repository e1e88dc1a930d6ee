import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Left, LogStorage } from "../../src/page/log-storage";
import { open, type Softphone } from "../../src/softphone/softphone";
import { Puppet } from "./puppet";
import { Panels, Road, settings } from "./road";
import { until } from "./waiting";

const log = (n: number) => ({ key: `e1/${n}`, at: 1_700_000_000_000 + n, m: `{"n":${n}}` });
const keep = (mirror: LogStorage, { key, ...item }: Left) => mirror.keep(key, item);
const entries = () => Object.keys(sessionStorage).filter((name) => name.startsWith("crmwidget/"));

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.restoreAllMocks());

function kept(...numbers: number[]): LogStorage {
  const mirror = new LogStorage("phone");
  for (const n of numbers) keep(mirror, log(n));
  return mirror;
}

test("the next page finds what was kept, as it was and in its order", () => {
  const numbers = Array.from({ length: 25 }, (_, i) => i + 1);
  kept(...numbers);

  expect(new LogStorage("phone").left).toEqual(numbers.map(log));
});

test("a log of the simulator stays one", () => {
  const mirror = kept(1);
  keep(mirror, { ...log(2), simulated: true });

  expect(new LogStorage("phone").left).toEqual([log(1), { ...log(2), simulated: true }]);
});

test("what is done is not there any more", () => {
  const mirror = kept(1, 2, 3);

  mirror.forget("e1/2");
  mirror.forget("unknown");

  expect(new LogStorage("phone").left).toEqual([log(1), log(3)]);
});

test("another phone on the page has its own", () => {
  const other = new LogStorage("other");
  keep(other, log(1));

  kept(2).turn(false);

  expect(new LogStorage("other").left).toEqual([log(1)]);
});

test("what an earlier page has left stays until it is done, before what comes now", () => {
  kept(1, 2);
  const second = new LogStorage("phone");
  for (const left of second.left) keep(second, left);
  keep(second, log(3));

  second.forget("e1/1");

  expect(new LogStorage("phone").left).toEqual([log(2), log(3)]);
});

test("turned off it holds nothing, neither old nor new", () => {
  kept(1);
  const mirror = new LogStorage("phone");

  mirror.turn(false);
  keep(mirror, log(2));

  expect(entries()).toEqual([]);
});

test.each([
  ["its quota is used up", () => vi.spyOn(Storage.prototype, "setItem")],
  ["it is forbidden", () => vi.spyOn(window, "sessionStorage", "get")],
])("a storage that throws costs nothing but the mirror: %s", (_, spy) => {
  spy().mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });

  const mirror = kept(1);
  mirror.forget("e1/1");
  mirror.turn(false);

  expect(mirror.left).toEqual([]);
});

test("what nobody of ours has written is cleared away", () => {
  kept(1);
  for (const [name, text] of [
    ["2", "no JSON"],
    ["3", "[]"],
    ["4", '{"key":1,"at":2,"m":"{}"}'],
    ["5", JSON.stringify(log(1))],
    ["x", JSON.stringify(log(6))],
  ]) {
    sessionStorage.setItem(`crmwidget/phone/${name}`, `${text}`);
  }

  expect(new LogStorage("phone").left).toEqual([log(1)]);
  expect(entries()).toEqual(["crmwidget/phone/1"]);
});

test("a reloaded page sends the logs again that were not done, and nothing else", async () => {
  const page = globalThis as { [key: symbol]: unknown };
  const registry = Symbol.for("crmwidget");
  const reload = () => {
    page[registry] = undefined;
    const panels = new Panels();
    return { phone: open("reloaded", "b1", panels.mount) as Softphone, road: new Road() };
  };
  const before = reload();
  before.road.kernel.settings = settings();
  before.phone.attach(before.road);
  const element = document.body.appendChild(document.createElement("div"));
  before.phone.show({ element, lumino: false, view: Promise.resolve(null) });
  const frame = () => element.querySelector("iframe");
  const connector = await Puppet.of(await until(frame));
  connector.speak("requestOpenReports");
  for (const n of [1, 2, 3]) connector.speak("requestSaveInteractionLog", { n });
  await until(() => before.road.actions.length === 4);
  const [, first] = before.road.taken("msg") as { seq: number }[];
  before.road.kernel.finish(first?.seq ?? 0);
  await until(() => entries().length === 2);
  const sent = before.road.taken("msg").slice(2);
  const epoch = (before.road.sent[0] as { epoch: string }).epoch;

  const after = reload();
  after.phone.attach(after.road);
  await until(() => after.road.actions.length === 2);

  expect(after.road.taken("msg")).toEqual(
    sent.map(({ seq, ...rest }, i) => ({ ...rest, seq: i + 1, key: `${epoch}/${seq}` })),
  );
  after.road.kernel.finish(1, 2);
  await until(() => entries().length === 0);
  element.remove();
  page[registry] = undefined;
});
