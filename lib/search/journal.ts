import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlastrainError, expected } from '../errors';
import { AppendFile, withFileErrors } from '../files';
import { searchFiles } from '../experiment/runFolder';
import type { DecisionEvent, TrialEvent, UnitEvent } from './events';
import type { SearchSpec } from './searchSpec';

/** What may differ when a search goes on. */
export interface SearchLimits {
  readonly workers: number;
  /** BLAS threads of each worker. */
  readonly threads: number;
  readonly trials: number | null;
  /** Seconds, those before an interruption included. */
  readonly budget: number | null;
}

/** First line of a journal. */
export interface SearchHead extends SearchLimits {
  readonly type: 'search';
  readonly name: string;
  readonly startedAt: string;
  /** Of blastrain. */
  readonly version: string;
  readonly spec: SearchSpec;
  readonly data: string;
  readonly dataDigest: string;
}

/** One line of a journal. */
export type JournalEntry = { /** Seconds that the search has taken. */ readonly elapsed: number } & (
  | SearchHead
  | (SearchLimits & { readonly type: 'resume'; readonly at: string })
  | TrialEvent
  | { readonly type: 'begun'; readonly trial: number; readonly rung: number; readonly replicate: number }
  | UnitEvent
  | DecisionEvent
  /** The trial can no longer be promoted, and its checkpoints go. */
  | { readonly type: 'dropped'; readonly trial: number }
);

/** What a journal holds. */
export interface JournalContents {
  readonly head: SearchHead;
  /** The lines behind the first. */
  readonly entries: readonly JournalEntry[];
  /** The limits that hold: those of the last start. */
  readonly limits: SearchLimits;
  readonly elapsed: number;
}

/** A search's journal, one JSON object a line. What is appended is on the disk before anyone acts on it. */
export class Journal {
  private constructor(private readonly file: AppendFile) {}

  /** Begins a journal. Throws ERR_IO, also where there is one already. */
  static create(folder: string): Journal {
    return new Journal(new AppendFile(join(folder, searchFiles.journal), { isNew: true }));
  }

  /** Opens a journal to go on with; a line that was torn while it was written is cut off. Throws as {@link readJournal} does. */
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
 * What the journal in a search's folder holds, but for a torn last line. Throws ERR_CONFIG where there is none, ERR_CHECKPOINT
 * where it is damaged, ERR_IO.
 */
export function readJournal(folder: string): JournalContents {
  return read(join(folder, searchFiles.journal)).contents;
}

function read(file: string): { contents: JournalContents; end: number } {
  if (!existsSync(file)) throw expected('ERR_CONFIG', `the folder of a search, with ${searchFiles.journal},`, 'the search', dirname(file), { path: 'resume' });
  const bytes = withFileErrors(file, () => readFileSync(file));
  const entries: JournalEntry[] = [];
  let end = 0;
  for (let next = bytes.indexOf('\n'); next >= 0; next = bytes.indexOf('\n', end)) {
    const entry = parseEntry(bytes.toString('utf8', end, next));
    if (entry === undefined) {
      // Only what was being written at the end can be torn.
      if (next === bytes.length - 1) break;
      throw new BlastrainError(
        'ERR_CHECKPOINT', `Expected JSON for line ${String(entries.length + 1)} of ${file} but received something else`, { file, line: entries.length + 1 },
      );
    }
    entries.push(entry);
    end = next + 1;
  }
  const [head, ...rest] = entries;
  if (head?.type !== 'search') {
    throw new BlastrainError('ERR_CHECKPOINT', `Expected the start of a search for ${file} but received ${head === undefined ? 'nothing' : head.type}`, { file });
  }
  let limits: SearchLimits = head;
  for (const entry of rest) if (entry.type === 'resume') limits = entry;
  const { workers, threads, trials, budget } = limits;
  return { contents: { head, entries: rest, limits: { workers, threads, trials, budget }, elapsed: entries[entries.length - 1]!.elapsed }, end };
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    return JSON.parse(line) as JournalEntry;
  } catch {
    return undefined;
  }
}
