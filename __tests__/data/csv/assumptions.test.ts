import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../../lib/data/csv/csv';
import type { CsvOptions } from '../../../lib/data/csv/csv';
import { temporaryFolder } from '../../support/folder';

// What a file does not tell is assumed, said in the description of its origin, and overruled by a key.

const folder = temporaryFolder();
let files = 0;
function write(text: string | Buffer): string {
  const file = join(folder, `table-${String(files++)}.csv`);
  writeFileSync(file, text);
  return file;
}
const load = (text: string | Buffer, options: CsvOptions = {}) => loadCsv(write(text), { sizes: { validation: 0, test: 0 }, ...options });

/** Lines of numbers and a text, as many as make patterns. */
const body = (separator = ','): string => Array.from({ length: 12 }, (_, i) => [i % 7, i % 5, i % 2 === 0 ? 'dog' : 'cat'].join(separator)).join('\n');

describe('the first line', () => {
  test.each<[string, string, CsvOptions, number, RegExp]>([
    ['of texts names the columns', `a,b,kind\n${body()}`, {}, 12, /; the first line names the columns; target kind, the last;/],
    ['that counts the columns names them', `0,1,2\n${body()}`, {}, 12, /taken for names of columns, as it counts them: header=false/],
    ['that counts them from 1 too', `1,2,3\n${body()}`, {}, 12, /as it counts them/],
    ['of numbers and a text that comes nowhere else', `0,1,kind\n${body()}`, {}, 12, /as 'kind' is in no other line/],
    ['of years and a text that comes nowhere else', `2019,2020,kind\n${body()}`, {}, 12, /as 'kind' is in no other line/],
    ['of numbers and a text that comes again is a row', `0,1,dog\n${body()}`, {}, 13, /taken for a row, as it holds numbers: header=true/],
    ['of fractions is a row', `0.5,1.5,kind\n${body()}`, {}, 13, /taken for a row/],
    ['of numbers alone is a row', '5,3,1\n4,2,0\n', {}, 2, /taken for a row/],
    ['with a text among the features names the columns', `7,b,3\n${body()}`, {}, 12, /as 'b' is no number/],
    ['with a text above numbers names the columns', '7,5,kind\n1,2,0\n3,4,1\n', {}, 2, /as 'kind' is no number/],
    ['with the name of the target names the columns', `5,1,kind\n${body()}`, { target: 'kind' }, 12, /as kind is the target/],
    ['is a row where header says so', `0,1,kind\n${body()}`, { header: false }, 13, /is a row, as header says/],
    ['names the columns where header says so', `0,1,dog\n${body()}`, { header: true }, 12, /names the columns, as header says/],
    ['with a text above numbers to predict names the columns', '7,5,price\n1,2,0\n3,4,1\n', { numericTargets: true }, 2, /as 'price' is no number/],
  ])('%s', (_, text, options, size, said) => {
    const { train, origin } = load(text, options);
    expect(train.size).toBe(size);
    expect(origin.description).toMatch(said);
  });
});

describe('what stands between cells', () => {
  test.each<[string, string, CsvOptions, RegExp]>([
    ['commas', ',', {}, /; commas between cells\)$/],
    ['semicolons', ';', {}, /; semicolons between cells\)$/],
    ['tabs', '\t', {}, /; tabs between cells\)$/],
    ['bars', '|', {}, /; bars between cells\)$/],
    ['what the caller says', '^', { delimiter: '^' }, /; '\^' between cells, as delimiter says\)$/],
  ])('%s', (_, separator, options, said) => {
    const { train, origin } = load(`a,b,kind\n${body()}`.replaceAll(',', separator), options);
    expect(train).toMatchObject({ size: 12, featureSize: 2, classNames: ['cat', 'dog'] });
    expect(origin.description).toMatch(said);
  });

  test('is what Excel\'s first line says, which is no row', () => {
    const { train, origin } = load(`sep=;\r\na;b;kind\r\n${body(';')}`);
    expect(train).toMatchObject({ size: 12, classNames: ['cat', 'dog'] });
    expect(origin.description).toContain('as its first line says');
    expect(() => load('sep=;\na;kind\n1;x\n1?;x\n')).toThrow(/line 4, column 1/);
  });

  test('is doubtful where two would do', () => {
    const text = `1,5;dog\n2,5;cat\n${'3,5;dog\n'.repeat(3)}`;
    expect(load(text).origin.description).toContain('commas between cells, although semicolons would do: delimiter=; takes these');
    expect(load(text, { delimiter: ';', header: false }).train.features).toEqual(Float64Array.of(1.5, 2.5, 3.5, 3.5, 3.5));
    expect(load(`a;kind\n${text}`).origin.description).toContain('a is read without its signs and separators');
  });

  test('may stand in quotes, and so may line ends of any kind', () => {
    expect(load('a;kind\n1;"x;y"\n2;"z,\rw"\n').train.classNames).toEqual(['x;y', 'z,\rw']);
    expect(load('a,kind\r1,x\r2,y\r').train).toMatchObject({ size: 2, classNames: ['x', 'y'] });
  });
});

describe('columns of one name', () => {
  test.each<[string, string, CsvOptions]>([
    ['by name', 'y,a,y\n0,1,0\n1,2,1\n', { target: 'y' }],
    ['by default', 'y,a,y\n0,1,0\n1,2,1\n', {}],
    ['by number', 'y,a,y\n0,1,0\n1,2,1\n', { target: 2 }],
    ['but for spaces', 'y,a, y\n0,1,0\n1,2,1\n', { target: 'y' }],
  ])('are refused where they are the target %s', (_, text, options) => {
    expect(() => load(text, options)).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: expect.stringMatching(/^Expected one column named 'y', which is the target, for .*, line 1 but received columns 1 and 3$/) as string,
    }));
  });

  test('are told where they are features', () => {
    expect(load('a,a,y\n1,2,x\n2,3,z\n').origin.description).toContain('columns 1 and 2 are both named a');
  });
});

describe('a target that is a number', () => {
  const text = '1,2,3\n5,6,x\n7,8,y\n';
  test.each<[string | number, string[]]>([['3', ['x', 'y']], [2, ['x', 'y']]])('%j is a name, or counts from 0 where no other column has that name', (target, classNames) => {
    const table = typeof target === 'number' ? text.replace('1,2,3', 'a,b,c') : text;
    expect(load(table, { target }).train.classNames).toEqual(classNames);
  });

  test('is refused where it could be either', () => {
    expect(() => load(text, { target: 2 })).toThrow(expect.objectContaining({
      code: 'ERR_CONFIG', message: expect.stringMatching(/number 2 from 0 is column 3 and column 2 has that name/) as string,
    }));
  });
});

describe('text that is not UTF-8 is refused with its place:', () => {
  test.each<[string, Buffer, RegExp]>([
    ['Latin-1', Buffer.from('a,kind\n1,caf\xe9\n2,caf\xe8\n', 'latin1'), /^Expected UTF-8 text for .* but received the byte 0xe9 at byte 12 \(line 2\) \(encoding=windows-1252 or latin1 takes any byte\)$/],
    ['a character that is cut', Buffer.concat([Buffer.from('a,kind\n1,x\n2,€\n').subarray(0, -2), Buffer.from('\n')]), /0xe2 at byte 13 \(line 3\)/],
    ['behind a replacement character', Buffer.concat([Buffer.from('a,kind\n1,\uFFFD\n2,'), Buffer.of(0xff), Buffer.from('\n')]), /0xff at byte 15 \(line 3\)/],
    ['half of a surrogate pair', Buffer.concat([Buffer.from('a,kind\n1,'), Buffer.of(0xed, 0xa0, 0x80, 0x0a)]), /0xed at byte 9/],
    ['UTF-16 without a mark', Buffer.from('a,kind\n1,x\n', 'utf16le'), /a NUL at byte 1 \(line 1\)/],
    ['a NUL', Buffer.from('a,kind\n1,x\0y\n'), /a NUL at byte 10 \(line 2\)/],
  ])('%s', (_, bytes, message) => {
    expect(() => load(bytes)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
  });

  test.each<[CsvOptions['encoding'], Buffer, string]>([
    ['latin1', Buffer.from('a,kind\n1,caf\xe9\n2,\x80\n', 'latin1'), 'caf\xe9,\x80'], ['windows-1252', Buffer.from('a,kind\n1,caf\xe9\n2,\x80\n', 'latin1'), 'café,€'],
    ['utf-16le', Buffer.from('a,kind\n1,café\n2,€\n', 'utf16le'), 'café,€'], ['utf-16be', Buffer.from('\uFEFFa,kind\n1,café\n2,€\n', 'utf16le').swap16(), 'café,€'],
    ['utf-8', Buffer.from('a,kind\n1,café\n2,€\n'), 'café,€'],
  ])('unless encoding says what it is: %s', (encoding, bytes, names) => {
    const options = encoding === undefined ? {} : { encoding };
    expect(load(bytes, options).train.classNames).toEqual(names.split(',').sort());
  });

  test.each<[CsvOptions['encoding'], Buffer, string, RegExp]>([
    ['utf-16le', Buffer.from('a,kind\n1,x\n'), 'ERR_DATA', /^Expected an even number of bytes/], ['utf-16le', Buffer.of(0x41, 0x00, 0x00, 0xd8), 'ERR_DATA', /half a character$/],
    ['utf-16be', Buffer.from('a,kind\n1,x\n\0', 'utf16le').swap16(), 'ERR_DATA', /a NUL \(line 3\)$/],
    ['ebcdic' as 'latin1', Buffer.from('a'), 'ERR_CONFIG', /^Expected one of utf-8, .* for encoding but received 'ebcdic'$/],
  ])('and what is not in it is refused: %s', (encoding, bytes, code, message) => {
    expect(() => load(bytes, { encoding: encoding! })).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  });

  test.each([
    ['little-endian', Buffer.from('\uFEFFa,kind\n1,é\n2,x\n', 'utf16le')], ['big-endian', Buffer.from('\uFEFFa,kind\n1,é\n2,x\n', 'utf16le').swap16()],
  ])('but UTF-16 that says so is read: %s', (_, bytes) => {
    expect(load(bytes).train).toMatchObject({ classNames: ['x', 'é'], features: Float32Array.of(1, 2) });
  });

  test('a replacement character of the file\'s own is a character', () => {
    expect(load('\uFEFFa,kind\n1,\uFFFD\n2,é\n').train.classNames).toEqual(['é', '\uFFFD']);
  });
});

test('spellings that were merged are told, and change the digest', () => {
  const [merged, plain] = [load('a,y\n1,1\n2,1.0\n3,0\n'), load('a,y\n1,1\n2,1\n3,0\n')];
  expect(merged.origin.description).toContain('1 and 1.0 are one class');
  expect(merged.train.labels).toEqual(plain.train.labels);
});

test('a table that needs no assumption has the digest that it always had', () => {
  expect(load('a,y\n1,x\n2,z\n').origin.digest).toBe('88f70664616f3abf12fc94776f9bfb458e4104b578e927a424a7e460e198107f');
});
