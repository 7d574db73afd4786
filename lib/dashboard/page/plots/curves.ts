import type { TableName } from '../../../history/curves/runSeries';
import { centredMeans } from '../../../report/drawing/thin';
import type { PointTable } from '../pointTable';
import type { RunCurves } from '../runCurves';
import type { Band } from './groupLines';
import type { Line } from './lines';
import type { XAxis } from './xAxis';

/** How curves are drawn; shared by all views of the page. */
export interface CurveSettings {
  /** Width of the smoothing window as a share of the curve, 0 to 1. */
  smoothing: number;
  log: boolean;
  x: XAxis;
  /** Whether a few values that lie far from the others may be out of sight. */
  outliers: boolean;
  /** What compared runs are grouped by, as in the table of runs; empty for no groups. */
  group: string;
  band: Band;
}

type Style = Pick<Line, 'series' | 'faint' | 'dashed' | 'dots'>;
/** Numbers of points along x. */
type Drawn = Pick<Line, 'x' | 'y' | 'low' | 'high'>;

/** Curves of fewer points have dots. */
const fewPoints = 40;

/** A column over x: of its whole, but for the part that is known in detail. Empty where no value is finite. */
export function line(label: string, curves: RunCurves, table: TableName, column: string, { x }: CurveSettings, style: Style): Line {
  const whole = curves.table(table);
  const detail = curves.detail(table);
  const drawn = detail === undefined ? pointsOf(curves, whole, column, x) : spliced(pointsOf(curves, whole, column, x), pointsOf(curves, detail, column, x));
  return { label, ...drawn, ...extentOf(curves, whole, x), ...style };
}

/** The curve of a column; where it is smoothed, with its raw points faintly behind it. */
export function smoothed(label: string, curves: RunCurves, table: TableName, column: string, settings: CurveSettings, style: Style): Line[] {
  const raw = line(label, curves, table, column, settings, style);
  const whole = curves.table(table);
  const window = 2 * Math.floor((settings.smoothing * whole.count) / whole.stride / 4) + 1;
  if (window < 3) return [raw];
  const weights = whole.column('weight').map((weight) => (weight >= 0 ? weight : 1));
  return [{ ...raw, label: `${label}, single`, faint: true }, { label, ...timed({ x: xOf(curves, whole, settings.x), y: centredMeans(whole.column(column), window, weights) }), ...extentOf(curves, whole, settings.x), ...style }];
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

function pointsOf(curves: RunCurves, table: PointTable, column: string, x: XAxis): Drawn {
  const range = table.range(column);
  return timed({ x: xOf(curves, table, x), y: table.column(column), ...(range !== undefined && { low: range.low, high: range.high }) });
}

/** Where the points of a table stand; NaN where their times are not known. */
function xOf(curves: RunCurves, table: PointTable, x: XAxis): readonly number[] {
  if (x === 'step' || x === 'epoch') return table.column(x);
  return table.column('step').map((step) => placeOf(curves, step, x));
}

/** Where a step stands. */
export function placeOf({ clock, state }: RunCurves, step: number, x: XAxis): number {
  if (x === 'epoch') return step / (state?.start?.stepsPerEpoch ?? 1);
  return x === 'step' ? step : x === 'relative' ? clock.secondsAt(step) : clock.wallAt(step);
}

/** Nothing where times are not known, as of runs of earlier versions before the end of an epoch. */
function timed(drawn: Drawn): Drawn {
  return Number.isNaN(drawn.x[0]) ? { x: [], y: [] } : drawn;
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
function extentOf(curves: RunCurves, { ends }: PointTable, x: XAxis): Pick<Line, 'extent'> {
  const [first, last] = ends.step ?? [null, null];
  return first === null || last === null ? {} : { extent: [placeOf(curves, first, x), placeOf(curves, last, x)] };
}
