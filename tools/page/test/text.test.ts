import assert from "node:assert/strict";
import { test } from "node:test";
import { axisLabel, clean, duration, oneLine, percent, ticks, upTo } from "../src/text";

test("times are in the unit that suits them", () => {
  const written = [null, 0, 999, 1_000, 1_234_567, 12_345_678, 61_500_000].map(duration);
  assert.deepEqual(written, ["–", "0 µs", "999 µs", "1.0 ms", "1.235 s", "12.35 s", "1 min 1.5 s"]);
});

test("what would act is written out", () => {
  assert.equal(clean("a\u0000b\u202ec\n"), "a\u2400b\\u202ec\n");
  assert.equal(oneLine("  a\n b  ", 10), "a b");
  assert.equal(oneLine("abcdef", 4), "abc…");
});

test("a change is told in percent", () => {
  const pairs: [number, number][] = [
    [100, 112],
    [100, 97],
    [100, 100.2],
    [0, 5],
    [0, 0],
  ];
  assert.deepEqual(
    pairs.map(([a, b]) => percent(a, b)),
    ["+12\u00a0%", "−3\u00a0%", "same", "new", "same"],
  );
});

test("axes have round steps", () => {
  assert.deepEqual(ticks(0, 2_856_000, 6), [0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]);
  assert.deepEqual(ticks(7, 7, 5), [7]);
  assert.deepEqual(
    [axisLabel(500, 100), axisLabel(500_000, 500_000), axisLabel(2_500_000, 500_000)],
    ["0.5 ms", "0.5 s", "2.5 s"],
  );
});

test("upTo counts the values that are at most x", () => {
  assert.deepEqual(
    [0, 1, 2, 9].map((x) => upTo([1, 1, 5], x)),
    [0, 2, 2, 3],
  );
});
