/** The timeline and the player: what moves playback, and what selects a stretch of it. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useChanges, useMedia, usePlayer, useWidth } from "./hooks";
import { colours, paint } from "./picture";
import type { Player } from "./player";
import { LOOK_NAMES, look, type Recording } from "./recording";
import type { Stage } from "./stage";
import { clean, duration, grouped, oneLine, plural, seconds } from "./text";
import { drawTimeline, EDGE, figures, toPosition, toX, type View, within, zoomed } from "./timeline";

/** Pointers that move less than this have clicked. */
const CLICK_PX = 4;
const STEPS = 10_000;

interface Props {
  stage: Stage;
  theme: string;
}

export function Timeline({ stage, theme }: Props) {
  useChanges(stage);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const [hover, setHover] = useState<number | null>(null);
  const width = useWidth(box);
  const isPhone = useMedia("(max-width: 620px)");
  const height = isPhone ? 100 : 140;
  const { one, window: seen, range } = stage;
  const view: View = useMemo(() => ({ ...seen, width, height }), [seen, width, height]);
  useLayoutEffect(() => {
    if (!canvas.current || !width) return;
    paint(canvas.current, { width, height, shapes: drawTimeline(one, view, colours(), off) });
  }, [one, view, off, theme]);

  const drag = useDrag(stage, view);
  const isZoomed = seen.to - seen.from < one.end * 0.999;
  return (
    <section id="track" aria-label="Timeline">
      <div class="tools">
        <h2>Timeline</h2>
        <Legend one={one} off={off} setOff={setOff} />
        <span class="buttons">
          <button
            type="button"
            aria-label="Zoom in"
            title="Zoom in (+)"
            onClick={() => stage.zoom(zoomAt(stage, 0.5))}
          >
            +
          </button>
          <button
            type="button"
            aria-label="Zoom out"
            title="Zoom out (−)"
            disabled={!isZoomed}
            onClick={() => stage.zoom(zoomAt(stage, 2))}
          >
            −
          </button>
          <button
            type="button"
            aria-label="Show all"
            title="Show all (0)"
            disabled={!isZoomed}
            onClick={() => stage.zoom({ from: 0, to: one.end })}
          >
            ⤢
          </button>
        </span>
      </div>
      <div
        id="timeline"
        ref={box}
        style={{ height: `${height}px` }}
        role="img"
        aria-label={describe(one)}
        onPointerDown={drag.down}
        onPointerMove={(event) => {
          drag.move(event);
          setHover(event.pointerType === "touch" ? null : offsetX(event));
        }}
        onPointerUp={drag.up}
        onPointerCancel={drag.cancel}
        onPointerLeave={() => setHover(null)}
        onWheel={(event) => wheel(event, stage, view)}
        onDblClick={() => stage.select(null)}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
        <Hand stage={stage} view={view} />
        {range && <Range view={view} from={range.from} to={range.to} />}
        {hover !== null && !drag.isDragging && <Hover one={one} view={view} x={hover} />}
      </div>
      {isZoomed && <Minimap stage={stage} width={width} theme={theme} />}
      {range && <RangeFigures stage={stage} />}
    </section>
  );
}

const offsetX = (event: PointerEvent | WheelEvent): number =>
  event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;

export function zoomAt(stage: Stage, factor: number) {
  const { window: seen, player, one } = stage;
  const middle =
    player.position > seen.from && player.position < seen.to ? player.position : (seen.from + seen.to) / 2;
  return zoomed(seen, factor, middle, one.end);
}

function wheel(event: WheelEvent, stage: Stage, view: View): void {
  const { window: seen, one } = stage;
  const size = seen.to - seen.from;
  if (event.ctrlKey || event.altKey || event.metaKey) {
    event.preventDefault();
    stage.zoom(zoomed(seen, Math.exp(event.deltaY / 250), toPosition(view, offsetX(event)), one.end));
  } else if (size < one.end && (event.deltaX || event.shiftKey)) {
    event.preventDefault();
    const by = ((event.deltaX || event.deltaY) / view.width) * size;
    stage.zoom(within({ from: seen.from + by, to: seen.to + by }, one.end));
  }
}

/** A click goes there; a drag selects a stretch. */
function useDrag(stage: Stage, view: View) {
  const start = useRef<{ x: number; moved: boolean } | null>(null);
  const at = (x: number) => Math.min(Math.max(toPosition(view, x), 0), stage.one.end);
  return {
    get isDragging() {
      return start.current?.moved ?? false;
    },
    down(event: PointerEvent) {
      if (event.button !== 0) return;
      start.current = { x: offsetX(event), moved: false };
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    move(event: PointerEvent) {
      const from = start.current;
      if (!from) return;
      const x = offsetX(event);
      from.moved ||= Math.abs(x - from.x) > CLICK_PX;
      if (from.moved) stage.select({ from: at(Math.min(x, from.x)), to: at(Math.max(x, from.x)) });
    },
    up(event: PointerEvent) {
      const from = start.current;
      start.current = null;
      if (from && !from.moved) stage.player.jump(at(offsetX(event)));
    },
    cancel() {
      start.current = null;
    },
  };
}

/** Where playback stands; what is still to come lies under a veil. */
function Hand({ stage, view }: { stage: Stage; view: View }) {
  const hand = useRef<HTMLDivElement>(null);
  const veil = useRef<HTMLDivElement>(null);
  usePlayer(stage.player, () => {
    const x = Math.min(Math.max(toX(view, stage.player.position), -2), view.width);
    hand.current!.style.transform = `translateX(${x}px)`;
    veil.current!.style.transform = `translateX(${Math.max(x, 0)}px)`;
  }, [view]);
  return (
    <>
      <div class="veil" ref={veil} />
      <div class="hand" ref={hand} />
    </>
  );
}

function Range({ view, from, to }: { view: View; from: number; to: number }) {
  const x = Math.max(toX(view, from), 0);
  return (
    <div
      class="range"
      style={{ left: `${x}px`, width: `${Math.max(Math.min(toX(view, to), view.width) - x, 1)}px` }}
    />
  );
}

function Hover({ one, view, x }: { one: Recording; view: View; x: number }) {
  const position = toPosition(view, x);
  const event = Math.max(one.lastAt(position), 0);
  if (!one.n || x < EDGE - 4 || x > view.width - EDGE + 4) return null;
  const gap = one.gap(event);
  const next = event + 1 < one.n ? one.at[event + 1]! : one.end;
  const isWait = one.timed && one.isLong(next - one.at[event]!);
  const said = oneLine(one.says(event), 60);
  return (
    <div class={`hover ${x > view.width / 2 ? "left" : ""}`} style={{ transform: `translateX(${x}px)` }}>
      <div>
        <b>{one.timed ? `${seconds(Math.max(position, 0))} s` : `event ${event}`}</b> #{event}{" "}
        {clean(one.type(event))}
        {said && <q>{clean(said)}</q>}
        <span class="dim">
          {gap !== null && `${duration(gap)} after the one before`}
          {isWait && `, then a wait of ${duration(next - one.at[event]!)}`}
        </span>
      </div>
    </div>
  );
}

function Minimap({ stage, width, theme }: { stage: Stage; width: number; theme: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { one, window: seen } = stage;
  const view = { from: 0, to: one.end, width, height: 40 };
  useLayoutEffect(() => {
    if (canvas.current && width) {
      paint(canvas.current, {
        width,
        height: 28,
        shapes: drawTimeline(one, view, colours(), new Set(["rate", "chunk", "waits"])),
      });
    }
  }, [one, width, theme]);
  const pan = (event: PointerEvent) => {
    if (!(event.buttons & 1)) return;
    const half = (seen.to - seen.from) / 2;
    const middle = toPosition(view, offsetX(event));
    stage.zoom(within({ from: middle - half, to: middle + half }, one.end));
  };
  const x = toX(view, seen.from);
  return (
    <div
      id="minimap"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        pan(event);
      }}
      onPointerMove={pan}
    >
      <canvas ref={canvas} style={{ width: `${width}px`, height: "28px" }} />
      <div class="range" style={{ left: `${x}px`, width: `${Math.max(toX(view, seen.to) - x, 3)}px` }} />
    </div>
  );
}

function RangeFigures({ stage }: { stage: Stage }) {
  const { one, range } = stage;
  const found = figures(one, range!);
  const facts = [
    one.timed
      ? `${seconds(range!.from)} to ${seconds(range!.to)} s (${duration(range!.to - range!.from)})`
      : "",
    plural(found.events, "event"),
    plural(found.chars, "character"),
    found.tokensPerSecond === null ? "" : `about ${found.tokensPerSecond.toFixed(1)} tokens/s`,
    found.longest === null ? "" : `longest gap ${duration(found.longest)}`,
  ];
  return (
    <div id="figures" role="status">
      <span>{facts.filter(Boolean).join(" · ")}</span>
      <button type="button" class="small" onClick={() => stage.zoom(within(range!, one.end))}>
        Zoom to it
      </button>
      <button type="button" class="small" onClick={() => stage.select(null)}>
        Clear
      </button>
    </div>
  );
}

function Legend({
  one,
  off,
  setOff,
}: {
  one: Recording;
  off: ReadonlySet<string>;
  setOff: (off: ReadonlySet<string>) => void;
}) {
  const kinds = [...new Set((one.data.events?.channels ?? []).map(look))];
  const entries: [string, string, string][] = [];
  if (one.parts.length) entries.push(["growth", "growth", "text grown"]);
  if (one.timed && one.parts.length) entries.push(["rate", "rate", "rate"]);
  if (one.timed) entries.push(["waits", "wait", "waits"]);
  if (one.timed && one.chunksAt) entries.push(["chunk", "chunk", "chunks, by size"]);
  for (const kind of kinds) entries.push([kind || "other", kind || "other", LOOK_NAMES[kind]]);
  if (one.found.size) entries.push(["findings", "findings", "findings"]);
  return (
    <fieldset id="legend">
      <legend class="sr">Lanes of the timeline</legend>
      {entries.map(([id, cls, name]) => (
        <button
          key={id}
          type="button"
          aria-pressed={!off.has(id)}
          onClick={() => {
            const next = new Set(off);
            if (!next.delete(id)) next.add(id);
            setOff(next);
          }}
        >
          <i class={cls} />
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function describe(one: Recording): string {
  const t = one.data.timing;
  const waits = t.longest_gap_us ? `, longest gap ${duration(t.longest_gap_us)}` : "";
  if (!one.timed) return `${plural(one.n, "event")}, no times known`;
  return `${plural(one.n, "event")} in ${duration(one.end)}, first content after ${duration(t.first_content_us)}${waits}`;
}

/** On the slider, arrows move by a hundredth and page keys by a tenth, however many events there are. */
function slide(event: KeyboardEvent, player: Player): void {
  const shares: Record<string, number> = {
    ArrowLeft: -0.01,
    ArrowDown: -0.01,
    ArrowRight: 0.01,
    ArrowUp: 0.01,
    PageUp: 0.1,
    PageDown: -0.1,
  };
  const by = shares[event.key];
  if (by === undefined) return;
  event.preventDefault();
  player.jump(player.position + by * player.score.end);
}

const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 50];

/** What moves playback; `now` says in words what is there at the moment. */
export function Controls({ player, now }: { player: Player; now: () => string }) {
  const { timed, end, at } = player.score;
  const slider = useRef<HTMLInputElement>(null);
  const clock = useRef<HTMLOutputElement>(null);
  const told = useRef<HTMLSpanElement>(null);
  const [playing, setPlaying] = useState(false);
  usePlayer(player, (why) => {
    const { position } = player;
    const text = timed
      ? `${seconds(Math.min(position, end))} / ${seconds(end)} s`
      : `${Math.max(player.last + 1, 0)} / ${at.length} events`;
    if (clock.current!.textContent !== text) clock.current!.textContent = text;
    slider.current!.value = String(Math.round((position / end) * STEPS));
    slider.current!.setAttribute("aria-valuetext", text);
    told.current!.textContent = now();
    if (why !== "tick") setPlaying(player.playing);
  });
  return (
    <section id="player" aria-label="Playback">
      <button
        id="play"
        type="button"
        class={playing ? "on" : ""}
        aria-label={playing ? "Pause" : "Play"}
        onClick={() => player.toggle()}
      />
      <button
        id="back"
        type="button"
        aria-label="One event back"
        title="One event back (←)"
        onClick={() => player.step(-1)}
      >
        ‹
      </button>
      <button
        id="next"
        type="button"
        aria-label="One event on"
        title="One event on (→)"
        onClick={() => player.step(1)}
      >
        ›
      </button>
      <output id="clock" ref={clock} />
      <input
        id="slider"
        ref={slider}
        type="range"
        min="0"
        max={STEPS}
        step="1"
        aria-label="Position in the recording"
        onKeyDown={(event) => slide(event, player)}
        onInput={(event) => player.jump((Number(event.currentTarget.value) / STEPS) * end)}
      />
      <label>
        <span class="wide">Speed </span>
        <select
          id="speed"
          aria-label="Speed"
          onChange={(event) => {
            player.speed = Number(event.currentTarget.value);
          }}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)} selected={speed === player.speed}>
              {speed === 0.25 ? "¼" : speed === 0.5 ? "½" : grouped(speed)}×
            </option>
          ))}
        </select>
      </label>
      {timed && (
        <label class="check">
          <input
            type="checkbox"
            id="skip"
            checked={player.skipWaits}
            onChange={(event) => {
              player.skipWaits = event.currentTarget.checked;
            }}
          />{" "}
          skip waits
        </label>
      )}
      <span id="now" ref={told} />
    </section>
  );
}

/** What a recording has come to at the moment, in words. */
export function nowOf({ player, one }: Stage): string {
  const { last } = player;
  if (player.position >= one.end && one.data.ending.kind !== "complete") return clean(one.data.ending.says);
  return last < 0 ? "waiting for the first event" : `#${last} ${clean(one.type(last))}`;
}
