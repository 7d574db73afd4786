import { checkInteger, checkObject, checkOptions, checkText } from '../../arguments';
import type { Dataset, StoredDataset } from '../../data/dataset';
import type { Model } from '../../inference/model';
import { featuresNamed, ownRows } from './rows';
import type { NamedFeature } from './rows';

/** How a partial dependence is computed, all optional. */
export interface DependenceOptions {
  /** Values of a number or date, at most. Default 20. */
  readonly points?: number;
  /** Rows that are averaged over, at most, drawn by `seed`. Default 1000. */
  readonly rows?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** The mean prediction for one value of a column. */
export interface DependencePoint {
  /** A number, of a date its ISO 8601 text, of a category or boolean its name; null for a missing cell. */
  readonly value: number | string | null;
  /** [outputs], probabilities of classes or numbers. */
  readonly mean: readonly number[];
}

/** Mean predictions over the values of a column. */
export interface DependenceReport {
  readonly column: string;
  readonly kind: 'number' | 'boolean' | 'category' | 'date';
  /** Names of the classes, or of the targets. */
  readonly outputs: readonly string[];
  readonly rows: number;
  readonly points: readonly DependencePoint[];
}

/**
 * Partial dependence (Friedman 2001, "Greedy Function Approximation", section 8.2): the mean prediction over rows in which a column has one value everywhere, for values of the column one after the other:
 * each category and boolean, and of numbers and dates all values up to `points`, else so many evenly spaced from the 5th to the 95th percentile. A column that lacks cells has a point for that too.
 * Where the column goes along with others, rows are made that do not occur. Throws ERR_CONFIG for an unknown column, ERR_DATA for no rows and what `Model.evaluate` refuses.
 */
export function partialDependence(model: Model, data: Dataset | StoredDataset, column: string, options: DependenceOptions = {}): DependenceReport {
  checkObject(model, 'model', 'a model', ['spec', 'classNames']);
  checkObject(data, 'data', 'a data set', ['name', 'labels', 'classNames']);
  checkText(column, 'column', 'the name of a column');
  checkOptions(options);
  const { points = 20, rows: maxRows = 1000, seed = 0 } = options;
  checkInteger(points, 'points', 2);
  checkInteger(maxRows, 'rows', 1);
  checkInteger(seed, 'seed', 0);
  const { rows, features } = ownRows(model, data, maxRows, seed);
  const [feature] = featuresNamed(rows, [column]) as [NamedFeature];
  const { place, column: described } = feature;
  const { size, featureSize } = rows;
  const kind = described?.kind ?? 'number';
  const values = gridOf(Float64Array.from({ length: size }, (_, i) => features[i * featureSize + place]!), feature, points);
  const curve = values.map((value): DependencePoint => {
    for (let at = place; at < features.length; at += featureSize) features[at] = value;
    const predictions = model.outputs(rows);
    const outputs = predictions.length / size;
    const sums = new Float64Array(outputs);
    for (let at = 0; at < predictions.length; at++) sums[at % outputs]! += predictions[at]!;
    return { value: nameOf(value, feature), mean: Array.from(sums, (sum) => sum / size) };
  });
  const width = curve[0]?.mean.length ?? 0;
  const given = model.classNames.length > 0 ? model.classNames : model.targetNames ?? [];
  const outputs = given.length === width ? given : Array.from({ length: width }, (_, j) => `output ${String(j + 1)}`);
  return { column: feature.name, kind, outputs, rows: size, points: curve };
}

/** The values of a column that predictions are averaged for, in order; NaN, for a missing cell, is the last. */
function gridOf(cells: Float64Array, { column }: NamedFeature, points: number): number[] {
  const there = cells.filter((value) => !Number.isNaN(value)).sort();
  const missing = column?.hasMissing === true ? [Number.NaN] : [];
  if (column?.kind === 'boolean') return [0, 1, ...missing];
  if (column?.kind === 'category') return [...(column.categories ?? []).keys(), ...missing];
  const distinct = [...new Set(there)];
  if (distinct.length <= points) return [...distinct, ...missing];
  const at = (share: number): number => there[Math.round(share * (there.length - 1))]!;
  const [low, high] = [at(0.05), at(0.95)];
  if (low === high) return [low, ...missing];
  return [...Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1)), ...missing];
}

function nameOf(value: number, { column }: NamedFeature): DependencePoint['value'] {
  if (Number.isNaN(value)) return null;
  if (column?.kind === 'date') return new Date(1000 * value).toISOString().replace(/T00:00:00\.000Z$/, '');
  return column?.categories?.[value] ?? value;
}
