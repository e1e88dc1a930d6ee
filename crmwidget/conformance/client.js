// Runs in every document before its own scripts. It changes nothing until `hold()`: from then on
// this window's listeners hear of messages only at `release()`, as when the page was busy. Meanwhile
// the frame goes to another origin, so that an answer shows for whom it was meant. And until
// `disguise()`: the connector's next messages then come to the listeners as from other origins.
(() => {
  const NAME = Symbol.for("crmwidget.conformance");
  if (NAME in window) return; // the page was checked before
  const held = [];
  let holding = false;
  const wrappers = new WeakMap();
  let disguises = { left: 0, from: "", origins: [] };
  const disguised = new WeakSet();

  /** An event from the connector that is to be heard as from other origins. */
  function isDisguised(event) {
    if (disguised.has(event)) return true; // by another listener
    if (disguises.left === 0 || event.origin !== disguises.from) return false;
    disguises.left--;
    disguised.add(event);
    return true;
  }

  /** The same event, but for its origin; its own methods only work on itself. */
  const as = (event, origin) =>
    new Proxy(event, {
      get(target, key) {
        if (key === "origin") return origin;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" && key !== "constructor" ? value.bind(target) : value;
      },
    });

  function deliver(call, self, event) {
    if (!isDisguised(event)) return call(self, event);
    for (const origin of disguises.origins)
      try {
        call(self, as(event, origin));
      } catch (error) {
        reportError(error);
      }
  }

  function wrap(listener) {
    if (listener === null || !["function", "object"].includes(typeof listener)) return listener;
    if (!wrappers.has(listener)) {
      const call = (self, event) =>
        typeof listener === "function" ? listener.call(self, event) : listener.handleEvent(event);
      wrappers.set(listener, function (event) {
        if (!holding) return deliver(call, this, event);
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
      /** The next `left` messages from this origin come as from each of the others. */
      disguise([from, left, origins]) {
        disguises = { left, from, origins };
        return true;
      },
      disguises: () => disguises.left,
      /** How many are still to come that way; none will. */
      reveal() {
        const { left } = disguises;
        disguises.left = 0;
        return left;
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
