/** A JSON text laid out from its own tokens, so that numbers stay as they were written; its parts fold. */

import { el } from "./dom";
import { places, type Query } from "./search";
import { clean } from "./text";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;
const MAX_LAID_OUT = 300_000;
const MAX_MARKS = 400;
/** Values longer than this, in characters, are folded until they are opened. */
const LONG = 3_000;

/** The text with what is searched marked. */
export function marked(text: string, query: Query | null): (string | HTMLElement)[] {
  if (!query) return [text];
  const found: (string | HTMLElement)[] = [];
  let from = 0;
  for (const [start, end] of places(query, text, MAX_MARKS)) {
    if (start > from) found.push(text.slice(from, start));
    found.push(el("mark", "", text.slice(start, end)));
    from = end;
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

/** The text as the content of a `pre`: JSON laid out, anything else as it is. */
export function layOut(text: string, query: Query | null): HTMLPreElement {
  const box = el("pre", "json");
  box.tabIndex = 0;
  const tokens = text.length <= MAX_LAID_OUT && isJson(text) ? (text.match(TOKEN) ?? []) : [];
  if (tokens[0] === "{" || tokens[0] === "[") lay(box, tokens, query);
  else box.append(...marked(clean(text), query));
  box.addEventListener("click", fold);
  return box;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function lay(box: HTMLElement, tokens: string[], query: Query | null): void {
  const inside: { kids: HTMLElement; length: number; n: number; button: HTMLElement }[] = [];
  let into = box;
  const indent = () => `\n${"  ".repeat(inside.length)}`;
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      const closing = token === "{" ? "}" : "]";
      if (next === closing) {
        into.append(token);
        return;
      }
      const button = el("button", "tw");
      button.type = "button";
      const kids = el("span", "kids");
      into.append(button, token, kids);
      inside.push({ kids, length: 0, n: 1, button });
      into = kids;
      into.append(indent());
    } else if (token === "}" || token === "]") {
      const before = tokens[at - 1];
      if (before === "{" || before === "[") {
        into.append(token);
        return;
      }
      const done = inside.pop()!;
      const outer = inside[inside.length - 1];
      done.kids.append(indent());
      if (outer) outer.length += done.length;
      const unit = token === "]" ? "item" : "field";
      done.kids.dataset.n = ` ${done.n} ${unit}${done.n === 1 ? "" : "s"} `;
      setFolded(done.button, done.kids, inside.length > 0 && done.length > LONG && !query);
      into = outer ? outer.kids : box;
      into.append(token);
    } else if (token === ",") {
      inside[inside.length - 1]!.n++;
      into.append(token, indent());
    } else if (token === ":") {
      into.append(": ");
    } else {
      inside[inside.length - 1]!.length += token.length;
      into.append(
        el("span", token[0] !== '"' ? "l" : next === ":" ? "k" : "v", ...marked(clean(token), query)),
      );
    }
  });
}

function setFolded(button: HTMLElement, kids: HTMLElement, folded: boolean): void {
  kids.classList.toggle("folded", folded);
  button.setAttribute("aria-expanded", String(!folded));
  button.setAttribute("aria-label", folded ? "Unfold" : "Fold");
}

function fold(event: MouseEvent): void {
  if (!(event.target instanceof HTMLElement) || !event.target.matches(".tw")) return;
  event.stopPropagation();
  let kids = event.target.nextElementSibling;
  while (kids && !kids.classList.contains("kids")) kids = kids.nextElementSibling;
  if (kids instanceof HTMLElement) setFolded(event.target, kids, !kids.classList.contains("folded"));
}
