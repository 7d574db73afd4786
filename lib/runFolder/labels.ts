import { join } from 'node:path';
import { expected } from '../errors';
import { readJsonIfThere, replaceFile, sizeLimits } from '../files';
import { checkShape, flag, listOf, objectOf, optional, refine, text } from '../files/shape';
import { labelLimits } from './labelLimits';
import { runFiles } from './runFiles';

/** What people write about a run: contents of labels.json in its folder. Nothing of the training depends on it. */
export interface Labels {
  /** What it is shown as, in place of the name of its folder. */
  readonly title?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | undefined;
  /** Whether lists leave it out unless they are asked for it. */
  readonly archived?: boolean | undefined;
}

const short = (what: string, length: number) => refine(text, `${what} of 1 to ${String(length)} characters`, (value) => value.trim() !== '' && value.length <= length);
export const labelsShape = objectOf<Labels>({
  title: optional(short('a title', labelLimits.title)),
  tags: optional(refine(listOf(short('a tag', labelLimits.tag)), `at most ${String(labelLimits.tags)} tags`, (tags) => tags.length <= labelLimits.tags)),
  note: optional(short('a note', labelLimits.note)),
  archived: optional(flag),
});

/** Reads the labels of a run, a search or a depth experiment; none where there is no file. Throws ERR_IO, ERR_DATA for other contents. */
export function readLabels(folder: string): Labels {
  return readJsonIfThere(join(folder, runFiles.labels), labelsShape, { limit: sizeLimits.small, code: 'ERR_DATA' }) ?? {};
}

/**
 * Replaces those labels that `change` has; null removes one. Keys that a later version wrote stay. Returns the labels from then on. Throws ERR_CONFIG
 * for a change that is too long or of the wrong kind, ERR_IO and ERR_DATA where the file cannot be read, which is left as it is then.
 */
export function changeLabels(folder: string, change: { readonly [Key in keyof Labels]?: Labels[Key] | null }): Labels {
  const unknown = Object.keys(change).find((key) => !['title', 'tags', 'note', 'archived'].includes(key));
  if (unknown !== undefined) throw expected('ERR_CONFIG', 'title, tags, note or archived', 'a label', unknown);
  const given = checkShape(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null && value !== '')), labelsShape, { file: 'the labels', code: 'ERR_CONFIG' });
  const labels: Record<string, unknown> = { ...readLabels(folder), ...given, ...(given.tags !== undefined && { tags: [...new Set(given.tags)] }) };
  for (const [key, value] of Object.entries(change)) {
    if (value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0)) Reflect.deleteProperty(labels, key);
  }
  replaceFile(join(folder, runFiles.labels), `${JSON.stringify(labels, null, 2)}\n`, { inside: true });
  return labels;
}
