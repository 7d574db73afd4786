import type { ErrorCode } from '../errors';
import { fileError } from './system';

/** Name of a JSON text and code of errors about it. */
export interface JsonSource {
  readonly file: string;
  readonly code: ErrorCode;
}

/** Deeper nesting is refused: blastrain writes none, and recursive readers would exhaust their stack. */
const maxDepth = 100;

/**
 * Parses a JSON text, which may begin with a byte order mark, as some editors write it. Throws `code`, naming line and column but
 * quoting nothing, as whoever sees the error may not be allowed to read the file.
 */
export function parseJson(text: string, { file, code }: JsonSource): unknown {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    const at = errorPosition(bare);
    const before = bare.slice(0, at).split('\n');
    const [line, column] = [before.length, before[before.length - 1]!.length + 1];
    const place = `${bare.trimEnd().includes('\n') ? `line ${String(line)}, ` : ''}column ${String(column)}`;
    const received = at >= bare.trimEnd().length ? 'a text that ends too early' : `something else at ${place}`;
    throw fileError(code, 'valid JSON', file, received, { line, column });
  }
  if (isDeeper(bare, maxDepth)) throw fileError(code, `lists in lists to a depth of ${String(maxDepth)}`, file, 'deeper ones');
  return value;
}

/**
 * Whether brackets outside of strings nest deeper than `depth`, in valid JSON. Not by a regular expression, which would exhaust its
 * stack on strings of some million characters.
 */
function isDeeper(json: string, depth: number): boolean {
  if (json.length <= 2 * depth) return false;
  let open = 0;
  for (let at = 0; at < json.length; at++) {
    const mark = json.charCodeAt(at);
    if (mark === 34 /* " */) {
      for (at++; json.charCodeAt(at) !== 34; at++) if (json.charCodeAt(at) === 92 /* \ */) at++;
    } else if (mark === 91 /* [ */ || mark === 123 /* { */) {
      if (++open > depth) return true;
    } else if (mark === 93 /* ] */ || mark === 125 /* } */) open--;
  }
  return false;
}

const space = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- JSON allows none within a string
const text = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y;

/** Index at which a text stops being valid JSON. The engine's message has it only for some errors, and quotes the text. */
function errorPosition(json: string): number {
  const open: ('[' | '{')[] = [];
  let at = 0;
  /** What may come next: a value, a key, or a comma or closing bracket after a value. `canEnd` holds right after an opening bracket. */
  let next: 'value' | 'key' | 'after' = 'value';
  let canEnd = false;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(json)) return false;
    at = pattern.lastIndex;
    return true;
  };
  for (;;) {
    take(space);
    const mark = json[at];
    const inside = open[open.length - 1];
    if ((next === 'after' || canEnd) && inside !== undefined && mark === (inside === '[' ? ']' : '}')) {
      at++;
      open.pop();
      [next, canEnd] = ['after', false];
    } else if (next === 'after') {
      if (mark !== ',' || inside === undefined) return at;
      at++;
      next = inside === '[' ? 'value' : 'key';
    } else if (next === 'key') {
      if (!take(text)) return at;
      take(space);
      if (json[at] !== ':') return at;
      at++;
      [next, canEnd] = ['value', false];
    } else if (mark === '[' || mark === '{') {
      at++;
      open.push(mark);
      [next, canEnd] = [mark === '[' ? 'value' : 'key', true];
    } else {
      if (!take(text) && !take(scalar)) return at;
      [next, canEnd] = ['after', false];
    }
  }
}
