import { nearest } from '../../errors';
import { parseNumber } from '../../numbers';
import type { Entry } from '../api';
import type { Field, Fields, Value } from './fields';
import { tokens } from './tokens';
import type { Token } from './tokens';

// Used by the page and by the terminal: nothing here needs Node.

/** Whether an entry is wanted. */
export type Filter = (entry: Entry) => boolean;

/** A query that cannot be understood. The message is a sentence; `at` and `length` are the place of what it is about, in characters. */
export class QueryError extends Error {
  constructor(message: string, readonly at: number, readonly length: number) {
    super(message);
  }
}

/**
 * Reads a query such as `lr < 0.01 && val > 50% && !(state == running || tag == old) deep`:
 *
 *   query      = and { ("||" | "or") and }
 *   and        = term { ["&&" | "and"] term }
 *   term       = ("!" | "not") term | "(" query ")" | FIELD operator value | word
 *   operator   = "==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
 *   value      = number | number "%" | word | "text" | 'text' | none
 *
 * A word without an operator is looked for in names, titles and tags. `~` looks for a part of a text, `*` in it standing for anything. Case does not
 * matter. `!=` and `!~` fit what `==` and `~` do not, also an entry without such a value, which fits nothing else but `== none`. Throws {@link QueryError}.
 */
export function parseQuery(text: string, fields: Fields): Filter {
  return new Parser(text, fields).parse();
}

const operators = ['==', '=', '!=', '<', '<=', '>', '>=', '~', '!~'] as const;
type Operator = (typeof operators)[number];

/** Readers that call themselves would exhaust their stack. */
const maxDepth = 100;

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string, private readonly fields: Fields) {
    this.tokens = tokens(text);
  }

  parse(): Filter {
    if (this.tokens.length === 0) return () => true;
    const filter = this.either();
    const rest = this.next;
    if (rest !== undefined) throw this.refuse('&&, || or the end of the query', rest);
    return filter;
  }

  private either(): Filter {
    const parts = [this.both()];
    while (this.take('||', 'or')) parts.push(this.both());
    return parts.length === 1 ? parts[0]! : (entry) => parts.some((part) => part(entry));
  }

  private both(): Filter {
    const parts = [this.term()];
    for (;;) {
      if (!this.take('&&', 'and') && (this.next === undefined || this.sees('||', 'or', ')'))) break;
      parts.push(this.term());
    }
    return parts.length === 1 ? parts[0]! : (entry) => parts.every((part) => part(entry));
  }

  private term(): Filter {
    const opening = this.next;
    if (this.take('!', 'not')) {
      const part = this.deeper(opening, () => this.term());
      return (entry) => !part(entry);
    }
    if (this.take('(')) {
      const part = this.deeper(opening, () => this.either());
      if (!this.take(')')) throw this.refuse(')', this.next);
      return part;
    }
    const token = this.next;
    if (token === undefined || token.kind === 'mark' || this.sees('and', 'or')) throw this.refuse('a name, a word or (', token);
    this.at++;
    const operator = this.next;
    if (operator?.kind === 'mark' && (operators as readonly string[]).includes(operator.text)) {
      if (token.kind === 'text') throw this.refuse('the name of a column before an operator', token);
      this.at++;
      return this.comparison(token, operator.text as Operator);
    }
    return contains(token.text);
  }

  /** What stands behind a parenthesis or «not», of which so many may stand in each other. */
  private deeper(opening: Token | undefined, read: () => Filter): Filter {
    if (this.depth === maxDepth) throw this.refuse(`at most ${String(maxDepth)} of ( and ! in each other`, opening);
    this.depth++;
    const filter = read();
    this.depth--;
    return filter;
  }

  private comparison(name: Token, operator: Operator): Filter {
    const field = this.fields.find(name.text);
    if (field === undefined) {
      const near = nearest(name.text, this.fields.names);
      throw this.refuse(`the name of a column${near === undefined ? '' : `, perhaps ${near},`}`, name);
    }
    const value = this.next;
    if (value === undefined || value.kind === 'mark') throw this.refuse(`a value of ${field.id}`, value);
    this.at++;
    const isText = field.unit === 'text';
    if (value.kind === 'word' && value.text.toLowerCase() === 'none' && (operator === '==' || operator === '=' || operator === '!=')) {
      return (entry) => isMissing(field.of(entry)) === (operator !== '!=');
    }
    if (operator === '~' || operator === '!~') {
      const fits = wildcard(value.text);
      return over(field, (one) => fits(String(one)), operator === '!~');
    }
    if (isText && /[<>]/.test(operator)) throw this.refuse(`==, !=, ~ or !~ for ${field.id}, which is text,`, this.tokens[this.at - 2]);
    if (isText) return over(field, (one) => String(one).toLowerCase() === value.text.toLowerCase(), operator === '!=');
    const wanted = field.unit === 'time' ? Date.parse(value.text) : numberIn(value.text);
    if (wanted === undefined || Number.isNaN(wanted)) throw this.refuse(field.unit === 'time' ? `a date such as 2026-01-31 for ${field.id}` : `a number for ${field.id}`, value);
    const compare = comparisons[operator === '!=' ? '==' : operator];
    return over(field, (one) => compare(field.unit === 'time' ? Date.parse(String(one)) : Number(one), wanted), operator === '!=');
  }

  private get next(): Token | undefined {
    return this.tokens[this.at];
  }

  /** Whether the next token is one of these marks or words. */
  private sees(...texts: readonly string[]): boolean {
    const { next } = this;
    return next !== undefined && next.kind !== 'text' && texts.includes(next.text.toLowerCase());
  }

  private take(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.at++;
    return true;
  }

  private refuse(what: string, token: Token | undefined): QueryError {
    const at = token?.at ?? this.text.length;
    const received = token === undefined ? 'its end' : this.text.slice(token.at, token.at + token.length);
    return new QueryError(`Expected ${what} at character ${String(at + 1)} of the query but received ${received}`, at, token?.length ?? 1);
  }
}

const comparisons: Readonly<Record<Exclude<Operator, '~' | '!~' | '!='>, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b, '=': (a, b) => a === b, '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};

/** '0.5', '50%'. */
function numberIn(text: string): number | undefined {
  const [, digits, percent] = /^(.*?)(%?)$/.exec(text)!;
  const value = parseNumber(digits!);
  return value === undefined ? undefined : percent === '%' ? value / 100 : value;
}

function isMissing(value: Value | undefined): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Whether one of an entry's values fits, or none where `isNot`. */
function over(field: Field, fits: (one: string | number | boolean) => boolean, isNot: boolean): Filter {
  return (entry) => {
    const value = field.of(entry);
    const has = value !== undefined && (Array.isArray(value) ? (value as readonly string[]).some(fits) : fits(value as string | number | boolean));
    return has !== isNot;
  };
}

function contains(word: string): Filter {
  const fits = wildcard(word);
  return ({ name, labels: { title = '', tags = [] } }) => fits(name) || fits(title) || tags.some(fits);
}

/** Whether a text contains the parts of a pattern in their order, which stars part. */
function wildcard(pattern: string): (text: string) => boolean {
  const parts = pattern.toLowerCase().split('*');
  return (text) => {
    const lower = text.toLowerCase();
    let from = 0;
    return parts.every((part) => {
      const at = lower.indexOf(part, from);
      from = at + part.length;
      return at >= 0;
    });
  };
}
