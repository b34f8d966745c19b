/** Several turns on one clock: who waited for whom, what ran at once, where the tools' time went. */

import { type Colours, type Shape, textWidth, tint } from "./picture";
import type { Recording } from "./recording";
import { duration, grouped, oneLine } from "./text";
import { drawAxis, toX, type View } from "./timeline";

export interface Turn {
  one: Recording;
  /** Its place in the page's list. */
  index: number;
  /** In microseconds since the run began. */
  from: number;
  to: number;
}

/** The time in which the program was at its tools: from the end of a turn to the request with the results. */
export interface ToolTime {
  turn: number;
  next: number;
  from: number;
  to: number;
  names: string[];
  result: string;
}

export interface Totals {
  wall: number;
  model: number;
  tools: number;
  tokens: number;
  peak: number;
}

export interface Run {
  turns: Turn[];
  tools: ToolTime[];
  totals: Totals;
  /** How many ran at once, as steps: from when on, how many. */
  running: [at: number, n: number][];
  /** False where recordings do not know when they began: they are drawn one after the other. */
  hasClock: boolean;
}

export const ROW = 28;
const HEAD = 26;
const AXIS = 20;

/** The run that some recordings of one file make. */
export function readRun(recordings: [one: Recording, index: number][]): Run {
  const hasClock = recordings.every(([one]) => one.startedUs !== null);
  let done = 0;
  const turns = recordings.map(([one, index]) => {
    const length = Math.max(one.timed || !one.n ? one.end : 1, 1);
    const from = hasClock ? one.startedUs! : done;
    done += length;
    return { one, index, from, to: from + length };
  });
  const start = turns.reduce((least, turn) => Math.min(least, turn.from), Number.POSITIVE_INFINITY);
  for (const turn of turns) {
    turn.from -= start;
    turn.to -= start;
  }
  turns.sort((a, b) => a.from - b.from || a.index - b.index);
  const tools = hasClock ? toolTimes(turns) : [];
  const running = countRunning(turns);
  return { turns, tools, running, hasClock, totals: totalsOf(turns, tools, running) };
}

function toolTimes(turns: Turn[]): ToolTime[] {
  const found: ToolTime[] = [];
  turns.forEach((turn, at) => {
    const calls = new Map(
      turn.one.parts
        .filter((part) => part.data.id && part.data.name !== undefined)
        .map((part) => [part.data.id!, part.data.name!]),
    );
    if (!calls.size) return;
    for (let next = at + 1; next < turns.length; next++) {
      const talk = turns[next]!.one.conversation;
      const results = (talk?.messages ?? [])
        .flatMap((message) => message.pieces)
        .filter((piece) => piece.kind === "result");
      const mine = results.filter((piece) => calls.has(piece.id));
      if (!mine.length || turns[next]!.from < turn.to) continue;
      const names = [...new Set(mine.map((piece) => calls.get(piece.id) ?? piece.name))];
      found.push({
        turn: at,
        next,
        from: turn.to,
        to: turns[next]!.from,
        names,
        result: oneLine(mine.map((piece) => piece.text).join(" · "), 200),
      });
      return;
    }
  });
  return found;
}

function countRunning(turns: Turn[]): [number, number][] {
  const steps = turns
    .flatMap((turn) => [[turn.from, 1] as const, [turn.to, -1] as const])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let n = 0;
  return steps.map(([at, by]) => {
    n += by;
    return [at, n];
  });
}

/** How long at least one of some stretches lasts. */
export function covered(stretches: { from: number; to: number }[]): number {
  let sum = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    sum += Math.max(to - Math.max(from, reached), 0);
    reached = Math.max(reached, to);
  }
  return sum;
}

function totalsOf(turns: Turn[], tools: ToolTime[], running: [number, number][]): Totals {
  return {
    wall: turns.reduce((most, turn) => Math.max(most, turn.to), 0),
    model: covered(turns),
    tools: covered(tools),
    tokens: turns.reduce((sum, turn) => sum + (turn.one.data.tokens ?? 0), 0),
    peak: running.reduce((most, [, n]) => Math.max(most, n), 0),
  };
}

export const runHeight = (run: Run): number => HEAD + run.turns.length * ROW + AXIS;

/** The row of a turn at a height; -1 above and below them. */
export function rowAt(run: Run, y: number): number {
  const row = Math.floor((y - HEAD) / ROW);
  return row >= 0 && row < run.turns.length ? row : -1;
}

/** The waterfall; `labels` is the room for the turns' names left of it, in pixels. */
export function drawRun(run: Run, view: View, c: Colours, current: number, labels = 0): Shape[] {
  const bottom = HEAD + run.turns.length * ROW;
  const shapes: Shape[] = [...drawConcurrency(run, view, c)];
  const moved: Shape[] = [];
  const row = run.turns.findIndex((turn) => turn.index === current);
  if (row >= 0) {
    const y = HEAD + row * ROW;
    shapes.push({ is: "rect", x: 0, y, w: view.width, h: ROW, fill: c["accent-soft"] });
  }
  for (const tool of run.tools) {
    const { side, wide } = labelOf(run.turns[tool.next]!, view);
    shapes.push(...drawTool(tool, view, c, side === "left" ? wide + 8 : 0));
  }
  run.turns.forEach((turn, row) => {
    const y = HEAD + row * ROW;
    shapes.push(...drawTurn(turn, view, c, y + 6));
    if (labels)
      moved.push({
        is: "text",
        x: 8,
        y: y + 18,
        text: oneLine(turn.one.title, Math.floor((labels - 16) / 6)),
        fill: c.ink,
      });
  });
  shapes.push(...drawAxis(view, c, bottom + 2, true));
  return labels ? [...moved, ...shapes.map((shape) => shifted(shape, labels))] : shapes;
}

function shifted(shape: Shape, by: number): Shape {
  if (shape.is === "path")
    return { ...shape, points: shape.points.map((value, i) => (i % 2 ? value : value + by)) };
  return { ...shape, x: shape.x + by };
}

function drawConcurrency(run: Run, view: View, c: Colours): Shape[] {
  const { peak } = run.totals;
  if (peak < 2) return [];
  const height = (n: number) => HEAD - 4 - (n / peak) * (HEAD - 8);
  const points: number[] = [];
  let y = height(0);
  for (const [at, n] of run.running) {
    const x = toX(view, at);
    points.push(x, y, x, height(n));
    y = height(n);
  }
  return [{ is: "path", points, stroke: c.accent, width: 1.25, fill: c.accent, base: height(0) }];
}

function drawTurn(turn: Turn, view: View, c: Colours, y: number): Shape[] {
  const h = ROW - 12;
  const shapes: Shape[] = [];
  const x0 = toX(view, turn.from);
  shapes.push({ is: "rect", x: x0, y, w: Math.max(toX(view, turn.to) - x0, 2), h, fill: c.wait, round: 3 });
  for (const phase of turn.one.phases) {
    if (phase.look === "wait" || phase.look === "tail") continue;
    const x = toX(view, turn.from + phase.from);
    const w = Math.max(toX(view, turn.from + phase.to) - x, 2);
    shapes.push({ is: "rect", x, y, w, h, fill: tint(c, phase.look) });
  }
  const { text, side, wide, mood } = labelOf(turn, view);
  if (side === "right")
    shapes.push({
      is: "text",
      x: toX(view, turn.to) + 5,
      y: y + 12,
      text,
      fill: c[mood === "bad" ? "error" : mood === "warn" ? "warning" : "dim"],
    });
  else if (side === "left")
    shapes.push(
      { is: "rect", x: x0 - wide - 7, y, w: wide + 4, h: 16, fill: c.card },
      {
        is: "text",
        x: x0 - 5,
        y: y + 12,
        text,
        fill: c[mood === "bad" ? "error" : "dim"],
        anchor: "end",
      },
    );
  return shapes;
}

/** What is written beside a turn, how wide that is, and where there is room for it. */
function labelOf(turn: Turn, view: View) {
  const { mood, word } = turn.one.data.outcome;
  const text = mood === "good" ? duration(turn.to - turn.from) : word;
  const wide = textWidth(text);
  const right = toX(view, turn.to) + 8 + wide < view.width;
  const side = right ? "right" : toX(view, turn.from) - wide - 8 > 0 ? "left" : null;
  return { text, side, wide, mood };
}

/** The tools' time: in the row of the turn that waited for them, up to its start, `taken` pixels of which are. */
function drawTool(tool: ToolTime, view: View, c: Colours, taken: number): Shape[] {
  const y = HEAD + tool.next * ROW + 6;
  const x = toX(view, tool.from);
  const right = toX(view, tool.to);
  const shapes: Shape[] = [
    {
      is: "path",
      points: [x, HEAD + tool.turn * ROW + ROW - 6, x, y + 8, right, y + 8],
      stroke: c.arguments,
      width: 1.5,
      dash: [4, 3],
    },
  ];
  const name = tool.names.join(", ");
  const labels = [`${name} ${duration(tool.to - tool.from)}`, name, duration(tool.to - tool.from)];
  const label = labels.find((text) => right - taken - x > textWidth(text) + 8);
  if (label) {
    shapes.push({
      is: "rect",
      x: x + 4,
      y: y + 1,
      w: textWidth(label) + 4,
      h: 14,
      fill: c.card,
      alpha: 0.85,
    });
    shapes.push({ is: "text", x: x + 6, y: y + 12, text: label, fill: c.arguments });
  }
  return shapes;
}

/** What stands at a place of the waterfall, in words. */
export function describeAt(run: Run, row: number, at: number): string[] {
  const turn = run.turns[row];
  if (!turn) return [];
  const tool = run.tools.find((one) => one.next === row && at >= one.from && at <= one.to);
  if (tool) return [`${tool.names.join(", ")}: ${duration(tool.to - tool.from)}`, tool.result];
  const { data } = turn.one;
  const facts = [
    `first content ${duration(data.timing.first_content_us)}`,
    `in all ${duration(turn.to - turn.from)}`,
    data.tokens ? `${grouped(data.tokens)} tokens` : "",
    turn.one.rate ? `${turn.one.rate.toFixed(1)} tokens/s` : "",
    data.outcome.word,
  ];
  return [turn.one.title, facts.filter(Boolean).join(" · ")];
}

/** The turn before, whose conversation one goes on with; null where there is none. */
export function turnBefore(turns: Recording[], index: number): Recording | null {
  const mine = turns[index]!.conversation;
  if (!mine) return null;
  for (let at = index - 1; at >= 0; at--) {
    const other = turns[at]!;
    if (other.data.file !== turns[index]!.data.file) break;
    const talk = other.conversation;
    if (!talk || talk.messages.length >= mine.messages.length) continue;
    const isStart = talk.messages.every(
      (message, n) => JSON.stringify(message) === JSON.stringify(mine.messages[n]),
    );
    if (isStart) return other;
  }
  return null;
}

/** The turn whose request carries the results of a turn's calls. */
export function turnAfter(turns: Recording[], index: number): Recording | null {
  const one = turns[index]!;
  const ids = new Set(one.parts.map((part) => part.data.id).filter(Boolean));
  if (!ids.size) return null;
  for (let at = index + 1; at < turns.length && turns[at]!.data.file === one.data.file; at++) {
    const pieces = (turns[at]!.conversation?.messages ?? []).flatMap((message) => message.pieces);
    if (pieces.some((piece) => piece.kind === "result" && ids.has(piece.id))) return turns[at]!;
  }
  return null;
}
