/** The timeline as a picture: how the text grew, its rate, waits, chunks, events, marks, an axis. */

import type { Colours, Shape } from "./picture";
import { textWidth, tint } from "./picture";
import type { Recording } from "./recording";
import { axisLabel, duration, ticks, upTo } from "./text";

export const EDGE = 10;
const AXIS = 17;
const PLAIN_TICKS = 90;

/** What part of a recording is in sight, in the unit of its positions. */
export interface Window {
  from: number;
  to: number;
}

export interface View extends Window {
  width: number;
  height: number;
}

export const toX = (view: View, at: number): number =>
  EDGE + ((at - view.from) / (view.to - view.from)) * (view.width - 2 * EDGE);

export const toPosition = (view: View, x: number): number =>
  view.from + ((x - EDGE) / (view.width - 2 * EDGE)) * (view.to - view.from);

/** The window, larger or smaller around a position; never beyond the recording. */
export function zoomed(window: Window, factor: number, around: number, end: number): Window {
  const size = Math.min(Math.max((window.to - window.from) * factor, end / 20_000, 4), end);
  const share = (around - window.from) / (window.to - window.from);
  return within({ from: around - share * size, to: around + (1 - share) * size }, end);
}

/** The window, moved to lie within the recording. */
export function within(window: Window, end: number): Window {
  const size = Math.min(window.to - window.from, end);
  const from = Math.min(Math.max(window.from, 0), end - size);
  return { from, to: from + size };
}

/** The figures of a stretch: what came, how fast, and the longest wait. */
export interface Figures {
  events: number;
  from: number;
  to: number;
  chars: number;
  charsPerSecond: number | null;
  tokensPerSecond: number | null;
  longest: number | null;
}

export function figures(one: Recording, range: Window): Figures {
  const first = upTo(one.at, range.from - 1e-6);
  const after = upTo(one.at, range.to);
  const grown = one.growth;
  const chars = after > first ? grown[after - 1]! - (first ? grown[first - 1]! : 0) : 0;
  let longest: number | null = null;
  for (let i = Math.max(first, 1); i < after && one.timed; i++) {
    longest = Math.max(longest ?? 0, one.at[i]! - one.at[i - 1]!);
  }
  const spent = one.timed ? (range.to - range.from) / 1e6 : 0;
  const all = one.n ? grown[one.n - 1]! : 0;
  const tokens = one.data.tokens && all ? (chars / all) * one.data.tokens : null;
  return {
    events: after - first,
    from: first,
    to: after,
    chars,
    charsPerSecond: spent ? chars / spent : null,
    tokensPerSecond: spent && tokens !== null ? tokens / spent : null,
    longest,
  };
}

/** Characters a second, smoothed over about a fortieth of the window; one value a column. */
export function rates(one: Recording, view: View): Float64Array {
  const columns = Math.max(Math.floor(view.width - 2 * EDGE), 1);
  const found = new Float64Array(columns);
  const grown = one.growth;
  const half = Math.max((view.to - view.from) / 80, 1);
  let low = 0;
  let high = 0;
  for (let column = 0; column < columns; column++) {
    const at = view.from + ((column + 0.5) / columns) * (view.to - view.from);
    while (low < one.n && one.at[low]! <= at - half) low++;
    while (high < one.n && one.at[high]! <= at + half) high++;
    const chars = high > 0 ? grown[high - 1]! - (low > 0 ? grown[low - 1]! : 0) : 0;
    found[column] = chars / ((2 * half) / 1e6);
  }
  return found;
}

/** The tallest bar of each column of pixels. */
function peaks(times: Float64Array, sizes: number[], view: View): Map<number, number> {
  const tops = new Map<number, number>();
  const first = Math.max(upTo(times, view.from) - 1, 0);
  for (let i = first; i < times.length && times[i]! <= view.to; i++) {
    const x = Math.round(toX(view, times[i]!));
    tops.set(x, Math.max(tops.get(x) ?? 0, sizes[i]!));
  }
  return tops;
}

export function drawTimeline(one: Recording, view: View, c: Colours, off: ReadonlySet<string>): Shape[] {
  const axis = view.height - AXIS;
  const lane = Math.round(axis * 0.3);
  const low = axis - lane - 4;
  const shapes: Shape[] = [];
  if (one.timed && !off.has("waits")) shapes.push(...drawWaits(one, view, c, axis));
  if (!off.has("growth")) shapes.push(...drawGrowth(one, view, c, low));
  if (one.timed && !off.has("rate")) shapes.push(...drawRate(one, view, c, low));
  const half = Math.floor(lane / 2) - 2;
  if (one.chunksAt && one.timed && !off.has("chunk"))
    shapes.push(...drawChunks(one, view, c, low + 4 + half, half));
  shapes.push(...drawEvents(one, view, c, axis, half, off));
  shapes.push(...drawMarks(one, view, c, axis, off));
  shapes.push(...drawAxis(view, c, axis, one.timed));
  return shapes;
}

function drawWaits(one: Recording, view: View, c: Colours, axis: number): Shape[] {
  const shapes: Shape[] = [];
  const usual = Math.max(5 * (one.data.timing.median_gap_us ?? 0), one.end / 40);
  let labelled = Number.NEGATIVE_INFINITY;
  const first = Math.max(upTo(one.at, view.from) - 1, -1);
  for (let i = first + 1; i <= one.n; i++) {
    const from = i ? one.at[i - 1]! : 0;
    const to = i < one.n ? one.at[i]! : one.end;
    if (from > view.to) break;
    if (to - from <= usual) continue;
    const x = Math.max(toX(view, from), 0);
    const right = Math.min(toX(view, to), view.width);
    shapes.push({ is: "rect", x, y: 0, w: right - x, h: axis, fill: c.wait });
    const label = duration(to - from);
    if (right - x > textWidth(label) + 8 && x > labelled) {
      shapes.push({
        is: "text",
        x: (x + right) / 2,
        y: axis * 0.42,
        text: label,
        fill: c.dim,
        anchor: "middle",
      });
      labelled = x + textWidth(label);
    }
  }
  return shapes;
}

function drawGrowth(one: Recording, view: View, c: Colours, low: number): Shape[] {
  const grown = one.growth;
  const top = one.n ? grown[one.n - 1]! : 0;
  if (!top) return [];
  const points: number[] = [];
  const height = (size: number) => low - (size / top) * (low - 14);
  const first = Math.max(upTo(one.at, view.from) - 1, 0);
  let y = first > 0 ? height(grown[first - 1]!) : low;
  let column = Number.NEGATIVE_INFINITY;
  for (let i = first; i < one.n && one.at[i]! <= view.to; i++) {
    const x = Math.max(toX(view, one.at[i]!), 0);
    const next = height(grown[i]!);
    // A step, but for the many events that fall on one pixel.
    if (x - column >= 0.5) {
      points.push(x, y, x, next);
      column = x;
    } else {
      points[points.length - 1] = next;
    }
    y = next;
  }
  if (points.length < 2) return [];
  points.push(Math.min(toX(view, Math.min(one.n ? one.at[one.n - 1]! : 0, view.to)), view.width), y);
  return [{ is: "path", points, stroke: c.text, width: 1.75, fill: c.text, base: low }];
}

function drawRate(one: Recording, view: View, c: Colours, low: number): Shape[] {
  const found = rates(one, view);
  const top = found.reduce((most, rate) => Math.max(most, rate), 0);
  if (!top) return [];
  const points: number[] = [];
  found.forEach((rate, column) => {
    points.push(EDGE + column, low - (rate / top) * (low - 14) * 0.55);
  });
  const all = one.growth[one.n - 1]!;
  const tokens = one.data.tokens ? (top / all) * one.data.tokens : null;
  const most =
    tokens === null
      ? `${Math.round(top)} characters/s`
      : `${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)} tokens/s`;
  return [
    { is: "path", points, stroke: c.reasoning, width: 1.25 },
    {
      is: "text",
      x: view.width - 16,
      y: low - (low - 14) * 0.55 - 4,
      text: `peak ${most}`,
      fill: c.reasoning,
      anchor: "end",
    },
  ];
}

function drawChunks(one: Recording, view: View, c: Colours, base: number, half: number): Shape[] {
  const tops = peaks(one.chunksAt!, one.data.chunks.sizes, view);
  const most = Math.max(...tops.values(), 1);
  return [...tops].map(([x, size]) => {
    const tall = Math.max(2, Math.sqrt(size / most) * half);
    return { is: "rect", x: x - 0.75, y: base - tall, w: 1.5, h: tall, fill: c.accent, alpha: 0.6 };
  });
}

function drawEvents(
  one: Recording,
  view: View,
  c: Colours,
  axis: number,
  half: number,
  off: ReadonlySet<string>,
): Shape[] {
  const shapes: Shape[] = [];
  const drawn = new Map<number, string>();
  for (let i = Math.max(upTo(one.at, view.from) - 1, 0); i < one.n && one.at[i]! <= view.to; i++) {
    const kind = one.look(i);
    const x = Math.round(toX(view, one.at[i]!));
    if (off.has(kind || "other") || drawn.get(x) === kind) continue;
    drawn.set(x, kind);
    shapes.push({ is: "rect", x: x - 0.75, y: axis - half, w: 1.5, h: half, fill: tint(c, kind) });
  }
  return shapes;
}

function drawMarks(one: Recording, view: View, c: Colours, axis: number, off: ReadonlySet<string>): Shape[] {
  const shapes: Shape[] = [];
  if (!off.has("findings")) {
    for (const [index, found] of one.found) {
      if (index >= one.n) continue;
      const x = toX(view, one.at[index]!);
      if (x < 0 || x > view.width) continue;
      const worst = found[0]!.severity;
      shapes.push({
        is: "mark",
        x,
        y: axis - 2,
        fill: c[worst === "error" ? "error" : worst === "info" ? "dim" : "warning"],
      });
    }
  }
  const first = one.data.timing.first_content_us;
  if (one.timed && first !== null)
    shapes.push(...flag(view, first, `first content ${duration(first)}`, c.dim, axis, 10));
  const { kind, at } = one.data.ending;
  if (kind !== "complete" && (at !== null || !one.timed)) {
    shapes.push(...flag(view, one.timed ? at! : one.end, one.data.outcome.word, c.error, axis, 10, c.card));
  }
  return shapes;
}

function flag(
  view: View,
  at: number,
  label: string,
  fill: string,
  axis: number,
  y: number,
  ground?: string,
): Shape[] {
  const x = toX(view, at);
  if (x < 0 || x > view.width) return [];
  const wide = textWidth(label);
  const left = x + 6 + wide > view.width;
  return [
    { is: "path", points: [x, 0, x, axis], stroke: fill, width: 1, dash: [3, 3] },
    ...(ground
      ? [{ is: "rect" as const, x: left ? x - wide - 6 : x + 2, y: 0, w: wide + 4, h: 13, fill: ground }]
      : []),
    { is: "text", x: left ? x - 4 : x + 4, y, text: label, fill, anchor: left ? "end" : "start" },
  ];
}

export function drawAxis(view: View, c: Colours, axis: number, timed: boolean): Shape[] {
  const shapes: Shape[] = [{ is: "rect", x: EDGE, y: axis, w: view.width - 2 * EDGE, h: 1, fill: c.line }];
  const marks = ticks(view.from, view.to, view.width / PLAIN_TICKS);
  const step = marks.length > 1 ? marks[1]! - marks[0]! : view.to - view.from;
  for (const at of marks) {
    const label = timed ? axisLabel(at, step) : String(at);
    const x = toX(view, at);
    const wide = textWidth(label) / 2;
    shapes.push({
      is: "text",
      x: Math.min(Math.max(x, wide + 2), view.width - wide - 2),
      y: axis + 13,
      text: label,
      fill: c.dim,
      anchor: "middle",
    });
    shapes.push({ is: "rect", x: x - 0.5, y: axis, w: 1, h: 4, fill: c.line });
  }
  return shapes;
}
