/** What a column of a table can be. */
export const columnKinds = ['number', 'boolean', 'category', 'date', 'ignore'] as const;
export type ColumnKind = (typeof columnKinds)[number];

/**
 * A column of a table that is a feature. Its numbers are: a number's own; 0 and 1 for a boolean; for a category the place of its name in
 * `categories`, -1 for a name that is not there; for a date seconds since 1970, in UTC. NaN stands for a missing cell.
 */
export interface Column {
  readonly name: string;
  readonly kind: Exclude<ColumnKind, 'ignore'>;
  /** Of a category all names; of a boolean the two, false first. */
  readonly categories?: readonly string[];
  /** Whether cells are missing. */
  readonly hasMissing: boolean;
}

/** Cells that stand for nothing, as pandas reads them, and the question mark of the UCI tables. */
export const missingWords: ReadonlySet<string> = new Set([
  '', '?', 'NA', 'N/A', 'n/a', '#N/A', '#NA', '<NA>', '#N/A N/A', 'NaN', 'nan', '-NaN', '-nan', 'NULL', 'Null', 'null', 'None', 'none', '1.#IND', '1.#QNAN', '-1.#IND', '-1.#QNAN',
]);

export function isMissing(text: string): boolean {
  return missingWords.has(text.trim());
}

/** Pairs of words for false and true. */
export const booleanWords = [['false', 'true'], ['no', 'yes'], ['n', 'y'], ['f', 't'], ['off', 'on']] as const;

/** False and true among a column's names, in its own spelling; undefined where they are no booleans. */
export function booleansOf(names: readonly string[]): readonly [string, string] | undefined {
  if (names.length !== 2) return undefined;
  const words = names.map((name) => name.trim().toLowerCase());
  for (const [no, yes] of booleanWords) {
    const [noAt, yesAt] = [words.indexOf(no), words.indexOf(yes)];
    if (noAt >= 0 && yesAt >= 0) return [names[noAt]!, names[yesAt]!];
  }
  return undefined;
}

const isoDate = /^\s*\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?\s*$/;

/** Seconds since 1970 of an ISO 8601 date, in UTC where it names no zone; undefined for another text. */
export function parseDate(text: string): number | undefined {
  const match = isoDate.exec(text);
  if (match === null) return undefined;
  const [trimmed, zone] = [text.trim().replace(' ', 'T'), match[1]];
  const value = Date.parse(zone === undefined && trimmed.includes('T') ? `${trimmed}Z` : trimmed);
  return Number.isFinite(value) ? value / 1000 : undefined;
}

/** Normalisations that are fitted column by column, see `fitColumns`. */
const ofColumns: readonly string[] = ['robust', 'quantile'];

/** Whether rows of such columns are encoded: the normalisation asks for it, or they are not all numbers that are there. */
export function isEncoded(normalization: string, columns: readonly Column[] | undefined): boolean {
  return ofColumns.includes(normalization) || columns?.some(({ kind, hasMissing }) => kind !== 'number' || hasMissing) === true;
}
