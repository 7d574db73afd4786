import { expected, nearest } from '../../errors';

/** The places of the columns of a name, without the spaces around it. */
export function placesOf(columns: readonly string[], name: string): number[] {
  return columns.flatMap((column, i) => (column.trim() === name ? [i] : []));
}

/**
 * The place of a target: the column of a name, or by number from 0. Throws ERR_CONFIG for one that is no
 * column, and for a number that is a column's place and another's name.
 */
export function findColumn(columns: readonly string[], target: string | number): number {
  const named = placesOf(columns, String(target).trim());
  const exact = columns.indexOf(String(target));
  if (typeof target === 'string' && (exact >= 0 || named.length > 0)) return exact >= 0 ? exact : named[0]!;
  if (typeof target === 'number') {
    const isPlace = Number.isInteger(target) && target >= 0 && target < columns.length;
    const other = named.find((place) => place !== target);
    if (isPlace && other !== undefined) {
      const what = `the name in quotes, as number ${String(target)} from 0 is column ${String(target + 1)} and column ${String(other + 1)} has that name,`;
      throw expected('ERR_CONFIG', what, 'target', target, { path: 'target' });
    }
    if (isPlace || other !== undefined) return isPlace ? target : other!;
  }
  const suggestion = typeof target === 'string' ? nearest(target, columns) : undefined;
  const what = suggestion ?? (columns.length > 10 ? `one of ${String(columns.length)} columns` : `one of ${columns.join(', ')}`);
  throw expected('ERR_CONFIG', what, 'target', target, { path: 'target' });
}
