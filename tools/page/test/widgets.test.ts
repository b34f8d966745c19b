import assert from "node:assert/strict";
import { test } from "node:test";
import { say } from "../src/widgets";

test("a text that follows another one is shown for its whole time", () => {
  const shown = new Set<string>();
  const timers: (() => void)[] = [];
  const box = {
    textContent: "",
    classList: { add: (name: string) => shown.add(name), remove: (name: string) => shown.delete(name) },
  };
  Object.assign(globalThis, {
    document: { getElementById: () => box },
    window: {
      setTimeout: (then: () => void) => timers.push(then),
      clearTimeout: (id: number) => {
        if (id > 0) timers[id - 1] = () => {};
      },
    },
  });
  say("one");
  say("two");
  timers[0]!();
  assert.deepEqual([box.textContent, shown.has("on")], ["two", true]);
  timers[1]!();
  assert.equal(shown.has("on"), false);
});
