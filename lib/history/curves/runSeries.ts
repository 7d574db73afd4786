import type { HealthEvent, TrainEvent } from '../../train/events';
import { RunHistory } from '../runHistory';
import { Columns } from './columns';

/** The events of a run that curves are drawn of. */
export const tables = ['steps', 'evaluations', 'epochs', 'health'] as const;
export type TableName = (typeof tables)[number];

/** Measures of a layer that are drawn. */
const measures = ['activationStd', 'deadUnits', 'weightRms', 'gradientRms', 'updateRatio'] as const;

/**
 * The state of a run, and the numbers in its events by column: what {@link RunHistory} holds as objects, for runs of millions of events. Columns are named as in
 * metrics.jsonl; those of layers `1.updateRatio`, by the layer's place in the list.
 */
export class RunSeries {
  readonly history: RunHistory;
  readonly tables: Readonly<Record<TableName, Columns>> = {
    steps: new Columns('step', ['epoch', 'seconds', 'loss', 'batchAccuracy', 'learningRate', 'weight']),
    evaluations: new Columns('step', ['epoch', 'trainLoss', 'valLoss', 'trainAccuracy', 'valAccuracy', 'trainRmse', 'valRmse', 'monitored']),
    epochs: new Columns('step', ['epoch', 'trainLoss', 'trainAccuracy', 'trainRmse', 'seconds', 'samplesPerSecond']),
    health: new Columns('step', ['epoch']),
  };
  /** The highest step so far: nothing stands at a later one, or has to be removed for it. */
  private highest = -1;
  /** How many times rows were removed, as of a run that went on from an earlier step. */
  cuts = 0;

  /** @param kept of which events the history holds how many of the last, as of {@link RunHistory}; by default the last of steps, epochs and measurements of layers. */
  constructor(kept: ConstructorParameters<typeof RunHistory>[0] = { steps: 1, epochs: 1, health: 1 }) {
    this.history = new RunHistory(kept);
  }

  apply(event: TrainEvent): void {
    this.history.apply(event);
    // By the rule of RunHistory: what is said again of a step replaces what was said of it and of later ones.
    switch (event.type) {
      case 'start':
        if (event.resumedFrom !== undefined) this.cut(event.resumedFrom + 1);
        break;
      case 'step':
        if (event.step <= this.highest) this.cut(event.step, ['evaluations', 'health']);
        this.add('steps', event.step, event);
        break;
      case 'evaluation':
        if (event.step <= this.highest) this.cut(event.step, ['health']);
        this.add('evaluations', event.step, { ...event, monitored: event.monitored?.value });
        break;
      case 'epoch':
        this.add('epochs', event.step, event);
        break;
      case 'health': {
        const row = healthRow(event, this.history.start?.stepsPerEpoch ?? NaN);
        this.tables.health.declare(Object.keys(row));
        this.add('health', event.step, row);
        break;
      }
      case 'checkpoint':
        this.cut(event.step + 1);
        break;
      case 'histograms':
      case 'warning':
      case 'result':
        break;
    }
  }

  clear(): void {
    this.history.clear();
    this.highest = -1;
    for (const name of tables) this.tables[name].clear();
  }

  /** Steps done, as far as events tell. */
  get step(): number {
    const lasts = tables.map((name) => this.tables[name].column('step')).map((steps) => steps[steps.length - 1] ?? 0);
    return this.history.result?.steps ?? Math.max(this.history.step, ...lasts);
  }

  /** Rows of all tables. */
  get rows(): number {
    return tables.reduce((sum, name) => sum + this.tables[name].length, 0);
  }

  private add(name: TableName, step: number, row: object): void {
    if (step <= this.highest) {
      this.cut(step + 1);
      this.cut(step, [name]);
    }
    this.highest = Math.max(this.highest, step);
    this.tables[name].push(row);
  }

  private cut(step: number, names: readonly TableName[] = tables): void {
    for (const name of names) if (this.tables[name].cut(step)) this.cuts++;
  }
}

function healthRow({ step, layers }: HealthEvent, stepsPerEpoch: number): Record<string, number | undefined> {
  const row: Record<string, number | undefined> = { step, epoch: step / stepsPerEpoch };
  layers.forEach((layer, i) => {
    for (const measure of measures) row[`${String(i)}.${measure}`] = layer[measure];
  });
  return row;
}
