import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Player, Why } from "./player";

interface Emitter {
  listen(listener: () => void): () => void;
}

/** Draw again whenever something has changed. */
export function useChanges(emitter: Emitter): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => emitter.listen(() => redraw(0)), [emitter]);
}

/** Call back as playback moves, and once at the start, without drawing anything again. */
export function usePlayer(player: Player, callback: (why: Why) => void, also: unknown[] = []): void {
  const latest = useRef(callback);
  latest.current = callback;
  useLayoutEffect(() => {
    latest.current("seek");
    return player.listen((why) => latest.current(why));
  }, [player, ...also]);
}

/** The width of an element, as it is now. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    setWidth(box.clientWidth);
    const observer = new ResizeObserver(() => setWidth(box.clientWidth));
    observer.observe(box);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useLayoutEffect(() => {
    const list = matchMedia(query);
    const update = () => setHolds(list.matches);
    list.addEventListener("change", update);
    return () => list.removeEventListener("change", update);
  }, [query]);
  return holds;
}
