// Runs in every document before its own scripts. It changes nothing until `hold()`: from then on
// this window's listeners hear of messages only at `release()`, as when the page was busy. Meanwhile
// the frame goes to another origin, so that an answer shows for whom it was meant.
(() => {
  const NAME = Symbol.for("crmwidget.conformance");
  if (NAME in window) return; // the page was checked before
  const held = [];
  let holding = false;
  const wrappers = new WeakMap();

  function wrap(listener) {
    if (listener === null || !["function", "object"].includes(typeof listener)) return listener;
    if (!wrappers.has(listener)) {
      const call = (self, event) =>
        typeof listener === "function" ? listener.call(self, event) : listener.handleEvent(event);
      wrappers.set(listener, function (event) {
        if (!holding) return call(this, event);
        held.push(() => call(this, event));
      });
    }
    return wrappers.get(listener);
  }

  for (const name of ["addEventListener", "removeEventListener"]) {
    const native = EventTarget.prototype[name];
    EventTarget.prototype[name] = function (type, listener, options) {
      const ours = type === "message" && (this ?? window) === window;
      return native.call(this ?? window, type, ours ? wrap(listener) : listener, options);
    };
  }
  const native = Object.getOwnPropertyDescriptor(window, "onmessage");
  let current = null;
  Object.defineProperty(window, "onmessage", {
    ...native,
    get: () => current,
    set(listener) {
      current = typeof listener === "function" ? listener : null;
      native.set.call(window, wrap(current));
    },
  });

  const opened = [];
  const open = window.open;
  window.open = function (...given) {
    opened.push(String(given[0]));
    return open.apply(window, given);
  };

  Object.defineProperty(window, NAME, {
    value: {
      opened,
      hold() {
        holding = true;
      },
      waiting: () => held.length,
      /** Each in a task of its own: what one throws is the page's uncaught error, as it would be. */
      release() {
        holding = false;
        const count = held.length;
        for (const one of held.splice(0)) setTimeout(one);
        return count;
      },
    },
  });
})();
