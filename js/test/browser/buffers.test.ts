import { expect, test } from "vitest";
import { Buffers } from "../../src/page/buffers";

const bytes = (text: string) => new TextEncoder().encode(text);

function filled(n: number): Buffers {
  const parts = new Buffers();
  for (let i = 0; i < n; i++) parts.add([`h${i}`], [bytes(`{"n":${i}}`)]);
  return parts;
}

test("a part is read as text or as JSON, by its hash", () => {
  const parts = new Buffers();
  parts.add(["page", "answer"], [bytes("<p>Ünï</p>"), new DataView(bytes("[1]").buffer)]);

  expect(parts.text("page")).toBe("<p>Ünï</p>");
  expect(parts.value("answer")).toEqual({ value: [1] });
});

test("JSON is read once, however often it is asked for", () => {
  const parts = filled(1);

  expect(parts.value("h0")?.value).toBe(parts.value("h0")?.value);
});

test("the last eight are kept", () => {
  expect(filled(10).names).toEqual(["h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9"]);
});

test("what is used is not the first to go", () => {
  const parts = filled(8);
  parts.value("h0");
  parts.text("h1");
  parts.value("h0");

  parts.add(["new", "newer"], [bytes("1"), bytes("2")]);

  expect(parts.names).toEqual(["h4", "h5", "h6", "h7", "h1", "h0", "new", "newer"]);
});

test("a name without a buffer, one that is not here and no JSON are all nothing", () => {
  const parts = new Buffers();
  parts.add(["named", "broken"], []);
  parts.add(["broken"], [bytes("{")]);

  expect([parts.text("named"), parts.value("named"), parts.value("broken")]).toEqual([
    null,
    null,
    null,
  ]);
});
