/** The page of comparisons: one race, or a table of them whose rows open. */

import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { putPlace, readPlace } from "./address";
import { Menu, pictureItems, Top } from "./chrome";
import type { PageData, PairData } from "./data";
import { Bar } from "./nav";
import { Change, drawRace, moodOf, Race } from "./race";
import { Recording } from "./recording";
import { clean, duration, plural } from "./text";
import { useTheme } from "./view";
import { Badge } from "./widgets";

const KEYS: [string, string][] = [
  ["Space", "play, pause"],
  ["← →", "one event back, on"],
  ["Home End", "start, end"],
  ["w", "skip waits, or don't"],
  ["[ ]", "comparison before, after"],
  ["Esc", "back to the table"],
  ["t", "light, dark, or as the system has it"],
];

export function CompareApp({ data }: { data: PageData }) {
  const all = useMemo(() => data.interactions.map((one) => new Recording(one)), [data]);
  const pairs = data.pairs ?? [];
  const sides = data.sides ?? ["a", "b"];
  const [theme, cycle, look] = useTheme();
  const isOne = pairs.length === 1;
  const read = () => readPlace(location.hash)?.number ?? (isOne ? 0 : null);
  const [current, setCurrent] = useState(read);
  const choose = (number: number | null) => {
    if (number !== null && !isRace(pairs[number])) return;
    putPlace({ number, event: null, t: null }, true);
    setCurrent(number);
    scrollTo(0, 0);
  };
  useLayoutEffect(() => {
    const go = () => setCurrent(read());
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (
        (event.target as Element).matches("input[type=search], select") ||
        document.querySelector("dialog[open]")
      )
        return;
      if (event.key === "t") cycle();
      else if (event.key === "Escape" && !isOne) choose(null);
      else if ((event.key === "[" || event.key === "]") && current !== null)
        choose(current + (event.key === "]" ? 1 : -1));
    };
    addEventListener("hashchange", go);
    addEventListener("popstate", go);
    document.addEventListener("keydown", keys);
    return () => {
      removeEventListener("hashchange", go);
      removeEventListener("popstate", go);
      document.removeEventListener("keydown", keys);
    };
  });
  const pair = current === null ? undefined : pairs[current];
  const a = pair && pair.a !== null ? all[pair.a] : undefined;
  const b = pair && pair.b !== null ? all[pair.b] : undefined;
  return (
    <>
      <Top where={`${sides[0]} → ${sides[1]}`} theme={theme} cycle={cycle} keys={KEYS}>
        {pair && !isOne && (
          <button type="button" id="all" onClick={() => choose(null)}>
            All comparisons
          </button>
        )}
        {a && b && (
          <Menu
            id="copy"
            name="Save"
            items={pictureItems("race", (c) => {
              const view = { from: 0, to: Math.max(a.end, b.end), width: 960, height: 240 };
              return { width: 960, height: 240, shapes: drawRace(a, b, view, c) };
            })}
          />
        )}
      </Top>
      <main id="main" class="compare" tabIndex={-1}>
        {pair && a && b ? (
          <Race key={current} pair={pair} a={a} b={b} sides={[a.data.file, b.data.file]} theme={look} />
        ) : (
          <Table pairs={pairs} all={all} choose={choose} />
        )}
      </main>
    </>
  );
}

const isRace = (pair: PairData | undefined): boolean =>
  pair !== undefined && pair.a !== null && pair.b !== null;

type Column = "name" | "verdict" | "first" | "total" | "rate";

const COLUMNS: [Column, string][] = [
  ["name", "recording"],
  ["verdict", "verdict"],
  ["first", "first content"],
  ["total", "to the end"],
  ["rate", "tokens/s"],
];

interface Entry {
  pair: PairData;
  number: number;
  a: Recording | undefined;
  b: Recording | undefined;
}

const ORDER = ["same", "reworded"];

/** What a column is sorted by: the change of a measure, larger where b is slower. */
function keyOf(entry: Entry, column: Column): string | number {
  const { a, b, pair } = entry;
  if (column === "name") return pair.name;
  if (column === "verdict") return (ORDER.indexOf(pair.verdict) + 1 || 9) * 1000 + pair.summary.length;
  const measure = (one: Recording | undefined) =>
    !one
      ? null
      : column === "rate"
        ? one.rate
        : one.data.timing[column === "first" ? "first_content_us" : "ending_us"];
  const [before, after] = [measure(a), measure(b)];
  return before && after ? after / before : 0;
}

function Table({
  pairs,
  all,
  choose,
}: {
  pairs: PairData[];
  all: Recording[];
  choose: (number: number) => void;
}) {
  const [[column, down], setOrder] = useState<[Column, boolean]>(["verdict", true]);
  const entries = useMemo(() => {
    const found: Entry[] = pairs.map((pair, number) => ({
      pair,
      number,
      a: pair.a === null ? undefined : all[pair.a],
      b: pair.b === null ? undefined : all[pair.b],
    }));
    const compare = (x: Entry, y: Entry) => {
      const [one, other] = [keyOf(x, column), keyOf(y, column)];
      return one < other ? -1 : one > other ? 1 : x.number - y.number;
    };
    found.sort((x, y) => (down ? compare(y, x) : compare(x, y)));
    return found;
  }, [pairs, all, column, down]);
  const counts = new Map<string, number>();
  for (const pair of pairs) counts.set(pair.verdict, (counts.get(pair.verdict) ?? 0) + 1);
  return (
    <section id="table" aria-label="Comparisons">
      <h1>{plural(pairs.length, "comparison")}</h1>
      <p class="under">{[...counts].map(([verdict, n]) => `${n} ${verdict}`).join(", ")}</p>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {COLUMNS.map(([id, name]) => (
                <th key={id} aria-sort={column === id ? (down ? "descending" : "ascending") : "none"}>
                  <button
                    type="button"
                    class="small"
                    onClick={() => setOrder([id, column === id ? !down : true])}
                  >
                    {name} {column === id ? (down ? "▾" : "▴") : ""}
                  </button>
                </th>
              ))}
              <th>a over b</th>
              <th>why</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Line key={entry.number} entry={entry} choose={choose} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Line({ entry: { pair, number, a, b }, choose }: { entry: Entry; choose: (number: number) => void }) {
  const most = Math.max(a?.end ?? 0, b?.end ?? 0);
  const pairOf = (measure: (one: Recording) => number | null) =>
    [a ? measure(a) : null, b ? measure(b) : null] as const;
  const [first, firstB] = pairOf((one) => one.data.timing.first_content_us);
  const [total, totalB] = pairOf((one) => one.data.timing.ending_us);
  const [rate, rateB] = pairOf((one) => one.rate);
  return (
    <tr data-pair={number} onClick={() => choose(number)}>
      <td>
        {isRace(pair) ? (
          <button type="button" class="name">
            {clean(pair.name)}
          </button>
        ) : (
          clean(pair.name)
        )}
      </td>
      <td>
        <Badge mood={moodOf(pair.verdict)}>{clean(pair.verdict)}</Badge>
      </td>
      <td>
        {duration(firstB)} <Change before={first} after={firstB} />
      </td>
      <td>
        {duration(totalB)} <Change before={total} after={totalB} />
      </td>
      <td>
        {rateB?.toFixed(1) ?? "–"} <Change before={rate} after={rateB} up />
      </td>
      <td class="bars2">
        {a && <Bar one={a} of={most} />}
        {b && <Bar one={b} of={most} />}
      </td>
      <td class="why">{clean(pair.summary.join("; "))}</td>
    </tr>
  );
}
