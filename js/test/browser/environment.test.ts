import { afterEach, expect, test, vi } from "vitest";
import { host, watchPolicy } from "../../src/page/environment";
import { address, CONNECTOR, ELSEWHERE } from "./puppet";
import { until } from "./waiting";

const leftovers: { remove(): void }[] = [];

afterEach(() => {
  for (const each of leftovers.splice(0)) each.remove();
});

function frameOf(origin: string): void {
  const frame = document.createElement("iframe");
  frame.src = address(origin);
  document.body.append(frame);
  leftovers.push(frame);
}

test("a page tells what it is to the frame within it", () => {
  expect(host(null)).toEqual({
    origin: location.origin,
    secure: true,
    framed: window.top !== window,
    above: [...location.ancestorOrigins],
    storage: true,
    microphone: expect.any(Boolean),
    forbidden: null,
  });
  expect(host("frame-src").forbidden).toBe("frame-src");
});

test("a policy that forbids the connector's frame is told, another origin's is not", async () => {
  const told: string[] = [];
  const stop = watchPolicy(CONNECTOR, (directive) => told.push(directive));
  const seen = vi.fn();
  document.addEventListener("securitypolicyviolation", seen);
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  // Only the origins of this test: the policy stays with the page of this file.
  policy.content = `frame-src 'self'`;
  document.head.append(policy);

  frameOf(ELSEWHERE);
  await until(() => seen.mock.calls.length === 1);
  expect(told).toEqual([]);
  frameOf(CONNECTOR);
  await until(() => seen.mock.calls.length === 2);
  expect(told).toEqual(["frame-src"]);
  stop();
  frameOf(CONNECTOR);
  await until(() => seen.mock.calls.length === 3);
  expect(told).toEqual(["frame-src"]);
});
