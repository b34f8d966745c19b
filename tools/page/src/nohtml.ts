/** In place of micromark's HTML: whatever looks like HTML in a recording stays text. */

import type { Construct, State } from "micromark-util-types";

const none = (_effects: unknown, _ok: State, nok: State): State => nok;

export const htmlFlow: Construct = { name: "htmlFlow", tokenize: none };
export const htmlText: Construct = { name: "htmlText", tokenize: none };
