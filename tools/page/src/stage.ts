/** One recording on the page: what is selected, opened, searched and filtered in it. */

import type { Finding } from "./data";
import { Player } from "./player";
import type { Recording } from "./recording";
import { compile, matching, type Query } from "./search";
import { upTo } from "./text";
import type { Window } from "./timeline";

/** A row of the list: one event, or a run of neighbours that add to the same text. */
export interface Row {
  from: number;
  to: number;
}

const MIN_RUN = 4;

export class Stage {
  readonly player: Player;
  active = -1;
  /** How often an event was gone to: each time it is brought into sight anew. */
  visits = 0;
  open = new Set<number>();
  unfolded = new Set<number>();
  query: Query | null = null;
  searched = "";
  type = "";
  fold: boolean;
  range: Window | null = null;
  window: Window;
  rich = true;
  rows: Row[] = [];
  nEvents = 0;
  private matched: number[] = [];
  private listeners = new Set<() => void>();
  private nextFinding = 0;

  constructor(readonly one: Recording) {
    this.player = new Player({ at: one.at, end: one.end, timed: one.timed });
    this.window = { from: 0, to: one.end };
    this.fold = one.n > 0;
    this.filter();
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  get isFiltered(): boolean {
    return this.query !== null || this.type !== "" || this.range !== null;
  }

  search(text: string): void {
    this.searched = text;
    this.query = compile(text);
    this.filter();
    this.changed();
  }

  only(type: string): void {
    this.type = type;
    this.filter();
    this.changed();
  }

  select(range: Window | null): void {
    this.range = range && range.to > range.from ? range : null;
    this.filter();
    this.changed();
  }

  zoom(window: Window): void {
    this.window = window;
    this.changed();
  }

  setFold(fold: boolean): void {
    this.fold = fold;
    this.filter();
    this.changed();
  }

  /** Open or close a row; a run opens into its events. */
  toggle(row: Row, open?: boolean): void {
    if (row.to > row.from + 1) {
      this.unfolded.add(row.from);
      this.filter();
    } else if (open ?? !this.open.has(row.from)) this.open.add(row.from);
    else this.open.delete(row.from);
    this.changed();
  }

  filter(): void {
    const { one } = this;
    if (!one.data.events) return;
    const found = this.query ? matching(one, this.query) : null;
    const type = this.type === "" ? -1 : Number(this.type);
    const from = this.range ? upTo(one.at, this.range.from - 1e-6) : 0;
    const to = this.range ? upTo(one.at, this.range.to) : one.n;
    const events: number[] = [];
    for (let i = from; i < to; i++) {
      if (type >= 0 && one.data.events.type[i] !== type) continue;
      if (found && !found.has(i)) continue;
      events.push(i);
    }
    this.matched = found ? events : [];
    this.nEvents = events.length;
    this.rows = this.fold && !found ? this.folded(events) : events.map((i) => ({ from: i, to: i + 1 }));
  }

  private folded(events: number[]): Row[] {
    const rows: Row[] = [];
    const { type, channel } = this.one.data.events!;
    const single = (from: number, to: number) => {
      for (let at = from; at < to; at++) rows.push({ from: at, to: at + 1 });
    };
    let at = 0;
    while (at < events.length) {
      const from = events[at]!;
      let to = from + 1;
      const adds = this.one.look(from) !== "";
      while (
        adds &&
        at + to - from < events.length &&
        events[at + to - from] === to &&
        type[to] === type[from] &&
        channel[to] === channel[from] &&
        !this.one.found.has(to)
      ) {
        to++;
      }
      if (to - from < MIN_RUN || this.unfolded.has(from) || this.one.found.has(from)) single(from, to);
      else rows.push({ from, to });
      at += to - from;
    }
    return rows;
  }

  /** The place in `rows` of the row that has an event, or of the last one before it; -1: none. */
  rowOf(event: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle]!.from <= event) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  has(event: number): boolean {
    const row = this.rows[this.rowOf(event)];
    return row !== undefined && event < row.to;
  }

  /** Show an event, opened: whatever hides it is taken away. */
  goTo(event: number): void {
    if (event < 0 || event >= this.one.n) return;
    if (!this.has(event)) {
      this.searched = "";
      this.query = null;
      this.type = "";
      this.range = null;
      this.filter();
    }
    const row = this.rows[this.rowOf(event)]!;
    if (row.to > row.from + 1) {
      this.unfolded.add(row.from);
      this.filter();
    }
    this.active = event;
    this.visits++;
    this.open.add(event);
    this.player.jump(this.one.at[event]!);
    this.changed();
  }

  /** The next or previous event that has what is searched. */
  goToHit(by: 1 | -1): void {
    if (!this.matched.length) return;
    const after = upTo(this.matched, this.active);
    const next = by > 0 ? after : after - 1 - (this.matched[after - 1] === this.active ? 1 : 0);
    this.goTo(this.matched[(next + this.matched.length) % this.matched.length]!);
  }

  goToFinding(): void {
    const events = [...this.one.found.keys()].filter((event) => event < this.one.n).sort((a, b) => a - b);
    if (events.length) this.goTo(events[this.nextFinding++ % events.length]!);
  }

  findings(event: number): Finding[] {
    return this.one.found.get(event) ?? [];
  }
}
