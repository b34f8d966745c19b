/** Recordings made for the tests. */

import type { InteractionData, PartData } from "../src/data";
import { Recording } from "../src/recording";

export const steps = (values: number[]): number[] =>
  values.map((value, i) => value - (i ? values[i - 1]! : 0));

/** A part whose pieces came with some events. */
export function part(
  kind: string,
  pieces: [text: string, event: number][],
  more: Partial<PartData> = {},
): PartData {
  let at = 0;
  const offsets = pieces.map(([text]) => {
    at += text.length;
    return at - text.length;
  });
  return {
    kind,
    label: kind,
    text: pieces.map(([text]) => text).join(""),
    cuts: { at: steps(offsets), event: steps(pieces.map(([, event]) => event)) },
    ...more,
  };
}

/** A recording whose events came at some times, in microseconds. */
export function recording(at: number[], more: Partial<InteractionData> = {}): Recording {
  const n = at.length;
  const data: InteractionData = {
    file: "run.tape",
    number: 0,
    method: "POST",
    url: "https://api.openai.com/v1/responses",
    status: 200,
    reason: "OK",
    http: "HTTP/1.1",
    started: null,
    started_us: null,
    dialect: "OpenAI Responses",
    api: "openai-responses",
    model: null,
    outcome: { word: "complete", mood: "good" },
    request: { headers: [], body: null },
    response: { headers: [] },
    body: null,
    masked: [],
    asked: [],
    ending: { kind: "complete", at: at.at(-1) ?? null, says: "", closed: "" },
    timing: {
      head_us: null,
      first_event_us: null,
      first_content_us: null,
      ending_us: null,
      median_gap_us: null,
      longest_gap_us: null,
    },
    tokens: null,
    bytes: 0,
    chunks: { at: null, sizes: [], cuts_known: true },
    events: {
      types: ["delta"],
      channels: [""],
      at: steps(at),
      type: Array(n).fill(0),
      channel: Array(n).fill(0),
      data: Array.from({ length: n }, (_, i) => `{"n": ${i}}`),
      says: [],
      notes: [],
    },
    parts: [],
    facts: [],
    media: [],
    findings: [],
    trouble: null,
    ...more,
  };
  return new Recording(data);
}

export function body(value: unknown) {
  const text = JSON.stringify(value);
  return { text, bytes: text.length, cut: false };
}

/** A recording of a request whose body is this value. */
export const asking = (value: unknown, more: Partial<InteractionData> = {}): Recording =>
  recording([1000], { request: { headers: [], body: body(value) }, ...more });
