import type { ProgressOptions } from './progress';
import { terminalOf, textWidth } from './style';
import type { Environment, TerminalStream } from './style';

/** The escape sequences of colours: they take no width on the screen. */
// eslint-disable-next-line no-control-regex -- escape sequences start with it
const painting = /\x1b\[[\d;]*m/g;

/**
 * Several lines that are rewritten in place on a terminal; elsewhere, and in continuous integration, only what
 * is logged is written. It sets no timer: it writes only when called.
 */
export class LiveBlock {
  private readonly stream: TerminalStream;
  private readonly env: Environment;
  private readonly interval: number;
  private readonly now: () => number;
  readonly isLive: boolean;
  private lastWrite = -Infinity;
  private shown: readonly string[] = [];

  constructor(options: ProgressOptions = {}) {
    this.stream = options.stream ?? process.stderr;
    this.env = options.env ?? process.env;
    const { CI: ci, TERM: term } = this.env;
    this.isLive = this.stream.isTTY === true && term !== 'dumb' && (!ci || ci === 'false');
    this.interval = options.interval ?? 100;
    this.now = options.now ?? ((): number => performance.now());
  }

  /** Shows the lines that `lines` gives, no more than the window is high, unless the last write was less than `interval` ago. */
  update(lines: () => readonly string[]): void {
    if (!this.isLive || this.now() - this.lastWrite < this.interval) return;
    this.lastWrite = this.now();
    this.show(lines().slice(0, Math.max(1, (this.stream.rows ?? 24) - 1)));
  }

  /** Writes a line that stays, above the block. */
  log(message: string): void {
    const block = this.shown;
    this.clear();
    this.stream.write(`${message}\n`);
    this.show(block);
  }

  /** Clears the block. */
  clear(): void {
    const above = this.rowsAbove();
    if (above > 0) this.stream.write(`\x1b[${above}A\x1b[J`);
    this.shown = [];
  }

  /** Overwrites the previous block line by line, which flickers less than clearing it first. */
  private show(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const above = this.rowsAbove();
    this.stream.write(`${above > 0 ? `\x1b[${above}A` : ''}${lines.map((line) => `\x1b[K${line}\n`).join('')}\x1b[J`);
    this.shown = lines;
  }

  /** Rows that the block occupies: more than it has lines after the window has become narrower. */
  private rowsAbove(): number {
    const { columns } = terminalOf(this.stream, this.env);
    return this.shown.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line.replace(painting, '')) / columns)), 0);
  }
}
