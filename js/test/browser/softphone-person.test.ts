import { describe, expect, test, vi } from "vitest";
import { Timeline } from "../../src/core/timeline";
import type { Show } from "../../src/core/wire";
import { CONNECTOR, ELSEWHERE } from "./puppet";
import { parts, settings, simulated } from "./road";
import { cells, connected, drawn, panels, show } from "./softphones";
import { until } from "./waiting";

describe("what a person sees and does", () => {
  function display(what: Show["what"], data: unknown, re?: number) {
    return { t: "show" as const, what, data, ...(re !== undefined && { re }) };
  }
  const record = {
    id: "k1/5",
    place: 5,
    stage: "found",
    action: "requestPerformInteractionScreenPop",
    asked: "1",
    matches: [],
    at: 0,
  };

  test("the snapshot begins with what is known", () => {
    show();

    expect(panels.view).toEqual({
      name: "phone",
      simulated: false,
      host: null,
      address: null,
      phase: "loading",
      waits: null,
      stranger: null,
      call: false,
      kernel: { state: "gone", kept: 0 },
      canDial: false,
      summary: null,
      record: null,
      waited: 0,
      contacts: null,
      failures: [],
      dialled: null,
      rejected: {},
      messages: 0,
      timeline: expect.any(Timeline),
      got: 0,
      diagnosis: null,
      ran: null,
      place: "cell",
      advice: null,
    });
  });

  test("a connector is named by its host, the simulator by being one", async () => {
    const { road } = await connected();
    await drawn(({ host }) => host !== null);
    const real = panels.view;
    road.parts = { ...parts };
    road.set(simulated());
    await drawn((view) => view.simulated);

    expect(real).toMatchObject({ host: new URL(CONNECTOR).host, simulated: false });
    expect(panels.view.host).toBeNull();
  });

  test("what the kernel shows is drawn", async () => {
    const { road } = await connected();

    road.kernel.post(display("record", record));
    road.kernel.post(display("warning", { text: "It cannot dial." }));
    road.kernel.post(display("summary", { warnings: ["No region."], failed: 0 }));
    await drawn((view) => view.record !== null && view.summary !== null);

    expect(panels.view).toMatchObject({
      record,
      summary: { warnings: ["It cannot dial.", "No region."] },
    });
  });

  test("a call takes the last record away in the very event that brings it", async () => {
    const { road, connector } = await connected();
    road.kernel.post(display("record", record));
    await drawn((view) => view.record !== null);
    road.held = true;
    const seen: unknown[] = [];
    const look = () => seen.push(panels.view.record);
    window.addEventListener("message", look);

    connector.speak("requestPerformInteractionScreenPop", { aniValues: ["+442079460018"] });
    await until(() => seen.length > 0);
    window.removeEventListener("message", look);

    expect(seen[0]).toMatchObject({ stage: "asking", asked: "+442079460018", matches: [] });
    const said = [...document.querySelectorAll(".crmwidget-announcer")].at(-1);
    expect(said?.textContent).toMatch("Incoming: +442079460018.");
  });

  test("a dialled number is shown for five seconds", async () => {
    const { road } = await connected();
    road.kernel.post(display("dialled", { number: "+12025550143", name: "Bo Larsen" }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await drawn(({ dialled }) => dialled !== null);

    vi.advanceTimersByTime(4_000);
    const during = panels.view.dialled;
    vi.advanceTimersByTime(1_100);

    expect(during).toEqual({ number: "+12025550143", name: "Bo Larsen" });
    await drawn(({ dialled }) => dialled === null);
  });

  test("one act of a nervous finger has one effect", async () => {
    const { road } = await connected();
    const act = panels.actions[0];
    const now = vi.spyOn(performance, "now");
    const start = performance.now();
    now.mockReturnValue(start);

    act?.dial("+12025550143", { id: "C-1", name: "Bo Larsen" });
    act?.dial("+12025550143", { id: "C-1", name: "Bo Larsen" });
    act?.letThemCall("+12025550144", "Bo Larsen");
    act?.letThemCall("+12025550144", "Bo Larsen");
    now.mockReturnValue(start + 1_999);
    act?.dial("+12025550145", { id: "C-1", name: "Bo Larsen" });
    now.mockReturnValue(start + 2_001);
    act?.dial("+12025550146", { id: "C-1", name: "Bo Larsen" });
    now.mockRestore();

    await until(() => road.taken("do").length >= 3);
    expect(road.taken("do").map(({ what, args }) => [what, args])).toMatchObject([
      ["dial", { number: "+12025550143" }],
      ["ring", { number: "+12025550144" }],
      ["dial", { number: "+12025550146" }],
    ]);
  });

  test("a connector that enables click-to-dial once more is ready for another call", async () => {
    const { road, connector } = await connected();
    const act = panels.actions[0];
    const bo = { id: "C-1", name: "Bo Larsen" };

    act?.dial("+12025550143", bo);
    connector.speak("requestEnableClickToDial", { isEnabled: true });
    await drawn(({ canDial }) => canDial);
    act?.dial("+12025550143", bo);

    await until(() => road.taken("do").length === 2);
  });

  test("what a person does goes to the kernel", async () => {
    const { road } = await connected();
    road.kernel.post(display("record", record));
    await drawn((view) => view.record !== null);
    const [act] = panels.actions;

    act?.dial("+12025550143", { id: "C-1", name: "Bo Larsen" });
    act?.letThemCall("+12025550143", "Bo Larsen");
    act?.search("bo", 50);
    act?.runAgain();
    act?.choose(1);
    act?.retry();
    await until(() => road.taken("do").length === 6);

    expect(road.taken("do").map(({ what, args }) => [what, args])).toEqual([
      ["dial", { number: "+12025550143", contact: { id: "C-1", name: "Bo Larsen" } }],
      ["ring", { number: "+12025550143", name: "Bo Larsen" }],
      ["search", { text: "bo", offset: 50 }],
      ["run_again", { record: "k1/5" }],
      ["choose", { index: 1, record: "k1/5" }],
      ["retry", {}],
    ]);
  });

  test("what went wrong with the last thing done is gone with the next", async () => {
    const { road } = await connected();
    road.kernel.post(display("summary", { warnings: [], failed: 0 }));
    road.kernel.post(display("warning", { text: "It cannot dial." }));
    await drawn(({ summary }) => summary?.warnings.length === 1);

    panels.actions[0]?.search("", 0);

    await drawn(({ summary }) => summary?.warnings.length === 0);
  });

  test("a kernel that does not answer is counted in seconds", async () => {
    const { road, connector } = await connected();
    road.held = true;

    connector.speak("requestOpenReports");
    await drawn(({ kernel }) => kernel.state === "waiting" && kernel.seconds === 1);
    await drawn(({ kernel }) => kernel.state === "waiting" && kernel.seconds === 2);
    road.release();

    await drawn(({ kernel }) => kernel.state === "connected");
  });

  test("refused messages are counted, and the kernel hears of them in one note", async () => {
    const { road, connector } = await connected();

    connector.say("no message", 1);
    await until(() => road.notes("rejected").length === 1);
    connector.say({ type: "other" }, 50);
    connector.say(null, 50);
    await drawn(({ rejected }) => rejected.type === 50 && rejected.shape === 51);
    const later = () => road.notes("rejected").slice(1) as { reasons: Record<string, number> }[];
    const told = (why: string) =>
      later().reduce((sum, { reasons }) => sum + (reasons[why] ?? 0), 0);
    await until(() => told("type") === 50 && told("shape") === 50);

    expect(later()[0]).toMatchObject({ origin: CONNECTOR, stranger: null });
    // One a second, and a machine that is busy may need several for it
    expect(later().length).toBeLessThan(10);
    expect(connector.heard).toEqual([]);
  });

  test("a page of another origin in the frame is named as soon as it speaks", async () => {
    const set = settings({ origins: [ELSEWHERE], limits: { silence: 0.2 } });
    const { road, connector } = await connected(set);

    connector.speak("ready");
    await drawn(({ stranger }) => stranger === CONNECTOR);
    await drawn(({ phase }) => phase === "silent");
    await until(() => road.notes("silent").length === 1);
    expect(road.notes("silent")).toMatchObject([{ silent: true, origin: null }]);
    road.set(settings());
    connector.speak("ready");
    await drawn(({ stranger, phase }) => stranger === null && phase === "ready");
  });

  test("views that come and go in a second are one view for the kernel", async () => {
    const { road } = await connected();
    const [first] = cells;

    first?.remove();
    show();
    cells[1]?.remove();
    await until(() => road.notes("shown").length === 2);

    expect(road.notes("shown").map(({ shown }) => shown)).toEqual([true, false]);
    expect(panels.disposed).toBe(2);
  });

  test("each view is told where the frame is, seen from it", async () => {
    await connected();
    show();
    await drawn(() => true);
    panels.views.length = 0;
    panels.actions[1]?.place("cell");

    await until(() => panels.views.length >= 2);

    expect(panels.views.slice(-2).map(({ place }) => place)).toEqual(["elsewhere", "cell"]);
  });

  test("a burst is drawn once in a while, not once a message", async () => {
    const { connector } = await connected();
    panels.views.length = 0;

    connector.speak("burst", null, 2_000);
    let frames = 0;
    const count = () => {
      frames += 1;
      frame = requestAnimationFrame(count);
    };
    let frame = requestAnimationFrame(count);
    await drawn(({ messages }) => messages === 2_000);
    cancelAnimationFrame(frame);

    // A slow machine has more frames until all is there
    expect(panels.views.length).toBeLessThanOrEqual(frames + 10);
  });
});
