/** Scenarios as data: what is one, and what is said of what is none. */

import { describe, expect, test } from "vitest";
import vocabulary from "../../../crmwidget/simulator/vocabulary.json";
import vectors from "../../../tests/vectors/scenarios.json";
import { read } from "../../src/connector/scenario";

describe("a scenario", () => {
  test.each(Object.keys(vocabulary.scenarios))("that is built in is one: %s", (name) => {
    expect(read(name, vocabulary)).toMatchObject({ name });
  });

  test.each(vectors.good.map((one) => [JSON.stringify(one), one]))("is %s", (_, good) => {
    expect(read(good, vocabulary).steps.length).toBeGreaterThan(0);
  });

  test.each(vectors.bad as [unknown, string][])("is not %j: %s", (bad, message) => {
    expect(() => read(bad, vocabulary)).toThrow(message);
  });

  test("nested without end is refused", () => {
    let steps: unknown = [{ do: "ring" }];
    for (let i = 0; i < 20; i++) steps = [{ repeat: 2, steps }];

    expect(() => read(steps, vocabulary)).toThrow("is nested too deep");
  });

  test("has verbs and arguments in snake case, whichever way they are written", () => {
    const { steps } = read([{ do: "hangUp" }, { end: { customFields: { a: 1 } } }], vocabulary);

    expect(steps.map(({ verb, args }) => [verb, args])).toEqual([
      ["hang_up", {}],
      ["end", { custom_fields: { a: 1 } }],
    ]);
  });
});
