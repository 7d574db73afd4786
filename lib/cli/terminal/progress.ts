import { printable } from '../../text';
import { terminalOf, textWidth, truncate } from './style';
import type { Environment, Paint, TerminalStream } from './style';

/** One part of a progress line. */
export interface ProgressField {
  readonly text: string;
  /** When the line is too long for all fields, those of the lowest rank are left out. */
  readonly rank: number;
  /** Only worth showing where the line is rewritten, such as the time left. */
  readonly live?: boolean;
  /** Only true while more is to come, such as the time left: gone from the last line. */
  readonly passing?: boolean;
  readonly paint?: Paint;
}

/** Returns the fields of a line. */
export type FieldSource = () => readonly ProgressField[];

export interface ProgressOptions {
  /** Default: process.stderr, so that standard output stays for results. */
  readonly stream?: TerminalStream;
  readonly env?: Environment;
  /** Minimum time between two writes to a terminal, in milliseconds; default 100. */
  readonly interval?: number;
  /** Minimum time between two lines where there is no terminal, in milliseconds; default 10,000. */
  readonly quietInterval?: number;
  /** A monotonic clock in milliseconds; default performance.now. */
  readonly now?: () => number;
}

/**
 * Progress in one line. On a terminal the line is rewritten in place and never longer than the window; elsewhere, and
 * in continuous integration, whole lines are written every `lineInterval`. It sets no timer: it writes only when called.
 */
export class ProgressLine {
  private readonly stream: TerminalStream;
  private readonly env: Environment;
  private readonly interval: number;
  private readonly now: () => number;
  readonly isLive: boolean;
  private fields: FieldSource | undefined;
  /** Whether `fields` have not been written yet. */
  private pending = false;
  private lastWrite = -Infinity;
  /** Width of the text that stands on the terminal's current line. */
  private shown = 0;

  constructor(options: ProgressOptions = {}) {
    this.stream = options.stream ?? process.stderr;
    this.env = options.env ?? process.env;
    const { CI: ci, TERM: term } = this.env;
    this.isLive = this.stream.isTTY === true && term !== 'dumb' && (!ci || ci === 'false');
    this.interval = this.isLive ? (options.interval ?? 100) : (options.quietInterval ?? 10_000);
    this.now = options.now ?? ((): number => performance.now());
  }

  /**
   * Shows what `fields` gives, or keeps it for later when the last write was less than an interval ago; `milestone` writes it at once.
   * `fields` is called only when something is written, so that frequent updates are cheap.
   */
  update(fields: FieldSource, milestone = false): void {
    this.fields = fields;
    this.pending = true;
    if (milestone || this.now() - this.lastWrite >= this.interval) this.write(fields());
  }

  /** Writes a line of its own above the progress line. */
  log(message: string): void {
    this.clear();
    this.stream.write(`${message}\n`);
    if (this.isLive && this.fields) this.write(this.fields());
  }

  /** Writes pending fields and ends the line, without what passes; later output starts on a new one. */
  done(): void {
    const last = this.fields?.().filter(({ passing }) => passing !== true);
    if (last !== undefined && (this.pending || this.isLive)) this.write(last);
    if (this.shown > 0) this.stream.write('\n');
    this.shown = 0;
    this.fields = undefined;
  }

  private write(fields: readonly ProgressField[]): void {
    this.pending = false;
    this.lastWrite = this.now();
    const terminal = terminalOf(this.stream, this.env);
    if (!this.isLive) {
      const lasting = fields.filter(({ live }) => live !== true);
      this.stream.write(`${lasting.map(({ text }) => printable(text)).join('  ')}\n`);
      return;
    }
    // One column stays free: a character in the last one makes some terminals wrap.
    const limit = Math.max(1, terminal.columns - 1);
    const kept = fit(fields, limit).map((field) => ({ ...field, text: truncate(field.text, limit, terminal.unicode) }));
    this.clear();
    this.stream.write(kept.map(({ text, paint }) => paint?.(text) ?? text).join('  '));
    this.shown = lineWidth(kept);
  }

  /** Clears the line, with the rows that it was wrapped into if the window has become narrower since. */
  private clear(): void {
    if (this.shown === 0) return;
    const folded = Math.ceil(this.shown / terminalOf(this.stream, this.env).columns) - 1;
    this.stream.write(`${folded > 0 ? `\x1b[${folded}A` : ''}\r\x1b[J`);
    this.shown = 0;
  }
}

/** A bar of `width` characters, filled for `share` of it. */
export function progressBar(share: number, width: number, unicode: boolean): string {
  const filled = Math.round(Math.min(1, Math.max(0, share || 0)) * width);
  const [on, off] = unicode ? ['█', '░'] : ['#', '.'];
  return on.repeat(filled) + off.repeat(width - filled);
}

/** The fields that fit, those of the highest rank before the others; the highest stays in any case. */
function fit(fields: readonly ProgressField[], limit: number): readonly ProgressField[] {
  const kept = new Set<ProgressField>();
  for (const field of [...fields].sort((a, b) => b.rank - a.rank)) {
    if (kept.size === 0 || lineWidth([...kept, field]) <= limit) kept.add(field);
  }
  return fields.filter((field) => kept.has(field));
}

function lineWidth(fields: readonly ProgressField[]): number {
  return fields.reduce((sum, { text }) => sum + textWidth(text), 0) + 2 * Math.max(0, fields.length - 1);
}
