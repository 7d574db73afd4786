import { closeSync, existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftoversOf, temporaryName, withFileErrors } from '../../files';
import { FileBytes } from '../fileBytes';
import type { StoredLayout } from '../stored';
import { keepColumns } from './rowStore';
import type { RowBlock, RowStore } from './rowStore';

/** Bytes of rows that are written and read together. */
const blockBytes = 2 ** 20;

/** Rows in a temporary file, of which a block is in memory. */
export class FileRows implements RowStore {
  rows = 0;
  readonly block: Float64Array;
  private readonly path: string;
  private readonly descriptor: number;
  private isOpen = true;
  /** How many of the rows are in the block alone. */
  private pending = 0;

  /** Throws ERR_IO where no file can be made. */
  constructor(public width: number) {
    const place = join(folderForRows(), 'blastrain-rows');
    removeLeftoversOf(place);
    this.path = temporaryName(place);
    this.descriptor = withFileErrors(this.path, () => openSync(this.path, 'wx+', 0o600));
    this.block = new Float64Array(Math.max(1, Math.floor(blockBytes / (8 * Math.max(1, width)))) * width);
  }

  next(): number {
    if ((this.pending + 1) * this.width > this.block.length) this.flush();
    this.rows++;
    return this.pending++ * this.width;
  }

  *blocks(): Generator<RowBlock> {
    this.flush();
    const { width } = this;
    const block = new Float64Array(this.block.length);
    const each = width === 0 ? this.rows : Math.floor(block.length / width);
    for (let from = 0; from < this.rows; from += each) {
      const rows = Math.min(each, this.rows - from);
      const part = block.subarray(0, rows * width);
      this.transfer(readSync, part, 8 * from * width);
      yield { block: part, rows };
    }
  }

  keep(columns: readonly number[], values: ReadonlyMap<number, readonly number[]> = new Map()): void {
    let from = 0;
    for (const { block, rows } of this.blocks()) {
      keepColumns(block, rows, this.width, columns, values);
      // What is kept of rows lies before the rows that are still to be read.
      this.transfer(writeSync, block.subarray(0, rows * columns.length), 8 * from * columns.length);
      from += rows;
    }
    this.width = columns.length;
  }

  layout(): StoredLayout {
    this.flush();
    this.close();
    const { path, rows, width } = this;
    return { parts: [{ bytes: new FileBytes(path), rows }], format: 'f8', featureSize: width, offset: 0, skip: 0, stride: 8 * width, mayBeMissing: true, isTemporary: true };
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  private close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }

  private flush(): void {
    this.transfer(writeSync, this.block.subarray(0, this.pending * this.width), 8 * (this.rows - this.pending) * this.width);
    this.pending = 0;
  }

  /** Reads or writes all of an array. Throws ERR_IO, as for a full disk. */
  private transfer(some: (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number) => number, array: Float64Array, position: number): void {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    withFileErrors(this.path, () => {
      for (let done = 0; done < bytes.length; ) done += some(this.descriptor, bytes, done, bytes.length - done, position + done);
    });
  }
}

/** Where large temporary files belong: TMPDIR, or a folder on disk where the system has one. */
function folderForRows(): string {
  return process.env.TMPDIR ?? (existsSync('/var/tmp') ? '/var/tmp' : tmpdir());
}
