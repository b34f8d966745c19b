/** The dashboard: streams as they grow, requests that missed; a click opens one as any page shows it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Top } from "./chrome";
import type { InteractionData, Mood, PageData } from "./data";
import { Recording } from "./recording";
import { Stage } from "./stage";
import { bytes, clean, grouped, plural } from "./text";
import { StageView, useKeys, useTheme } from "./view";
import { Badge } from "./widgets";

interface Line {
  number: number;
  version: string;
  open: boolean;
  method: string;
  url: string;
  status: number | null;
  outcome: { word: string; mood: Mood };
  events: number;
  bytes: number;
  chars: number;
  last_us: number | null;
  text: string;
  plays: number | null;
  /** How far each replay of it that is going on has come, from 0 to 1. */
  playing: number[];
}

interface State {
  interactions: Line[];
  misses: { line: string; why: string }[];
  count: number;
}

const EVERY_MS = 400;

/** Ask for something again and again, while the page is looked at. */
function usePolled<T>(url: string): [T | null, boolean] {
  const [value, setValue] = useState<T | null>(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let over = false;
    let timer = 0;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
          const found = (await answer.json()) as T;
          if (over) return;
          setValue(found);
          setLost(false);
        } catch {
          setLost(true);
        }
      }
      if (!over) timer = window.setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [url]);
  return [value, lost];
}

export function LiveApp({ data }: { data: PageData }) {
  const { base, what, name } = data.live!;
  const [theme, cycle, look] = useTheme();
  const [state, lost] = usePolled<State>(`${base}state`);
  const [chosen, setChosen] = useState<number | null>(null);
  const lines = state?.interactions ?? [];
  const line = lines.find((one) => one.number === chosen);
  const one = useInteraction(base, line);
  const stage = useMemo(() => (one ? new Stage(one) : null), [one]);
  useKeys(stage, chosen ?? 0, setChosen, cycle);
  const replays = what === "replay";
  const open = lines.reduce((n, each) => n + (replays ? each.playing.length : +each.open), 0);
  const [doing, none] = replays ? ["playing", "nothing is played"] : ["open", "nothing open"];
  return (
    <>
      <Top
        where={`${what} ${name}`}
        theme={theme}
        cycle={cycle}
        keys={[["[ ]", "interaction before, after"]]}
      />
      <main id="main" class="live" tabIndex={-1}>
        <section id="streams" aria-label="Streams">
          <div class="tools">
            <h1>{replays ? "Replaying" : "Recording"}</h1>
            <Badge mood={lost ? "bad" : open ? "warn" : "plain"}>
              {lost ? "the server has gone" : open ? `${plural(open, "stream")} ${doing}` : none}
            </Badge>
            <span class="under" role="status">
              {plural(state?.count ?? 0, "interaction")}
              {state &&
                replays &&
                `, ${grouped(lines.filter((each) => each.plays).length)} played, ${grouped(state.misses.length)} missed`}
            </span>
          </div>
          {state && !lines.length && <p class="empty">Nothing yet: point a client at {location.origin}.</p>}
          <ul>
            {[...lines].reverse().map((each) => (
              <li key={each.number} class={each.open || each.playing.length ? "open" : ""}>
                <button
                  type="button"
                  data-number={each.number}
                  {...(each.number === chosen ? { "aria-current": "true" as const } : {})}
                  onClick={() => setChosen(each.number)}
                >
                  <span class="dim">#{each.number}</span>
                  <Badge mood={each.outcome.mood}>{clean(each.outcome.word)}</Badge>
                  <span class="tail">{clean(each.text) || `${clean(each.method)} ${clean(each.url)}`}</span>
                  <span class="rate">{figures(each)}</span>
                  {each.playing.map((share, at) => (
                    <progress key={at} value={share} aria-label={`Playing #${each.number}`} />
                  ))}
                </button>
              </li>
            ))}
          </ul>
        </section>
        {state && state.misses.length > 0 && (
          <section id="misses" aria-label="Requests that missed">
            <h2>Missed</h2>
            <ul>
              {[...state.misses].reverse().map((miss, at) => (
                <li key={state.misses.length - at}>
                  <b>{clean(miss.line)}</b>
                  <pre>{clean(miss.why)}</pre>
                </li>
              ))}
            </ul>
          </section>
        )}
        {stage && one && (
          <StageView
            key={`${chosen} ${line?.version}`}
            stage={stage}
            all={[one]}
            index={0}
            checked={!line?.open}
            theme={look}
          />
        )}
      </main>
    </>
  );
}

function figures(line: Line): string {
  const rate =
    line.last_us && line.chars ? `${Math.round(line.chars / (line.last_us / 1e6))} characters/s` : "";
  const played = line.plays === null ? "" : line.plays ? `played ${line.plays}×` : "not played";
  const now = line.playing.map((share) => `playing, ${Math.round(100 * share)} % sent`);
  return [plural(line.events, "event"), bytes(line.bytes), rate, played, ...now].filter(Boolean).join(" · ");
}

/** The interaction of a line, whole, and again whenever it has grown. */
function useInteraction(base: string, line: Line | undefined): Recording | null {
  const [one, setOne] = useState<Recording | null>(null);
  const shown = useRef("");
  const key = line ? `${line.number} ${line.version}` : "";
  useEffect(() => {
    if (!line || shown.current === key) return;
    let over = false;
    fetch(`${base}interaction/${line.number}`, { cache: "no-store", credentials: "same-origin" })
      .then((answer) => answer.json())
      .then((data: InteractionData) => {
        if (over) return;
        shown.current = key;
        setOne(new Recording(data));
      })
      .catch(() => undefined);
    return () => {
      over = true;
    };
  }, [key]);
  return one;
}
