/** The request as a conversation, and the answer as it grew: one exchange, in the order in which it was said. */

import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Conversation, type Message, nameOfCall, type Piece, repeated } from "./conversation";
import { RawText, RichText } from "./grown";
import { useChanges, usePlayer } from "./hooks";
import { isMarkdown } from "./markdown";
import { look, type Part, type Recording } from "./recording";
import { places, type Query } from "./search";
import type { Stage } from "./stage";
import { clean, grouped, oneLine, plural } from "./text";
import { Json, Shown } from "./widgets";

const MONO = new Set(["arguments", "code", "output"]);
const MAX_MARKED = 2_000;

interface Props {
  stage: Stage;
  /** The turn before this one, whose messages this request repeats. */
  before: Recording | null;
  /** The turn after this one, which carries the results of this one's calls. */
  after: Recording | null;
}

export function Said({ stage, before, after }: Props) {
  useChanges(stage);
  const { one } = stage;
  const talk = one.conversation;
  const box = useRef<HTMLDivElement>(null);
  const hasMarkdown = one.parts.some((part) => part.data.kind === "text" && isMarkdown(part.text));
  useEffect(() => mark(box.current, stage.query));
  return (
    <section id="said" aria-label="Conversation">
      <div class="tools">
        <h2>{talk ? "Conversation" : "Transcript"}</h2>
        {hasMarkdown && (
          <label class="check">
            <input
              type="checkbox"
              id="raw"
              checked={!stage.rich}
              onChange={(event) => {
                stage.rich = !event.currentTarget.checked;
                stage.changed();
              }}
            />{" "}
            raw text
          </label>
        )}
      </div>
      <div id="parts" ref={box} tabIndex={0}>
        {talk && <Request talk={talk} before={before?.conversation ?? null} />}
        <Answer stage={stage} after={after} scroller={box} />
      </div>
      <Facts stage={stage} />
    </section>
  );
}

function Request({ talk, before }: { talk: Conversation; before: Conversation | null }) {
  const old = repeated(before, talk);
  const told = talk.messages.slice(0, old);
  return (
    <>
      {(talk.params.length > 0 || talk.tools.length > 0) && <Chips talk={talk} />}
      {talk.previous && <p class="under">Continues the response {clean(talk.previous)}.</p>}
      {told.length > 0 && (
        <details class="old">
          <summary>{plural(told.length, "message")} as in the turn before</summary>
          {told.map((message, at) => (
            <Bubble key={at} message={message} talk={talk} />
          ))}
        </details>
      )}
      {talk.messages.slice(old).map((message, at) => (
        <Bubble key={at} message={message} talk={talk} />
      ))}
    </>
  );
}

function Chips({ talk }: { talk: Conversation }) {
  return (
    <div class="chips">
      {talk.params.map(([name, value]) => (
        <span class="chip" key={name}>
          <span class="dim">{clean(name)}</span> {clean(value)}
        </span>
      ))}
      {talk.tools.map((tool, at) => (
        <details class="chip" key={at}>
          <summary>
            <span class="dim">tool</span> {clean(tool.name)}
          </summary>
          {tool.description && <p>{clean(tool.description)}</p>}
          {tool.schema !== null && <Json text={JSON.stringify(tool.schema)} />}
        </details>
      ))}
    </div>
  );
}

const LONG = 1_200;

function Bubble({ message, talk }: { message: Message; talk: Conversation }) {
  return (
    <div class={`bubble ${message.role}`}>
      <h3>{message.role}</h3>
      {message.pieces.map((piece, at) => (
        <PieceView key={at} piece={piece} talk={talk} />
      ))}
    </div>
  );
}

function PieceView({ piece, talk }: { piece: Piece; talk: Conversation }) {
  if (piece.kind === "call") return <CallView name={piece.name} text={piece.arguments} />;
  if (piece.kind === "result")
    return <Result name={piece.name || nameOfCall(talk, piece.id)} text={piece.text} failed={piece.failed} />;
  if (piece.kind !== "text" && piece.kind !== "reasoning")
    return <Shown kind={piece.kind} source={piece.source} note={piece.note} />;
  const text = clean(piece.text);
  if (text.length <= LONG) return <div class={`txt ${piece.kind}`}>{text}</div>;
  return (
    <details class={`txt ${piece.kind}`}>
      <summary>
        {oneLine(text, 200)} <span class="dim">({plural(text.length, "character")})</span>
      </summary>
      <div>{text}</div>
    </details>
  );
}

function CallView({ name, text }: { name: string; text: string }) {
  return (
    <div class="call">
      <b>{clean(name)}</b>
      {text && <Json text={text} />}
    </div>
  );
}

export function Result({ name, text, failed }: { name: string; text: string; failed: boolean }) {
  const isJson = /^\s*[{[]/.test(text);
  return (
    <div class={`result ${failed ? "failed" : ""}`}>
      <span class="dim">
        {failed ? "✕" : "↳"} {clean(name) || "result"}
      </span>
      {isJson ? <Json text={text} /> : <div class="txt">{clean(text.slice(0, 20_000))}</div>}
    </div>
  );
}

export function Answer({
  stage,
  after,
  scroller,
}: {
  stage: Stage;
  after: Recording | null;
  scroller: { current: HTMLDivElement | null };
}) {
  const { one } = stage;
  const results = resultsOf(after);
  const none = one.data.body ? "The body is no event stream: see below." : "No text came.";
  const asked = (from: number, to: number) =>
    one.data.asked
      .filter(([event]) => event > from && event <= to)
      .map(([event, text]) => (
        <Arrived key={event} stage={stage} event={event}>
          <div class="bubble user">
            <h3>user</h3>
            <div class="txt">{clean(text)}</div>
          </div>
        </Arrived>
      ));
  return (
    <div class="bubble answer assistant">
      <h3>answer</h3>
      {one.parts.map((part, at) => (
        <Fragment key={at}>
          {asked(one.parts[at - 1]?.first ?? -1, part.first)}
          <Grown stage={stage} part={part} scroller={scroller} result={results.get(part.data.id ?? "")} />
        </Fragment>
      ))}
      {asked(one.parts.at(-1)?.first ?? -1, Infinity)}
      {one.data.media.map((media, at) => (
        <Arrived key={at} stage={stage} event={media.event}>
          <Shown
            kind={media.kind}
            source={`data:${media.mime};base64,${media.data}`}
            note={`${media.mime}, ${grouped(Math.floor((media.data.length * 3) / 4))} bytes`}
          />
        </Arrived>
      ))}
      {!one.parts.length && !one.data.media.length && <p class="dim">{none}</p>}
    </div>
  );
}

/** The results that a request carries, by the ids of their calls. */
export function resultsOf(after: Recording | null): Map<string, Piece & { kind: "result" }> {
  const found = new Map<string, Piece & { kind: "result" }>();
  for (const message of after?.conversation?.messages ?? []) {
    for (const piece of message.pieces) if (piece.kind === "result" && piece.id) found.set(piece.id, piece);
  }
  return found;
}

interface GrownProps {
  stage: Stage;
  part: Part;
  scroller: { current: HTMLDivElement | null };
  result: (Piece & { kind: "result" }) | undefined;
}

function Grown({ stage, part, scroller, result }: GrownProps) {
  const { one, player, rich } = stage;
  const { kind, label, name } = part.data;
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const isRich = rich && kind === "text" && isMarkdown(part.text);
  const writer = useRef<RawText | RichText | null>(null);
  const [whole, setWhole] = useState(false);
  useLayoutEffect(() => {
    inner.current!.replaceChildren();
    writer.current = isRich
      ? new RichText(inner.current!, part.text)
      : new RawText(inner.current!, part.text);
  }, [part, isRich]);
  usePlayer(
    player,
    (why) => {
      const last = player.last;
      const length = one.lengthAt(part, last);
      const isVisible = last >= part.first && (length > 0 || !part.text);
      outer.current!.hidden = !isVisible;
      const grew = writer.current?.grow(isVisible ? length : 0);
      const isGrowing = isVisible && length < part.text.length;
      outer.current!.classList.toggle("growing", isGrowing);
      setWhole(isVisible && !isGrowing);
      if (grew && why === "tick" && scroller.current) follow(scroller.current, outer.current!);
    },
    [part, isRich],
  );
  return (
    <div ref={outer} class={`part ${look(kind)}`} hidden>
      <h3>
        {clean(label)} {name !== undefined && <b>{clean(name)}</b>}
      </h3>
      <div class={`grown ${isRich ? "rich" : MONO.has(kind) ? "mono" : ""}`} ref={inner} />
      {part.data.cut_short && whole && <div class="whole">arguments cut short</div>}
      {result && whole && (
        <Result
          name={`${name ?? "tool"}, as the next request has it`}
          text={result.text}
          failed={result.failed}
        />
      )}
    </div>
  );
}

function follow(box: HTMLElement, tail: HTMLElement): void {
  const bottom = tail.offsetTop + tail.offsetHeight;
  if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}

/** What is seen once an event has come. */
function Arrived({
  stage,
  event,
  children,
}: {
  stage: Stage;
  event: number;
  children: preact.ComponentChildren;
}) {
  const [come, setCome] = useState(true);
  usePlayer(stage.player, () => setCome(stage.player.last >= event), [event]);
  return <div hidden={!come}>{children}</div>;
}

function Facts({ stage }: { stage: Stage }) {
  const [last, setLast] = useState(stage.player.last);
  const facts = stage.one.data.facts;
  // Only as often as one of them comes.
  usePlayer(stage.player, () => {
    const now = stage.player.last;
    setLast((was) => (facts.some(([, , event]) => event <= now !== event <= was) ? now : was));
  }, [stage]);
  const come = facts.filter(([, , event]) => event <= last);
  return (
    <dl id="facts">
      {come.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{name === "usage" ? <Usage text={value} /> : <span class="mono">{clean(value)}</span>}</dd>
        </>
      ))}
    </dl>
  );
}

function Usage({ text }: { text: string }) {
  const counts: [string, number][] = [];
  const collect = (value: unknown, path: string) => {
    if (typeof value === "number") counts.push([path, value]);
    else if (typeof value === "object" && value) {
      for (const [name, inner] of Object.entries(value)) collect(inner, path ? `${path}.${name}` : name);
    }
  };
  try {
    collect(JSON.parse(text), "");
  } catch {
    return <span class="mono">{clean(text)}</span>;
  }
  return (
    <span class="chips">
      {counts
        .filter(([, count]) => count > 0)
        .map(([name, count]) => (
          <span class="chip" key={name}>
            <span class="dim">{clean(name.replaceAll("_", " "))}</span> {grouped(count)}
          </span>
        ))}
    </span>
  );
}

/** The place of some characters in an element's text. */
export function rangeOf(box: Element, start: number, end: number): Range | null {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  let begun = false;
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    if (!begun && start < at + node.length) {
      range.setStart(node, start - at);
      begun = true;
    }
    if (begun && end <= at + node.length) {
      range.setEnd(node, end - at);
      return range;
    }
    at += node.length;
  }
  return null;
}

/** Mark what is searched in the texts, without touching them. */
function mark(box: HTMLElement | null, query: Query | null): void {
  if (!("highlights" in CSS)) return;
  if (!box || !query) {
    CSS.highlights.delete("search");
    return;
  }
  const ranges: Range[] = [];
  for (const grown of box.querySelectorAll(".grown, .txt")) ranges.push(...rangesIn(grown, query));
  CSS.highlights.set("search", new Highlight(...ranges));
}

/** Where a query stands in an element's text, over all its nodes. */
export function rangesIn(box: Element, query: Query): Range[] {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  const starts: number[] = [];
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push(node as Text);
    starts.push(text.length);
    text += (node as Text).data;
  }
  let at = 0;
  return places(query, text, MAX_MARKED).map(([start, end]) => {
    const range = document.createRange();
    while (at + 1 < nodes.length && starts[at + 1]! <= start) at++;
    let last = at;
    while (last + 1 < nodes.length && starts[last + 1]! < end) last++;
    range.setStart(nodes[at]!, start - starts[at]!);
    range.setEnd(nodes[last]!, end - starts[last]!);
    return range;
  });
}
