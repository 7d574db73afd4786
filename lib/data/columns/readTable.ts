import { cellPlace } from './plan';
import type { Place, ReadTable, TablePlan } from './plan';
import { Reading } from './reading';
import type { RowReader } from './rowReader';

/** Reads all rows, again where a column of numbers turns out to hold texts. Throws ERR_DATA, with line and column; ERR_IO for rows that are kept on disk. */
export function readTable(open: () => RowReader, plan: TablePlan): ReadTable {
  const passes = passesOf(plan, (row) => {
    const reader = open();
    // The table is read again up to the row: places are asked for in errors alone.
    for (let i = 0; i <= row; i++) reader.next();
    return reader;
  });
  let step = passes.next();
  try {
    while (step.done !== true) step = passes.next(step.value.read(open()));
  } finally {
    passes.return(undefined as never);
  }
  return step.value;
}

/** {@link readTable} of rows that come in several readers, one after the other, counted in rows. */
export async function readTableInParts(open: () => AsyncIterable<RowReader>, plan: TablePlan): Promise<ReadTable> {
  const passes = passesOf(plan, (row) => ({ unit: 'row', line: row }));
  let step = passes.next();
  try {
    while (step.done !== true) {
      let found: readonly number[] = [];
      for await (const reader of open()) {
        found = step.value.read(reader);
        if (found.length > 0) break;
      }
      step = passes.next(found);
    }
  } finally {
    passes.return(undefined as never);
  }
  return step.value;
}

/**
 * The passes over a table, each of which is to be read to the end or to where columns turn out to be texts, which it then takes. What a pass that
 * is not the last has on disk is removed.
 */
function* passesOf(plan: TablePlan, placeAt: (row: number) => Place): Generator<Reading, ReadTable, readonly number[]> {
  const { file, names } = plan;
  const texts = new Set<number>([...plan.kinds].flatMap(([at, kind]) => (kind === 'number' || kind === 'ignore' || plan.declared?.get(at) === kind ? [] : [at])));
  for (;;) {
    const reading = new Reading(plan, texts, placeAt);
    let table: Omit<ReadTable, 'placeOf'> | undefined;
    try {
      const early = yield reading;
      const found = early.length > 0 ? early : reading.findTexts();
      for (const at of found) texts.add(at);
      if (found.length === 0) table = reading.table();
    } finally {
      if (table === undefined) reading.discard();
    }
    if (table !== undefined) return { ...table, placeOf: (column, row) => cellPlace(file, names, placeAt(row), names.findIndex((name) => name.trim() === column.trim())) };
  }
}
