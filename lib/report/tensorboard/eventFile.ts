import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { withFileErrors } from '../../files';
import { binsOf } from '../../history/histograms';
import { printable } from '../../text';
import type { Histogram } from '../../train/events';
import { encodePng } from '../drawing/png';
import type { Raster } from '../drawing/png';
import { bytesField, doubleField, doublesField, floatField, varintField } from '../../files/protobuf';

/**
 * A file that TensorBoard reads: records of `Event` messages (tensorflow/core/util/event.proto and
 * framework/summary.proto). Each record is written at once, so that TensorBoard can read the file while training
 * goes on.
 */
export class EventFile {
  readonly path: string;
  private readonly now: () => number;

  /** Opens a new file in a folder. `now` gives seconds since 1970. Throws ERR_IO. */
  constructor(folder: string, now: () => number = () => Date.now() / 1000) {
    this.now = now;
    const stamp = String(Math.floor(now())).padStart(10, '0');
    this.path = join(folder, `events.out.tfevents.${stamp}.${hostname()}.${String(process.pid)}.blastrain`);
    this.append(bytesField(3, 'brain.Event:2'));
  }

  /** Says that training goes on: what earlier files tell of this step and later ones no longer holds. Throws ERR_IO. */
  restart(step: number): void {
    this.append(varintField(2, step), bytesField(7, varintField(1, 1)));
  }

  /** Numbers by tag. Throws ERR_IO. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.summary(step, Object.entries(values).map(([tag, value]) => [tag, floatField(2, value)]));
  }

  /** How the numbers of arrays are distributed, by tag. What is not finite is left out. Throws ERR_IO. */
  histograms(step: number, arrays: Readonly<Record<string, ArrayLike<number>>>): void {
    this.summary(step, Object.entries(arrays).map(([tag, values]) => [tag, bytesField(5, histogram(values))]));
  }

  /** The same of numbers that are counted already. Throws ERR_IO. */
  counted(step: number, histograms: Readonly<Record<string, Histogram>>): void {
    this.summary(step, Object.entries(histograms).map(([tag, histogram]) => {
      const { count, mean, std } = histogram;
      const { edges, counts } = binsOf(histogram);
      return [tag, bytesField(5, histogramProto({ ...histogram, sum: count * mean, squares: count * (std * std + mean * mean) }, edges.slice(1), counts))];
    }));
  }

  /** Throws ERR_IO. */
  image(step: number, tag: string, { width, height, channels, pixels }: Raster): void {
    const image = Buffer.concat([
      varintField(1, height), varintField(2, width), varintField(3, channels), bytesField(4, encodePng(width, height, channels, pixels)),
    ]);
    this.summary(step, [[tag, bytesField(4, image)]]);
  }

  private summary(step: number, values: readonly (readonly [tag: string, content: Buffer])[]): void {
    const summary = Buffer.concat(values.map(([tag, content]) => bytesField(1, Buffer.concat([bytesField(1, printable(tag)), content]))));
    this.append(varintField(2, step), bytesField(5, summary));
  }

  private append(...fields: readonly Buffer[]): void {
    const event = Buffer.concat([doubleField(1, this.now()), ...fields]);
    withFileErrors(this.path, () => {
      appendFileSync(this.path, record(event));
    });
  }
}

const buckets = 30;

/** A HistogramProto with buckets of equal width between the minimum and the maximum. */
function histogram(values: ArrayLike<number>): Buffer {
  const finite = Float64Array.from(values).filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const width = (high - low) / buckets;
  const counts = new Float64Array(buckets);
  let sum = 0;
  let squares = 0;
  for (const value of finite) {
    counts[width > 0 ? Math.min(buckets - 1, Math.floor((value - low) / width)) : 0]!++;
    sum += value;
    squares += value * value;
  }
  const limits = Array.from(counts, (_, i) => (i === buckets - 1 ? high : low + (i + 1) * width));
  return histogramProto({ min: low, max: high, count: finite.length, sum, squares }, limits, counts);
}

/** @param limits the upper ends of the buckets. */
function histogramProto(
  { min, max, count, sum, squares }: { readonly min: number; readonly max: number; readonly count: number; readonly sum: number; readonly squares: number },
  limits: readonly number[], counts: ArrayLike<number>,
): Buffer {
  return Buffer.concat([
    doubleField(1, min), doubleField(2, max), doubleField(3, count), doubleField(4, sum), doubleField(5, squares), doublesField(6, limits), doublesField(7, Array.from(counts)),
  ]);
}

/** A TFRecord: length and its checksum, content and its checksum (tensorflow/core/lib/io/record_writer.cc). */
function record(content: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(content.length));
  return Buffer.concat([length, maskedCrc(length), content, maskedCrc(content)]);
}

/** CRC-32C, rotated and shifted, because the CRC of data that contains CRCs is weak. */
function maskedCrc(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** The table of CRC-32C: the remainder of each byte by Castagnoli's polynomial, reflected: 0x82f63b78 (RFC 3720, appendix B.4). */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  return remainder;
});

/** The CRC-32C of bytes, an unsigned integer. */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = (remainder >>> 8) ^ crcTable[(remainder ^ byte) & 0xff]!;
  return (remainder ^ 0xffffffff) >>> 0;
}
