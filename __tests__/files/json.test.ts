import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, readJson, readJsonIfThere, readJsonLines } from '../../lib/files';
import { refine, checkShape, count, flag, unionOf, listOf, numberOrNaN, nullOr, number, objectOf, oneOf, optional, recordOf, text } from '../../lib/files/shape';
import { RandomState } from '../../lib/random';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const source = { file: 'f.json', code: 'ERR_DATA' } as const;
const refused = (message: string): Error => expect.objectContaining({ code: 'ERR_DATA', message }) as Error;

describe('JSON that is none is named with its place, and not quoted', () => {
  test.each([
    ['', 'a text that ends too early'],
    ['{"a": [1, 2', 'a text that ends too early'],
    ['root:x:0:0', 'something else at column 1'],
    ['{"a": 1,\n "b" 2}', 'something else at line 2, column 6'],
    ['{"a": 1,}', 'something else at column 9'],
    ['{a: 1}', 'something else at column 2'],
    ['[1 2]', 'something else at column 4'],
    ['[1, 2]]', 'something else at column 7'],
    ['[01]', 'something else at column 3'],
    ['["\u0001"]', 'something else at column 2'],
    ['["\\x"]', 'something else at column 2'],
    ['[nul]', 'something else at column 2'],
    ['{"a"\n}', 'something else at line 2, column 1'],
    ['[NaN]', 'something else at column 2'],
  ])('%j', (json, received) => {
    expect(() => JSON.parse(json) as unknown).toThrow();
    expect(() => parseJson(json, source)).toThrow(refused(`Expected valid JSON for f.json but received ${received}`));
  });

  test('wherever a text is cut or changed', () => {
    const json = '{"a": [1, -2.5e-3, "x\\u00e9\\n", null, true], "b": {"c": [], "d": {}}, "e": false}\n';
    const random = new RandomState(0);
    for (let i = 0; i < 2000; i++) {
      const at = random.randint(0, json.length);
      const changed = json.slice(0, at) + (i % 2 === 0 ? '' : '[]{},:"\\1e-. tn\n'[random.randint(0, 16)]! + json.slice(at + 1));
      let valid = true;
      try {
        JSON.parse(changed);
      } catch {
        valid = false;
      }
      if (valid) expect(parseJson(changed, source)).toEqual(JSON.parse(changed));
      else expect(() => parseJson(changed, source)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }) as Error);
    }
  });
});

test.each([
  ['UTF-16, little-endian', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'UTF-16'],
  ['UTF-16, big-endian', Buffer.from('\ufeff{"a":1}', 'utf16le').swap16(), 'UTF-16'],
  ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 'UTF-16'],
  ['UTF-16, big-endian without a mark', Buffer.from('{"a":1}', 'utf16le').swap16(), 'UTF-16'],
  ['Latin-1', Buffer.from('{"a":"\u00e9"}', 'latin1'), 'other bytes'],
])('%s is called what it is', (name, bytes, received) => {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, bytes);
  expect(() => readJson(file, recordOf(number), { limit: 100, code: 'ERR_DATA' })).toThrow(refused(`Expected UTF-8 for ${file} but received ${received}`));
});

test('a byte order mark may stand before it, and lists nest to a depth that no reader minds', () => {
  expect(parseJson('\ufeff{"a":1}', source)).toEqual({ a: 1 });
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(() => parseJson(nested(100), source)).not.toThrow();
  expect(() => parseJson(nested(101), source)).toThrow(refused('Expected lists in lists to a depth of 100 for f.json but received deeper ones'));
  expect(() => parseJson(nested(500_000), source)).toThrow(refused('Expected lists in lists to a depth of 100 for f.json but received deeper ones'));
  expect(() => parseJson(JSON.stringify('['.repeat(1000)), source)).not.toThrow();
});

interface Thing {
  readonly type: 'thing';
  readonly name: string;
  readonly size?: number;
  readonly score: number;
  readonly parts: readonly { readonly on: boolean }[];
  readonly by: Readonly<Record<string, number>> | null;
}

const thing = objectOf<Thing>({
  type: oneOf('thing'), name: text, size: optional(count), score: numberOrNaN, parts: listOf(objectOf<{ on: boolean }>({ on: flag })), by: nullOr(recordOf(number)),
});
const good = { type: 'thing', name: 'n', size: 3, score: 0.5, parts: [{ on: true }], by: { x: 1 } };

describe('a shape', () => {
  test('lets a value through, with other keys, and reads null as NaN where a number was measured', () => {
    expect(checkShape({ ...good, later: 1 }, thing, source)).toEqual({ ...good, later: 1 });
    expect(checkShape({ ...good, size: undefined, score: null, by: null }, thing, source)).toMatchObject({ score: NaN, by: null });
  });

  test.each<[unknown, string]>([
    [null, 'an object for f.json but received null'],
    [[], 'an object for f.json but received []'],
    [{}, 'thing for type in f.json but received undefined'],
    [{ ...good, name: 7 }, 'a text for name in f.json but received 7'],
    [{ ...good, size: -1 }, 'a whole number for size in f.json but received -1'],
    [{ ...good, size: 0.5 }, 'a whole number for size in f.json but received 0.5'],
    [{ ...good, size: null }, 'a whole number for size in f.json but received null'],
    [{ ...good, score: '1' }, 'a number or null for score in f.json but received \'1\''],
    [{ ...good, parts: {} }, 'a list for parts in f.json but received {}'],
    [{ ...good, parts: [{ on: true }, { on: 1 }] }, 'true or false for parts[1].on in f.json but received 1'],
    [{ ...good, by: { x: 'y' } }, 'a number for by.x in f.json but received \'y\''],
  ])('refuses %j', (value, message) => {
    expect(() => checkShape(value, thing, source)).toThrow(refused(`Expected ${message}`));
  });

  test('may be one of several kinds, and have a rule beside it', () => {
    const kinds = unionOf<{ type: string }>('type', { thing, pair: objectOf<{ type: string }>({ type: text }) });
    expect(checkShape({ type: 'pair' }, kinds, source)).toEqual({ type: 'pair' });
    expect(() => checkShape({ type: 'constructor' }, kinds, source)).toThrow(refused('Expected one of thing, pair for type in f.json but received \'constructor\''));
    const even = refine(count, 'an even number', (value) => value % 2 === 0);
    expect(() => checkShape(3, even, source)).toThrow(refused('Expected an even number for f.json but received 3'));
    expect(() => checkShape([1], listOf(count, 2), source)).toThrow(refused('Expected a list of 2 for f.json but received [1]'));
  });

  test('names the line of a file of lines', () => {
    expect(() => checkShape({}, thing, { ...source, line: 4 })).toThrow(refused('Expected thing for type in line 4 of f.json but received undefined'));
  });
});

test('texts of many millions of characters are read, brackets and quotes in them too', () => {
  const long = { a: '[{"\\'.repeat(5e6), b: [[]] };
  expect(parseJson(JSON.stringify(long), { file: 'f.json', code: 'ERR_DATA' })).toEqual(long);
});

test('a JSON file enters through its shape', () => {
  const file = join(folder, 'thing.json');
  const options = { limit: 1000, code: 'ERR_DATA' } as const;
  expect(readJsonIfThere(file, thing, options)).toBeUndefined();
  writeFileSync(file, JSON.stringify(good));
  expect(readJson(file, thing, options)).toEqual(good);
  expect(readJsonIfThere(file, thing, options)).toEqual(good);
  for (const content of ['{', '{"type":"thing"}', Buffer.of(0x22, 0xff, 0x22)]) {
    writeFileSync(file, content);
    expect(() => readJson(file, thing, options)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(file) as string }) as Error);
  }
});

describe('a file of lines', () => {
  const entry = objectOf<{ n: number }>({ n: count });
  const whole = '{"n":1}\n{"n":2}\n{"n":3}\n';
  const read = (content: string | Buffer) => {
    const { lines, bad, torn, end } = readJsonLines(Buffer.from(content as string), entry, { file: 'f.jsonl', code: 'ERR_DATA' });
    return { values: lines.map(({ value }) => value.n), bad: bad.map(({ line }) => line), torn, end };
  };

  test('cut anywhere loses the torn line alone', () => {
    for (let length = 0; length <= whole.length; length++) {
      const left = Math.floor(length / 8);
      expect(read(whole.slice(0, length))).toEqual({ values: [1, 2, 3].slice(0, left), bad: [], torn: length % 8 !== 0, end: 8 * left });
    }
  });

  test.each<[string, string | Buffer, ReturnType<typeof read>]>([
    ['a bad line within', whole.replace('2', 'x'), { values: [1, 3], bad: [2], torn: false, end: 24 }],
    ['a bad first line', `#\n${whole}`, { values: [1, 2, 3], bad: [1], torn: false, end: 26 }],
    ['another shape', whole.replace('2', '-1'), { values: [1, 3], bad: [2], torn: false, end: 25 }],
    ['another shape in the last line', whole.replace('3', '-1'), { values: [1, 2], bad: [3], torn: false, end: 25 }],
    ['a last line whose end came before it did', `${whole}\0\0\0\n`, { values: [1, 2, 3], bad: [], torn: true, end: 24 }],
    ['zeros at the end', `${whole}\0\0\0`, { values: [1, 2, 3], bad: [], torn: true, end: 24 }],
    ['empty lines', whole.replace('\n', '\n\n'), { values: [1, 2, 3], bad: [], torn: false, end: 25 }],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"n":1,"x":"'), Buffer.of(0xff), Buffer.from(`"}\n${whole}`)]), { values: [1, 2, 3], bad: [1], torn: false, end: 40 }],
  ])('with %s', (_, content, found) => {
    expect(read(content)).toEqual(found);
  });

  test('says what is wrong with a line, and of which file', () => {
    const { bad } = readJsonLines(Buffer.from('{"n":1\n[]\n{"n":"x"}\n{"n":4}\n'), entry, { file: 'f.jsonl', code: 'ERR_DATA' });
    expect(bad.map(({ message }) => message)).toEqual([
      'Expected valid JSON for line 1 of f.jsonl but received a text that ends too early',
      'Expected an object for line 2 of f.jsonl but received []',
      'Expected a whole number for n in line 3 of f.jsonl but received \'x\'',
    ]);
  });
});
