import type { TableName } from '../../../history/curves/runSeries';
import { centredMeans } from '../../../report/drawing/thin';
import type { PointTable, RunCurves } from '../runCurves';
import type { Line } from './lines';

/** How curves are drawn; shared by all views of the page. */
export interface CurveSettings {
  /** Width of the smoothing window as a share of the curve, 0 to 1. */
  smoothing: number;
  log: boolean;
  /** The unit of x. */
  x: 'step' | 'epoch';
}

type Style = Pick<Line, 'series' | 'faint' | 'dashed' | 'dots'>;
/** Numbers of points along x. */
type Drawn = Pick<Line, 'x' | 'y' | 'low' | 'high'>;

/** Curves of fewer points have dots. */
const fewPoints = 40;

/** A column over steps or epochs: of its whole, but for the part that is known in detail. Empty where no value is finite. */
export function line(label: string, curves: RunCurves, table: TableName, column: string, { x }: CurveSettings, style: Style): Line {
  const whole = curves.table(table);
  const detail = curves.detail(table);
  const drawn = detail === undefined ? pointsOf(whole, column, x) : spliced(pointsOf(whole, column, x), pointsOf(detail, column, x));
  return { label, ...drawn, ...extentOf(whole, x), ...style };
}

/** The curve of a column; where it is smoothed, with its raw points faintly behind it. */
export function smoothed(label: string, curves: RunCurves, table: TableName, column: string, settings: CurveSettings, style: Style): Line[] {
  const raw = line(label, curves, table, column, settings, style);
  const whole = curves.table(table);
  const window = 2 * Math.floor((settings.smoothing * whole.count) / whole.stride / 4) + 1;
  if (window < 3) return [raw];
  const weights = whole.column('weight').map((weight) => (weight >= 0 ? weight : 1));
  return [{ ...raw, label: `${label}, single`, faint: true }, { label, x: whole.column(settings.x), y: centredMeans(whole.column(column), window, weights), ...extentOf(whole, settings.x), ...style }];
}

export function lossLines(curves: RunCurves, settings: CurveSettings): Line[] {
  return [...smoothed('train', curves, 'steps', 'loss', settings, { series: 0 }), line('validation', curves, 'evaluations', 'valLoss', settings, evaluated(curves, 1))];
}

export function accuracyLines(curves: RunCurves, settings: CurveSettings): Line[] {
  return [
    line('batch', curves, 'steps', 'batchAccuracy', settings, { series: 0, faint: true }),
    line('train, running', curves, 'evaluations', 'trainAccuracy', settings, evaluated(curves, 0)),
    line('validation', curves, 'evaluations', 'valAccuracy', settings, evaluated(curves, 1)),
  ];
}

export function rmseLines(curves: RunCurves, settings: CurveSettings): Line[] {
  return [
    line('train, running', curves, 'evaluations', 'trainRmse', settings, evaluated(curves, 0)),
    line('validation', curves, 'evaluations', 'valRmse', settings, evaluated(curves, 1)),
  ];
}

export function rateLines(curves: RunCurves, settings: CurveSettings): Line[] {
  return [line('learning rate', curves, 'steps', 'learningRate', settings, { series: 3 })];
}

export function throughputLines(curves: RunCurves, settings: CurveSettings): Line[] {
  return [line('training rows per second', curves, 'epochs', 'samplesPerSecond', settings, { series: 4, dots: curves.table('epochs').count < fewPoints })];
}

function evaluated(curves: RunCurves, series: number): Style {
  return { series, dots: curves.table('evaluations').count < fewPoints };
}

function pointsOf(table: PointTable, column: string, x: CurveSettings['x']): Drawn {
  const range = table.range(column);
  return { x: table.column(x), y: table.column(column), ...(range !== undefined && { low: range.low, high: range.high }) };
}

/** What another set of points says of its range of x takes the place of what the first one says. */
function spliced(whole: Drawn, detail: Drawn): Drawn {
  const [from, to] = [detail.x[0]!, detail.x[detail.x.length - 1]!];
  const before: number[] = [];
  const after: number[] = [];
  for (let i = 0; i < whole.x.length; i++) {
    if (whole.x[i]! < from) before.push(i);
    else if (whole.x[i]! > to) after.push(i);
  }
  const join = (of: (drawn: Drawn) => ArrayLike<number>): number[] => [...before.map((i) => of(whole)[i]!), ...Array.from(of(detail)), ...after.map((i) => of(whole)[i]!)];
  return { x: join(({ x }) => x), y: join(({ y }) => y), low: join(({ low, y }) => low ?? y), high: join(({ high, y }) => high ?? y) };
}

/** From the first to the last row, where the outermost points are the middles of several. */
function extentOf({ ends }: PointTable, x: CurveSettings['x']): Pick<Line, 'extent'> {
  const [first, last] = ends[x] ?? [null, null];
  return first === null || last === null ? {} : { extent: [first, last] };
}
