import type { TableName } from '../../history/curves/runSeries';
import type { CurvesAnswer, CurvesState, TablePart } from '../api';
import { getJson } from './client';

/** At most so many points of a curve are asked for where a part of it is looked at. */
const detailPoints = 3000;

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

/** The numbers of a run as the server thins them, with more detail where a part is looked at, and its state. */
export class RunCurves {
  state: CurvesState | undefined;
  /** Bytes of its metrics that the server has read, and that there are. */
  read = 0;
  size = 0;
  /** Whether the server has more to read. */
  hasMore = true;
  private version = '';
  private whole: ReadonlyMap<TableName, PointTable>;
  private details: ReadonlyMap<TableName, PointTable> | undefined;
  private asked: readonly [number, number] | undefined;

  constructor(readonly run: string, private readonly names: readonly TableName[]) {
    this.whole = this.emptyTables();
  }

  /** The points of a whole table; over very many rows each is a mean. */
  table(name: TableName): PointTable {
    return this.whole.get(name)!;
  }

  /** The finer points of a part of a table, where there are such. */
  detail(name: TableName): PointTable | undefined {
    const [whole, detail] = [this.whole.get(name)!, this.details?.get(name)];
    return detail !== undefined && detail.length > 0 && detail.stride < whole.stride ? detail : undefined;
  }

  /** Asks for what is new, which the server reads for a moment; returns whether there was any. Throws {@link NoAnswer}. */
  async refresh(): Promise<boolean> {
    const known = this.names.map((name) => `${name}:${String(this.table(name).stride)}:${String(this.table(name).end)}`).join(',');
    const { version, read, size, hasMore, state, tables } = await this.ask({ version: this.version, known });
    const isNew = version !== this.version;
    if (isNew) {
      this.whole = this.emptyTables();
      this.details = undefined;
    }
    const news = isNew || read !== this.read;
    Object.assign(this, { version, read, size, hasMore, state });
    for (const name of this.names) this.table(name).take(tables[name]!);
    if (news && this.asked !== undefined && !isNew) await this.loadDetail(this.asked);
    return news;
  }

  /** Asks for the points of some steps, where the whole has them thinned; returns whether there are finer ones. Throws {@link NoAnswer}. */
  async lookAt(steps: readonly [number, number] | undefined): Promise<boolean> {
    this.asked = steps;
    const had = this.details !== undefined;
    this.details = undefined;
    if (steps === undefined || this.names.every((name) => this.table(name).stride === 1)) return had;
    return (await this.loadDetail(steps)) || had;
  }

  private async loadDetail(steps: readonly [number, number]): Promise<boolean> {
    const { version, tables } = await this.ask({ low: String(steps[0]), high: String(steps[1]), points: String(detailPoints) });
    if (version !== this.version || this.asked !== steps) return false; // meanwhile another part is looked at
    this.details = this.emptyTables();
    for (const name of this.names) this.details.get(name)!.take(tables[name]!);
    return true;
  }

  private ask(query: Readonly<Record<string, string>>): Promise<CurvesAnswer> {
    return getJson<CurvesAnswer>('api/curves', { run: this.run, tables: this.names.join(','), ...query });
  }

  private emptyTables(): ReadonlyMap<TableName, PointTable> {
    return new Map(this.names.map((name) => [name, new PointTable()]));
  }
}
