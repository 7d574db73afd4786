import { parseJson, readPart } from '../../files';
import { checkShape } from '../../files/shape';
import type { HistogramsEvent } from '../../train/events';
import { histogramsShape } from '../../train/histogramShape';
import type { HistogramsAnswer } from '../api';
import { GrowingFile } from './growingFile';

/** Moments of a run whose histograms a page gets, at most. */
const maxMoments = 120;
/** A line begins so, as the training writes it. */
const beginning = /^\{"type":"histograms","step":\d{1,15},/;

/** Finds the histograms of a run in their file, whose lines are parsed only when they are asked for. */
export class HistogramReader {
  private readonly lines: { readonly from: number; readonly length: number }[] = [];
  private readonly growing: GrowingFile;

  constructor(private readonly file: string) {
    this.growing = new GrowingFile(file, (bytes, from) => { this.find(bytes, from); }, () => { this.lines.length = 0; });
  }

  get hasMore(): boolean {
    return this.growing.hasMore;
  }

  /** Reads what is new, for a moment. Throws ERR_IO. */
  advance(): void {
    this.growing.advance();
  }

  /**
   * The histograms of every stride-th moment and of the last one; of what the page has, `known` in the form of `version:stride:moments`, only what follows. Throws
   * ERR_IO.
   */
  answer(known: string): HistogramsAnswer {
    const { lines, growing: { version, hasMore } } = this;
    let stride = 1;
    while (lines.length / stride > maxMoments) stride *= 2;
    const [theirs, theirStride, moments] = known.split(':');
    const first = theirs === version && Number(theirStride) === stride ? Math.max(0, Math.min(Math.ceil(lines.length / stride), Math.floor(Number(moments)) || 0)) : 0;
    const asked = lines.filter((_, i) => (i % stride === 0 && i >= first * stride) || i === lines.length - 1);
    return { version, hasMore, stride, first, moments: asked.flatMap((line) => this.parsed(line)), isLastExtra: lines.length > 0 && (lines.length - 1) % stride !== 0 };
  }

  private find(bytes: Buffer, from: number): void {
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(10, at) + 1;
      if (beginning.test(bytes.toString('latin1', at, Math.min(end, at + 64)))) this.lines.push({ from: from + at, length: end - at });
      at = end;
    }
  }

  /** Nothing of a line that is damaged. */
  private parsed({ from, length }: { readonly from: number; readonly length: number }): HistogramsEvent[] {
    const bytes = readPart(this.file, () => ({ from, length }))?.bytes ?? Buffer.alloc(0);
    try {
      return [checkShape(parseJson(bytes.toString('utf8'), { file: this.file, code: 'ERR_DATA' }), histogramsShape, { file: this.file, code: 'ERR_DATA' })];
    } catch {
      return [];
    }
  }
}

/** All of a run's histograms that a page shows. Throws ERR_IO. */
export function histogramsOfFile(file: string): HistogramsAnswer {
  const reader = new HistogramReader(file);
  do reader.advance();
  while (reader.hasMore);
  return reader.answer('');
}
