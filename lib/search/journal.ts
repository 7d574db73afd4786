import { dirname, join } from 'node:path';
import { expected } from '../errors';
import { AppendFile, badLines, fileError, readFileIfThere, readJsonLines, sizeLimits } from '../files';
import { searchFiles } from '../runFolder/runFolder';
import { halvingOf, rungShares } from './asha';
import type { JournalEntry, SearchHead, SearchLimits } from './records';
import { entryShape } from './shapes';
import { contradictionOf, SearchState } from './state';

/** Contents of a journal. */
export interface JournalContents {
  readonly head: SearchHead;
  /** The lines after the first. */
  readonly entries: readonly JournalEntry[];
  /** The limits of the latest start or resume. */
  readonly limits: SearchLimits;
  readonly elapsed: number;
  /** A sentence for each line that is left out. */
  readonly leftOut: readonly string[];
}

/** A search's journal, one JSON object a line. Each entry is synced to disk before it is acted on. */
export class Journal {
  private constructor(private readonly file: AppendFile) {}

  /** Creates a journal. Throws ERR_IO, also where there is one already. */
  static create(folder: string): Journal {
    return new Journal(new AppendFile(join(folder, searchFiles.journal), { isNew: true }));
  }

  /** Opens a journal to append to it; a torn last line is cut off. Throws as {@link readJournal} does. */
  static reopen(folder: string): { journal: Journal; contents: JournalContents } {
    const file = join(folder, searchFiles.journal);
    const { contents, end } = read(file);
    const lines = new AppendFile(file);
    lines.truncate(end);
    return { journal: new Journal(lines), contents };
  }

  /** Throws ERR_IO. */
  append(entry: JournalEntry): void {
    this.file.append(`${JSON.stringify(entry)}\n`);
    this.file.sync();
  }

  /** Throws ERR_IO. */
  close(): void {
    this.file.close();
  }
}

/**
 * Reads the journal of a search's folder. A torn last line is left out, and so is, with a sentence in `leftOut`, any other line that is
 * damaged or contradicts those before it. Throws ERR_CONFIG where there is no journal, ERR_CHECKPOINT where its first line is damaged, ERR_IO.
 */
export function readJournal(folder: string): JournalContents {
  return read(join(folder, searchFiles.journal)).contents;
}

function read(file: string): { contents: JournalContents; end: number } {
  const bytes = readFileIfThere(file, { limit: sizeLimits.events });
  if (bytes === undefined) throw expected('ERR_CONFIG', `the folder of a search, with ${searchFiles.journal},`, 'the search', dirname(file), { path: 'resume' });
  const all = readJsonLines(bytes, entryShape, { file, code: 'ERR_CHECKPOINT' });
  const [first] = all.lines;
  const head = first?.value;
  if (head?.type !== 'search' || first?.line !== 1) {
    throw fileError('ERR_CHECKPOINT', 'the start of a search', `line 1 of ${file}`, all.bad[0]?.message ?? (head === undefined ? 'nothing' : head.type), { line: 1 });
  }
  const state = new SearchState(rungShares(halvingOf(head.spec)));
  const entries: JournalEntry[] = [];
  const bad = [...all.bad];
  let limits: SearchLimits = head;
  let { elapsed } = head;
  for (const { value: entry, line } of all.lines.slice(1)) {
    const contradiction = contradictionOf(entry, state, head);
    if (contradiction === undefined) {
      state.apply(entry);
      entries.push(entry);
      if (entry.type === 'resume') limits = entry;
      elapsed = Math.max(elapsed, entry.elapsed);
    } else {
      const [what, received] = contradiction;
      bad.push({ line, message: fileError('ERR_CHECKPOINT', what, `line ${String(line)} of ${file}`, received).message });
    }
  }
  bad.sort((a, b) => a.line - b.line);
  const { workers, threads, trials, budget } = limits;
  const { torn, end } = all;
  return { contents: { head, entries, limits: { workers, threads, trials, budget }, elapsed, leftOut: badLines({ bad, torn }, file) }, end };
}
