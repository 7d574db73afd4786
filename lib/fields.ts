/** One key of a spec: its default, validation and help. */
export interface Field {
  readonly help: string;
  readonly default: unknown;
  /** A description of valid values, for the error message. */
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
  /** Whether `--set key=1,2` is read as a list, of numbers or of texts. */
  readonly list?: boolean;
}

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** The field with null as default, which it then accepts too. */
export function orNull(field: Field): Field {
  return { ...field, default: null, what: `${field.what} or null`, accepts: (value) => value === null || field.accepts(value) };
}

export function number(fallback: number, range: string, inRange: (value: number) => boolean, help: string): Field {
  return { help, default: fallback, what: `a number ${range}`, accepts: (value) => isNumber(value) && inRange(value) };
}

/** A number in [0, 1). */
export function share(fallback: number, help: string): Field {
  return number(fallback, 'in [0, 1)', (value) => value >= 0 && value < 1, help);
}

export function integer(fallback: number, min: number, help: string): Field {
  return {
    help,
    default: fallback,
    what: `an integer of at least ${String(min)}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min,
  };
}

export function flag(fallback: boolean, help: string): Field {
  return { help, default: fallback, what: 'true or false', accepts: (value) => typeof value === 'boolean' };
}

export function path(help: string): Field {
  return { help, default: null, what: 'a path', accepts: (value) => typeof value === 'string' && value !== '' };
}

export function choice(fallback: string, values: readonly string[], help: string): Field {
  return {
    help: `${help}: ${values.join(', ')}`,
    default: fallback,
    what: `one of ${values.join(', ')}`,
    accepts: (value) => values.includes(value as string),
  };
}

/** The name of an entry of a table, which may gain some. */
export function keyOf(fallback: string, table: object, help: string): Field {
  return {
    default: fallback,
    get help() { return `${help}: ${Object.keys(table).join(', ')}`; },
    get what() { return `one of ${Object.keys(table).join(', ')}`; },
    accepts: (value) => typeof value === 'string' && Object.hasOwn(table, value),
  };
}

/** Joins names: 'a', 'a or b', 'a, b or c'. */
export function anyOf(names: readonly string[], last = 'or'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)!}`;
}

/** Table of the values of one key, such as `optimizer`, with the other keys that apply to each and their defaults. */
export type Kinds = Readonly<Record<string, { readonly options: Readonly<Record<string, unknown>> }>>;

/** The names of the kinds that an option applies to. */
export function kindsWith(kinds: Kinds, option: string): string[] {
  return Object.keys(kinds).filter((name) => Object.hasOwn(kinds[name]!.options, option));
}

/** The fields of options, their help extended by the kinds that they apply to and by the value that null stands for. */
export function fieldsOf<Options extends string>(options: Readonly<Record<Options, Field>>, kinds: Kinds): Readonly<Record<Options, Field>> {
  const explained = Object.entries<Field>(options).map(([key, field]): [string, Field] => {
    const names = kindsWith(kinds, key);
    const others = Object.keys(kinds).filter((name) => !names.includes(name));
    const kindsText = others.length === 0 ? '' : ` of ${others.length === 1 && names.length > 1 ? `all but ${others[0]!}` : anyOf(names, 'and')}`;
    const nullText = field.default === null ? meaningOfNull(key, names, kinds) : '';
    return [key, { ...field, help: `${field.help}${kindsText}${nullText}` }];
  });
  return Object.fromEntries(explained) as Readonly<Record<Options, Field>>;
}

/** Text such as '; null is 0.999, or 0.99 for lion'; empty where the default of the kind itself is null. */
function meaningOfNull(key: string, names: readonly string[], kinds: Kinds): string {
  const values = names.map((name) => kinds[name]!.options[key]);
  const others = names.filter((_, i) => values[i] !== values[0]);
  if (values[0] === null) return '';
  const shown = (value: unknown): string => JSON.stringify(value);
  return `; null is ${[shown(values[0]), ...others.map((name) => `${shown(kinds[name]!.options[key])} for ${name}`)].join(', or ')}`;
}

/** Options with null replaced by a kind's defaults. */
export function withDefaults<Options extends object>(given: Options, defaults: Readonly<Record<string, unknown>>): Options {
  const missing = Object.entries(defaults).filter(([key]) => given[key as keyof Options] === null);
  return { ...given, ...Object.fromEntries(missing) };
}
