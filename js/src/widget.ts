/** Widget: what anywidget loads. Wiring only: models and views attach to the softphone of their key. */

import { mount } from "./panel/panel";
import { mourn } from "./softphone/kernel-loss";
import { findView, type HostModel, hasLumino } from "./softphone/placement";
import { type Port, refuse } from "./softphone/registry";
import { open } from "./softphone/softphone";

interface Model extends HostModel {
  send(content: object): void;
  on(name: "msg:custom", heard: Heard): void;
  off(name: "msg:custom", heard: Heard): void;
}
type Heard = (content: unknown, buffers: readonly DataView[]) => void;

function softphone(model: Model) {
  return open(String(model.get("_key")), __BUILD__, mount);
}

function port(model: Model): Port {
  return {
    born: Number(model.get("_born")),
    send: (content) => model.send(content),
    listen(heard) {
      model.on("msg:custom", heard);
      return () => model.off("msg:custom", heard);
    },
    mourn: (ended) => mourn(model.widget_manager, ended),
  };
}

export default {
  initialize({ model }: { model: Model }) {
    return softphone(model)?.attach(port(model));
  },

  render({ model, el, signal }: { model: Model; el: HTMLElement; signal?: AbortSignal }) {
    const spot = { element: el, lumino: hasLumino(el), view: findView(model, el) };
    const remove = softphone(model)?.show(spot) ?? refuse(el, mount);
    // The signal comes at once, the cleanup a little later; some hosts have only that
    signal?.addEventListener("abort", remove);
    return remove;
  },
};
