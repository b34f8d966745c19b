/** An interaction as the page works with it: times, texts by event, phases, what it is called. */

import { type Conversation, readConversation, titleOf } from "./conversation";
import type { Finding, InteractionData, PartData } from "./data";
import { clean, upTo } from "./text";

export type Look = "" | "text" | "reasoning" | "refusal" | "arguments" | "code" | "error";

const LOOKS: readonly string[] = ["text", "reasoning", "refusal", "arguments", "code", "error"];

/** How a channel of a dialect is drawn; "" for what brings no content. */
export const look = (channel: string): Look =>
  LOOKS.includes(channel) ? (channel as Look) : channel ? "code" : "";

export const LOOK_NAMES: Record<Look, string> = {
  "": "other events",
  text: "text",
  reasoning: "reasoning",
  refusal: "refusal",
  arguments: "tool arguments",
  code: "code, audio",
  error: "error",
};

/** One text of a recording: `ends[i]` is how long it is once the event `events[i]` has come. */
export interface Part {
  data: PartData;
  text: string;
  events: Int32Array;
  ends: Int32Array;
  first: number;
}

/** A stretch of time in which one thing happened. */
export interface Phase {
  look: Look | "wait" | "tail";
  from: number;
  to: number;
}

const MAX_PHASES = 400;

function sums(steps: number[] | null): Float64Array | null {
  if (!steps) return null;
  const found = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) {
    sum += steps[i]!;
    found[i] = sum;
  }
  return found;
}

function partOf(data: PartData, n: number): Part {
  const starts = sums(data.cuts.at)!;
  const events = Int32Array.from(sums(data.cuts.event)!);
  const ends = new Int32Array(events.length);
  for (let i = 0; i < ends.length; i++) ends[i] = i + 1 < starts.length ? starts[i + 1]! : data.text.length;
  return { data, text: data.text, events, ends, first: events.length ? events[0]! : Math.max(n - 1, 0) };
}

export class Recording {
  readonly n: number;
  readonly timed: boolean;
  /** When each event came, in microseconds; without times, how many have come. */
  readonly at: Float64Array;
  readonly chunksAt: Float64Array | null;
  /** Where playback ends, in the unit of `at`. */
  readonly end: number;
  readonly parts: Part[];
  readonly found = new Map<number, Finding[]>();
  private readonly said: Map<number, string>;
  readonly notes: Map<number, string>;
  private pieces: Map<number, [Part, number][]> | undefined;
  private talk: Conversation | null | undefined;
  private name: string | undefined;
  private spans: Phase[] | undefined;
  private sizes: Float64Array | undefined;

  constructor(readonly data: InteractionData) {
    const events = data.events;
    this.n = events ? events.data.length : 0;
    const at = events && sums(events.at);
    this.timed = at !== null && at.length > 0 && at[at.length - 1]! > 0;
    this.at = this.timed ? at! : Float64Array.from({ length: this.n }, (_, i) => i + 1);
    this.chunksAt = this.timed || !this.n ? sums(data.chunks.at) : null;
    const last = this.n ? this.at[this.n - 1]! : 0;
    this.end = Math.max(last, (this.timed || !this.n ? data.ending.at : 0) ?? 0, 1);
    this.parts = data.parts.map((part) => partOf(part, this.n));
    for (const finding of data.findings) {
      if (finding.event === null) continue;
      const others = this.found.get(finding.event);
      if (others) others.push(finding);
      else this.found.set(finding.event, [finding]);
    }
    this.said = new Map(events?.says);
    this.notes = new Map(events?.notes);
  }

  /** The index of the last event that has come at a position; -1 before the first. */
  lastAt(position: number): number {
    return upTo(this.at, position) - 1;
  }

  type(index: number): string {
    const events = this.data.events!;
    return events.types[events.type[index]!] ?? "";
  }

  look(index: number): Look {
    const events = this.data.events!;
    return look(events.channels[events.channel[index]!] ?? "");
  }

  gap(index: number): number | null {
    return this.timed && index > 0 ? this.at[index]! - this.at[index - 1]! : null;
  }

  /** Whether the wait before an event is one that a reader notices. */
  isLong(gap: number): boolean {
    return gap > 1e5 && gap > 5 * (this.data.timing.median_gap_us ?? 0);
  }

  /** What an event says: the text it adds, or its most telling field. */
  says(index: number): string {
    const told = this.said.get(index);
    if (told !== undefined) return told;
    return (this.piecesOf(index) ?? [])
      .map(([part, piece]) => part.text.slice(piece ? part.ends[piece - 1] : 0, part.ends[piece]))
      .join("");
  }

  private piecesOf(index: number): [Part, number][] | undefined {
    if (!this.pieces) {
      this.pieces = new Map();
      for (const part of this.parts) {
        part.events.forEach((event, piece) => {
          const others = this.pieces!.get(event);
          if (others) others.push([part, piece]);
          else this.pieces!.set(event, [[part, piece]]);
        });
      }
    }
    return this.pieces.get(index);
  }

  /** How much of a text has come with the events up to one. */
  lengthAt(part: Part, last: number): number {
    if (last < part.first) return 0;
    if (!part.events.length) return part.text.length;
    const come = upTo(part.events, last);
    return come ? part.ends[come - 1]! : 0;
  }

  /** How many characters had come with each event, all texts together. */
  get growth(): Float64Array {
    if (!this.sizes) {
      this.sizes = new Float64Array(this.n);
      for (const part of this.parts) {
        part.events.forEach((event, piece) => {
          if (event < this.n) this.sizes![event]! += part.ends[piece]! - (piece ? part.ends[piece - 1]! : 0);
        });
      }
      for (let i = 1; i < this.n; i++) this.sizes[i]! += this.sizes[i - 1]!;
    }
    return this.sizes;
  }

  /** The conversation that the request carries; null where it carries none that is known. */
  get conversation(): Conversation | null {
    if (this.talk === undefined) this.talk = readConversation(this.data.request.body);
    return this.talk;
  }

  /** What the turn is called in lists: what was said last, or method and path. */
  get title(): string {
    this.name ??= titleOf(this.conversation) || this.address;
    return this.name;
  }

  get address(): string {
    const path = this.data.url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/";
    return `${clean(this.data.method)} ${clean(path)}`;
  }

  get startedUs(): number | null {
    return this.data.started_us;
  }

  /** Waiting, then a stretch for each kind of content, then what came after the last of it. */
  get phases(): Phase[] {
    this.spans ??= this.timed ? phasesOf(this) : untimedPhases(this);
    return this.spans;
  }

  /** Tokens a second from the first content to the last event; null where it can't be told. */
  get rate(): number | null {
    const first = this.data.timing.first_content_us;
    if (!this.timed || first === null || !this.data.tokens) return null;
    const spent = this.at[this.n - 1]! - first;
    return spent > 0 ? (this.data.tokens - 1) / (spent / 1e6) : null;
  }
}

function untimedPhases(one: Recording): Phase[] {
  const end = one.data.ending.at;
  return end && !one.n ? [{ look: "wait", from: 0, to: end }] : [];
}

function phasesOf(one: Recording): Phase[] {
  const found: Phase[] = [];
  let from = 0;
  let now: Phase | null = null;
  for (let i = 0; i < one.n; i++) {
    const kind = one.look(i);
    if (!kind) continue;
    const at = one.at[i]!;
    if (now && now.look === kind) {
      now.to = at;
    } else if (found.length < MAX_PHASES) {
      // From the end of what was before: the model was at this one since then.
      if (now) from = now.to;
      else if (at > 0) found.push({ look: "wait", from: 0, to: at });
      now = { look: kind, from: now ? from : at, to: at };
      found.push(now);
    }
  }
  if (!found.length) found.push({ look: "wait", from: 0, to: one.end });
  else if (now && one.end > now.to) found.push({ look: "tail", from: now.to, to: one.end });
  return found;
}
