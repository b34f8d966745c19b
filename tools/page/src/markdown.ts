/** Markdown as elements, built node by node from what was read: no markup is ever parsed as HTML. */

import { blocks } from "./blocks";
import { el } from "./dom";
import type { Branch, Tree } from "./inlines";
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
export const rendered = (text: string): DocumentFragment =>
  filled(document.createDocumentFragment(), blocks(text));

function filled<T extends Node>(box: T, kids: Tree[]): T {
  for (const kid of kids)
    box.appendChild(typeof kid === "string" ? document.createTextNode(clean(kid)) : element(kid));
  return box;
}

function element({ tag, kids, note = "" }: Branch): HTMLElement {
  if (tag === "link") {
    const link = filled(el("span", tag), kids);
    link.title = clean(note);
    return link;
  }
  if (tag === "pre") {
    const code = el(tag, "", filled(el("code", ""), kids));
    if (note) code.dataset.lang = clean(note);
    code.tabIndex = 0;
    return code;
  }
  const box: HTMLElement = filled(el(tag as "div", ""), kids);
  if (tag === "ol" && note) box.setAttribute("start", note);
  if (tag !== "table") return box;
  const wide = el("div", tag, box);
  wide.tabIndex = 0;
  return wide;
}
