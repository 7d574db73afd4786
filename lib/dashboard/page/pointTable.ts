import type { TablePart } from '../api';

/** Points of a table's columns, with which the page draws. */
export class PointTable {
  count = 0;
  stride = 1;
  first = 0;
  ends: TablePart['ends'] = {};
  private readonly values = new Map<string, number[]>();
  private readonly lows = new Map<string, number[]>();
  private readonly highs = new Map<string, number[]>();

  /** The row after its last point. */
  get end(): number {
    return Math.min(this.count, this.first + this.length * this.stride);
  }

  get length(): number {
    return this.values.get('step')?.length ?? 0;
  }

  get names(): string[] {
    return [...this.values.keys()];
  }

  /** The values, or means, of a column. */
  column(name: string): readonly number[] {
    return this.values.get(name) ?? Array.from({ length: this.length }, () => NaN);
  }

  /** The least values of the points of a column, and the greatest; undefined where a point is a value. */
  range(name: string): { readonly low: readonly number[]; readonly high: readonly number[] } | undefined {
    const [low, high] = [this.lows.get(name), this.highs.get(name)];
    return this.stride > 1 && low !== undefined && high !== undefined ? { low, high } : undefined;
  }

  /** Takes what follows a row that it has, or anything anew. */
  take({ count, ends, stride, first, columns, ranges }: TablePart): void {
    const kept = stride === this.stride && first >= this.first && first <= this.end ? Math.floor((first - this.first) / stride) : 0;
    if (kept === 0) this.first = first;
    this.count = count;
    this.stride = stride;
    this.ends = ends;
    const append = (into: Map<string, number[]>, name: string, fresh: readonly (number | null)[]): void => {
      const old = into.get(name) ?? [];
      old.length = Math.min(old.length, kept);
      while (old.length < kept) old.push(NaN); // a column that is new
      for (const value of fresh) old.push(value ?? NaN);
      into.set(name, old);
    };
    for (const [name, fresh] of Object.entries(columns)) append(this.values, name, fresh);
    for (const [name, { low, high }] of Object.entries(ranges)) {
      append(this.lows, name, low);
      append(this.highs, name, high);
    }
  }
}
