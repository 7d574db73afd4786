import { basename, dirname, isAbsolute, join } from 'node:path';
import { toPlain } from '../errors';
import { fileError, readJsonIfThere, readPart, sizeLimits } from '../files';
import { anything, recordOf } from '../files/shape';
import { runFiles, searchFiles } from '../runFolder/runFolder';
import { withoutFolders } from '../text';
import { answerKey } from './api';
import type { AnswerKind, Catalogue, Entry, Examination, Refusal } from './api';
import type { RunCatalogue } from './catalogue';
import { curvesOfFile } from './curves/curvesOf';
import { histogramsOfFile } from './curves/histogramReader';
import { runPath } from './folders';
import { defaultKeys } from './specKeys';

/** An answer that an exported page has. */
export interface ExportedAnswer {
  readonly key: string;
  readonly kind: AnswerKind;
  readonly text: string;
}

/** Bytes of a journal or of pictures of weights, at most; larger ones were not written by a search or a run. */
const maxBytes = 2 ** 26;

/** Examines a run's model; undefined where that is not asked for. */
export type Examine = ((path: string, run: string) => Promise<Examination>) | undefined;

/**
 * All that the page asks a server for, but to stop a run. What cannot be read is answered as the server would: by why. Values hold no absolute path of this machine.
 * @param folders of this machine, which texts may name.
 */
export async function* exportedAnswers(catalogue: RunCatalogue, folders: readonly string[], examine: Examine): AsyncGenerator<ExportedAnswer> {
  const scrub = scrubber(folders);
  const { runs } = catalogue;
  const json = (key: string, value: unknown): ExportedAnswer => ({ key, kind: 'text', text: JSON.stringify(scrub(value)) });
  const attempt = async (key: string, make: () => ExportedAnswer | Promise<ExportedAnswer>): Promise<ExportedAnswer> => {
    try {
      return await make();
    } catch (error) {
      const { code, message } = toPlain(error);
      return { ...json(key, { code, message } satisfies Refusal), kind: 'refused' };
    }
  };
  async function* ofRun({ name }: Entry): AsyncGenerator<ExportedAnswer> {
    const path = runPath(runs, name);
    const spec = answerKey('api/file', { run: name, file: runFiles.spec });
    yield attempt(spec, () => json(spec, readJsonIfThere(join(path, runFiles.spec), recordOf(anything), { limit: sizeLimits.small, code: 'ERR_DATA' }) ?? {}));
    const curves = answerKey('api/curves', { run: name });
    yield attempt(curves, () => json(curves, curvesOfFile(join(path, runFiles.metrics))));
    const histograms = answerKey('api/histograms', { run: name });
    yield attempt(histograms, () => json(histograms, histogramsOfFile(join(path, runFiles.histograms))));
    const film = answerKey('api/tail', { run: name, file: runFiles.weightSnapshots });
    yield attempt(film, () => ({ key: film, kind: 'base64', text: readAll(join(path, runFiles.weightSnapshots)).toString('base64') }));
    if (examine === undefined) return;
    const examination = answerKey('api/examine', { run: name });
    // Its pictures would be taken for paths; it names no folder.
    yield attempt(examination, async () => ({ key: examination, kind: 'text', text: JSON.stringify(await examine(path, name)) }));
  }
  async function* ofSearch({ name }: Entry): AsyncGenerator<ExportedAnswer> {
    const journal = answerKey('api/tail', { run: name, file: searchFiles.journal });
    yield attempt(journal, () => ({ key: journal, kind: 'text', text: scrubbedLines(readAll(join(runPath(runs, name), searchFiles.journal)), scrub) }));
    const trials = catalogue.list(name);
    yield json(answerKey('api/runs', { search: name }), { entries: trials.map(still), gone: [], revision: 1, folder: '' } satisfies Catalogue);
    for (const trial of trials) if (trial.kind === 'run') yield* ofRun(trial);
  }
  const entries = catalogue.list();
  yield json(answerKey('api/runs', {}), { entries: entries.map(still), gone: [], revision: 1, folder: '', defaults: defaultKeys } satisfies Catalogue);
  for (const entry of entries) {
    if (entry.kind === 'run') yield* ofRun(entry);
    if (entry.kind === 'search') yield* ofSearch(entry);
  }
}

/** An entry without what only a server can do. */
function still(entry: Entry): Entry {
  return entry.kind !== 'depth' ? { ...entry, stoppable: false } : entry;
}

function readAll(file: string): Buffer {
  const part = readPart(file, (size) => {
    if (size > maxBytes) throw fileError('ERR_IO', `at most ${String(maxBytes)} bytes`, file, `${String(size)} bytes`);
    return { from: 0, length: size };
  });
  return part?.bytes ?? Buffer.alloc(0);
}

function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** JSON lines, each without folders; what is no JSON is left out, as the page would leave it out. */
function scrubbedLines(bytes: Buffer, scrub: (value: unknown) => unknown): string {
  return linesOf(bytes.toString('utf8').split('\n').flatMap((line) => {
    try {
      return [scrub(JSON.parse(line))];
    } catch {
      return [];
    }
  }));
}

/**
 * Takes folders out of all texts of a value: `folders` and those of files that a value named before also where they have spaces in them, at which a path
 * in a text seems to end.
 */
function scrubber(folders: readonly string[]): (value: unknown) => unknown {
  const known = new Set(folders.filter((folder) => folder.length > 1));
  const text = (value: string): string => {
    if (isAbsolute(value)) return `…/${basename(value)}`;
    return withoutFolders([...known].sort((a, b) => b.length - a.length).reduce((rest, folder) => rest.replaceAll(folder, '…'), value));
  };
  const scrub = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(scrub);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, scrub(one)]));
    return value;
  };
  const learn = (value: unknown): void => {
    if (typeof value === 'string' && isAbsolute(value) && dirname(value).length > 1) known.add(dirname(value));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(learn);
  };
  return (value) => {
    learn(value);
    return scrub(value);
  };
}
