import { unpickleBatch } from '../../lib/data/cifar10/unpickle';

const file = 'batch';
const read = (pickle: string): unknown => unpickleBatch(Buffer.from(pickle, 'latin1'), file);

describe('plain data', () => {
  test.each<[string, string, unknown]>([
    ['None', 'N.', null],
    ['booleans of protocol 2', '\x80\x02(\x88\x89l.', [true, false]],
    ['booleans of protocol 0', '(lp0\nI01\naI00\na.', [true, false]],
    ['integers', '(I-12\nK\xffM\xff\xffJ\xfe\xff\xff\xfft.', [-12, 255, 65535, -2]],
    ['empty and single tuples', '()K\x01\x85(tt.', [[], [1], []]],
    ['a tuple of three', 'K\x04K\x05K\x06\x87.', [4, 5, 6]],
    ['a tuple of two', 'K\x04K\x05\x86.', [4, 5]],
    ['lists', '](K\x01K\x02eK\x03a.', [1, 2, 3]],
    ['dicts', '}(U\x01aK\x01U\x01bK\x02uU\x01cK\x03s.', new Map([['a', 1], ['b', 2], ['c', 3]])],
    ['a dict of protocol 0', "(S'a'\nI1\nd.", new Map([['a', 1]])],
    ['remembered values', 'K\x07q\x05h\x05\x86.', [7, 7]],
    ['remembered values, long index', 'K\x07r\x00\x01\x00\x00j\x00\x01\x00\x00\x86.', [7, 7]],
    ['remembered values of protocol 0', 'I7\np300\ng300\n\x86.', [7, 7]],
  ])('%s', (_, pickle, value) => {
    expect(read(pickle)).toEqual(value);
  });

  test.each<[string, string]>([
    ['SHORT_BINSTRING', 'U\x03a\xffc.'],
    ['BINSTRING', 'T\x03\x00\x00\x00a\xffc.'],
    ['STRING', "S'a\xffc'\n."],
    ['STRING in double quotes', 'S"a\xffc"\n.'],
    ['BINUNICODE', 'X\x04\x00\x00\x00a\xc3\xbfc.'],
    ['bytes as Python 3 writes them', 'c_codecs\nencode\nX\x04\x00\x00\x00a\xc3\xbfcX\x06\x00\x00\x00latin1\x86R.'],
  ])('a string by %s is its bytes', (_, pickle) => {
    expect([...(read(pickle) as Uint8Array)]).toEqual([0x61, 0xff, 0x63]);
  });
});

const array = (module: string, dtype = 'u1', shape = 'K\x02K\x03\x86', data = 'U\x06\x00\x01\x02\x03\x04\xff', order = '\x89'): string =>
  `c${module}\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01${shape}cnumpy\ndtype\nU\x02${dtype}K\x00K\x01\x87R` +
  `(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb${order}${data}tb.`;

test.each(['numpy.core.multiarray', 'numpy._core.multiarray'])('an array made by %s', (module) => {
  expect(read(array(module))).toEqual({ kind: 'array', shape: [2, 3], data: Buffer.from([0, 1, 2, 3, 4, 255]) });
});

test.each<[string, string, RegExp]>([
  ['another dtype', array('numpy.core.multiarray', 'f4'), /uint8/],
  ['Fortran order', array('numpy.core.multiarray', 'u1', undefined, undefined, '\x88'), /C order/],
  ['too few elements', array('numpy.core.multiarray', 'u1', 'K\x02K\x04\x86'), /8 bytes of an array .* 6/],
  ['a shape that is none', array('numpy.core.multiarray', 'u1', 'U\x01x\x85'), /shape/],
  ['elements that are no bytes', array('numpy.core.multiarray', 'u1', undefined, 'N'), /6 bytes of an array/],
])('refuses an array of %s', (_, pickle, message) => {
  expect(() => read(pickle)).toThrow(message);
});

describe('refuses to call anything', () => {
  test.each<[string, string, string]>([
    ['os.system', "cos\nsystem\n(S'touch /tmp/owned'\ntR.", 'os.system'],
    ['posix.system', "cposix\nsystem\nU\x02id\x85R.", 'posix.system'],
    ['eval', "c__builtin__\neval\nU\x041+1\x85R.", '__builtin__.eval'],
    ['getattr of NumPy', 'cnumpy\nload\nU\x01x\x85R.', 'numpy.load'],
    ['a name with a dot', 'cnumpy.core\nmultiarray._reconstruct.x\n.', 'numpy.core.multiarray._reconstruct.x'],
    ['a class by name alone', 'csubprocess\nPopen\n.', 'subprocess.Popen'],
    ['a prototype property', 'c__proto__\nconstructor\n.', '__proto__.constructor'],
  ])('%s', (_, pickle, name) => {
    expect(() => read(pickle)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(name), details: { file, global: name } }),
    );
  });

  test.each<[string, string]>([
    ['OBJ', '(cos\nsystem\no.'],
    ['INST', '(ios\nsystem\n.'],
    ['NEWOBJ', 'cnumpy\nndarray\n)\x81.'],
    ['EXT1', '\x80\x02\x82\x01.'],
    ['PERSID', 'Pname\n.'],
    ['STACK_GLOBAL', 'U\x02osU\x06system\x93.'],
    ['protocol 5', '\x80\x05N.'],
    ['a call of the class ndarray', 'cnumpy\nndarray\n)R.'],
    ['a call of a number', 'K\x01)R.'],
    ['another codec', 'c_codecs\nencode\nU\x01aU\x03hex\x86R.'],
    ['the state of a dict', '}}b.'],
  ])('%s', (_, pickle) => {
    expect(() => read(pickle)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ file }) }));
  });
});

describe('refuses what is no whole pickle', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['text', 'hello'],
    ['no STOP', 'K\x01'],
    ['STOP alone', '.'],
    ['an end within a number', 'J\x01\x02'],
    ['a length beyond the end', 'T\xff\xff\xff\x7fabc'],
    ['a line without an end', 'I12'],
    ['a mark without items below', '(K\x01e.'],
    ['items without a mark', 'K\x01e.'],
    ['an append to a number', 'K\x01K\x02a.'],
    ['pairs into a list', ']U\x01aK\x01s.'],
    ['an odd number of items', '}(U\x01au.'],
    ['a number as a key', '}K\x01K\x01s.'],
    ['a memory that is not there', 'h\x00.'],
    ['a float as an integer', 'I1.5\n.'],
    ['an escape in a string', "S'a\\x00'\n."],
    ['text beyond Latin-1', 'X\x03\x00\x00\x00\xe2\x82\xac.'],
    ['torn UTF-8', 'X\x01\x00\x00\x00\xc3.'],
  ])('%s', (_, pickle) => {
    expect(() => read(pickle)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: { file } }));
  });

  test('any prefix and any flipped byte give a value or ERR_DATA, nothing else', () => {
    const whole = Buffer.from(array('numpy.core.multiarray'), 'latin1');
    for (let at = 0; at < whole.length; at++) {
      expect(() => unpickleBatch(whole.subarray(0, at), file)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= flip;
        try {
          unpickleBatch(damaged, file);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_DATA' });
        }
      }
    }
  });
});
