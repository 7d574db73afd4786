import { dirname, join } from 'node:path';
import { expected } from '../errors';
import { acquireLock, AppendFile, badLines, fileError, readJsonLines, readPart, sizeLimits, waitAsync } from '../files';
import type { BadLine, Waiting } from '../files';
import type { Lock } from '../files/lock';
import { lockIn, searchFiles } from '../runFolder/runFolder';
import { halvingOf, rungShares } from './asha';
import type { JournalEntry, SearchHead, SearchLimits } from './records';
import { entryShape } from './shapes';
import { contradictionOf, SearchState } from './state';
import { OptunaFile } from './optuna/file';

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

/** Milliseconds of silence of another host's process before a wait for it is worth telling: most have only just begun to append. */
const tellAfter = 5000;
/** Milliseconds to wait for a living process that appends to the journal of a shared search: far more than one takes. */
const patience = 600_000;

/** The journal of a search as far as it has been read: its lines, and what they come to. */
class JournalReader implements JournalContents {
  readonly entries: JournalEntry[] = [];
  state = new SearchState([1]);
  /** Bytes and lines that have been read. */
  end = 0;
  torn = false;
  elapsed = 0;
  private line = 0;
  private readonly bad: BadLine[] = [];
  private first: SearchHead | undefined;
  private latest: SearchLimits | undefined;

  constructor(readonly file: string) {}

  get hasHead(): boolean {
    return this.first !== undefined;
  }

  get head(): SearchHead {
    return this.first!;
  }

  get limits(): SearchLimits {
    const { workers, threads, trials, budget } = this.latest!;
    return { workers, threads, trials, budget };
  }

  get leftOut(): readonly string[] {
    return badLines({ bad: this.bad, torn: this.torn }, this.file);
  }

  /** Takes in the lines behind those read before and returns those that fit, in their order; undefined where there is no file. Throws ERR_CHECKPOINT for a damaged first line, ERR_IO. */
  read(): readonly JournalEntry[] | undefined {
    const { file, line: before, end } = this;
    const part = readPart(file, (size) => ({ from: end, length: size - end }));
    if (part === undefined) return undefined;
    if (part.size > sizeLimits.events) throw fileError('ERR_IO', `at most ${String(sizeLimits.events)} bytes`, file, `${String(part.size)} bytes`);
    const all = readJsonLines(part.bytes, entryShape, { file, code: 'ERR_CHECKPOINT', after: { line: before, end } });
    const known = this.entries.length;
    const bad = [...all.bad];
    for (const { value, line } of all.lines) {
      if (!this.hasHead && line === 1 && value.type === 'search') {
        this.add(value);
        continue;
      }
      if (!this.hasHead) throw fileError('ERR_CHECKPOINT', 'the start of a search', `line 1 of ${file}`, bad[0]?.message ?? value.type, { line: 1 });
      const contradiction = contradictionOf(value, this.state, this.head);
      if (contradiction === undefined) {
        this.add(value);
      } else {
        const [what, received] = contradiction;
        bad.push({ line, message: fileError('ERR_CHECKPOINT', what, `line ${String(line)} of ${file}`, received).message });
      }
    }
    if (!this.hasHead && bad.length > 0) throw fileError('ERR_CHECKPOINT', 'the start of a search', `line 1 of ${file}`, bad[0]!.message, { line: 1 });
    this.bad.push(...bad.sort((a, b) => a.line - b.line));
    this.torn = all.torn;
    for (let at = part.bytes.indexOf(10); at >= 0 && end + at < all.end; at = part.bytes.indexOf(10, at + 1)) this.line++;
    this.end = all.end;
    return this.entries.slice(known);
  }

  /** Takes in an entry that this process has appended as so many bytes. */
  addOwn(entry: JournalEntry, bytes: number): void {
    this.add(entry);
    this.end += bytes;
    this.line++;
    this.torn = false;
  }

  private add(entry: JournalEntry): void {
    this.elapsed = Math.max(this.elapsed, entry.elapsed);
    if (entry.type === 'search' || entry.type === 'resume') this.latest = entry;
    if (entry.type === 'search') {
      this.first = entry;
      this.state = new SearchState(rungShares(halvingOf(entry.spec)), entry.monitor?.better);
    } else {
      this.state.apply(entry);
      this.entries.push(entry);
    }
  }
}

/** Shows that this process may still write; throws where it may not, see {@link Lock.check}. */
type Holder = Pick<Lock, 'check'>;

/**
 * A search's journal, one JSON object a line. Each entry is synced to disk before it is acted on. It is written by the one owner of the
 * search's folder, or, of a shared search, by any process, one at a time: while it holds the journal's lock, and after it has read what
 * others appended. Nothing that was acted on is ever cut off, so that a process which was taken for dead while it held the lock can
 * only append lines that contradict the others, and these are left out by all.
 */
export class Journal {
  private file: AppendFile | undefined;
  private readonly optuna: OptunaFile;

  /** @param holder the owner of the folder, or whoever holds the journal of a shared search at the moment. */
  private constructor(
    private readonly reader: JournalReader, private holder: Holder | undefined, private readonly shared?: { readonly onWait: (waiting: Waiting) => void },
  ) {
    this.optuna = new OptunaFile(dirname(reader.file));
  }

  /** Creates the journal of a search with one owner. Throws ERR_IO, also where there is one already. */
  static create(folder: string, head: SearchHead, owner: Holder): Journal {
    const file = join(folder, searchFiles.journal);
    const journal = new Journal(new JournalReader(file), owner);
    journal.file = new AppendFile(file, { isNew: true });
    return journal.closedOnError(() => {
      journal.append({ elapsed: 0, ...head });
    });
  }

  /** Opens the journal of a search with one owner; a torn last line is cut off. Throws as {@link readJournal} does. */
  static reopen(folder: string, owner: Holder): Journal {
    const reader = readAll(folder);
    const journal = new Journal(reader, owner);
    journal.file = new AppendFile(reader.file);
    return journal.closedOnError(() => {
      journal.file!.truncate(reader.end);
      reader.torn = false;
      journal.optuna.take(reader.head, [], reader.entries);
      journal.optuna.complete();
    });
  }

  /**
   * Opens the journal of a shared search, and begins it with `head` where there is none or only a part of a first line. Throws as
   * {@link readJournal} does, ERR_LOCKED where a living process holds it for ten minutes. `onWait` is called while it waits, now and later.
   */
  static async share(folder: string, head: SearchHead, onWait: (waiting: Waiting) => void): Promise<{ journal: Journal; isNew: boolean }> {
    const journal = new Journal(new JournalReader(join(folder, searchFiles.journal)), undefined, { onWait });
    const isNew = await journal.hold(() => {
      if (journal.reader.hasHead) return false;
      journal.file!.truncate(0);
      journal.append({ elapsed: 0, ...head });
      return true;
    });
    return { journal, isNew };
  }

  get contents(): JournalContents {
    return this.reader;
  }

  get state(): SearchState {
    return this.reader.state;
  }

  /** Takes in what other processes have appended to the journal of a shared search, and returns it. Throws ERR_IO. */
  refresh(): readonly JournalEntry[] {
    if (this.shared === undefined) return [];
    const entries = this.reader.read() ?? [];
    if (this.reader.hasHead) this.optuna.take(this.reader.head, entries, this.reader.entries);
    return entries;
  }

  /**
   * Runs an operation that may append entries, while no other process does. Its state is complete then: in a shared search,
   * {@link refresh} is called first, and `hear` gets what that returned. Throws ERR_IO, ERR_LOCKED.
   */
  async hold<T>(operation: () => T, hear?: (entries: readonly JournalEntry[]) => void): Promise<T> {
    const { reader, shared } = this;
    if (shared === undefined) return operation();
    const lock = await waitAsync(acquireLock(lockIn(dirname(reader.file), searchFiles.journal), { timeout: patience }), {
      onWait: (waiting) => { if (waiting.silent! >= tellAfter) shared.onWait(waiting); },
    });
    try {
      this.holder = lock;
      this.file = new AppendFile(reader.file);
      const entries = [...this.refresh()];
      if (reader.torn && reader.hasHead) {
        // Ended and not cut off: what is only appended to cannot lose a line of another process. Whole but for its end, the line counts.
        lock.check();
        this.file.append('\n');
        entries.push(...this.refresh());
      }
      if (reader.hasHead) this.optuna.complete();
      hear?.(entries);
      return operation();
    } finally {
      this.holder = undefined;
      try {
        this.close();
      } finally {
        lock.release();
      }
    }
  }

  /** Appends an entry and applies it to the state. Within {@link hold} if the search is shared. Throws ERR_IO, ERR_LOCKED where this process may write no more. */
  append(entry: JournalEntry): void {
    this.holder!.check();
    const line = Buffer.from(`${JSON.stringify(entry)}\n`, 'utf8');
    this.file!.append(line);
    this.file!.sync();
    this.reader.addOwn(entry, line.length);
    const { head, entries } = this.reader;
    if (entry.type !== 'search') {
      this.optuna.append(head, entry, entries);
      return;
    }
    this.optuna.take(head, [], entries);
    this.optuna.complete();
  }

  /** Throws where the search's one owner has lost its folder, see {@link Lock.check}. */
  check(): void {
    this.holder?.check();
  }

  /** Throws ERR_IO. */
  close(): void {
    const { file } = this;
    this.file = undefined;
    file?.close();
  }

  private closedOnError(step: () => void): this {
    try {
      step();
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

/**
 * Reads the journal of a search's folder. A torn last line is left out, and so is, with a sentence in `leftOut`, any other line that is
 * damaged or contradicts those before it. Throws ERR_CONFIG where there is no journal, ERR_CHECKPOINT where its first line is damaged, ERR_IO.
 */
export function readJournal(folder: string): JournalContents {
  const { head, entries, limits, elapsed, leftOut } = readAll(folder);
  return { head, entries, limits, elapsed, leftOut };
}

function readAll(folder: string): JournalReader {
  const reader = new JournalReader(join(folder, searchFiles.journal));
  if (reader.read() === undefined) throw expected('ERR_CONFIG', `the folder of a search, with ${searchFiles.journal},`, 'the search', folder, { path: 'resume' });
  if (!reader.hasHead) throw fileError('ERR_CHECKPOINT', 'the start of a search', `line 1 of ${reader.file}`, 'nothing', { line: 1 });
  return reader;
}
