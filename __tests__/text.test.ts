import { BlastrainError, expected } from '../lib/errors';
import { jsonLine, printable, printableLines } from '../lib/text';

describe('printable', () => {
  test.each([
    ['an escape sequence', '\x1b[2Jred\x1b[0m', '\\x1b[2Jred\\x1b[0m'],
    ['line breaks and tabs', 'two\r\nlines\tx', 'two\\r\\nlines\\tx'],
    ['a C1 control, which some terminals obey', '\x9b2J', '\\x9b2J'],
    ['NUL, backspace and DEL', '\0\b\x7f', '\\x00\\x08\\x7f'],
    ['a direction override', 'cat\u202egpj.exe', 'cat\\u202egpj.exe'],
    ['isolates and directional marks', '\u2066a\u2069\u200e\u200f\u061c', '\\u2066a\\u2069\\u200e\\u200f\\u061c'],
    ['line and paragraph separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['halves of a surrogate pair', '\ud800a\udfff', '\\ud800a\\udfff'],
    ['invisible marks', 'cat\u200b \ufeffcat\u00ad', 'cat\\u200b \\ufeffcat\\xad'],
    ['tags', 'x\u{e0041}', 'x\\u{e0041}'],
    ['what XML cannot hold', '\ufffe\uffff', '\\ufffe\\uffff'],
  ])('shows %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });

  test.each(['plain', 'Größe ≥ 2 µm', 'עברית', 'می‌خواهم', '👨‍👩‍👧', '日本語', 'e\u0301', 'C:\\new', '\ufffd', 'a\u00a0b\u202fc'])('leaves %s as it is', (text) => {
    expect(printable(text)).toBe(text);
  });

  test('keeps the lines of a text where they are wanted', () => {
    expect(printableLines('a\n\tb\r\x1b[31m\u202e')).toBe('a\n\tb\\r\\x1b[31m\\u202e');
  });
});

test('a line of JSON holds nothing that a terminal obeys, and is read as the same value', () => {
  const value = { name: '\x1b[2J\x9b2J\u202e\u2028\u{e0041}\ud800 日本語', list: [1, null, '\n'] };
  const line = jsonLine(value);
  expect(line).toMatch(/^[ -~日本語]+\n$/);
  expect(JSON.parse(line)).toEqual(value);
});

test('an error says foreign text in printable form, also in a name', () => {
  for (const { message } of [
    expected('ERR_DATA', 'a number', 'column a\n\x1b[2Jb', 'x\u202ey'),
    new BlastrainError('ERR_DATA', 'Expected a number for column a\n\x1b[2Jb but received \'x\u202ey\''),
  ]) expect(message).toBe('Expected a number for column a\\n\\x1b[2Jb but received \'x\\u202ey\'');
});
