/** What a page's reader of Markdown is compared with: micromark, whose HTML is written in one way with ours. */

import { micromark } from "micromark";
import { gfmTable, gfmTableHtml } from "micromark-extension-gfm-table";
import type { Tree } from "../src/inlines";

// Named references are the browser's work; these stand for all.
const NAMED: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&copy;": "\u00a9", "&nbsp;": "\u00a0" };
const decoded = (reference: string) =>
  NAMED[reference] ??
  reference.replace(/^&#(x?)([\da-f]+);$/i, (_all, hex, number) => {
    const code = Number.parseInt(number, hex ? 16 : 10);
    return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : "\ufffd";
  });
const parseFromString = (text: string) => ({ body: { textContent: decoded(text) } });
Object.assign(globalThis, {
  DOMParser: class {
    parseFromString = parseFromString;
  },
});

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => ESCAPES[char]!);

// Blanks count in code, and nowhere beside blocks. Of the ends of lines in code micromark loses some, and
// it fills rows up with empty cells.
const kept = (html: string) =>
  html
    .replace(/<pre>.*?<\/pre>/gs, (code) =>
      code
        .replace(/\s+<\/code>/, "</code>")
        .replace(/(?<=>[^<]*)\s/g, (char) => (char === "\n" ? "" : "\u2423")),
    )
    .replaceAll("<td></td>", "");
const BLOCKS = "h4|h5|h6|p|blockquote|ul|ol|li|pre|table|tr|th|td|hr|br";
const TRIMMED = new RegExp(`\\s*(</?(?:${BLOCKS})\\b[^>]*>)\\s*`, "g");
const tidy = (html: string) => kept(html).replace(TRIMMED, "$1").replace(/\s+/g, " ").trim();

/** The HTML that micromark makes of a text, as far as a page has it. */
export function reference(text: string): string {
  const html = micromark(text, { extensions: [gfmTable()], htmlExtensions: [gfmTableHtml()] })
    .replace(/<img src="[^"]*" alt="([^"]*)"[^>]*>/g, "<a>$1</a>")
    .replace(/<a href="[^"]*"[^>]*>/g, "<a>")
    .replace(/<(t[hd]) align="\w+">/g, "<$1>")
    .replace(/<\/?(?:thead|tbody)>/g, "")
    .replace(/<(\/?)h(\d)>/g, (_all, slash, depth) => `<${slash}h${depth < 3 ? 4 : depth < 5 ? 5 : 6}>`);
  return tidy(html.replace(/<(br|hr) \/>/g, "<$1>"));
}

/** A tree of the page as the same HTML. */
export const html = (trees: Tree[]): string => tidy(trees.map(written).join(""));

function written(tree: Tree): string {
  if (typeof tree === "string") return escaped(tree);
  const { tag, kids, note } = tree;
  const inner = kids.map(written).join("");
  if (tag === "link") return `<a>${inner}</a>`;
  if (tag === "br" || tag === "hr") return `<${tag}>`;
  if (tag === "pre") {
    const language = note ? ` class="language-${escaped(note)}"` : "";
    return `<pre><code${language}>${inner}\n</code></pre>`;
  }
  return `<${tag}${note ? ` start="${note}"` : ""}>${inner}</${tag}>`;
}
