/** A text of an answer on the page, as long as it had become: raw, or as Markdown, grown without redrawing. */

import { el } from "./dom";
import { blockEnds, rendered } from "./markdown";
import { clean, upTo } from "./text";

/** A piece of a text longer than this is ended at its next line: the browser lays only the last one out anew. */
const PIECE = 2_000;

/** Shows the first characters of a text, raw. */
export class RawText {
  private shown = 0;
  private tail: Text | null = null;

  constructor(
    readonly box: HTMLElement,
    private readonly text: string,
  ) {}

  grow(length: number): boolean {
    if (length === this.shown) return false;
    if (length < this.shown) {
      this.box.replaceChildren();
      this.tail = null;
      this.shown = 0;
    }
    let rest = clean(this.text.slice(this.shown, length));
    while (rest) {
      this.tail ??= this.begin();
      const line = rest.indexOf("\n", Math.max(PIECE - this.tail.length, 0));
      const end = line < 0 ? rest.length : line + 1;
      this.tail.appendData(rest.slice(0, end));
      rest = rest.slice(end);
      if (line >= 0) this.tail = null;
    }
    this.shown = length;
    return true;
  }

  private begin(): Text {
    const text = document.createTextNode("");
    this.box.append(el("div", "piece", text));
    return text;
  }
}

/** Shows the first characters of a text as Markdown, block by block; only the last one is drawn again. */
export class RichText {
  private shown = 0;
  private blocks: HTMLElement[] = [];
  private readonly ends: number[];

  constructor(
    readonly box: HTMLElement,
    private readonly text: string,
  ) {
    this.ends = blockEnds(text);
  }

  grow(length: number): boolean {
    if (length === this.shown) return false;
    const whole = upTo(this.ends, length);
    const was = upTo(this.ends, this.shown);
    for (const extra of this.blocks.splice(Math.min(whole, was))) extra.remove();
    for (let n = this.blocks.length; n < whole; n++) this.add(this.ends[n - 1] ?? 0, this.ends[n]!);
    const from = this.ends[whole - 1] ?? 0;
    if (length > from) this.add(from, length);
    this.shown = length;
    return true;
  }

  private add(from: number, to: number): void {
    const block = el("div", "block");
    block.append(rendered(this.text.slice(from, to)));
    this.blocks.push(block);
    this.box.append(block);
  }
}
