/** The list of all interactions: grouped by file, named by what was said, only what is in sight drawn. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Recording } from "./recording";
import { clean, duration, grouped, oneLine } from "./text";
import { Heights } from "./virtual";

const ITEM = 58;
const HEADING = 30;
const MAX_BARS = 60;

type Entry = { file: string } | { one: Recording; index: number };

function entriesOf(all: Recording[], wanted: string): Entry[] {
  const entries: Entry[] = [];
  let file: string | null = null;
  const isOneEach = new Set(all.map((one) => one.data.file)).size === all.length;
  all.forEach((one, index) => {
    if (
      wanted &&
      ![one.data.file, one.title, one.data.url, one.data.model ?? "", one.data.outcome.word].some((text) =>
        text.toLowerCase().includes(wanted),
      )
    )
      return;
    if (one.data.file !== file && !isOneEach) entries.push({ file: one.data.file });
    file = one.data.file;
    entries.push({ one, index });
  });
  return entries;
}

interface Props {
  all: Recording[];
  current: number;
  choose: (index: number) => void;
}

export function Nav({ all, current, choose }: Props) {
  const [wanted, setWanted] = useState("");
  const [, redraw] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const entries = useMemo(() => entriesOf(all, wanted.toLowerCase()), [all, wanted]);
  const isOneEach = entries.every((entry) => "one" in entry);
  const heights = useMemo(() => {
    const found = new Heights(entries.length, ITEM);
    entries.forEach((entry, at) => {
      if ("file" in entry) found.tall.set(at, HEADING);
    });
    found.index();
    return found;
  }, [entries]);
  useLayoutEffect(() => {
    const list = box.current;
    const at = entries.findIndex((entry) => "one" in entry && entry.index === current);
    if (!list || at < 0) return;
    const top = heights.top(at);
    if (top < list.scrollTop || top + ITEM > list.scrollTop + list.clientHeight)
      list.scrollTop = top - list.clientHeight / 3;
    redraw((n) => n + 1);
  }, [entries, current]);
  const scroll = box.current?.scrollTop ?? 0;
  const from = Math.max(heights.at(scroll) - 3, 0);
  const until = Math.min(heights.at(scroll + (box.current?.clientHeight || 900)) + 4, entries.length);
  const shown = entries.filter((entry) => "one" in entry).length;
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const indices = entries.flatMap((entry) => ("one" in entry ? [entry.index] : []));
    const to = indices[indices.indexOf(current) + by];
    if (to === undefined) return;
    choose(to);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[aria-current]")?.focus());
  };
  return (
    <nav id="nav" aria-label="Interactions">
      {all.length > 8 && (
        <div class="filter">
          <input
            type="search"
            placeholder={`Filter ${grouped(all.length)}`}
            aria-label="Filter the interactions"
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
          {wanted && (
            <span role="status" class="dim">
              {grouped(shown)}
            </span>
          )}
        </div>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its buttons have the focus */}
      <div class="items" ref={box} onScroll={() => redraw((n) => n + 1)} onKeyDown={step}>
        <div style={{ height: `${heights.total}px` }}>
          {entries.slice(from, until).map((entry, i) => {
            const top = heights.top(from + i);
            const style = { transform: `translateY(${top}px)` };
            if ("file" in entry)
              return (
                <h2 key={entry.file + top} style={style} title={clean(entry.file)}>
                  {clean(entry.file)}
                </h2>
              );
            return (
              <Item
                key={entry.index}
                entry={entry}
                style={style}
                isCurrent={entry.index === current}
                withFile={isOneEach}
                choose={choose}
              />
            );
          })}
        </div>
      </div>
    </nav>
  );
}

interface ItemProps {
  entry: { one: Recording; index: number };
  style: { transform: string };
  isCurrent: boolean;
  withFile: boolean;
  choose: (index: number) => void;
}

function Item({ entry: { one, index }, style, isCurrent, withFile, choose }: ItemProps) {
  const { outcome, tokens, findings } = one.data;
  const worst = findings[0]?.severity;
  return (
    <button
      type="button"
      style={style}
      data-number={index}
      tabIndex={isCurrent ? 0 : -1}
      {...(isCurrent ? { "aria-current": "true" as const } : {})}
      onClick={() => choose(index)}
    >
      <span class="path">{withFile ? clean(one.data.file) : clean(oneLine(one.title, 90))}</span>
      <span class="under">
        <span class={`dot ${outcome.mood}`} aria-hidden="true" />
        {outcome.mood !== "good" && <b class={outcome.mood}>{clean(oneLine(outcome.word, 30))}</b>}
        <span>
          {withFile
            ? clean(oneLine(one.title, 40))
            : duration(one.timed || !one.n ? one.data.ending.at : null)}
        </span>
        {!withFile && tokens !== null && <span>{grouped(tokens)} tok</span>}
        {worst && worst !== "info" && (
          <span class={`sev ${worst}`}>
            {worst === "error" ? "●" : "▲"}
            <span class="sr"> {worst} found</span>
          </span>
        )}
      </span>
      <Bar one={one} />
    </button>
  );
}

/** The phases of a recording as a thin bar. */
export function Bar({ one, of }: { one: Recording; of?: number }) {
  const end = of ?? one.end;
  return (
    <svg class="bar" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
      {one.phases.slice(0, MAX_BARS).map((phase, at) => (
        <rect
          key={at}
          class={phase.look || "other"}
          x={(phase.from / end) * 100}
          y="0"
          width={Math.max(((phase.to - phase.from) / end) * 100, 0.6)}
          height="3"
        />
      ))}
    </svg>
  );
}
