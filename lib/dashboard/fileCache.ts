import { lstatSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { toPlain } from '../errors';
import type { Failure } from '../history/outcome';

/** What is made of files that are replaced as a whole, one thing of each file; made again once a file has changed. */
export class FileCache {
  private readonly made = new Map<string, { readonly stamp: string; readonly value: unknown }>();

  of<T>(file: string, make: () => T): T {
    const stamp = stampOf(lstat(file));
    const known = this.made.get(file);
    if (known?.stamp === stamp) return known.value as T;
    const value = make();
    this.made.set(file, { stamp, value });
    return value;
  }
}

/** Tells one state of a file or folder from the next; empty where it is missing. */
export function stampOf(stat: Stats | undefined): string {
  return stat === undefined ? '' : `${String(stat.ino)} ${String(stat.size)} ${String(stat.mtimeMs)}`;
}

export function lstat(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

/** The result of `read`, or why it failed. */
export function attempt<T>(read: () => T): readonly [T, null] | readonly [undefined, Failure] {
  try {
    return [read(), null];
  } catch (error) {
    const { code, message } = toPlain(error);
    return [undefined, { code, message }];
  }
}
