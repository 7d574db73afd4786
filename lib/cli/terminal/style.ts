import { printable } from '../../text';

/** Where the command line writes: `process.stdout`, `process.stderr`, or a stand-in in a test. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The capabilities of a stream. */
export interface Terminal {
  readonly isTTY: boolean;
  /** Width in characters; 80 where nothing is known. */
  readonly columns: number;
  readonly colour: boolean;
  /** Whether characters beyond ASCII are displayed. */
  readonly unicode: boolean;
}

/** The capabilities of `stream` now; `columns` changes with the window, so do not keep the result. */
export function terminalOf(stream: TerminalStream, env: Environment = process.env): Terminal {
  const isTTY = stream.isTTY === true;
  const columns = stream.columns;
  return {
    isTTY,
    columns: columns !== undefined && columns > 0 ? columns : 80,
    colour: showsColour(isTTY, env),
    unicode: showsUnicode(env),
  };
}

/** FORCE_COLOR wins over NO_COLOR (https://no-color.org), as in Node itself. */
function showsColour(isTTY: boolean, env: Environment): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The locale decides, in the order of POSIX; the Linux console knows UTF-8 but has no glyphs for braille. */
function showsUnicode(env: Environment): boolean {
  if (env['NO_UNICODE'] || env['TERM'] === 'linux') return false;
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** Wraps text into the escape sequences of a colour, or returns it unchanged. */
export type Paint = (text: string) => string;

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Colours = Readonly<Record<keyof typeof codes, Paint>>;

const plain: Paint = (text) => text;

/** The colours of a terminal; each returns its text unchanged where colour is off. */
export function coloursOf(terminal: Pick<Terminal, 'colour'>): Colours {
  const paint = (name: keyof typeof codes): Paint => {
    if (!terminal.colour) return plain;
    const [on, off] = codes[name];
    return (text) => `\x1b[${on}m${text}\x1b[${off}m`;
  };
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    blue: paint('blue'),
    magenta: paint('magenta'),
    cyan: paint('cyan'),
  };
}

/** The number of characters a text takes on the screen: code points, for text without wide characters or escapes. */
export function textWidth(text: string): number {
  return Array.from(text).length;
}

/** `text`, made printable, cut to `width` characters, the last of them an ellipsis when something is missing. */
export function truncate(given: string, width: number, unicode: boolean): string {
  const text = printable(given);
  if (textWidth(text) <= width) return text;
  const ellipsis = unicode ? '…' : '...';
  const kept = Array.from(text).slice(0, Math.max(0, width - ellipsis.length));
  return (kept.join('') + ellipsis).slice(0, Math.max(0, kept.length > 0 ? Infinity : width));
}

/** `text`, made printable, in lines of at most `width` characters, broken at spaces; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** The names of files that were written, a line each. */
export function fileLines(files: readonly string[]): string {
  return files.map((file) => `  ${printable(file)}\n`).join('');
}
