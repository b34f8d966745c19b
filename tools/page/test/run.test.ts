import assert from "node:assert/strict";
import { test } from "node:test";
import { asCurl, asPython, asTest, python } from "../src/copy";
import { type Colours, svg, textWidth } from "../src/picture";
import { covered, drawRun, readRun, turnAfter, turnBefore } from "../src/run";
import { drawTimeline, figures, rates, toPosition, toX, within, zoomed } from "../src/timeline";
import { asking, body, part, recording } from "./made";

const S = 1_000_000;
const COLOURS = new Proxy({}, { get: (_, name) => String(name) }) as Colours;
const ask = { role: "user", content: "Warm?" };
const call = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: "{}" } }],
};
const done = { role: "tool", tool_call_id: "c1", content: "24" };

function agent() {
  const request = (...messages: unknown[]) => ({ headers: [], body: body({ messages }) });
  return [
    recording([S, 2 * S], {
      started_us: 100 * S,
      tokens: 5,
      request: request(ask),
      parts: [part("arguments", [["{}", 1]], { name: "weather", id: "c1" })],
    }),
    recording([S], { started_us: 101 * S, tokens: 1, request: request({ role: "user", content: "Else?" }) }),
    recording([S], { started_us: 105 * S, tokens: 7, request: request(ask, call, done) }),
  ];
}

test("a run lies on one clock: turns, what ran at once, the tools' time", () => {
  const run = readRun(agent().map((one, i) => [one, i]));
  assert.deepEqual(
    run.turns.map((turn) => [turn.from / S, turn.to / S]),
    [
      [0, 2],
      [1, 2],
      [5, 6],
    ],
  );
  const [tool] = run.tools;
  assert.deepEqual(tool, { turn: 0, next: 2, from: 2 * S, to: 5 * S, names: ["weather"], result: "24" });
  assert.deepEqual(run.totals, { wall: 6 * S, model: 3 * S, tools: 3 * S, tokens: 13, peak: 2 });
  assert.equal(
    covered([
      { from: 0, to: 5 },
      { from: 3, to: 6 },
      { from: 8, to: 9 },
    ]),
    7,
  );
});

test("turns that do not know when they began follow each other", () => {
  const run = readRun([
    [recording([S]), 0],
    [recording([S]), 1],
  ]);
  assert.deepEqual([run.hasClock, run.turns[1]!.from], [false, S]);
});

test("a turn knows the one it goes on from, and the one that has its results", () => {
  const turns = agent();
  assert.equal(turnBefore(turns, 2), turns[0]);
  assert.equal(turnBefore(turns, 1), null);
  assert.equal(turnAfter(turns, 0), turns[2]);
});

test("the waterfall is a picture that can be saved", () => {
  const turns = agent();
  turns[1]!.data.request.body = body({ messages: [{ role: "user", content: "<b>&" }] });
  const shapes = drawRun(
    readRun(turns.map((one, i) => [one, i])),
    { from: 0, to: 6 * S, width: 600, height: 200 },
    COLOURS,
    0,
    100,
  );
  const text = svg({ width: 700, height: 200, shapes }, "white");
  assert.match(text, /^<svg /);
  assert.match(text, /&lt;b&gt;&amp;/);
  assert.match(text, />weather 3\.000 s</);
  assert.doesNotMatch(text, /NaN|<b>|undefined/);
});

test("what is written into a row stands apart, however narrow the picture is", () => {
  const run = readRun(agent().map((one, i) => [one, i]));
  for (let width = 100; width < 700; width += 20) {
    const shapes = drawRun(run, { from: 0, to: 6 * S, width, height: 200 }, COLOURS, 0);
    const texts = shapes.flatMap((shape) => {
      if (shape.is !== "text") return [];
      const wide = textWidth(shape.text);
      const left = shape.anchor === "end" ? shape.x - wide : shape.x;
      return shape.anchor === "middle" ? [] : [{ y: shape.y, left, right: left + wide }];
    });
    for (const one of texts)
      for (const other of texts)
        assert.ok(one === other || one.y !== other.y || one.left >= other.right || one.right <= other.left);
  }
});

test("the timeline shows what lies in its window, and no more", () => {
  const at = Array.from({ length: 5000 }, (_, i) => (i + 1) * 1000);
  const one = recording(at, {
    chunks: { at: at.map(() => 1000), sizes: at.map(() => 10), cuts_known: true },
  });
  const drawn = (to: number, off: string[] = []) =>
    drawTimeline(one, { from: 0, to, width: 500, height: 140 }, COLOURS, new Set(off)).length;
  assert.ok(drawn(one.end) < 2_000);
  assert.ok(drawn(one.end / 100) > 50 && drawn(one.end / 100) < 400);
  assert.ok(drawn(one.end, ["chunk"]) < drawn(one.end));
});

test("places and positions are each other's inverse", () => {
  const view = { from: 100, to: 900, width: 320, height: 10 };
  for (const at of [100, 333, 900]) assert.ok(Math.abs(toPosition(view, toX(view, at)) - at) < 1e-9);
  assert.deepEqual(zoomed({ from: 0, to: 1000 }, 0.5, 500, 1000), { from: 250, to: 750 });
  assert.deepEqual(zoomed({ from: 250, to: 750 }, 4, 500, 1000), { from: 0, to: 1000 });
  assert.deepEqual(within({ from: -50, to: 50 }, 1000), { from: 0, to: 100 });
});

test("a stretch has its figures", () => {
  const one = recording([S, 2 * S, 4 * S], {
    tokens: 6,
    parts: [
      part("text", [
        ["ab", 0],
        ["cd", 1],
        ["ef", 2],
      ]),
    ],
  });
  const found = figures(one, { from: 1.5 * S, to: 4 * S });
  assert.deepEqual([found.events, found.chars, found.longest, found.tokensPerSecond], [2, 4, 2 * S, 1.6]);
  assert.ok(Math.max(...rates(one, { from: 0, to: 4 * S, width: 100, height: 1 })) > 1);
});

test("phases: waiting, then each kind of content, then the rest", () => {
  const events = {
    types: ["d"],
    channels: ["", "reasoning", "text"],
    at: [S, S, S, S],
    type: [0, 0, 0, 0],
    channel: [0, 1, 2, 0],
    data: ["", "", "", ""],
    says: [],
    notes: [],
  };
  const one = recording([S, 2 * S, 3 * S, 4 * S], { events });
  const phases = one.phases.map((phase) => [phase.look, phase.from / S, phase.to / S]);
  assert.deepEqual(phases, [
    ["wait", 0, 2],
    ["reasoning", 2, 2],
    ["text", 2, 3],
    ["tail", 3, 4],
  ]);
});

test("a request is copied as curl, with its secrets from the environment", () => {
  const headers: [string, string][] = [
    ["authorization", "Bearer ***"],
    ["content-type", "application/json"],
    ["host", "x"],
  ];
  const { data } = asking({}, { request: { headers, body: body({ input: "It's" }) } });
  const wanted = [
    "curl -N 'https://api.openai.com/v1/responses' \\",
    '  -H "authorization: Bearer $OPENAI_API_KEY" \\',
    "  -H 'content-type: application/json' \\",
    "  --data-raw '{\"input\":\"It'\\''s\"}'",
    "",
  ];
  assert.equal(asCurl(data), wanted.join("\n"));
});

test("a request is copied as Python, with the provider's library or with httpx", () => {
  const { data } = asking({ model: "m", stream: true });
  assert.match(asPython(data), /client\.responses\.create\(\n {4}model="m",\n {4}stream=True,/);
  const other = asking(
    {},
    { url: "https://x.test/sse", request: { headers: [["x-api-key", "***"]], body: body({ q: null }) } },
  );
  assert.match(
    asPython(other.data),
    /httpx\.stream\("POST", "https:\/\/x\.test\/sse", headers=headers, json=\{\n {4}"q": None,\n\}\)/,
  );
  assert.match(asTest(other), /@streamtape\.cassette\("run\.tape"\)\ndef test_run\(\)/);
  assert.equal(python([true, null, "a\u2028"]), '[\n    True,\n    None,\n    "a\\u2028",\n]');
});
