import { describe, expect, test } from "vitest";
import { asking } from "../../src/core/question";

const POP = "requestPerformInteractionScreenPop";
const NAVIGATE = "requestNavigateToClickToDialResult";

describe("a message that asks for somebody's record", () => {
  test.each<[string, unknown, string]>([
    [
      "the first number that is not blank",
      { aniValues: ["", " ", "+12025550143", "1"] },
      "+12025550143",
    ],
    ["a number alone", { aniValues: "+12025550143" }, "+12025550143"],
    ["a number that is no text", { aniValues: [12025550143] }, "12025550143"],
    ["none", { aniValues: [] }, ""],
    ["what is no number", { aniValues: [null, { deep: 1 }, true] }, ""],
    ["no data", undefined, ""],
    ["data of another kind", "text", ""],
  ])("a screen pop with %s", (_, data, asked) => {
    expect(asking({ action: POP, data }, 3, 9)).toMatchObject({
      asked,
      place: 3,
      at: 9,
      stage: "asking",
      action: POP,
      matches: [],
    });
  });

  test.each<[unknown, string]>([
    [{ recordId: "C-1" }, "C-1"],
    [{ recordId: 7 }, "7"],
    ["C-2", "C-2"],
    [null, ""],
  ])("a navigation with %j", (data, asked) => {
    expect(asking({ action: NAVIGATE, data }, 1, 0)?.asked).toBe(asked);
  });

  test("in whatever case its name is written", () => {
    const question = asking({ action: POP.toUpperCase(), data: {} }, 1, 0);

    expect(question?.action).toBe(POP);
  });

  test("a text of any length is shown as far as a person reads", () => {
    const question = asking({ action: POP, data: { aniValues: ["1".repeat(9_000)] } }, 1, 0);

    expect(question?.asked).toHaveLength(200);
  });

  test.each(["ready", "requestOpenReports", "requestSaveInteractionLog", "nobody knows it"])(
    "%s asks for nobody's",
    (action) => {
      expect(asking({ action, data: {} }, 1, 0)).toBeNull();
    },
  );
});
