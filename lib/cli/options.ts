import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { BlastrainError, expected, nearest } from '../errors';

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** The positional arguments that a command accepts. */
export interface Positionals {
  /** Their names, in order. */
  readonly names: readonly string[];
  /** Whether more than those may follow. */
  readonly rest?: boolean;
}

/** Accepted by every command; main.ts handles them. */
const common = { debug: { type: 'boolean' }, module: { type: 'string' }, notify: { type: 'string' } } as const satisfies OptionTable;

/** A command's parsed arguments: `values` by option, and the positional ones in order. */
type Parsed<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options & typeof common; strict: true; allowPositionals: true }>
>;

/**
 * Reads a command's words. Throws ERR_CONFIG for an option that the table does not list (with the nearest that it
 * does), a missing or unwanted value, and words beyond the positionals.
 */
export function readOptions<Options extends OptionTable>(
  args: readonly string[], options: Options, { names, rest = false }: Positionals = { names: [] },
): Parsed<Options> {
  const parsed = parse(args, options);
  const surplus = parsed.positionals[names.length];
  if (!rest && surplus !== undefined) {
    throw expected('ERR_CONFIG', names.length === 0 ? 'options only' : `no more than ${names.join(' ')}`, 'the arguments', surplus);
  }
  return parsed;
}

/** The file that an option names to be written. Throws ERR_CONFIG where its folder does not exist: a mistyped path makes no folders. */
export function outputOption<Path extends string | undefined>(option: string, path: Path): Path {
  if (path !== undefined && !existsSync(dirname(path))) throw expected('ERR_CONFIG', 'a file in a folder that exists', `--${option}`, path, { path: option });
  return path;
}

/** A positional that a command cannot do without. Throws ERR_CONFIG when it is missing. */
export function requirePositional(value: string | undefined, what: string, command: string): string {
  if (value === undefined) throw new BlastrainError('ERR_CONFIG', `Expected ${what} for blastrain ${command} but received nothing`);
  return value;
}

function parse<Options extends OptionTable>(args: readonly string[], options: Options): Parsed<Options> {
  const known = { ...options, ...common };
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(known, token.name)) {
      const suggestion = nearest(token.name, Object.keys(known));
      const hint = suggestion === undefined ? `one of ${Object.keys(options).map((name) => `--${name}`).join(', ')}` : `--${suggestion}`;
      throw expected('ERR_CONFIG', hint, 'an option', token.rawName, { path: token.name });
    }
    // parseArgs takes --budget -3 for a missing value, and says so in two sentences.
    const takesValue = known[token.name]!.type === 'string';
    if (takesValue && (token.value === undefined || (!token.inlineValue && token.value.startsWith('-')))) {
      const received = token.value === undefined ? 'nothing' : `${token.value} (--${token.name}=${token.value} is read as a value)`;
      throw new BlastrainError('ERR_CONFIG', `Expected a value for --${token.name} but received ${received}`);
    }
  }
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: true });
  } catch (cause) {
    throw expected('ERR_CONFIG', 'legal options', 'the command line', (cause as Error).message.split('. ')[0]);
  }
}

/** The module and the target of a notification that the words of a command name, the last of several; undefined where none does. */
export function commonIn(args: readonly string[]): { readonly module: string | undefined; readonly notify: string | undefined } {
  const { values } = parseArgs({ args: [...args], options: common, strict: false, allowPositionals: true });
  const given = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { module: given(values.module), notify: given(values.notify) };
}
