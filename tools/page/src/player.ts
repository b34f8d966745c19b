/** Where playback is, and how it moves: no element of the page is known here. */

import { upTo } from "./text";

export interface Score {
  /** When things happen, rising. */
  at: ArrayLike<number>;
  end: number;
  /** Whether `at` is in microseconds; else it counts events, twenty a second. */
  timed: boolean;
}

/** Waits longer than this are skipped, where that is wanted, but for as much. */
export const SHORT_US = 300_000;
const EVENTS_A_MS = 1 / 50;

export class Player {
  position: number;
  playing = false;
  speed = 1;
  skipWaits = false;
  private stamp = 0;
  private listeners = new Set<(why: Why) => void>();

  constructor(
    public score: Score,
    private readonly frame: (callback: (now: number) => void) => void = (callback) =>
      requestAnimationFrame(callback),
    private readonly now: () => number = () => performance.now(),
  ) {
    this.position = score.end;
  }

  /** Call back whenever the position or the state changes; the result ends that. */
  listen(listener: (why: Why) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(why: Why): void {
    for (const listener of this.listeners) listener(why);
  }

  /** Stand where another player stands, as far as this score goes; the result ends that. */
  follow(other: Player): () => void {
    const go = (why: Why) => {
      this.position = Math.min(other.position, this.score.end);
      this.tell(why);
    };
    go("seek");
    return other.listen(go);
  }

  get last(): number {
    return upTo(this.score.at, this.position) - 1;
  }

  seek(to: number): void {
    if (Number.isNaN(to)) return;
    this.position = Math.min(Math.max(to, 0), this.score.end);
    this.tell("seek");
  }

  /** Stop, and move: what every control but play does. */
  jump(to: number): void {
    this.pause();
    this.seek(to);
  }

  step(by: number): void {
    const n = this.score.at.length;
    const to = Math.min(Math.max(this.last + by, -1), n - 1);
    this.jump(to < 0 ? 0 : this.score.at[to]!);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.tell("pause");
  }

  play(): void {
    if (this.playing || !this.score.at.length) return;
    if (this.position >= this.score.end) this.position = 0;
    this.playing = true;
    this.stamp = this.now();
    this.tell("play");
    this.frame(this.tick);
  }

  private tick = (now: number): void => {
    if (!this.playing) return;
    const elapsed = Math.max(now - this.stamp, 0) * this.speed;
    this.stamp = now;
    const { timed, end } = this.score;
    this.position += timed ? elapsed * 1000 : elapsed * EVENTS_A_MS;
    if (this.skipWaits && timed) this.skip();
    if (this.position >= end) {
      this.position = end;
      this.playing = false;
      this.tell("pause");
      return;
    }
    this.tell("tick");
    this.frame(this.tick);
  };

  private skip(): void {
    const { at, end } = this.score;
    const next = upTo(at, this.position);
    const to = next < at.length ? at[next]! : end;
    if (to - this.position > SHORT_US) this.position = to - SHORT_US;
  }
}

export type Why = "seek" | "tick" | "play" | "pause";
