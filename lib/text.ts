/**
 * Characters that must not appear in a displayed line: control characters (terminals execute them, tables break at them), marks that
 * change the direction of text, line and paragraph separators, invisible characters, by which two names would look alike, unpaired
 * surrogates, and characters that XML does not allow. The joiners U+200C and U+200D are kept: Persian, Hindi and emoji need them.
 */
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;
const unprintableInLines = new RegExp(`(?![\\n\\t])${unprintable.source}`, 'gu');
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text from a file, a name or an option displayable in one line: characters of {@link unprintable} become visible escapes, such
 * as `\n`, `\x1b` or `\u202e`; all others are unchanged, so that escaping twice changes nothing. Measure and truncate text afterwards,
 * not before.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for text of several lines: keeps line feeds and tabs. */
export function printableLines(text: string): string {
  return text.replace(unprintableInLines, escaped);
}

/**
 * A value as one line of JSON that is safe to print on a terminal. It parses to the same value, as unprintable characters are written
 * as JSON escapes.
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

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it stands between tags and in attributes of HTML, SVG and XML. Does not make it printable. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A text without the folders of this machine: of an absolute path only the last part, behind an ellipsis. A report is for others to read. */
export function withoutFolders(text: string): string {
  return text.replace(/(?<![\w.:/\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'",;:]+)+/g, (path) => {
    const parts = path.split(/[/\\]/);
    return parts.length > 2 ? `…/${parts[parts.length - 1]!}` : path;
  });
}
