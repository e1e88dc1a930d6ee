import { afterEach, describe, expect, test } from "vitest";
import { type Theme, watchTheme } from "../../src/page/theme";
import { until } from "./waiting";

const LIGHT = "data-jp-theme-light";
let stop = () => {};

afterEach(() => {
  stop();
  document.body.removeAttribute(LIGHT);
});

function watched(): Theme[] {
  const told: Theme[] = [];
  stop = watchTheme(document, (theme) => told.push(theme));
  return told;
}

describe("the theme of the page around", () => {
  test("is the system's where nobody says otherwise", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;

    expect(watched()).toEqual([dark ? "dark" : "light"]);
  });

  test.each([
    ["false", "dark"],
    ["true", "light"],
  ])("is JupyterLab's where it says so: light %s", (light, theme) => {
    document.body.setAttribute(LIGHT, light);

    expect(watched()).toEqual([theme]);
  });

  test("is told again when it changes, until it is stopped", async () => {
    document.body.setAttribute(LIGHT, "true");
    const told = watched();

    document.body.setAttribute(LIGHT, "false");
    await until(() => told.length === 2);
    stop();
    document.body.setAttribute(LIGHT, "true");
    await new Promise(requestAnimationFrame);

    expect(told).toEqual(["light", "dark"]);
  });
});
