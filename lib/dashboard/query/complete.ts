import type { Entry } from '../api';
import type { Field, Fields } from './fields';
import { tokens } from './tokens';
import type { Token } from './tokens';

// Used by the page: nothing here needs Node.

/** What may stand at a place of a query. */
export interface Completion {
  /** Put in place of the characters from `from` to `to`. */
  readonly text: string;
  readonly hint: string;
}

export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

const maxOptions = 10;
const comparisons: readonly Completion[] = [
  ['==', 'equal'], ['!=', 'not equal'], ['<', 'less'], ['<=', 'at most'], ['>', 'more'], ['>=', 'at least'], ['~', 'contains'], ['!~', 'does not contain'],
].map(([text, hint]) => ({ text: text!, hint: hint! }));
const joins: readonly Completion[] = [{ text: '&&', hint: 'and' }, { text: '||', hint: 'or' }];

/** What may stand where the cursor is, after `caret` characters: names of columns, operators, values that the entries have. */
export function completions(query: string, caret: number, fields: Fields, entries: readonly Entry[]): Completions {
  const before = tokens(query.slice(0, caret));
  const last = before[before.length - 1];
  const isOpen = last !== undefined && last.kind !== 'mark' && last.at + last.length === caret;
  const typed = isOpen ? last.text : '';
  const [context, of] = isOpen ? [before[before.length - 2], before[before.length - 3]] : [last, before[before.length - 2]];
  const from = isOpen ? last.at : caret;
  const give = (options: readonly Completion[]): Completions => ({ from, to: caret, options: fitting(options, typed).slice(0, maxOptions) });
  const field = of === undefined ? undefined : fields.find(of.text);
  if (context?.kind === 'mark' && isOperator(context)) return give(field === undefined ? [] : valuesOf(field, entries));
  if (context === undefined || isJoin(context)) return give(fields.all.map(({ id, title, kind }) => ({ text: id, hint: kind === 'key' ? 'key of the spec' : title })));
  const named = !isOpen && context.kind === 'word' && !isOperator(of) ? fields.find(context.text) : undefined;
  return give(named === undefined ? joins : comparisons.filter(({ text }) => (named.unit === 'text' ? !/[<>]/.test(text) : true)));
}

function isOperator(token: Token | undefined): boolean {
  return token?.kind === 'mark' && /^([=!]=?|[<>]=?|!?~)$/.test(token.text) && token.text !== '!';
}

function isJoin({ kind, text }: Token): boolean {
  return (kind === 'mark' && /^(&&|\|\||!|\()$/.test(text)) || (kind === 'word' && /^(and|or|not)$/i.test(text));
}

/** Those that begin with what was typed, before those that contain it. */
function fitting(options: readonly Completion[], typed: string): readonly Completion[] {
  const lower = typed.toLowerCase();
  const place = ({ text }: Completion): number => text.toLowerCase().replace(/^"/, '').indexOf(lower);
  if (options.some(({ text }) => text === typed)) return []; // nothing is left to say
  return [...options.filter((one) => place(one) === 0), ...options.filter((one) => place(one) > 0)];
}

/** The values that entries have, the most frequent first. */
function valuesOf(field: Field, entries: readonly Entry[]): Completion[] {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const value = field.of(entry);
    for (const one of Array.isArray(value) ? value as readonly string[] : value === undefined || value === '' ? [] : [String(value)]) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 100).map(([text, count]) => ({ text: quoted(text), hint: count === 1 ? '1 run' : `${String(count)} runs` }));
}

/** A value as it is typed: in quotes where it would be read as something else. */
export function quoted(value: string): string {
  if (/^[^\s&|=<>~!()"']+$/.test(value) && !/^(and|or|not|none)$/i.test(value)) return value;
  return value.includes('"') ? `'${value.replaceAll('\'', '*')}'` : `"${value}"`;
}
