/** Search for what one reads: in the texts, wherever their deltas were cut, in types and payloads. */

import type { Recording } from "./recording";

export interface Query {
  text: string;
  /** Finds the first place from an offset on. */
  find(where: string, from: number): [start: number, end: number] | null;
}

const MAX_HITS = 20_000;

/** A query of words, or of a regular expression between slashes; null where it is neither. */
export function compile(text: string): Query | null {
  if (!text) return null;
  const form = /^\/(.+)\/([imsu]*)$/.exec(text);
  if (form) {
    try {
      const flags = new Set([...form[2]!, "g"]);
      const pattern = new RegExp(form[1]!, [...flags].join(""));
      return { text, find: (where, from) => findPattern(pattern, where, from) };
    } catch {
      return { text, find: () => null };
    }
  }
  const word = text.toLowerCase();
  return {
    text,
    find: (where, from) => {
      const start = lower(where).indexOf(word, from);
      return start < 0 ? null : [start, start + word.length];
    },
  };
}

function findPattern(pattern: RegExp, where: string, from: number): [number, number] | null {
  pattern.lastIndex = from;
  const found = pattern.exec(where);
  if (!found || found[0] === "") return null;
  return [found.index, found.index + found[0].length];
}

let lowered: [string, string] = ["", ""];

// The same text is asked again for each hit in it.
function lower(text: string): string {
  if (lowered[0] !== text) lowered = [text, text.toLowerCase()];
  return lowered[1].length === text.length ? lowered[1] : text;
}

/** All places of a query in a text. */
export function places(query: Query, text: string, most = MAX_HITS): [number, number][] {
  const found: [number, number][] = [];
  let from = 0;
  while (found.length < most) {
    const hit = query.find(text, from);
    if (!hit) break;
    found.push(hit);
    from = hit[1];
  }
  return found;
}

/** The events that have what is searched: themselves, or in the text that they brought a piece of. */
export function matching(one: Recording, query: Query): Set<number> {
  const found = new Set<number>();
  const { types, data, type } = one.data.events!;
  const named = types.map((name) => query.find(name, 0) !== null);
  for (let i = 0; i < one.n; i++) {
    if (named[type[i]!] || query.find(data[i]!, 0)) found.add(i);
  }
  for (const part of one.parts) {
    let piece = 0;
    for (const [start, end] of places(query, part.text)) {
      while (piece < part.ends.length && part.ends[piece]! <= start) piece++;
      for (let at = piece; at < part.ends.length && (at ? part.ends[at - 1]! : 0) < end; at++) {
        found.add(part.events[at]!);
      }
    }
  }
  return found;
}
