import { expected, nearest } from '../../errors';
import type { TableOptions } from '../table';
import type { TargetKind } from './plan';

/** What to predict from a table: a column by name or number from 0, or several, also as names between commas. */
export type TargetOption = string | number | readonly (string | number)[];

/** The columns that are asked for, one by one: a text that no column is named is taken for names between commas. */
export function targetList(target: TargetOption, names: readonly string[]): readonly (string | number)[] {
  if (typeof target === 'number') return [target];
  if (typeof target !== 'string') return target;
  const isName = names.some((name) => name.trim() === target.trim());
  return isName || !target.includes(',') ? [target] : target.split(',').map((part) => part.trim());
}

/**
 * The places of the targets. Throws ERR_CONFIG for a column that is asked for twice and for several columns of classes.
 * @param placeOf the place of one column.
 */
export function placesOfTargets(
  target: TargetOption, names: readonly string[], numericTargets: TableOptions['numericTargets'], placeOf: (one: string | number) => number,
): readonly number[] {
  const places = targetList(target, names).map(placeOf);
  if (places.length === 0) throw expected('ERR_CONFIG', 'one column or more', 'target', target, { path: 'target' });
  if (new Set(places).size < places.length) throw expected('ERR_CONFIG', 'different columns', 'target', target, { path: 'target' });
  if (places.length > 1 && kindOf(numericTargets) === 'classes') {
    throw expected('ERR_CONFIG', 'one column of classes (loss bce takes several of 0 and 1, and loss mse several of numbers)', 'target', target, { path: 'target' });
  }
  return places;
}

export function kindOf(numericTargets: TableOptions['numericTargets'] = false): TargetKind {
  return numericTargets === true ? 'numbers' : numericTargets === false ? 'classes' : numericTargets;
}

/** The place of the column of the rows' weights; undefined where none is asked for. Throws ERR_CONFIG for an unknown name and for a target. */
export function placeOfWeights(column: string | undefined, names: readonly string[], targetsAt: readonly number[]): number | undefined {
  if (column === undefined) return undefined;
  const at = names.findIndex((name) => name.trim() === column.trim());
  if (at < 0) throw expected('ERR_CONFIG', nearest(column, names) ?? (names.length > 10 ? `one of ${String(names.length)} columns` : `one of ${names.join(', ')}`), 'weightColumn', column, { path: 'weightColumn' });
  if (targetsAt.includes(at)) throw expected('ERR_CONFIG', 'another column than the target', 'weightColumn', column, { path: 'weightColumn' });
  return at;
}
