/** How numbers, times and foreign texts are written. */

// Control characters, and marks that turn the direction of text around.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with every character that would act instead of being seen written out. */
export function clean(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A text in one line, cut at a number of characters. */
export function oneLine(text: string, room: number): string {
  const line = text
    .slice(0, room * 2)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}

export const grouped = (n: number): string => n.toLocaleString("en-US");

export const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Microseconds in the unit that suits them; a dash where they are not known. */
export function duration(us: number | null | undefined): string {
  if (us === null || us === undefined) return "–";
  const size = Math.abs(us);
  if (size < 1e3) return `${Math.round(us)} µs`;
  if (size < 1e6) return `${(us / 1e3).toFixed(1)} ms`;
  if (size < 6e7) return `${(us / 1e6).toFixed(size < 1e7 ? 3 : 2)} s`;
  return `${Math.trunc(us / 6e7)} min ${(Math.abs(us % 6e7) / 1e6).toFixed(1)} s`;
}

export const seconds = (us: number): string => (us / 1e6).toFixed(3);

export function bytes(n: number): string {
  if (n < 1e4) return `${grouped(n)} B`;
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

/** A change as it is read: `+12 %`, `−3 %`; "same" below half a percent. */
export function percent(before: number, after: number): string {
  if (!before) return after ? "new" : "same";
  const change = ((after - before) / before) * 100;
  if (Math.abs(change) < 0.5) return "same";
  return `${change > 0 ? "+" : "−"}${Math.abs(change) >= 1000 ? grouped(Math.round(Math.abs(change))) : Math.abs(change).toFixed(0)}\u00a0%`;
}

/** How many of some rising values are at most x. */
export function upTo(values: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Round steps for an axis, at most `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  const rough = (to - from) / Math.max(most, 1);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough)!;
  const found: number[] = [];
  for (let n = Math.ceil(from / step - 1e-9) || 0; n * step <= to * (1 + 1e-9); n++) found.push(n * step);
  return found;
}

/** A time on an axis whose ticks lie `step` apart. */
export function axisLabel(us: number, step: number): string {
  if (step < 1e3) return `${+(us / 1e3).toFixed(3)} ms`;
  if (step < 1e5 && us < 1e6) return `${+(us / 1e3).toFixed(1)} ms`;
  return `${+(us / 1e6).toFixed(3)} s`;
}
