import { rmSync } from 'node:fs';
import type { LoadedRows } from './dataset';

/** Files to remove when this thread ends. */
const owned = new Set<string>();

/** Has the temporary files of rows that stay on disk, see `FileRows`, removed when this thread ends. Returns the rows. */
export function ownRows(data: LoadedRows): LoadedRows {
  const { train } = data;
  if (!('stored' in train) || train.stored.layout.isTemporary !== true) return data;
  if (owned.size === 0) process.once('exit', () => { for (const path of owned) rmSync(path, { force: true }); });
  for (const { bytes } of train.stored.layout.parts) owned.add(bytes.name);
  return data;
}
