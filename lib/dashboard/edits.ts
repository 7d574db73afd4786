import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expected, toPlain } from '../errors';
import { checkShape, listOf, objectOf, recordOf, anything, text } from '../files/shape';
import { changeLabels } from '../runFolder/labels';
import { listTrash, moveToTrash, restoreFromTrash } from '../runFolder/trash';
import type { EditAnswer, Refused } from './api';
import type { RunCatalogue } from './catalogue';
import { runPath } from './folders';

/** Changes that the page asks for: to labels, and what is deleted and restored. Nothing else in the folder of runs is written to. */
export class Edits {
  constructor(private readonly runs: string, private readonly catalogue: RunCatalogue) {}

  /** Throws ERR_CONFIG for another request, as the others do. */
  label(body: unknown): EditAnswer {
    const { changes } = checkShape(body, labelRequest, source);
    return this.each(changes, ({ run }) => run, ({ run, change }) => {
      changeLabels(this.folderOf(run), change);
      return { run };
    });
  }

  delete(body: unknown): EditAnswer {
    const { runs } = checkShape(body, deleteRequest, source);
    return this.each(runs, (run) => run, (run) => {
      this.folderOf(run);
      return { run, id: moveToTrash(this.runs, run).id };
    });
  }

  restore(body: unknown): EditAnswer {
    const { ids } = checkShape(body, restoreRequest, source);
    return this.each(ids, (id) => id, (id) => ({ run: restoreFromTrash(this.runs, id).name, id }));
  }

  trash(): ReturnType<typeof listTrash> {
    return listTrash(this.runs);
  }

  /** The folder of something that the list shows, which leaves out links. Throws ERR_CONFIG. */
  private folderOf(run: string): string {
    const path = runPath(this.runs, run);
    if (path !== join(realpathSync(this.runs), run) || this.catalogue.get(run) === undefined) throw expected('ERR_CONFIG', 'a run', this.runs, run, { path: 'run' });
    return path;
  }

  private each<T>(items: readonly T[], nameOf: (item: T) => string, edit: (item: T) => { run: string; id?: string }): EditAnswer {
    const done: { run: string; id?: string }[] = [];
    const refused: Refused[] = [];
    for (const item of items) {
      try {
        done.push(edit(item));
      } catch (error) {
        refused.push({ run: nameOf(item), message: toPlain(error).message });
      }
    }
    return { done, refused };
  }
}

const source = { file: 'the request', code: 'ERR_CONFIG' } as const;
const labelRequest = objectOf<{ readonly changes: readonly { readonly run: string; readonly change: Readonly<Record<string, unknown>> }[] }>({
  changes: listOf(objectOf<{ readonly run: string; readonly change: Readonly<Record<string, unknown>> }>({ run: text, change: recordOf(anything) })),
});
const deleteRequest = objectOf<{ readonly runs: readonly string[] }>({ runs: listOf(text) });
const restoreRequest = objectOf<{ readonly ids: readonly string[] }>({ ids: listOf(text) });
