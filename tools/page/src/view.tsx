/** The page of recordings: the list, the run, and one interaction on its stage. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { putPlace, readPlace } from "./address";
import { copyItems, Menu, pictureItems, Top } from "./chrome";
import type { PageData } from "./data";
import { Events } from "./events";
import { useChanges, usePlayer } from "./hooks";
import { Nav } from "./nav";
import type { Colours, Picture } from "./picture";
import type { Player } from "./player";
import { Recording } from "./recording";
import { drawRun, readRun, runHeight, turnAfter, turnBefore } from "./run";
import { RunView } from "./runview";
import { Said } from "./said";
import { Stage } from "./stage";
import { clean, plural } from "./text";
import { currentTheme, setTheme as keepTheme, nextTheme, type Theme } from "./theme";
import { drawTimeline, within } from "./timeline";
import { Controls, nowOf, Timeline, zoomAt } from "./track";
import { Findings, Head, Wire } from "./wire";

const KEYS: [string, string][] = [
  ["Space", "play, pause"],
  ["← →", "one event back, on"],
  ["Home End", "start, end"],
  ["/", "search; n and N go to the next and the previous hit"],
  ["↑ ↓ Enter", "in the list of events: move, open"],
  ["f", "next finding"],
  ["[ ]", "interaction before, after"],
  ["+ − 0", "timeline: zoom in, out, show all"],
  ["a d", "timeline: move left, right; drag over it to select a stretch"],
  ["w", "skip waits, or don't"],
  ["t", "light, dark, or as the system has it"],
  ["Esc", "clear the search and the stretch"],
];

/** The theme, a function that goes on to the next one, and what the colours depend on. */
export function useTheme(): [Theme, () => void, string] {
  const [theme, setTheme] = useState(currentTheme);
  const [system, setSystem] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useLayoutEffect(() => keepTheme(theme), [theme]);
  useLayoutEffect(() => {
    const list = matchMedia("(prefers-color-scheme: dark)");
    const update = () => setSystem(list.matches);
    list.addEventListener("change", update);
    return () => list.removeEventListener("change", update);
  }, []);
  return [theme, () => setTheme(nextTheme), `${theme} ${system}`];
}

export function ViewApp({ data }: { data: PageData }) {
  const all = useMemo(() => data.interactions.map((one) => new Recording(one)), [data]);
  const [theme, cycle, look] = useTheme();
  const first = useMemo(() => readPlace(location.hash), []);
  const [current, setCurrent] = useState(() => Math.min(first?.number ?? 0, all.length - 1));
  const one = all[current];
  const stage = useMemo(() => (one ? new Stage(one) : null), [one]);
  const main = useRef<HTMLElement>(null);

  const choose = (index: number) => {
    if (!all[index]) return false;
    if (index === current) return true;
    stage?.player.pause();
    putPlace({ number: index, event: null, t: null }, true);
    setCurrent(index);
    return true;
  };
  // The address tells what to show, at the start and whenever it changes.
  const [place, setPlace] = useState(first);
  useLayoutEffect(() => {
    const go = () => setPlace(readPlace(location.hash));
    addEventListener("hashchange", go);
    addEventListener("popstate", go);
    return () => {
      removeEventListener("hashchange", go);
      removeEventListener("popstate", go);
    };
  }, []);
  useEffect(() => {
    if (!place || !stage) return;
    const number = Math.min(place.number ?? 0, all.length - 1);
    if (number !== current) {
      setCurrent(number);
      return;
    }
    setPlace(null);
    if (place.event !== null) stage.goTo(place.event);
    if (place.t !== null) stage.player.jump(stage.one.timed ? place.t * 1e6 : place.t);
  }, [place, stage]);
  useKeys(stage, current, choose, cycle);

  const files = useMemo(() => new Set(all.map((each) => each.data.file)).size, [all]);
  const turns = useMemo(
    () =>
      all.flatMap((each, index): [Recording, number][] =>
        each.data.file === one?.data.file ? [[each, index]] : [],
      ),
    [all, one?.data.file],
  );
  const where = !one
    ? ""
    : files > 1 || all.length === 1
      ? one.data.file
      : `${one.data.file}, ${plural(all.length, "interaction")}`;
  if (!one || !stage) {
    return (
      <>
        <Top where="" theme={theme} cycle={cycle} keys={KEYS} />
        <main id="main">
          <p class="empty">An empty cassette: no interactions.</p>
        </main>
      </>
    );
  }
  const draw = (c: Colours): Picture => {
    if (turns.length < 2) {
      const view = { ...stage.window, width: 960, height: 160 };
      return { width: 960, height: 160, shapes: drawTimeline(one, view, c, new Set()) };
    }
    const run = readRun(turns);
    const height = runHeight(run);
    const view = { from: 0, to: Math.max(run.totals.wall, 1), width: 680, height };
    return { width: 960, height, shapes: drawRun(run, view, c, -1, 280) };
  };
  return (
    <>
      <Top where={where} theme={theme} cycle={cycle} keys={KEYS}>
        <StageMenu stage={stage} draw={draw} />
      </Top>
      <div id="layout">
        {all.length > 1 && <Nav all={all} current={current} choose={choose} />}
        <main id="main" ref={main} tabIndex={-1}>
          {turns.length > 1 && <RunView turns={turns} current={current} choose={choose} theme={look} />}
          <StageView
            key={current}
            stage={stage}
            all={all}
            index={current}
            checked={data.checked}
            theme={look}
          />
        </main>
      </div>
    </>
  );
}

function StageMenu({ stage, draw }: { stage: Stage; draw: (c: Colours) => Picture }) {
  useChanges(stage);
  const payload = stage.active >= 0 ? (stage.one.data.events?.data[stage.active] ?? null) : null;
  const name = clean(stage.one.data.file).replace(/\W+/g, "-");
  return (
    <Menu id="copy" name="Copy" items={[...copyItems(stage.one, payload), ...pictureItems(name, draw)]} />
  );
}

interface StageProps {
  stage: Stage;
  all: Recording[];
  index: number;
  checked: boolean;
  theme: string;
}

/** One interaction, whole. */
export function StageView({ stage, all, index, checked, theme }: StageProps) {
  const { one } = stage;
  const before = useMemo(() => turnBefore(all, index), [all, index]);
  const after = useMemo(() => turnAfter(all, index), [all, index]);
  useAddress(stage, index);
  return (
    <>
      <Head one={one} checked={checked} />
      {one.n > 0 && <Timeline stage={stage} theme={theme} />}
      {one.n > 0 && <Controls player={stage.player} now={() => nowOf(stage)} />}
      <div id="columns" class={`${one.n ? "" : "alone"} ${one.timed ? "" : "untimed"}`}>
        <Said stage={stage} before={before} after={after} />
        {one.n > 0 && <Events stage={stage} />}
      </div>
      <Findings stage={stage} checked={checked} />
      <Wire one={one} />
    </>
  );
}

/** The address follows: at once where something is chosen, and where playback stops. */
function useAddress(stage: Stage, index: number): void {
  const { player, one } = stage;
  const isFirst = useRef(true);
  const put = () => {
    if (isFirst.current || player.playing) return;
    const isAtEnd = player.position >= one.end;
    const event = stage.active >= 0 ? stage.active : null;
    const isAtEvent = event !== null && player.position === one.at[event];
    const t = isAtEnd || isAtEvent ? null : one.timed ? player.position / 1e6 : player.position;
    putPlace({ number: index, event, t }, false);
  };
  const timer = useRef(0);
  const soon = () => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(put, 150);
  };
  usePlayer(
    player,
    (why) => {
      if (why !== "tick") soon();
    },
    [stage],
  );
  useLayoutEffect(() => {
    const end = stage.listen(soon);
    // What is there at the start is not to be written down.
    const wait = window.setTimeout(() => {
      isFirst.current = false;
    }, 120);
    return () => {
      end();
      window.clearTimeout(wait);
      window.clearTimeout(timer.current);
    };
  }, [stage]);
}

export function useKeys(
  stage: Stage | null,
  current: number,
  choose: (index: number) => unknown,
  theme: () => void,
): void {
  // Keys may come faster than the page is drawn, and before a frame that was drawn is seen.
  const at = useRef(current);
  at.current = current;
  useLayoutEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !stage) return;
      const target = event.target as Element;
      if (document.querySelector("dialog[open]")) return;
      if (target.matches("input[type=search], select, textarea")) {
        if (event.key !== "Escape" || target.id !== "search") return;
        stage.search("");
        (target as HTMLElement).blur();
        event.preventDefault();
        return;
      }
      if (event.key === " " && target.matches("button, summary, input, audio")) return;
      if (act(event.key, stage)) event.preventDefault();
      else if (event.key === "[" || event.key === "]") {
        const to = at.current + (event.key === "]" ? 1 : -1);
        if (choose(to) !== false) at.current = to;
      } else if (event.key === "t") theme();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  });
}

/** Do what a key stands for; whether it stands for anything. */
/** The keys of playback alone. */
export function actOn(key: string, player: Player): boolean {
  const acts: Record<string, () => void> = {
    " ": () => player.toggle(),
    ArrowLeft: () => player.step(-1),
    ArrowRight: () => player.step(1),
    Home: () => player.jump(0),
    End: () => player.jump(player.score.end),
    w: () => document.getElementById("skip")?.click(),
    "?": () => document.querySelector<HTMLDialogElement>("#help")?.showModal(),
  };
  const found = acts[key];
  found?.();
  return found !== undefined;
}

function act(key: string, stage: Stage): boolean {
  const { player, one, window: seen } = stage;
  if (!one.n) return false;
  if (actOn(key, player)) return true;
  const quarter = (seen.to - seen.from) / 4;
  const acts: Record<string, () => void> = {
    "/": () => document.getElementById("search")?.focus(),
    f: () => stage.goToFinding(),
    n: () => stage.goToHit(1),
    N: () => stage.goToHit(-1),
    "+": () => stage.zoom(zoomAt(stage, 0.5)),
    "=": () => stage.zoom(zoomAt(stage, 0.5)),
    "-": () => stage.zoom(zoomAt(stage, 2)),
    "0": () => stage.zoom({ from: 0, to: one.end }),
    a: () => stage.zoom(within({ from: seen.from - quarter, to: seen.to - quarter }, one.end)),
    d: () => stage.zoom(within({ from: seen.from + quarter, to: seen.to + quarter }, one.end)),
    Escape: () => {
      stage.select(null);
      stage.search("");
    },
  };
  const found = acts[key];
  if (!found) return false;
  found();
  return true;
}
