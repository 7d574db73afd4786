import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const imageBytes = 3072;
export const batchNames = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];
/** The rows of each file that are not black with label 0: the others are holes in sparse files, which cost nothing. */
export const paintedRows = [0, 1, 4567, 8999, 9000, 9999];
export const fakeClasses = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

export const fakeLabel = (file: number, row: number): number => (paintedRows.includes(row) ? (file + row) % 10 : 0);
export const fakePixel = (file: number, row: number, j: number): number =>
  paintedRows.includes(row) ? Math.imul(file * 10_000 + row + 1, 2654435761 + j * 40503) >>> 24 : 0;

export function fakeImage(file: number, row: number): Uint8Array {
  return Uint8Array.from({ length: imageBytes }, (_, j) => fakePixel(file, row, j));
}

/** Writes cifar-10-batches-bin into a folder and returns its path. */
export function writeBinaryLayout(parent: string): string {
  const folder = join(parent, 'cifar-10-batches-bin');
  mkdirSync(folder, { recursive: true });
  batchNames.forEach((name, file) => {
    const recordSize = 1 + imageBytes;
    writeSparse(join(folder, `${name}.bin`), 10_000 * recordSize, (write) => {
      for (const row of paintedRows) {
        write(Uint8Array.of(fakeLabel(file, row), ...fakeImage(file, row)), row * recordSize);
      }
    });
  });
  writeFileSync(join(folder, 'batches.meta.txt'), `${fakeClasses.join('\n')}\n\n`);
  return folder;
}

/** Writes cifar-10-batches-py as Python 2 pickled the official one, with the same images, and returns its path. */
export function writePythonLayout(parent: string): string {
  const folder = join(parent, 'cifar-10-batches-py');
  mkdirSync(folder, { recursive: true });
  batchNames.forEach((name, file) => {
    writePythonBatch(join(folder, name), file);
  });
  // The official file is of protocol 0.
  writeFileSync(
    join(folder, 'batches.meta'),
    `(dp1\nS'num_cases_per_batch'\np2\nI10000\nsS'label_names'\np3\n(lp4\n${fakeClasses
      .map((name, i) => `S'${name}'\np${String(5 + i)}\na`).join('')}sS'num_vis'\np15\nI3072\ns.`,
  );
  return folder;
}

/** What a test can make wrong in a python batch. */
export interface BatchDamage {
  readonly shape?: readonly [number, number];
  readonly dtype?: string;
  readonly isFortran?: boolean;
  readonly labels?: readonly number[];
  readonly dataKey?: string;
}

/** A batch file as cPickle of Python 2 writes it with protocol 2. */
export function writePythonBatch(path: string, file: number, damage: BatchDamage = {}): void {
  const { shape = [10_000, imageBytes], dtype = 'u1', isFortran = false, dataKey = 'data' } = damage;
  const labels = damage.labels ?? Array.from({ length: 10_000 }, (_, row) => fakeLabel(file, row));
  const size = shape[0] * shape[1];
  const head = Buffer.concat([
    Buffer.from('\x80\x02}q\x01(', 'latin1'), shortString('batch_label'), shortString('a fake batch'),
    shortString('labels'), Buffer.from(']q\x05('), Buffer.from(labels.flatMap((label) => [0x4b, label])), Buffer.from('e'),
    shortString(dataKey), Buffer.from('cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\x00\x85', 'latin1'), shortString('b'),
    Buffer.from('\x87Rq\x0a(K\x01', 'latin1'), int32('J', shape[0]), int32('J', shape[1]), Buffer.from('\x86cnumpy\ndtype\n', 'latin1'),
    shortString(dtype), Buffer.from('K\x00K\x01\x87R(K\x03', 'latin1'), shortString('|'),
    Buffer.from('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb', 'latin1'), Buffer.from([isFortran ? 0x88 : 0x89]), int32('T', size),
  ]);
  const tail = Buffer.concat([Buffer.from('tb'), shortString('filenames'), Buffer.from(']('), shortString('x.png'), Buffer.from('eu.')]);
  writeSparse(path, head.length + size + tail.length, (write) => {
    write(head, 0);
    if (size === 10_000 * imageBytes) for (const row of paintedRows) write(fakeImage(file, row), head.length + row * imageBytes);
    write(tail, head.length + size);
  });
}

const shortString = (text: string): Buffer => Buffer.concat([Buffer.from('U'), Buffer.from([text.length]), Buffer.from(text)]);

function int32(opcode: string, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write(opcode);
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function writeSparse(path: string, size: number, fill: (write: (bytes: Uint8Array, position: number) => void) => void): void {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  fill((bytes, position) => writeSync(descriptor, bytes, 0, bytes.length, position));
  closeSync(descriptor);
}
