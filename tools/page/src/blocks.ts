/** The blocks of a Markdown text, as CommonMark and the tables of GitHub have them. HTML is text. */

import { type Branch, branch, inlines, MAX_DEPTH, type Tree } from "./inlines";

const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*(\S*)/;
const QUOTE = /^ {0,3}>[ \t]?/;
const ITEM = /^( {0,3})([-+*]|\d{1,9}[.)])(?=[ \t]|$)/;
const DELIMITERS = /^ {0,3}(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$/;
const PREFIX = /^(?:[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))*[ \t]*/;
// So far in, a line is nothing but text, in whatever containers it lies.
const FAR_IN = " ".repeat(99);

/** The blocks of a text. */
export const blocks = (text: string): Tree[] => new Blocks(text.split(/\r\n?|\n/), 0).read();

const isBlank = (line: string): boolean => !/[^ \t]/.test(line);

/** Whether a line stands between the head of a table and its rows. */
const isDelimiters = (line: string): boolean => DELIMITERS.test(line) && /[|:]/.test(line);

/** How many columns a line is indented by, from one of its characters on. */
function indent(line: string, from = 0): number {
  let column = from;
  for (let at = from; line[at] === " " || line[at] === "\t"; at++)
    column += line[at] === " " ? 1 : 4 - (column % 4);
  return column - from;
}

/** A line without its first columns, as far as they are blank. */
function dedent(line: string, columns: number): string {
  let column = 0;
  let at = 0;
  for (; column < columns && (line[at] === " " || line[at] === "\t"); at++)
    column += line[at] === " " ? 1 : 4 - (column % 4);
  return " ".repeat(Math.max(column - columns, 0)) + line.slice(at);
}

/** Whether a line begins something else than a paragraph, also where it follows one. */
function begins(line: string): boolean {
  if (HEADING.test(line) || RULE.test(line) || FENCE.test(line) || QUOTE.test(line)) return true;
  const item = ITEM.exec(line);
  return (
    item !== null &&
    !isBlank(line.slice(item[0].length)) &&
    (!/\d/.test(item[2]!) || (item[2]!.length === 2 && item[2]![0] === "1"))
  );
}

/** The cells of a row: what stands between its pipes. */
function cells(line: string): string[] {
  const found =
    line
      .trim()
      .replace(/^\|/, "")
      .match(/(?:[^|\\]|\\.?)+|\|/gs) ?? [];
  const row: string[] = [];
  let open = false;
  for (const part of found) {
    if (part !== "|") row.push(part.replace(/\\\|/g, "|").trim());
    else if (!open) row.push("");
    open = part !== "|";
  }
  return row;
}

/** The lines of a container, without what marks them as its lines. */
class Gathered {
  readonly lines: string[] = [];
  private fence = "";
  private table = false;

  add(line: string): void {
    this.lines.push(line);
    const bare = line.replace(PREFIX, "");
    const sign = FENCE.exec(bare)?.[1];
    if (!this.fence) this.fence = sign ?? "";
    else if (sign?.startsWith(this.fence)) this.fence = "";
    this.table = bare !== "" && (this.table || isDelimiters(bare));
  }

  /** Whether a line without a mark goes on with the paragraph at the end: then it is added. */
  goOn(line: string): boolean {
    const last = (this.lines.at(-1) ?? "").replace(PREFIX, "");
    if (!last || this.fence || this.table || HEADING.test(last) || RULE.test(last) || FENCE.test(last))
      return false;
    if (isBlank(line) || begins(line) || ITEM.test(line)) return false;
    this.lines.push(FAR_IN + line.trimStart());
    return true;
  }
}

class Blocks {
  private at = 0;
  private found: Tree[] = [];
  /** Whether blank lines stand between its blocks. */
  loose = false;

  constructor(
    private readonly lines: string[],
    private readonly depth: number,
  ) {}

  read(): Tree[] {
    let blank = false;
    for (;;) {
      const line = this.lines[this.at];
      if (line === undefined) return this.found;
      if (isBlank(line)) {
        blank = this.found.length > 0;
        this.at++;
      } else {
        this.loose ||= blank;
        blank = false;
        this.block(line);
      }
    }
  }

  private block(line: string): void {
    // No text is code for being far in: it may begin anywhere.
    const bare = line.trimStart();
    const heading = HEADING.exec(bare);
    const fence = FENCE.exec(bare);
    if (heading) this.heading(bare.slice(heading[0].length), heading[1]!.length);
    else if (fence) this.code(indent(line), fence);
    else if (RULE.test(bare)) {
      this.at++;
      this.put("hr", []);
    } else if (this.depth < MAX_DEPTH && QUOTE.test(line)) this.quote();
    else if (this.depth < MAX_DEPTH && ITEM.test(line)) this.list();
    else if (this.isTable()) this.table();
    else this.paragraph();
  }

  private put(tag: string, kids: Tree[], note?: string): void {
    this.found.push(...branch(tag, kids, note));
  }

  private inside(lines: string[]): Blocks {
    const inner = new Blocks(lines, this.depth + 1);
    inner.read();
    return inner;
  }

  private heading(rest: string, depth: number): void {
    this.at++;
    const text = rest.trim();
    let end = text.length;
    while (text[end - 1] === "#") end--;
    this.title(end === 0 || isBlank(text[end - 1]!) ? text.slice(0, end).trimEnd() : text, depth);
  }

  // A page has headings of its own above these.
  private title(text: string, depth: number): void {
    this.put(depth < 3 ? "h4" : depth < 5 ? "h5" : "h6", inlines(text));
  }

  private code(margin: number, [, sign, language]: RegExpExecArray): void {
    const code: string[] = [];
    const close = new RegExp(`^[ \t]{0,${Math.max(margin, 3)}}${sign![0]}{${sign!.length},}[ \t]*$`);
    for (this.at++; this.at < this.lines.length; this.at++) {
      const line = this.lines[this.at]!;
      if (close.test(line)) {
        this.at++;
        break;
      }
      code.push(dedent(line, margin));
    }
    this.put("pre", [code.join("\n")], language || undefined);
  }

  private quote(): void {
    const gathered = new Gathered();
    for (let line: string | undefined; ; this.at++) {
      line = this.lines[this.at];
      const mark = line === undefined ? null : QUOTE.exec(line);
      if (mark) gathered.add(line!.slice(mark[0].length));
      else if (line === undefined || !gathered.goOn(line)) break;
    }
    this.put("blockquote", this.inside(gathered.lines).found);
  }

  private list(): void {
    const items: Tree[][] = [];
    let loose = false;
    const first = ITEM.exec(this.lines[this.at]!)![2]!;
    for (let next = this.at; this.isItem(next, first); ) {
      loose ||= next > this.at && items.length > 0;
      this.at = next;
      const inner = this.inside(this.item(this.lines[next]!));
      items.push(inner.found);
      loose ||= inner.loose;
      next = this.at;
      while (next < this.lines.length && isBlank(this.lines[next]!)) next++;
    }
    const kids = items.flatMap((found) => branch("li", loose ? found : found.flatMap(unwrapped)));
    const number = Number.parseInt(first, 10);
    this.put(number >= 0 ? "ol" : "ul", kids, number >= 0 && number !== 1 ? `${number}` : undefined);
  }

  /** Whether a line begins an item of the list whose marks end as this one does. */
  private isItem(at: number, mark: string): boolean {
    const line = this.lines[at] ?? "";
    const item = ITEM.exec(line);
    return item !== null && item[2]!.at(-1) === mark.at(-1) && !RULE.test(line);
  }

  /** The lines of an item; blank ones at its end are left. */
  private item(line: string): string[] {
    const start = this.at;
    const [mark] = ITEM.exec(line)!;
    const rest = line.slice(mark.length);
    const space = indent(line, mark.length);
    const width = mark.length + (isBlank(rest) || space > 4 ? 1 : space);
    const gathered = new Gathered();
    gathered.add(isBlank(rest) ? "" : " ".repeat(mark.length + space - width) + rest.trimStart());
    let end = 1;
    for (this.at++; this.at < this.lines.length; this.at++) {
      const next = this.lines[this.at]!;
      if (isBlank(next)) {
        if (gathered.lines.length === 1 && !gathered.lines[0]) break;
        gathered.add(dedent(next, width));
        continue;
      }
      if (indent(next) >= width) gathered.add(dedent(next, width));
      else if (!gathered.goOn(next)) break;
      end = gathered.lines.length;
    }
    this.at = start + end;
    return gathered.lines.slice(0, end);
  }

  private isTable(at = this.at): boolean {
    const [head, delimiters] = [this.lines[at]!, this.lines[at + 1] ?? ""];
    if (!isDelimiters(delimiters)) return false;
    return cells(head).length === cells(delimiters).length;
  }

  private table(): void {
    const row = (line: string, tag: string) =>
      branch(
        "tr",
        cells(line).flatMap((cell) => branch(tag, inlines(cell))),
      );
    const rows = row(this.lines[this.at]!, "th");
    for (this.at += 2; this.at < this.lines.length; this.at++) {
      const line = this.lines[this.at]!;
      if (isBlank(line) || begins(line)) break;
      rows.push(...row(line, "td"));
    }
    this.put("table", rows);
  }

  private paragraph(): void {
    const said: string[] = [];
    for (; this.at < this.lines.length; this.at++) {
      const line = this.lines[this.at]!;
      if (said.length && UNDERLINE.test(line)) {
        this.at++;
        this.title(said.join("\n").trimEnd(), line.includes("=") ? 1 : 2);
        return;
      }
      if (said.length && (isBlank(line) || begins(line) || this.isTable())) break;
      said.push(line.trimStart());
    }
    this.put("p", inlines(said.join("\n").trimEnd()));
  }
}

const unwrapped = (tree: Tree): Tree[] => ((tree as Branch).tag === "p" ? (tree as Branch).kids : [tree]);
