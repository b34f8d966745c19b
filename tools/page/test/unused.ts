/**
 * In place of parts of micromark that a page reads as text. HTML stays text, whatever it looks like; so do
 * definitions, links in angle brackets, and text that is indented by four spaces (models mean no code by it).
 */

import type { Construct, State } from "micromark-util-types";

const none = (_effects: unknown, _ok: State, nok: State): State => nok;

export const htmlFlow: Construct = { name: "htmlFlow", tokenize: none };
export const htmlText: Construct = { name: "htmlText", tokenize: none };
export const definition: Construct = { name: "definition", tokenize: none };
export const codeIndented: Construct = { name: "codeIndented", tokenize: none };
export const autolink: Construct = { name: "autolink", tokenize: none };
