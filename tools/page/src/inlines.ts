/** What stands inside a line of Markdown, as CommonMark has it: emphasis, code, links, escapes. HTML is text. */

import { decoded } from "./entities";
import { upTo } from "./text";

export interface Branch {
  tag: string;
  kids: Tree[];
  /** The address of a link, the language of code, the first number of a list. */
  note?: string;
  /** How many branches lie in each other below this one. */
  depth?: number;
}

export type Tree = string | Branch;

/** Branches deeper than this are left out, their texts stay: no answer can exhaust the browser. */
export const MAX_DEPTH = 40;

/** A row of `*` or `_`, of which `left` are not yet used. */
interface Run {
  mark: string;
  left: number;
  opens: boolean;
  closes: boolean;
}

type Piece = Tree | Run;

interface Bracket {
  at: number;
  image: boolean;
  active: boolean;
}

const SPECIAL = /[\\`*_[\]!&\n]/g;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const REFERENCE = /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{1,31});/y;
const TITLE = /(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\))/sy;
const BLANK = /\s*/y;

const isRun = (piece: Piece): piece is Run => typeof piece !== "string" && "mark" in piece;

/** A branch, or its kids where it would be too deep. */
export function branch(tag: string, kids: Tree[], note?: string): Tree[] {
  let depth = 1;
  for (const kid of kids) if (typeof kid !== "string") depth = Math.max(depth, 1 + (kid.depth ?? 1));
  return depth > MAX_DEPTH ? kids : [note === undefined ? { tag, kids, depth } : { tag, kids, note, depth }];
}

/** The text of a paragraph, a heading or a cell. */
export function inlines(text: string): Tree[] {
  return new Inlines(text).read();
}

class Inlines {
  private at = 0;
  private pieces: Piece[] = [];
  private brackets: Bracket[] = [];
  private ticks: Map<number, number[]> | null = null;

  constructor(private readonly text: string) {}

  read(): Tree[] {
    const { text } = this;
    while (this.at < text.length) {
      SPECIAL.lastIndex = this.at;
      const next = SPECIAL.exec(text)?.index ?? text.length;
      if (next > this.at) this.pieces.push(text.slice(this.at, next));
      this.at = next;
      if (next < text.length) this.special(text[next]!);
    }
    return emphasised(this.pieces);
  }

  private special(char: string): void {
    const { text, at } = this;
    if (char === "\n") this.newline();
    else if (char === "`") this.code();
    else if (char === "*" || char === "_") this.run(char);
    else if (char === "[") this.open(1, false);
    else if (char === "!" && text[at + 1] === "[") this.open(2, true);
    else if (char === "]") this.close();
    else if (char === "\\" && text[at + 1] === "\n") this.put(1, { tag: "br", kids: [] });
    else if (char === "\\" && ESCAPABLE.test(text[at + 1] ?? "")) this.put(2, text[at + 1]!);
    else if (char === "&") {
      REFERENCE.lastIndex = at;
      const reference = REFERENCE.exec(text)?.[0] ?? "&";
      this.put(reference.length, reference.length > 1 ? decoded(reference) : reference);
    } else this.put(1, char);
  }

  private put(length: number, piece: Piece): void {
    this.at += length;
    this.pieces.push(piece);
  }

  /** A line that ends in two spaces or a backslash is broken there. */
  private newline(): void {
    const last = this.pieces.at(-1);
    const before = this.text[this.at - 1] === "\\" && typeof last === "object" ? "" : last;
    if (typeof before === "string" && before.endsWith(" ")) {
      this.pieces[this.pieces.length - 1] = before.trimEnd();
      if (before.endsWith("  ")) this.pieces.push({ tag: "br", kids: [] });
    }
    this.put(1, "\n");
    while (this.text[this.at] === " " || this.text[this.at] === "\t") this.at++;
  }

  private code(): void {
    const { text, at } = this;
    let end = at;
    while (text[end] === "`") end++;
    if (!this.ticks) {
      this.ticks = new Map();
      for (const { 0: run, index } of text.matchAll(/`+/g)) {
        const found = this.ticks.get(run.length);
        if (found) found.push(index);
        else this.ticks.set(run.length, [index]);
      }
    }
    const size = end - at;
    const rows = this.ticks.get(size) ?? [];
    const close = rows[upTo(rows, at)];
    if (close === undefined) {
      this.put(size, text.slice(at, end));
      return;
    }
    let code = text.slice(end, close).replace(/\n/g, " ");
    if (code.trim() && code.startsWith(" ") && code.endsWith(" ")) code = code.slice(1, -1);
    this.put(close + size - at, { tag: "code", kids: [code] });
  }

  private run(mark: string): void {
    const { text, at } = this;
    let end = at;
    while (text[end] === mark) end++;
    const [before, after] = [kindOf(text[at - 1]), kindOf(text[end])];
    const left = after === "word" || (after === "sign" && before !== "word");
    const right = before === "word" || (before === "sign" && after !== "word");
    const opens = mark === "*" ? left : left && (!right || before === "sign");
    const closes = mark === "*" ? right : right && (!left || after === "sign");
    this.put(end - at, { mark, left: end - at, opens, closes });
  }

  private open(length: number, image: boolean): void {
    this.brackets.push({ at: this.pieces.length, image, active: true });
    this.put(length, image ? "![" : "[");
  }

  private close(): void {
    const bracket = this.brackets.pop();
    const target = bracket?.active ? this.target() : null;
    if (!bracket || target === null) {
      this.put(1, "]");
      return;
    }
    const kids = emphasised(this.pieces.splice(bracket.at).slice(1));
    this.pieces.push(...branch("link", kids, target));
    // No link stands in another one.
    if (!bracket.image) for (const outer of this.brackets) outer.active &&= outer.image;
  }

  /** The address in brackets behind a `]`, which is then read; null where there is none. */
  private target(): string | null {
    const { text } = this;
    if (text[this.at + 1] !== "(") return null;
    const start = this.skip(BLANK, this.at + 2);
    let at = start;
    if (text[at] === "<") {
      for (at++; text[at] !== ">"; at++) {
        if (at >= text.length || text[at] === "\n" || text[at] === "<") return null;
        if (text[at] === "\\") at++;
      }
      at++;
    } else {
      for (let depth = 0; at < text.length && text[at]! > " "; at++) {
        if (text[at] === "\\" && ESCAPABLE.test(text[at + 1] ?? "")) at++;
        else if (text[at] === "(") depth++;
        else if (text[at] === ")" && !depth--) break;
        if (depth > 31) return null;
      }
    }
    const address = text.slice(start, at).replace(/^<(.*)>$/, "$1");
    let end = this.skip(BLANK, at);
    if (end > at) end = this.skip(BLANK, this.skip(TITLE, end));
    if (text[end] !== ")") return null;
    this.at = end + 1;
    return address;
  }

  private skip(what: RegExp, from: number): number {
    what.lastIndex = from;
    return what.test(this.text) ? what.lastIndex : from;
  }
}

function kindOf(char: string | undefined): "space" | "sign" | "word" {
  if (char === undefined || /\s/.test(char)) return "space";
  return PUNCTUATION.test(char) ? "sign" : "word";
}

/** Runs of `*` and `_` made branches where they belong together, and text where they do not. */
function emphasised(pieces: Piece[]): Tree[] {
  let bottoms: Record<string, number> = {};
  for (let at = 0; at < pieces.length; at++) {
    const closer = pieces[at]!;
    if (!isRun(closer) || !closer.closes || !closer.left) continue;
    const key = `${closer.mark}${closer.opens}${closer.left % 3}`;
    const bottom = bottoms[key] ?? 0;
    let from = at - 1;
    while (from >= bottom && !pair(pieces[from]!, closer)) from--;
    if (from < bottom) {
      bottoms[key] = at;
      continue;
    }
    const opener = pieces[from] as Run;
    const used = opener.left > 1 && closer.left > 1 ? 2 : 1;
    const kids = pieces.slice(from + 1, at).flatMap(texts);
    const made = branch(used > 1 ? "strong" : "em", kids);
    pieces.splice(from + 1, at - from - 1, ...made);
    opener.left -= used;
    closer.left -= used;
    // The closer is looked at again: it may close more.
    at = from + made.length;
    bottoms = Object.fromEntries(Object.entries(bottoms).map(([k, n]) => [k, Math.min(n, from)]));
  }
  return pieces.flatMap(texts);
}

function pair(opener: Piece, closer: Run): boolean {
  if (!isRun(opener) || opener.mark !== closer.mark || !opener.opens || !opener.left) return false;
  if (!opener.closes && !closer.opens) return true;
  return (opener.left + closer.left) % 3 !== 0 || (opener.left % 3 === 0 && closer.left % 3 === 0);
}

const texts = (piece: Piece): Tree[] =>
  isRun(piece) ? (piece.left ? [piece.mark.repeat(piece.left)] : []) : [piece];
