/**
 * Traffic: the tab of that name as a file of its own, which the kernel sends beside the settings
 * and the page runs when the tab is first opened. Wiring only.
 */

import { injectStyle } from "./panel/dom";
import { TrafficTab } from "./panel/traffic";
import css from "./panel/traffic.css";
import type { TrafficModule } from "./panel/view";

/** Of the widget that it was built with. */
export const build: TrafficModule["build"] = __BUILD__;

export const traffic: TrafficModule["traffic"] = (actions) => {
  injectStyle("crmwidget-traffic", css);
  return new TrafficTab(actions);
};
