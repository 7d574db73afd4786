import type { TableName } from '../../history/curves/runSeries';
import type { CurvesAnswer, CurvesState } from '../api';
import { getJson } from './client';
import { PointTable } from './pointTable';
import { beginningsOf, RunClock } from './runClock';
import type { Beginning } from './runClock';
import type { FlatSpec } from './specTable';

/** At most so many points of a curve are asked for where a part of it is looked at. */
const detailPoints = 3000;

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

  private beginnings: readonly Beginning[] = [];
  private knownClock: RunClock | undefined;

  constructor(readonly run: string, private readonly names: readonly TableName[]) {
    this.whole = this.emptyTables();
  }

  /** The points of a whole table; over very many rows each is a mean. */
  table(name: TableName): PointTable {
    return this.whole.get(name)!;
  }

  /** When its steps were done, as far as that is known. */
  get clock(): RunClock {
    return this.knownClock ??= new RunClock(this.table('steps'), this.whole.get('epochs'), this.beginnings);
  }

  /** Takes from the run's spec and record when it began, and went on. */
  takeRecord(spec: FlatSpec): void {
    this.beginnings = beginningsOf(spec);
    this.knownClock = undefined;
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
    this.knownClock = undefined;
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
