/**
 * What has no place in a line of text that others read: control characters (a terminal obeys them, a table breaks at them), marks that
 * change the direction of what follows, line and paragraph separators, invisible marks that make two names look alike, halves of
 * surrogate pairs, and what XML cannot hold. The joiners U+200C and U+200D stay: Persian and Hindi are written with them, and emoji.
 */
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;
const unprintableInLines = new RegExp(`(?![\\n\\t])${unprintable.source}`, 'gu');
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from a file, a name or an option as one line that can be shown anywhere: what is in {@link unprintable} becomes a visible
 * escape, `\n`, `\x1b` or `\u202e`. All other text stays as it is, and so does what was escaped already. Measure and cut text
 * after this, not before.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(unprintableInLines, escaped);
}

/**
 * A value as one line of JSON that may go to a terminal: other programs read the same value, as JSON has escapes of its own for every
 * character.
 */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(unprintable, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''))}\n`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return named[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
