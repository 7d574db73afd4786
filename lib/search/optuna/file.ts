import { join } from 'node:path';
import { AppendFile, readFileIfThere, replaceFile, sizeLimits } from '../../files';
import { searchFiles } from '../../runFolder/runFiles';
import { OptunaStudy, optunaWorker } from './study';
import type { JournalEntry, SearchHead } from '../records';

/**
 * The file by which Optuna reads a search, optuna.log beside the journal: lines of its JournalStorage that follow from the journal alone. It is appended to by
 * whoever appends to the journal, right after that, and is not synced: what a kill or a power cut left out of it, or tore, is made good
 * from the journal by the next who holds that. Lines that Optuna's dashboard adds stay.
 */
export class OptunaFile {
  private readonly file: string;
  private study: OptunaStudy | undefined;
  /** Bytes of the study's lines, and of all others in the file when it was last read. */
  private bytes = 0;
  private foreign = 0;
  private isStale = false;

  constructor(folder: string) {
    this.file = join(folder, searchFiles.optuna);
  }

  /** Takes in entries that others have appended to the journal, which holds `all`, and written here. */
  take(head: SearchHead, entries: readonly JournalEntry[], all: readonly JournalEntry[]): void {
    if (this.study === undefined) this.begin(OptunaStudy.of(head, all));
    else this.add(head, entries, all);
  }

  /** Makes the file hold what the journal comes to. Throws ERR_IO. */
  complete(): void {
    const file = new AppendFile(this.file);
    try {
      if (!this.isStale && file.size === this.bytes + this.foreign) return;
      this.isStale = false;
      const { lines } = this.study!;
      const { own, foreign, isWhole } = splitLines(readFileIfThere(this.file, { limit: sizeLimits.events }) ?? Buffer.alloc(0));
      this.foreign = foreign.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
      if (isWhole && own.length <= lines.length && own.every((line, i) => line === lines[i])) file.append(lines.slice(own.length).join(''));
      else replaceFile(this.file, [...lines, ...foreign].join(''), { inside: true });
    } finally {
      file.close();
    }
  }

  /** Appends the lines of an entry that was appended to the journal, to a file that is complete. Throws ERR_IO. */
  append(head: SearchHead, entry: JournalEntry, all: readonly JournalEntry[]): void {
    const { length } = this.study!.lines;
    this.add(head, [entry], all);
    if (this.isStale) {
      this.complete();
      return;
    }
    const text = this.study!.lines.slice(length).join('');
    if (text === '') return;
    const file = new AppendFile(this.file);
    try {
      file.append(text);
    } finally {
      file.close();
    }
  }

  private add(head: SearchHead, entries: readonly JournalEntry[], all: readonly JournalEntry[]): void {
    const study = this.study!;
    const { length } = study.lines;
    if (entries.every((entry) => study.add(entry))) {
      this.bytes += sizeOf(study.lines.slice(length));
    } else {
      this.begin(OptunaStudy.of(head, all));
      this.isStale = true;
    }
  }

  private begin(study: OptunaStudy): void {
    this.study = study;
    this.bytes = sizeOf(study.lines);
    this.isStale = true; // until it has been compared with the file
  }
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
}

/** The lines of a file: blastrain's, and others; `isWhole` is false where some are damaged, and these are left out. */
function splitLines(bytes: Buffer): { own: string[]; foreign: string[]; isWhole: boolean } {
  const own: string[] = [];
  const foreign: string[] = [];
  const texts = bytes.toString('utf8').split('\n');
  let isWhole = texts.pop() === '';
  for (const text of texts) {
    try {
      const { worker_id: worker } = JSON.parse(text) as { readonly worker_id?: unknown };
      (worker === optunaWorker ? own : foreign).push(`${text}\n`);
    } catch {
      isWhole = false;
    }
  }
  return { own, foreign, isWhole };
}
