/** The waterfall of a run on the page, above the turn that is looked at. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useWidth } from "./hooks";
import { colours, paint } from "./picture";
import type { Recording } from "./recording";
import { describeAt, drawRun, readRun, rowAt, runHeight } from "./run";
import { clean, duration, grouped, oneLine, plural } from "./text";
import { toPosition } from "./timeline";
import { Tile } from "./widgets";

interface Props {
  turns: [one: Recording, index: number][];
  current: number;
  choose: (index: number) => void;
  theme: string;
}

export function RunView({ turns, current, choose, theme }: Props) {
  const run = useMemo(() => readRun(turns), [turns]);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const [hover, setHover] = useState<{ x: number; y: number } | null>(null);
  const height = runHeight(run);
  const view = { from: 0, to: Math.max(run.totals.wall, 1), width, height };
  useLayoutEffect(() => {
    if (canvas.current && width)
      paint(canvas.current, { width, height, shapes: drawRun(run, view, colours(), current) });
  }, [run, width, current, theme]);
  const scroller = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    scroller.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const { totals } = run;
  const at = (event: MouseEvent) => {
    const place = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - place.left, y: event.clientY - place.top };
  };
  const told = hover ? describeAt(run, rowAt(run, hover.y), toPosition(view, hover.x)) : [];
  return (
    <section id="run" aria-label="Run">
      <div class="tools">
        <h2>Run</h2>
        <span class="under">
          {plural(run.turns.length, "turn")}
          {run.hasClock ? "" : ", one after the other: these recordings do not know when they began"}
        </span>
        <fieldset class="lanes">
          <legend class="sr">Colours</legend>
          {(["wait", "reasoning", "text", "arguments"] as const).map((kind) => (
            <span key={kind}>
              <i class={kind} />
              {kind === "wait" ? "waiting" : kind === "arguments" ? "tool arguments" : kind}
            </span>
          ))}
          {run.tools.length > 0 && (
            <span>
              <i class="dashed" />
              tools at work
            </span>
          )}
        </fieldset>
      </div>
      <div class="tiles">
        <Tile value={duration(totals.wall)} label="wall clock" />
        <Tile value={duration(totals.model)} label="model at work" />
        {run.tools.length > 0 && <Tile value={duration(totals.tools)} label="tools at work" />}
        <Tile value={totals.tokens ? grouped(totals.tokens) : "–"} label="output tokens" />
        {run.hasClock && <Tile value={grouped(totals.peak)} label="at once, at most" />}
      </div>
      <div class="waterfall" ref={scroller}>
        <div class="names" style={{ height: `${height}px` }}>
          {run.turns.map((turn) => (
            <button
              key={turn.index}
              type="button"
              data-turn={turn.index}
              title={clean(turn.one.title)}
              {...(turn.index === current ? { "aria-current": "true" as const } : {})}
              onClick={() => choose(turn.index)}
            >
              <span class={`dot ${turn.one.data.outcome.mood}`} aria-hidden="true" />
              {clean(oneLine(turn.one.title, 90))}
              <span class="sr">
                , {duration(turn.to - turn.from)}, {clean(turn.one.data.outcome.word)}
              </span>
            </button>
          ))}
        </div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons beside it do the same */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons beside it do the same */}
        <div
          class="bars"
          ref={box}
          onMouseMove={(event) => setHover(at(event))}
          onMouseLeave={() => setHover(null)}
          onClick={(event) => {
            const turn = run.turns[rowAt(run, at(event).y)];
            if (turn) choose(turn.index);
          }}
        >
          <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
          {hover && told.length > 0 && (
            <div
              class={`hover ${hover.x > width / 2 ? "left" : ""}`}
              style={{ transform: `translate(${hover.x}px, ${hover.y}px)` }}
            >
              <div>
                <b>{clean(told[0]!)}</b>
                <span>{clean(told[1] ?? "")}</span>
              </div>
            </div>
          )}
        </div>
      </div>
      {run.tools.length > 0 && (
        <details class="toollist">
          <summary>{plural(run.tools.length, "wait")} for tools</summary>
          <ul>
            {run.tools.map((tool, i) => (
              <li key={i}>
                <b>{clean(tool.names.join(", "))}</b> {duration(tool.to - tool.from)}{" "}
                <span class="dim">{clean(tool.result)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
