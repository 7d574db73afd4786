import { defaultKeys } from '../dashboard/specKeys';
import type { Entry } from '../dashboard/api';
import { Fields } from '../dashboard/query/fields';
import { parseSorting, sorted } from '../dashboard/query/order';
import { parseQuery } from '../dashboard/query/query';
import type { Filter, QueryError } from '../dashboard/query/query';
import { BlastrainError, expected, nearest } from '../errors';

/** What a list shows, as the dashboard's table of runs. */
export interface ListChoice {
  /** A query such as `lr < 0.01 && val > 50%`. */
  readonly where?: string | undefined;
  /** Columns, '-best,learningRate'; by default the last started first. */
  readonly sort?: string | undefined;
  readonly archived?: boolean | undefined;
}

/** The entries that are wanted, in order, and how many are left out as archived. Throws ERR_CONFIG for a query or a column that cannot be understood. */
export function listed(entries: readonly Entry[], { where = '', sort = '', archived = false }: ListChoice): { readonly entries: readonly Entry[]; readonly archived: number } {
  const fields = new Fields(entries, defaultKeys);
  const sorting = parseSorting(sort);
  for (const { field } of sorting) {
    if (fields.find(field) !== undefined) continue;
    const near = nearest(field, fields.names);
    throw expected('ERR_CONFIG', `the name of a column${near === undefined ? '' : `, perhaps ${near},`}`, '--sort', field, { path: 'sort' });
  }
  const wanted = entries.filter(filterOf(where, fields));
  const present = wanted.filter(({ labels }) => archived || labels.archived !== true);
  return { entries: sorted(present, sorting, fields), archived: wanted.length - present.length };
}

function filterOf(where: string, fields: Fields): Filter {
  try {
    return parseQuery(where, fields);
  } catch (error) {
    const { message, at } = error as Partial<QueryError>;
    throw message === undefined || at === undefined ? error : new BlastrainError('ERR_CONFIG', message, { path: 'where' }, { cause: error });
  }
}
