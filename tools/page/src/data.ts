/** What Python puts into a page (`streamtape.report.page.data`): plain values, not yet read. */

export interface Body {
  text: string;
  bytes: number;
  cut: boolean;
  base64?: boolean;
}

export type Header = [name: string, value: string];

export interface Finding {
  severity: "error" | "warning" | "info";
  rule: string;
  event: number | null;
  message: string;
  count: number;
}

/** Where a text's pieces begin and which events brought them; both as steps between neighbours. */
export interface Cuts {
  at: number[];
  event: number[];
}

export interface PartData {
  kind: string;
  label: string;
  text: string;
  cuts: Cuts;
  name?: string;
  id?: string;
  cut_short?: boolean;
}

export interface Media {
  kind: "image" | "audio";
  mime: string;
  data: string;
  event: number;
}

export interface EventColumns {
  types: string[];
  channels: string[];
  at: number[] | null;
  type: number[];
  channel: number[];
  data: string[];
  /** What an event says, for those that add to no text. */
  says: [index: number, text: string][];
  /** The id, retry and comments of a frame, where it has any. */
  notes: [index: number, text: string][];
}

export type Mood = "good" | "warn" | "bad";

export interface InteractionData {
  file: string;
  number: number;
  method: string;
  url: string;
  status: number | null;
  reason: string | null;
  http: string | null;
  started: string | null;
  started_us: number | null;
  dialect: string;
  api: string;
  model: string | null;
  outcome: { word: string; mood: Mood };
  request: { headers: Header[]; body: Body | null };
  response: { headers: Header[] } | null;
  body: Body | null;
  masked: [where: string, kind: string][];
  ending: {
    kind: "complete" | "error" | "abandoned" | "unfinished";
    at: number | null;
    says: string;
    closed: string;
  };
  /** What the client of a dialogue asks, and the events that bring it. */
  asked: [event: number, text: string][];
  timing: Record<
    "head_us" | "first_event_us" | "first_content_us" | "ending_us" | "median_gap_us" | "longest_gap_us",
    number | null
  >;
  tokens: number | null;
  bytes: number;
  chunks: { at: number[] | null; sizes: number[]; cuts_known: boolean };
  events: EventColumns | null;
  parts: PartData[];
  facts: [name: string, value: string, event: number][];
  media: Media[];
  findings: Finding[];
  trouble: string | null;
}

/** Two recordings compared: runs of events beside each other (-1: none there), and the words that differ. */
export interface PairData {
  name: string;
  a: number | null;
  b: number | null;
  verdict: string;
  summary: string[];
  rows: [aFrom: number, aTo: number, bFrom: number, bTo: number, status: string][];
  words: [aPart: number, aStart: number, aEnd: number, bPart: number, bStart: number, bEnd: number][];
  request: [path: string, before: string, after: string][];
}

export interface PageData {
  kind: "view" | "compare" | "live";
  checked: boolean;
  interactions: InteractionData[];
  pairs?: PairData[];
  sides?: [string, string];
  live?: { base: string; what: "record" | "replay"; name: string };
}

async function inflate(text: string): Promise<string> {
  const packed = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

/** The data block of the page. */
export async function unpack(block: HTMLElement): Promise<PageData> {
  const text = block.textContent ?? "";
  return JSON.parse(block.dataset.packed === "json" ? text : await inflate(text)) as PageData;
}
