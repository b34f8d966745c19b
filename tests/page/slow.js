// A page on a machine that is far too slow: what is not done at once is done SLOW_MS later. Timers keep
// their order, and so do frames.
(() => {
  const { requestAnimationFrame: frame, setTimeout: timer, clearTimeout: stop } = window;
  const timers = new Map();
  let number = 0;
  const later = (then) => {
    const id = ++number;
    timers.set(id, timer(() => timers.delete(id) && then(), SLOW_MS));
    return id;
  };
  window.setTimeout = (then, ms, ...rest) => timer(then, (ms ?? 0) + SLOW_MS, ...rest);
  window.requestAnimationFrame = (then) => later(() => frame(then));
  window.cancelAnimationFrame = (id) => {
    stop(timers.get(id));
    timers.delete(id);
  };
  for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
    const Observer = window[name];
    window[name] = class extends Observer {
      constructor(then, options) {
        super((entries, observer) => timer(() => then(entries, observer), SLOW_MS), options);
      }
    };
  }
  const late = new WeakMap();
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const LATE = new Set(["scroll", "resize", "hashchange", "popstate"]);
  EventTarget.prototype.addEventListener = function (type, then, options) {
    if (!LATE.has(type) || typeof then !== "function") return add.call(this, type, then, options);
    if (!late.has(then))
      late.set(then, function (event) {
        timer(() => then.call(this, event), SLOW_MS);
      });
    return add.call(this, type, late.get(then), options);
  };
  EventTarget.prototype.removeEventListener = function (type, then, options) {
    return remove.call(this, type, (LATE.has(type) && late.get(then)) || then, options);
  };
})();
