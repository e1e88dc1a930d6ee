import { expect, test } from "vitest";
import { ROOM } from "../../src/core/outbox";
import { open, type Softphone } from "../../src/softphone/softphone";
import { Puppet } from "./puppet";
import { Panels, Road, settings } from "./road";
import { until } from "./waiting";

test("what was refused while the kernel was busy and nothing had room is said afterwards", async () => {
  const phone = open("flood", "b", new Panels().mount) as Softphone;
  const road = new Road();
  road.kernel.settings = settings();
  phone.attach(road);
  const element = document.body.appendChild(document.createElement("div"));
  phone.show({ element, lumino: false, view: Promise.resolve(null) });
  const connector = await Puppet.of(await until(() => element.querySelector("iframe")));
  await until(() => road.notes("loaded").length === 1);
  road.held = true;

  connector.speak("burst", null, ROOM.items);
  connector.say("no message");
  await until(() => phone.facts().rejected > 0);
  road.release();
  await until(() => road.actions.length > 1_000);
  for (const seq of [...road.kernel.open].slice(0, 100)) road.kernel.finish(seq);

  await until(() => road.notes("rejected").length > 0);
  expect(road.notes("rejected")[0]).toMatchObject({ reasons: { shape: 1 } });
});
