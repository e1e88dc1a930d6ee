/**
 * Panel: what a person sees around the softphone's frame.
 *
 * It draws one snapshot and calls the actions back; it knows neither frame nor kernel. The frame is
 * moved into `slot` by its owner, so nothing here ever moves or replaces the slot.
 */

import { ContactsTab } from "./contacts";
import { DiagnosisTab } from "./diagnosis";
import { block, button, focused, h, injectStyle, Part, setText } from "./dom";
import { LazyTab } from "./lazy";
import css from "./panel.css";
import { RecordTab } from "./record";
import { Status } from "./status";
import { Tabs } from "./tabs";
import { away, brief, diagnosisLabel, dialBlocked, number, PYTHON_AWAY } from "./texts";
import { Toast } from "./toast";
import type { Panel, PanelActions, View } from "./view";

/** Draws a panel. Its `element` may be put anywhere; `update` it before it is seen. */
export function mount(actions: PanelActions): Panel {
  injectStyle("crmwidget-style", css);
  const record = new RecordTab(actions);
  const contacts = new ContactsTab(actions);
  const traffic = new LazyTab(actions);
  const diagnosis = new DiagnosisTab(actions);
  const tabs = new Tabs([
    { key: "record", label: "Record", content: record.element },
    { key: "contacts", label: "Contacts", content: contacts.element, open: () => contacts.open() },
    {
      key: "traffic",
      label: "Traffic",
      content: traffic.element,
      open: () => traffic.show(true),
      close: () => traffic.show(false),
    },
    {
      key: "diagnosis",
      label: "Diagnosis",
      content: diagnosis.element,
      open: () => diagnosis.open(),
    },
  ]);
  const status = new Status(actions, () => element.classList.add("crmw-unfolded"));
  const slot = h("div", { class: "crmw-slot" });
  const toRecord = () => {
    tabs.select("record");
    tabs.element.scrollIntoView({ block: "nearest" });
  };
  const summary = button("", toRecord, "crmw-brief");
  const note = new Part(h("div", { class: "crmw-away" }), (where: ReturnType<typeof away>) => {
    if (!where) return [];
    const take = () =>
      drawn?.kernel.state === "elsewhere" ? actions.useHere() : actions.place("cell");
    return [where.text, " ", button(where.label, take)];
  });
  const element = h(
    "div",
    { class: "crmw crmw-ui" },
    status.element,
    h("div", { class: "crmw-body" }, summary, note.element, slot, tabs.element),
  );
  const release = keepKeys(element);
  const pill = new Toast(element, () => tabs.select("record"));
  let drawn: View | null = null;

  const update = (view: View): void => {
    if (view === drawn) return;
    const arrived = view.record !== null && identity(view) !== (drawn && identity(drawn));
    element.dataset.crmwidgetPhase = view.phase;
    element.dataset.crmwidgetKernel = view.kernel.state;
    status.update(view);
    record.update(view);
    contacts.update(view);
    traffic.update(view);
    diagnosis.update(view);
    const total = view.summary?.contacts;
    tabs.label("contacts", total ? `Contacts ${number(total)}` : "Contacts");
    const { messages } = view.timeline;
    tabs.label("traffic", messages ? `Traffic ${number(messages)}` : "Traffic");
    tabs.label("diagnosis", diagnosisLabel(view));

    const where = away(view);
    note.update(where);
    note.element.hidden = where === null;
    element.classList.toggle("crmw-gone", where !== null);
    summary.hidden = view.record === null || where !== null;
    setText(summary, brief(view));
    if (arrived) {
      // Whoever types keeps the tab; the mark says that something came
      if (focused(tabs.element)) tabs.mark("record");
      else tabs.select("record");
    }
    pill.update(where ? null : view.record, arrived && drawn !== null);
    block(element, ".crmw-call", dialBlocked(view));
    block(element, ".crmw-python", view.kernel.state === "gone" ? PYTHON_AWAY : null);
    drawn = view;
  };

  return {
    element,
    slot,
    update,
    dispose() {
      release();
      pill.dispose();
      contacts.dispose();
      traffic.dispose();
      diagnosis.dispose();
      element.remove();
    },
  };
}

/** Which question a record is about. */
function identity({ record }: View): string | null {
  return record && `${record.place} ${record.at}`;
}

/**
 * Keeps JupyterLab's single keys (arrows, "d d" deletes the cell and ends the call) from acting on
 * the notebook while the focus is in here. It looks at the focused element only, and before any
 * listener below the window; Ctrl and Cmd stay with it: saving must go on working.
 */
function keepKeys(element: HTMLElement): () => void {
  const keep = ({ target, ctrlKey, metaKey }: KeyboardEvent) => {
    if (target instanceof Element && element.contains(target)) {
      target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    }
  };
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}
