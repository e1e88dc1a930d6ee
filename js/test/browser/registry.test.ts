import { afterEach, expect, test } from "vitest";
import { type Handle, owned, registered } from "../../src/softphone/registry";

const page = globalThis as { [key: symbol]: unknown };

afterEach(() => {
  delete page[Symbol.for("crmwidget")];
});

function from(source: MessageEventSource | null): MessageEvent {
  return new MessageEvent("message", { source });
}

test("a message is owned by the phone of its window, whoever asks", () => {
  const { port1: ours, port2: foreign } = new MessageChannel();
  const asked: MessageEventSource[] = [];
  const phone = (own: MessageEventSource): Handle => ({
    attach: () => () => {},
    show: () => () => {},
    owns: (source) => {
      asked.push(source);
      return source === own;
    },
  });
  for (const key of ["a", "b"]) registered(key, "build", () => phone(key === "b" ? ours : window));
  const message = from(ours);

  const answers = [owned(message), owned(message), owned(message)];

  expect(answers).toEqual([true, true, true]);
  expect(asked).toEqual([ours, ours]);
  expect([owned(from(foreign)), owned(from(window)), owned(from(null))]).toEqual([
    false,
    true,
    false,
  ]);
});

test("nothing is owned where there is no phone", () => {
  expect(owned(from(window))).toBe(false);
});
