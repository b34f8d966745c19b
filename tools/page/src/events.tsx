/** The list of events: only the rows in sight exist, each as high as it is. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useChanges, useMedia, usePlayer } from "./hooks";
import { marked } from "./json";
import { LOOK_NAMES } from "./recording";
import type { Row, Stage } from "./stage";
import { clean, grouped, oneLine, plural, seconds } from "./text";
import { Heights } from "./virtual";
import { CopyButton, Json } from "./widgets";

const AROUND = 6;
const MAX_PRINTED = 2_000;
const FOLLOW_AGAIN_MS = 2_500;

export function Events({ stage }: { stage: Stage }) {
  useChanges(stage);
  const { one } = stage;
  const types = one.data.events!.types;
  const isRunning = one.n > stage.rows.length || stage.unfolded.size > 0 || !stage.fold;
  return (
    <section id="happened" aria-label="Events">
      <div id="bar">
        <h2>Events</h2>
        <input
          id="search"
          type="search"
          placeholder="Search, or /regex/"
          aria-label="Search texts, types and payloads"
          autocomplete="off"
          spellcheck={false}
          value={stage.searched}
          onInput={(event) => stage.search(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") stage.goToHit(event.shiftKey ? -1 : 1);
          }}
        />
        {stage.query && (
          <span class="hits">
            <button
              type="button"
              aria-label="Previous hit"
              title="Previous hit (N)"
              onClick={() => stage.goToHit(-1)}
            >
              ↑
            </button>
            <button type="button" aria-label="Next hit" title="Next hit (n)" onClick={() => stage.goToHit(1)}>
              ↓
            </button>
          </span>
        )}
        <select
          id="type"
          aria-label="Only events of type"
          value={stage.type}
          onChange={(event) => stage.only(event.currentTarget.value)}
        >
          <option value="">all types</option>
          {types.map((name, at) => (
            <option key={name} value={String(at)}>
              {clean(name)}
            </option>
          ))}
        </select>
        {isRunning && (
          <label class="check">
            <input
              type="checkbox"
              id="fold"
              checked={stage.fold}
              onChange={(event) => stage.setFold(event.currentTarget.checked)}
            />{" "}
            fold runs
          </label>
        )}
        <span id="count" role="status">
          {stage.isFiltered ? `${grouped(stage.nEvents)} of ${grouped(one.n)}` : grouped(one.n)}
        </span>
      </div>
      {!one.timed && one.n > 0 && (
        <p class="under">
          This recording knows no times. Record the stream itself (`streamtape record`) to see when its events
          came.
        </p>
      )}
      <List stage={stage} />
    </section>
  );
}

function List({ stage }: { stage: Stage }) {
  const box = useRef<HTMLDivElement>(null);
  const isPhone = useMedia("(max-width: 620px)");
  const isPrinted = useMedia("print");
  const usual = isPhone ? 37 : 31;
  const [, redraw] = useState(0);
  const again = () => redraw((n) => n + 1);
  const heights = useMemo(() => new Heights(stage.rows.length, usual), [stage, stage.rows, usual]);
  const last = useRef(stage.player.last);
  const handled = useRef({ by: Number.NEGATIVE_INFINITY, active: -1, visits: 0 });

  // Rows tell their heights themselves: they change with the width, and as parts of them fold.
  const observer = useMemo(
    () =>
      new ResizeObserver((entries) => {
        let news = false;
        for (const entry of entries) {
          const row = Number((entry.target as HTMLElement).dataset.at);
          news = heights.set(row, (entry.target as HTMLElement).offsetHeight) || news;
        }
        if (news) again();
      }),
    [heights],
  );
  useLayoutEffect(() => () => observer.disconnect(), [observer]);

  const show = (row: number, centre: boolean) => {
    const list = box.current;
    if (!list || row < 0) return;
    const top = heights.top(row);
    const high = heights.height(row);
    if (top >= list.scrollTop && top + high <= list.scrollTop + list.clientHeight) return;
    if (centre) list.scrollTop = top - list.clientHeight / 3;
    else
      list.scrollTop =
        top < list.scrollTop ? top : top + Math.min(high, list.clientHeight) - list.clientHeight;
  };

  usePlayer(
    stage.player,
    (why) => {
      const now = stage.player.last;
      if (now === last.current && why === "tick") return;
      last.current = now;
      const isFollowing = performance.now() - handled.current.by > FOLLOW_AGAIN_MS;
      if (why !== "play" && isFollowing && stage.has(now)) show(stage.rowOf(now), false);
      again();
    },
    [heights],
  );
  useLayoutEffect(() => {
    const { active, visits } = handled.current;
    if (stage.active === active && stage.visits === visits) return;
    handled.current.active = stage.active;
    handled.current.visits = stage.visits;
    if (stage.active < 0) return;
    show(stage.rowOf(stage.active), true);
    if (stage.visits !== visits) reveal(stage.active);
  });
  // Where nothing has come, the list stands at its start.
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [stage, stage.query, stage.type, stage.range]);

  const list = box.current;
  const scroll = list?.scrollTop ?? 0;
  const seen = list?.clientHeight || 600;
  const from = isPrinted ? 0 : Math.max(heights.at(scroll) - AROUND, 0);
  const until = isPrinted
    ? Math.min(stage.rows.length, MAX_PRINTED)
    : Math.min(heights.at(scroll + seen) + AROUND + 1, stage.rows.length);
  const most = isPhone ? window.innerHeight * 0.7 : 560;
  const rows = stage.rows.slice(from, until);
  const style = isPrinted ? {} : { height: `${Math.min(Math.max(heights.total + 1, 90), most)}px` };
  return (
    <div
      id="list"
      ref={box}
      tabIndex={0}
      role="tree"
      aria-label="Events: arrow keys move, Enter opens"
      {...(stage.active >= 0 && stage.has(stage.active)
        ? { "aria-activedescendant": `event-${stage.active}` }
        : {})}
      style={style}
      onScroll={again}
      onWheel={() => {
        handled.current.by = performance.now();
      }}
      onTouchMove={() => {
        handled.current.by = performance.now();
      }}
      onKeyDown={(event) => move(event, stage)}
    >
      <div
        id="rows"
        role="presentation"
        style={isPrinted ? {} : { height: `${stage.rows.length ? heights.total : 80}px` }}
      >
        {rows.map((row, i) => (
          <RowView
            key={row.from}
            stage={stage}
            row={row}
            at={from + i}
            top={isPrinted ? null : heights.top(from + i)}
            last={last.current}
            observer={observer}
          />
        ))}
        {!stage.rows.length && (
          <div class="row empty">{stage.one.n ? "No event has that." : "There are no events."}</div>
        )}
        {isPrinted && stage.rows.length > MAX_PRINTED && (
          <p>{plural(stage.rows.length - MAX_PRINTED, "row")} more.</p>
        )}
      </div>
    </div>
  );
}

/** Bring an event into the window, below the player, once its row has been drawn. */
function reveal(event: number): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      document.getElementById(`event-${event}`)?.scrollIntoView({ block: "nearest" }),
    ),
  );
}

function move(event: KeyboardEvent, stage: Stage): void {
  if (event.target !== event.currentTarget) return;
  const at = stage.active < 0 ? -1 : stage.rowOf(stage.active);
  const rows = stage.rows;
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 };
  const by = steps[event.key];
  if (by !== undefined && rows.length) {
    const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]!;
    stage.active = row.from;
    stage.player.jump(stage.one.at[row.from]!);
    stage.changed();
  } else if ((event.key === "Enter" || event.key === " ") && rows[at]) {
    stage.toggle(rows[at]);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

interface RowProps {
  stage: Stage;
  row: Row;
  at: number;
  top: number | null;
  last: number;
  observer: ResizeObserver;
}

function RowView({ stage, row, at, top, last, observer }: RowProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = ref.current!;
    observer.observe(box);
    return () => observer.unobserve(box);
  }, [observer, at]);
  const { one } = stage;
  const { from, to } = row;
  const n = to - from;
  const isOpen = n === 1 && stage.open.has(from);
  const state = `${last >= from && last < to ? " at" : ""}${from > last ? " later" : ""}${stage.active >= from && stage.active < to ? " active" : ""}`;
  const open = () => {
    // A text that is being selected is not a click.
    if (!getSelection()?.isCollapsed) return;
    if (n === 1) {
      stage.active = from;
      stage.player.jump(one.at[from]!);
    }
    stage.toggle(row);
  };
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the row that is meant
    <div
      ref={ref}
      class={`row${state}`}
      id={`event-${from}`}
      data-at={at}
      role="treeitem"
      aria-level={1}
      aria-expanded={isOpen}
      aria-selected={stage.active === from}
      aria-posinset={at + 1}
      aria-setsize={stage.rows.length}
      style={top === null ? {} : { transform: `translateY(${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its row is the tree item */}
      <div class="short" onClick={open}>
        <Short stage={stage} row={row} last={last} />
      </div>
      {isOpen && <Details stage={stage} event={from} />}
    </div>
  );
}

function Short({ stage, row, last }: { stage: Stage; row: Row; last: number }) {
  const { one, query } = stage;
  const { from, to } = row;
  const n = to - from;
  const kind = one.look(from);
  const gap = one.gap(from);
  const worst = stage.findings(from)[0];
  const name = one.type(from);
  const dot = name.lastIndexOf(".", name.length - 2) + 1;
  // Where all events are of one type, its name says nothing: what they bring does.
  const isUniform = one.data.events!.types.length < 3 && kind !== "";
  const come = Math.min(Math.max(last - from + 1, 0), n);
  return (
    <>
      <span class="n">{n > 1 ? `${from}–${to - 1}` : from}</span>
      {one.timed && <span class="t">{seconds(one.at[from]!)}</span>}
      {one.timed && (
        <span class={`g ${gap !== null && one.isLong(gap) ? "long" : ""}`}>
          {gap === null ? "" : `+${(gap / 1e3).toFixed(gap < 1e6 ? 1 : 0)}`}
        </span>
      )}
      <span class="y" title={clean(name)}>
        <i class={kind} />
        {!isUniform && <span class="pre">{clean(name.slice(0, dot))}</span>}
        <span class="end">{isUniform ? LOOK_NAMES[kind] : clean(name.slice(dot))}</span>
        {n > 1 && <b> ×{come < n && come > 0 ? `${grouped(come)}/${grouped(n)}` : grouped(n)}</b>}
      </span>
      <Says text={clean(n > 1 ? said(stage, row) : one.says(from))} kind={kind} query={query} />
      {worst ? <Severity severity={worst.severity} /> : <span />}
    </>
  );
}

function said(stage: Stage, row: Row): string {
  let text = "";
  for (let event = row.from; event < row.to && text.length < 200; event++) text += stage.one.says(event);
  return text;
}

function Says({ text, kind, query }: { text: string; kind: string; query: Stage["query"] }) {
  const ref = useRef<HTMLSpanElement>(null);
  const shown = text.length > 400 ? text.slice(0, 400) : text;
  useLayoutEffect(
    () => ref.current?.replaceChildren(...marked(shown.replaceAll("\n", "↵"), query)),
    [shown, query],
  );
  return <span class={`s ${kind}`} ref={ref} />;
}

export function Severity({ severity }: { severity: string }) {
  return <span class={`sev ${severity}`}>{severity === "error" ? "● error" : `▲ ${severity}`}</span>;
}

function Details({ stage, event }: { stage: Stage; event: number }) {
  const { one } = stage;
  const found = stage.findings(event);
  const notes = one.notes.get(event);
  const payload = one.data.events!.data[event]!;
  return (
    <div class="more">
      {found.length > 0 && (
        <ul class="told">
          {found.map((finding) => (
            <li key={finding.rule + finding.message}>
              <span class={`sev ${finding.severity}`}>{finding.severity}</span> {finding.rule}:{" "}
              {clean(finding.message)}
              {finding.count > 1 && <span class="dim"> ({grouped(finding.count)} times)</span>}
            </li>
          ))}
        </ul>
      )}
      <div class="tools">
        <code class="dim">{clean(oneLine(one.type(event), 200))}</code>
        {notes && <code class="dim">{clean(notes)}</code>}
        <CopyButton text={() => payload} label="Copy payload" />
      </div>
      <Json text={payload} query={stage.query} />
    </div>
  );
}
