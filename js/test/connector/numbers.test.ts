/** Numbers that the simulated connector makes and picks. */

import { describe, expect, test } from "vitest";
import { callable, otherFormat, shared, stranger } from "../../src/connector/numbers";
import { CONTACTS } from "../core/client";

describe("a number in another format", () => {
  test.each([
    ["(202) 555-0143", ["+12025550143", "12025550143", "0012025550143"]],
    ["+12025550143", ["12025550143", "0012025550143", "12025550143"]],
    ["+44 20 7946 0018", ["+442079460018", "442079460018", "00442079460018"]],
  ])("of %s is one of %j in turn", (number, forms) => {
    expect(forms.map((_, turn) => otherFormat(number, turn, "1"))).toEqual(forms);
  });

  test("takes the country from the settings, and the first one when they have none", () => {
    expect(otherFormat("20 7946 0018", 0, "44")).toBe("+442079460018");
    expect(otherFormat("202 555 0143", 0, "")).toBe("+12025550143");
  });
});

describe("a number that two contacts share", () => {
  test("is found whatever way it is written, as the first one writes it", () => {
    expect(shared(CONTACTS)).toBe("+1 415 555 0132");
  });

  test("is none when there is none", () => {
    expect(shared(CONTACTS.slice(0, 3))).toBe("");
  });

  test("is not what two contacts without a number have in common", () => {
    expect(shared([{ phone: "" }, null, { phone: "-" }, ...CONTACTS])).toBe("+1 415 555 0132");
  });
});

test("a stranger's number belongs to nobody in the address book", () => {
  expect(stranger([])).toBe("+12025550100");
  expect(stranger([{ phone: "(202) 555-0100" }, { phone: "1 202 555 0101" }])).toBe("+12025550102");
});

test("who can be called is looked for from the given place on, around the end", () => {
  const directory = [{ phone: "1" }, { email: "a" }, { phone: " " }, { phone: "4" }];

  expect([0, 1, 2, 3, 4].map((start) => callable(directory, start))).toEqual([0, 3, 3, 3, 0]);
  expect(callable([{ phone: null }], 0)).toBe(-1);
  expect(callable(null, 0)).toBe(-1);
});
