/** Markdown as elements: the tree that micromark reads, built node by node. No markup is ever parsed as HTML. */

import { parse, postprocess, preprocess } from "micromark";
import { gfmTable } from "micromark-extension-gfm-table";
import type { Event, Token, TokenizeContext } from "micromark-util-types";
import { el } from "./dom";
import { decoded } from "./entities";
import { clean } from "./text";

const SIGNS = /^ {0,3}(#{1,6} |[-*+] |\d{1,4}[.)] |> |`{3}|~{3}|\|.*\|)|\*\*[^\s*]|`[^`\n]+`|\[[^\]\n]+\]\(/m;

/** Whether a text is written in Markdown, as far as its signs tell. */
export const isMarkdown = (text: string): boolean => SIGNS.test(text);

/** Where the blocks of a text end that can be read by themselves: at blank lines, fences kept whole. */
export function blockEnds(text: string): number[] {
  const ends: number[] = [];
  let fence = "";
  let at = 0;
  let inBlock = false;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const next = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, next);
    const sign = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (sign && !fence) fence = sign;
    else if (sign && fence && sign[0] === fence[0] && sign.length >= fence.length) fence = "";
    if (!fence && !line.trim()) {
      // A list goes on behind a blank line: cut before what is no part of one.
      if (inBlock && !/^(?:\s|[-*+] |\d{1,4}[.)] )/.test(text.slice(next))) ends.push(next);
    } else {
      inBlock = true;
    }
    at = next;
  }
  if (ends[ends.length - 1] !== text.length) ends.push(text.length);
  return ends;
}

/** A piece of Markdown as elements. */
export function rendered(text: string): DocumentFragment {
  const written = parse({ extensions: [gfmTable()] })
    .document()
    .write(preprocess()(text, undefined, true));
  return new Builder().build(postprocess(written));
}

// Tokens that are elements as they stand, and tokens whose content is not shown.
const ELEMENTS: Record<string, keyof HTMLElementTagNameMap> = {
  blockQuote: "blockquote",
  emphasis: "em",
  strong: "strong",
  codeText: "code",
  tableRow: "tr",
  tableHeader: "th",
  tableData: "td",
};
const HIDDEN = new Set(["resource", "reference", "definition", "codeFencedFence"]);
const TEXTS = new Set([
  "data",
  "codeTextData",
  "codeFlowValue",
  "characterEscapeValue",
  "autolinkProtocol",
  "autolinkEmail",
]);
// What holds text: a line that ends in it is a space.
const HOLDERS = new Set([
  "paragraph",
  "atxHeading",
  "setextHeading",
  "codeText",
  "codeFenced",
  "codeIndented",
]);

/** Builds elements from what micromark reads: a token opens one, and closes it. */
class Builder {
  private top: Node = document.createDocumentFragment();
  private stack: Node[] = [];
  private lists: { tight: boolean; item: boolean }[] = [];
  private holders = 0;
  private hidden = 0;
  private depth = 1;

  build(events: Event[]): DocumentFragment {
    for (const [kind, token, context] of events) {
      if (kind === "enter") this.enter(token, context);
      else this.exit(token, context);
    }
    return this.top as DocumentFragment;
  }

  private push(node: Node): void {
    this.top.appendChild(node);
    this.stack.push(this.top);
    this.top = node;
  }

  private pop(): Node {
    const node = this.top;
    this.top = this.stack.pop()!;
    return node;
  }

  private text(text: string): void {
    if (!this.hidden) this.top.appendChild(document.createTextNode(clean(text)));
  }

  private enter(token: Token, context: TokenizeContext): void {
    const { type } = token;
    if (HIDDEN.has(type)) this.hidden++;
    if (HOLDERS.has(type)) this.holders++;
    const tag = ELEMENTS[type];
    if (tag) this.push(el(tag, ""));
    else if (type === "paragraph")
      this.push(this.lists.at(-1)?.tight ? document.createDocumentFragment() : el("p", ""));
    else if (type === "atxHeading" || type === "setextHeading") this.push(document.createDocumentFragment());
    else if (type === "listOrdered" || type === "listUnordered") this.enterList(token);
    else if (type === "listItemPrefix") this.enterItem();
    else if (type === "listItemValue") this.number(token, context);
    else if (type === "codeFenced" || type === "codeIndented") this.push(el("pre", ""));
    else if (type === "link" || type === "image" || type === "autolink") this.push(el("span", "link"));
    else if (type === "table") this.push(el("table", ""));
    else if (type === "hardBreakEscape" || type === "hardBreakTrailing") this.top.appendChild(el("br", ""));
    else if (type === "thematicBreak") this.top.appendChild(el("hr", ""));
  }

  private exit(token: Token, context: TokenizeContext): void {
    const { type } = token;
    if (HIDDEN.has(type)) this.hidden--;
    if (HOLDERS.has(type)) this.holders--;
    if (TEXTS.has(type)) this.text(context.sliceSerialize(token));
    else if (type === "characterReference") this.text(decoded(context.sliceSerialize(token)));
    else if (type === "lineEnding") this.text(this.holders ? "\n" : "");
    else if (ELEMENTS[type] || type === "link" || type === "image" || type === "autolink") this.pop();
    else if (type === "paragraph") this.unwrap(this.pop());
    else if (type === "atxHeadingSequence") this.depth = Math.max(token.end.offset - token.start.offset, 1);
    else if (type === "setextHeadingLineSequence")
      this.depth = context.sliceSerialize(token)[0] === "=" ? 1 : 2;
    else if (type === "atxHeading" || type === "setextHeading") this.heading(this.pop());
    else if (type === "listOrdered" || type === "listUnordered") this.exitList();
    else if (type === "codeFencedFenceInfo")
      (this.top as HTMLElement).dataset.lang = clean(context.sliceSerialize(token));
    else if (type === "codeFenced" || type === "codeIndented") this.code(this.pop() as HTMLPreElement);
    else if (type === "resourceDestinationString")
      (this.top as HTMLElement).title = clean(context.sliceSerialize(token));
    else if (type === "table") this.wrapTable(this.pop());
  }

  /** A fragment that was appended is empty, and its parent has its children: put them there now. */
  private unwrap(node: Node): void {
    if (node instanceof DocumentFragment) this.top.appendChild(node);
  }

  // A page has headings of its own above these.
  private heading(node: Node): void {
    const tag = this.depth < 3 ? "h4" : this.depth < 5 ? "h5" : "h6";
    const box = el(tag, "");
    box.appendChild(node);
    this.top.appendChild(box);
    this.depth = 1;
  }

  private enterList(token: Token): void {
    this.push(el(token.type === "listOrdered" ? "ol" : "ul", ""));
    this.lists.push({ tight: !token._loose, item: false });
  }

  private enterItem(): void {
    const list = this.lists.at(-1)!;
    if (list.item) this.pop();
    list.item = true;
    this.push(el("li", ""));
  }

  private number(token: Token, context: TokenizeContext): void {
    const list = this.top.parentNode;
    if (list instanceof HTMLOListElement && list.childNodes.length === 1) {
      list.start = Number.parseInt(context.sliceSerialize(token), 10);
    }
  }

  private exitList(): void {
    if (this.lists.pop()!.item) this.pop();
    this.pop();
  }

  private code(box: HTMLPreElement): void {
    const text = (box.textContent ?? "").replace(/^\n|\n$/g, "");
    box.replaceChildren(el("code", "", text));
    box.tabIndex = 0;
  }

  private wrapTable(table: Node): void {
    const box = el("div", "table");
    box.tabIndex = 0;
    this.top.appendChild(box);
    box.appendChild(table);
  }
}
