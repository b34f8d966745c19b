/** Two recordings racing: side by side on one clock, differing words marked as they appear. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PairData } from "./data";
import { usePlayer, useWidth } from "./hooks";
import { type Colours, colours, paint, type Shape } from "./picture";
import { Player } from "./player";
import type { Recording } from "./recording";
import { Answer, rangeOf } from "./said";
import { Stage } from "./stage";
import { clean, duration, grouped, oneLine, percent, plural, seconds } from "./text";
import { drawAxis, toPosition, toX, type View } from "./timeline";
import { Controls } from "./track";
import { actOn } from "./view";
import { Badge, Tile } from "./widgets";

export const moodOf = (verdict: string) =>
  verdict === "same" ? "good" : verdict === "reworded" ? "warn" : "bad";

interface Props {
  pair: PairData;
  a: Recording;
  b: Recording;
  sides: [string, string];
  theme: string;
}

export function Race({ pair, a, b, sides, theme }: Props) {
  const stages = useMemo((): [Stage, Stage] => [new Stage(a), new Stage(b)], [a, b]);
  const player = useMemo(() => new Player(scoreOf(a, b)), [a, b]);
  useLayoutEffect(() => {
    const ends = stages.map((stage) => {
      stage.rich = false;
      return stage.player.follow(player);
    });
    return () => {
      for (const end of ends) end();
    };
  }, [stages, player]);
  useLayoutEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as Element;
      if (document.querySelector("dialog[open]") || target.matches("input[type=search], select")) return;
      if (event.key === " " && target.matches("button, summary, input")) return;
      if (actOn(event.key, player)) event.preventDefault();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, [player]);
  const now = () => {
    const [first, second] = stages.map((stage) => Math.max(stage.player.last + 1, 0));
    return `a ${first}/${a.n}, b ${second}/${b.n} events`;
  };
  return (
    <>
      <section id="head" aria-label="Comparison">
        <div class="line">
          <h1>{clean(pair.name)}</h1>
          <Badge mood={moodOf(pair.verdict)}>{clean(pair.verdict)}</Badge>
        </div>
        <div class="under">
          <i class="side-a" /> a {clean(sides[0])} · <i class="side-b" /> b {clean(sides[1])}
        </div>
        {pair.summary.length > 0 && (
          <ul class="reasons">
            {pair.summary.map((reason) => (
              <li key={reason}>{clean(reason)}</li>
            ))}
          </ul>
        )}
        <Changes a={a} b={b} />
      </section>
      <Plot a={a} b={b} player={player} theme={theme} />
      <Controls player={player} now={now} />
      <div id="columns" class="race">
        <Side
          name="a"
          stage={stages[0]}
          player={player}
          words={pair.words.map(([part, from, to]) => [part, from, to])}
        />
        <Side
          name="b"
          stage={stages[1]}
          player={player}
          words={pair.words.map(([, , , part, from, to]) => [part, from, to])}
        />
      </div>
      <Requests pair={pair} />
      <Aligned pair={pair} a={a} b={b} player={player} />
    </>
  );
}

function scoreOf(a: Recording, b: Recording) {
  const timed = a.timed && b.timed;
  const at = Float64Array.from([...a.at, ...b.at]).sort();
  return { at, end: Math.max(a.end, b.end), timed };
}

/** What the measures were and are: lower is better but for the rate. */
function Changes({ a, b }: { a: Recording; b: Recording }) {
  const t = [a, b].map((one) => one.data.timing);
  const times: [string, number | null, number | null][] = [
    ["to the first content", t[0]!.first_content_us, t[1]!.first_content_us],
    ["to the end", t[0]!.ending_us, t[1]!.ending_us],
    ["median gap", t[0]!.median_gap_us, t[1]!.median_gap_us],
    ["longest gap", t[0]!.longest_gap_us, t[1]!.longest_gap_us],
  ];
  return (
    <div class="tiles wide">
      {times.map(([label, before, after]) => (
        <Tile
          key={label}
          value={before === null && after === null ? "–" : `${duration(before)} → ${duration(after)}`}
          label={label}
          change={<Change before={before} after={after} />}
        />
      ))}
      <Tile
        value={
          a.rate === null && b.rate === null
            ? "–"
            : `${a.rate?.toFixed(1) ?? "–"} → ${b.rate?.toFixed(1) ?? "–"}`
        }
        label="tokens a second"
        change={<Change before={a.rate} after={b.rate} up />}
      />
      <Tile value={`${grouped(a.data.tokens ?? 0)} → ${grouped(b.data.tokens ?? 0)}`} label="output tokens" />
      <Tile value={`${grouped(a.n)} → ${grouped(b.n)}`} label="events" />
    </div>
  );
}

export function Change({
  before,
  after,
  up = false,
}: {
  before: number | null;
  after: number | null;
  up?: boolean;
}) {
  if (before === null || after === null) return null;
  const told = percent(before, after);
  const better = told === "same" || told === "new" ? "" : after > before === up ? "better" : "worse";
  return <span class={better}>{told}</span>;
}

const HEIGHT = 170;

export function drawRace(a: Recording, b: Recording, view: View, c: Colours): Shape[] {
  const axis = view.height - 17;
  const top = Math.max(a.growth[a.n - 1] ?? 0, b.growth[b.n - 1] ?? 0, 1);
  const shapes: Shape[] = [];
  for (const [one, stroke] of [
    [a, c["side-a"]],
    [b, c["side-b"]],
  ] as const) {
    const points = [toX(view, 0), axis];
    let y = axis;
    let column = 0;
    for (let i = 0; i < one.n; i++) {
      const x = toX(view, one.at[i]!);
      const next = axis - (one.growth[i]! / top) * (axis - 10);
      if (next === y) continue;
      if (x - column >= 0.5) points.push(x, y, x, next);
      else points[points.length - 1] = next;
      column = x;
      y = next;
    }
    points.push(toX(view, one.n ? one.at[one.n - 1]! : 0), y);
    shapes.push({ is: "path", points, stroke, width: 2, fill: stroke, base: axis });
    const first = one.data.timing.first_content_us;
    if (one.timed && first !== null)
      shapes.push({
        is: "path",
        points: [toX(view, first), 6, toX(view, first), axis],
        stroke,
        width: 1,
        dash: [3, 3],
      });
  }
  return [...shapes, ...drawAxis(view, c, axis, a.timed && b.timed)];
}

function Plot({ a, b, player, theme }: { a: Recording; b: Recording; player: Player; theme: string }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hand = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const view: View = { from: 0, to: player.score.end, width, height: HEIGHT };
  useLayoutEffect(() => {
    if (canvas.current && width)
      paint(canvas.current, { width, height: HEIGHT, shapes: drawRace(a, b, view, colours()) });
  }, [a, b, width, theme]);
  usePlayer(player, () => {
    hand.current!.style.transform = `translateX(${toX(view, player.position)}px)`;
  }, [width]);
  const go = (event: PointerEvent) => {
    if (event.buttons & 1)
      player.jump(toPosition(view, event.clientX - box.current!.getBoundingClientRect().left));
  };
  return (
    <section id="track" aria-label="Both texts as they grew">
      <h2>Text grown</h2>
      <div
        class="plot"
        ref={box}
        role="img"
        aria-label={`a ends at ${duration(a.end)}, b at ${duration(b.end)}`}
        style={{ height: `${HEIGHT}px` }}
        onPointerDown={go}
        onPointerMove={go}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${HEIGHT}px` }} />
        <div class="hand" ref={hand} />
      </div>
    </section>
  );
}

interface SideProps {
  name: "a" | "b";
  stage: Stage;
  player: Player;
  words: [part: number, from: number, to: number][];
}

function Side({ name, stage, player, words }: SideProps) {
  const box = useRef<HTMLDivElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  const { one } = stage;
  // After the texts have grown, which they do in the same turn.
  usePlayer(player, () => {
    const isDone = player.position >= one.end;
    clock.current!.textContent = !one.timed
      ? ""
      : isDone
        ? `done at ${seconds(one.end)} s`
        : `${seconds(player.position)} s`;
    queueMicrotask(() => mark(box.current, name, words));
  }, [stage]);
  useEffect(
    () => () => {
      if ("highlights" in CSS) CSS.highlights.delete(`change-${name}`);
    },
    [name],
  );
  return (
    <section class="side" aria-label={`Recording ${name}`}>
      <div class="tools">
        <h2>
          <i class={`side-${name}`} /> {name}
        </h2>
        <Badge mood={one.data.outcome.mood}>{clean(one.data.outcome.word)}</Badge>
        <span class="under" ref={clock} />
      </div>
      <div class="parts" ref={box} tabIndex={0}>
        <Answer stage={stage} after={null} scroller={box} />
      </div>
    </section>
  );
}

function mark(box: HTMLElement | null, name: string, words: [number, number, number][]): void {
  if (!box || !("highlights" in CSS)) return;
  const texts = box.querySelectorAll(".part .grown");
  const ranges: Range[] = [];
  for (const [part, from, to] of words) {
    const text = texts[part];
    const length = text?.textContent?.length ?? 0;
    if (!text || from >= length || from === to) continue;
    const range = rangeOf(text, from, Math.min(to, length));
    if (range) ranges.push(range);
  }
  CSS.highlights.set(`change-${name}`, new Highlight(...ranges));
}

function Requests({ pair }: { pair: PairData }) {
  return (
    <section id="requests" aria-label="Requests compared">
      <h2>Requests</h2>
      {!pair.request.length && <p class="dim">Both requests are the same.</p>}
      {pair.request.length > 0 && (
        <div class="scroll" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th>where</th>
                <th>a</th>
                <th>b</th>
              </tr>
            </thead>
            <tbody>
              {pair.request.map(([path, before, after]) => (
                <tr key={path}>
                  <td>
                    <code>{clean(path)}</code>
                  </td>
                  <td class="removed">{clean(before)}</td>
                  <td class="inserted">{clean(after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const SHOWN = 300;

/** Events beside each other; a click goes to where both have come. */
function Aligned({ pair, a, b, player }: { pair: PairData; a: Recording; b: Recording; player: Player }) {
  const differing = pair.rows.filter((row) => row[4] !== "same").length;
  const [only, setOnly] = useState(differing > 0 && pair.rows.length > 40);
  const [most, setMost] = useState(SHOWN);
  const rows = only ? pair.rows.filter((row) => row[4] !== "same") : pair.rows;
  return (
    <section id="aligned" aria-label="Events aligned">
      <div class="tools">
        <h2>Events</h2>
        <label class="check">
          <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} />{" "}
          only what differs
        </label>
        <span class="under" role="status">
          {plural(differing, "difference")} in {plural(pair.rows.length, "row")}
        </span>
      </div>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>a</th>
              <th>b</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map(([aFrom, aTo, bFrom, bTo, status]) => (
              <tr
                key={`${aFrom} ${bFrom}`}
                class={status}
                onClick={() =>
                  player.jump(Math.max(aFrom < 0 ? 0 : a.at[aFrom]!, bFrom < 0 ? 0 : b.at[bFrom]!))
                }
              >
                <Cell one={a} from={aFrom} to={aTo} />
                <Cell one={b} from={bFrom} to={bTo} />
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > most && (
          <button type="button" onClick={() => setMost(most + 2_000)}>
            Show more ({grouped(rows.length - most)})
          </button>
        )}
      </div>
    </section>
  );
}

function Cell({ one, from, to }: { one: Recording; from: number; to: number }) {
  if (from < 0) return <td class="none">–</td>;
  let said = "";
  for (let event = from; event < to && said.length < 300; event++) said += one.says(event);
  return (
    <td>
      <button type="button" class="small">
        {to - from > 1 ? `${from}–${to - 1}` : from}
      </button>{" "}
      <code>{clean(one.type(from))}</code>
      {to - from > 1 && <b> ×{grouped(to - from)}</b>}{" "}
      <span class={`s ${one.look(from)}`}>{clean(oneLine(said, 160))}</span>
    </td>
  );
}
