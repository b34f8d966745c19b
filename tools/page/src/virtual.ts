/** A list of which only the rows in sight exist: where each row stands, with heights as they are. */

/** Heights of rows by their keys: all alike, but for those that were measured. */
export class Heights {
  readonly tall = new Map<number, number>();
  private rows: number[] = [];
  private tops: number[] = [];

  constructor(
    public count: number,
    public usual: number,
  ) {}

  /** Start anew for other rows. */
  reset(count: number, usual: number): void {
    this.count = count;
    this.usual = usual;
    this.tall.clear();
    this.index();
  }

  /** Note how high a row is; whether that was news. */
  set(row: number, height: number): boolean {
    const before = this.tall.get(row) ?? this.usual;
    if (Math.abs(before - height) < 0.5) return false;
    if (Math.abs(height - this.usual) < 0.5) this.tall.delete(row);
    else this.tall.set(row, height);
    this.index();
    return true;
  }

  // The rows that are not of the usual height, and what those before each add.
  index(): void {
    this.rows = [...this.tall.keys()].sort((a, b) => a - b);
    let more = 0;
    this.tops = this.rows.map((row) => {
      const before = more;
      more += this.tall.get(row)! - this.usual;
      return before;
    });
  }

  top(row: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    const before = low - 1;
    if (before < 0) return row * this.usual;
    return row * this.usual + this.tops[before]! + this.tall.get(this.rows[before]!)! - this.usual;
  }

  height(row: number): number {
    return this.tall.get(row) ?? this.usual;
  }

  get total(): number {
    return this.top(this.count);
  }

  /** The row at a distance from the top. */
  at(top: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.top(middle + 1) <= top) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
