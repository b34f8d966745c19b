import assert from "node:assert/strict";
import { test } from "node:test";
import { readPlace, writePlace } from "../src/address";
import { compile, matching, places } from "../src/search";
import { Stage } from "../src/stage";
import { Heights } from "../src/virtual";
import { part, recording } from "./made";

function spoken(words: string[]) {
  const at = words.map((_, i) => (i + 1) * 1000);
  const zeros = words.map(() => 0);
  const events = {
    types: ["."],
    channels: ["text"],
    at: words.map(() => 1000),
    type: zeros,
    channel: zeros,
    data: words.map(() => "{}"),
    says: [],
    notes: [],
  };
  return recording(at, {
    events,
    parts: [
      part(
        "text",
        words.map((word, i) => [word, i]),
      ),
    ],
  });
}

test("a search finds what one reads, wherever its deltas were cut", () => {
  const one = spoken(["dou", "ble bub", "ble ", "bath"]);
  assert.deepEqual([...matching(one, compile("double bubble")!)].sort(), [0, 1, 2]);
  assert.deepEqual([...matching(one, compile("/b.th$/")!)], [3]);
  assert.deepEqual([...matching(one, compile("/(/")!)], []);
  assert.deepEqual(places(compile("B")!, "abcB"), [
    [1, 2],
    [3, 4],
  ]);
});

test("neighbours that add to one text are one row, and open into rows", () => {
  const stage = new Stage(spoken(["a", "b", "c", "d", "e"]));
  assert.deepEqual(stage.rows, [{ from: 0, to: 5 }]);
  stage.toggle(stage.rows[0]!);
  assert.equal(stage.rows.length, 5);
});

test("going to an event undoes what hides it", () => {
  const stage = new Stage(spoken(["a", "b", "c", "d", "e"]));
  stage.search("e");
  assert.equal(stage.nEvents, 1);
  stage.goTo(2);
  assert.deepEqual([stage.searched, stage.active, stage.open.has(2), stage.has(2)], ["", 2, true, true]);
  assert.equal(stage.player.position, 3000);
});

test("a stretch keeps the events that lie in it", () => {
  const stage = new Stage(spoken(["a", "b", "c", "d", "e"]));
  stage.select({ from: 2000, to: 3500 });
  assert.equal(stage.nEvents, 2);
  stage.select({ from: 5, to: 5 });
  assert.equal(stage.nEvents, 5);
});

test("hits are gone to in turn, both ways and around", () => {
  const stage = new Stage(spoken(["x", "a", "x", "b", "x"]));
  stage.search("x");
  const went = ([1, 1, 1, 1, -1, -1] as const).map((by) => {
    stage.goToHit(by);
    return stage.active;
  });
  assert.deepEqual(went, [0, 2, 4, 0, 4, 2]);
});

test("rows stand below each other, whatever their heights", () => {
  const heights = new Heights(100, 30);
  assert.deepEqual([heights.set(3, 130), heights.set(3, 130), heights.set(1, 50)], [true, false, true]);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((row) => heights.top(row)),
    [0, 30, 80, 110, 240, 270],
  );
  assert.equal(heights.total, 3120);
  assert.deepEqual(
    [0, 79, 80, 239, 240, 99_999].map((top) => heights.at(top)),
    [0, 1, 2, 3, 4, 100],
  );
  heights.set(3, 30);
  assert.equal(heights.total, 3020);
});

test("an address says what is shown, and is read back", () => {
  const shown = [
    { number: 3, event: 14, t: 1.25 },
    { number: 0, event: null, t: null },
    { number: 2, event: null, t: 0 },
  ];
  for (const place of shown) assert.deepEqual(readPlace(writePlace(place)), place);
  assert.equal(writePlace({ number: 1, event: 5, t: 1.2 }), "#1/5?t=1.2");
  assert.equal(readPlace("#elsewhere"), null);
});
