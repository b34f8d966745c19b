/** A text of an answer on the page, as long as it had become: raw, or as Markdown, grown without redrawing. */

import { el } from "./dom";
import { blockEnds, rendered } from "./markdown";
import { clean, upTo } from "./text";

/** A text node longer than this is followed by another one: appending stays cheap. */
const NODE = 4_000;

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
    const piece = clean(this.text.slice(this.shown, length));
    if (this.tail && this.tail.length + piece.length < NODE) {
      this.tail.appendData(piece);
    } else {
      for (let at = 0; at < piece.length; at += NODE) {
        this.tail = document.createTextNode(piece.slice(at, at + NODE));
        this.box.append(this.tail);
      }
    }
    this.shown = length;
    return true;
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
