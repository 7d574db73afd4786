import { createHash } from 'node:crypto';
import { RandomState } from '../../lib/random';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { parseSpec } from '../../lib/spec/spec';
import { decodeCheckpoint } from '../../lib/train/checkpoint';
import { decodeTensors, encodeTensors, tensorChunks } from '../../lib/train/safetensors';
import { tinyData, tinySpec } from '../support/data/tinyData';

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
  const run = runTraining(parseSpec(tinySpec), tinyData(), 'run');
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

test('the chunks of a file are its bytes, and of its arrays views, not copies', () => {
  const data = Float64Array.of(1, 2, 3);
  const file = { tensors: new Map([['bytes', { shape: [2], data: Uint8Array.of(7, 8) }], ['x', { shape: [3], data }]]), metadata: {} };
  const chunks = tensorChunks(file);
  expect(Buffer.concat(chunks).equals(encodeTensors(file))).toBe(true);
  expect(chunks[1]!.buffer).toBe(data.buffer);
});

describe('a checkpoint with a right digest and odd contents is ERR_CHECKPOINT', () => {
  type Json = Record<string, unknown>;
  const bytes = checkpointBytes();
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString('utf8')) as Json;
  const data = bytes.subarray(8 + headerLength);

  /** The file with another header, whose digest is made right where there is one. */
  function fileOf(changed: unknown): Uint8Array {
    if (changed !== null && typeof changed === 'object' && '__metadata__' in changed && typeof changed.__metadata__ === 'object' && changed.__metadata__ !== null) {
      const { __metadata__: all, ...entries } = changed as { __metadata__: Json };
      const { sha256, ...metadata } = all;
      if (typeof sha256 === 'string') all['sha256'] = createHash('sha256').update(JSON.stringify([entries, metadata])).update(data).digest('hex');
    }
    const text = Buffer.from(JSON.stringify(changed), 'utf8');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, data]);
  }

  /** What a reading of the file throws; undefined where it is a checkpoint as good as another. */
  function refusal(file: Uint8Array): unknown {
    try {
      Model.load(file, { name: 'some.file', backend: 'typescript' });
      return undefined;
    } catch (error) {
      return error;
    }
  }
  const refused = expect.objectContaining({ code: 'ERR_CHECKPOINT', message: expect.stringContaining('some.file') as string }) as Error;
  const copy = (): Json => structuredClone(header);
  const [name] = Object.keys(header).filter((key) => key !== '__metadata__');
  const entry = (changes: Json) => (all: Json): void => { Object.assign(all[name!] as Json, changes); };
  const metadata = (changes: Json) => (all: Json): void => { Object.assign(all['__metadata__'] as Json, changes); };
  const inside = (key: 'facts' | 'state', change: (value: Json) => void) => (all: Json): void => {
    const its = all['__metadata__'] as Record<string, string>;
    const value = JSON.parse(its[key]!) as Json;
    change(value);
    its[key] = JSON.stringify(value);
  };
  const progress = (changes: Json) => inside('state', (state) => { Object.assign(state['progress'] as Json, changes); });

  test('the file itself is none of them', () => {
    expect(refusal(fileOf(copy()))).toBeUndefined();
  });

  test.each<[string, (all: Json) => void]>([
    ['metadata that is null', (all) => { all['__metadata__'] = null; }],
    ['metadata that is a list', (all) => { all['__metadata__'] = []; }],
    ['no metadata', (all) => { Reflect.deleteProperty(all, '__metadata__'); }],
    ['a number among the metadata', metadata({ facts: 7 })],
    ['an unknown dtype', entry({ dtype: 'F13' })],
    ['a dtype of a prototype', entry({ dtype: 'constructor' })],
    ['another dtype', entry({ dtype: 'U8' })],
    ['no offsets', entry({ data_offsets: undefined })],
    ['one offset', entry({ data_offsets: [0] })],
    ['negative offsets', entry({ data_offsets: [-8, 0] })],
    ['huge offsets', entry({ data_offsets: [2 ** 52, 2 ** 53 - 1] })],
    ['offsets backwards', entry({ data_offsets: [8, 0] })],
    ['offsets that are texts', entry({ data_offsets: ['0', '8'] })],
    ['another shape', entry({ shape: [1, 2] })],
    ['a shape that is none', entry({ shape: { length: 2 } })],
    ['a shape of many', entry({ shape: [2 ** 40, 2 ** 40] })],
    ['a tensor that is null', (all) => { all[name!] = null; }],
    ['one tensor less', (all) => { Reflect.deleteProperty(all, name!); }],
    ['two tensors in one place', (all) => { all['copy'] = all[name!]; }],
    ['no facts', metadata({ facts: undefined })],
    ['facts that are no JSON', metadata({ facts: '{' })],
    ['facts that are a list', metadata({ facts: '[]' })],
    ['facts that are null', metadata({ facts: 'null' })],
    ['facts nested too deep', metadata({ facts: '['.repeat(5000) + ']'.repeat(5000) })],
    ['no spec', inside('facts', (facts) => { Reflect.deleteProperty(facts, 'spec'); })],
    ['a spec that is refused', inside('facts', (facts) => { facts['spec'] = { batchSize: -1 }; })],
    ['class names that are numbers', inside('facts', (facts) => { facts['classNames'] = [1, 2, 3]; })],
    ['fewer class names', inside('facts', (facts) => { facts['classNames'] = ['a']; })],
    ['pictures of another size', inside('facts', (facts) => { facts['imageShape'] = { channels: 3, height: 99, width: 99 }; })],
    ['pictures of no size', inside('facts', (facts) => { facts['imageShape'] = { channels: 0 }; })],
    ['no outputs', inside('facts', (facts) => { facts['outputSize'] = 0; })],
    ['other inputs than the spec', inside('facts', (facts) => { facts['inputSize'] = 13; })],
    ['a state that is a number', metadata({ state: '5' })],
    ['no progress', inside('state', (state) => { Reflect.deleteProperty(state, 'progress'); })],
    ['a progress that is null', inside('state', (state) => { state['progress'] = null; })],
    ['a step that is a text', progress({ step: '5' })],
    ['a negative step', progress({ step: -1 })],
    ['sums that are none', progress({ inEpoch: [] })],
    ['a best that is a number', progress({ best: 1 })],
    ['a health without a list', progress({ health: { examinedAt: 1 } })],
    ['a tensor that is not there', progress({ lastFiniteLoss: { $tensor: 'nowhere' } })],
    ['parts without states of layers', inside('state', (state) => { state['parts'] = { optimizerSteps: 1, plateau: null }; })],
  ])('with %s', (_, change) => {
    const all = copy();
    change(all);
    const file = fileOf(JSON.parse(JSON.stringify(all)) as Json);
    expect(refusal(file)).toEqual(refused);
  });

  test.each([null, 7, 'text', [], [1], true])('with a header that is %j', (value) => {
    expect(refusal(fileOf(value))).toEqual(refused);
  });

  test('whatever value of it is exchanged, or taken away', () => {
    const random = new RandomState(0);
    const values = [null, -1, 0, 1e308, 0.5, '', 'F32', [], {}, true, [0, 8], { $tensor: 'W1' }, { $number: {} }];
    /** All containers in the header, and those of the JSON in its metadata. */
    const places = (value: unknown, found: Json[] = []): Json[] => {
      if (value !== null && typeof value === 'object') {
        found.push(value as Json);
        for (const item of Object.values(value)) places(item, found);
      }
      return found;
    };
    for (let i = 0; i < 1000; i++) {
      const all = copy();
      const its = all['__metadata__'] as Record<string, string>;
      const inner = { facts: JSON.parse(its['facts']!) as Json, state: JSON.parse(its['state']!) as Json };
      const containers = places([all, inner.facts, inner.state][random.randint(0, 3)]);
      const container = containers[random.randint(0, containers.length)]!;
      const keys = Object.keys(container);
      if (keys.length === 0) continue;
      const key = keys[random.randint(0, keys.length)]!;
      const value = values[random.randint(0, values.length + 1)];
      if (value === undefined) Reflect.deleteProperty(container, key);
      else container[key] = structuredClone(value);
      if (all['__metadata__'] === its) {
        if (typeof its['facts'] === 'string') its['facts'] = JSON.stringify(inner.facts);
        if (typeof its['state'] === 'string') its['state'] = JSON.stringify(inner.state);
      }
      const error = refusal(fileOf(JSON.parse(JSON.stringify(all)) as Json));
      if (error !== undefined) expect({ i, error }).toEqual({ i, error: refused });
    }
  });
});
