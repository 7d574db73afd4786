import { RandomState } from '../../lib/random';
import { runExperiment } from '../../lib/experiment/run';
import { parseSpec } from '../../lib/experiment/spec';
import { decodeCheckpoint } from '../../lib/train/checkpoint';
import { decodeTensors, encodeTensors, tensorPieces } from '../../lib/train/safetensors';
import { tinyData, tinySpec } from '../support/tinyData';

const tensors = new Map([
  ['bytes', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ['doubles', { shape: [2, 1], data: Float64Array.of(Math.PI, -0) }],
  ['floats', { shape: [2], data: Float32Array.of(1.5, Number.NaN) }],
  ['empty', { shape: [0], data: new Int32Array(0) }],
]);

test('tensors come back as they were', () => {
  const read = decodeTensors(encodeTensors({ tensors, metadata: { note: 'ü' } }), 'memory');
  for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
  expect(read.metadata['note']).toBe('ü');
});

function checkpointBytes(): Uint8Array {
  const run = runExperiment(parseSpec(tinySpec), tinyData(), 'run');
  for (;;) {
    const turn = run.next();
    if (turn.done === true) return turn.value;
  }
}

describe('a damaged checkpoint is ERR_CHECKPOINT with the name of its source', () => {
  const bytes = checkpointBytes();
  const refused = expect.objectContaining({ code: 'ERR_CHECKPOINT', message: expect.stringContaining('some.file') as string }) as Error;

  test('cut anywhere', () => {
    const random = new RandomState(0);
    const cuts = [0, 1, 7, 8, 9, bytes.length - 1, ...(random.randint(0, bytes.length, 50))];
    for (const cut of cuts) expect(() => decodeCheckpoint(bytes.subarray(0, cut), 'some.file')).toThrow(refused);
  });

  test('with one bit of its data turned', () => {
    const random = new RandomState(1);
    const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    for (const at of random.randint(headerEnd, bytes.length, 50)) {
      const torn = Uint8Array.from(bytes);
      torn[at]! ^= 4;
      expect(() => decodeCheckpoint(torn, 'some.file')).toThrow(refused);
    }
  });

  test.each([
    ['text', Buffer.from('{"layers": [1, 2]}                    ')],
    ['another program\'s tensors', encodeTensors({ tensors, metadata: {} })],
    ['another version', encodeTensors({ tensors, metadata: { format: 'blastrain', version: '999', facts: '{}', state: '{}' } })],
  ])('that is %s', (_, foreign) => {
    expect(() => decodeCheckpoint(foreign, 'some.file')).toThrow(refused);
  });
});

test('the pieces of a file are its bytes, and of its arrays views, not copies', () => {
  const data = Float64Array.of(1, 2, 3);
  const file = { tensors: new Map([['bytes', { shape: [2], data: Uint8Array.of(7, 8) }], ['x', { shape: [3], data }]]), metadata: {} };
  const pieces = tensorPieces(file);
  expect(Buffer.concat(pieces).equals(encodeTensors(file))).toBe(true);
  expect(pieces[1]!.buffer).toBe(data.buffer);
});
