import { parseSorting, sortingText } from '../../query/order';
import type { Sorting } from '../../query/order';

/** What of the runs is shown and how: all of it stands in the address. */
export interface Choice {
  query: string;
  sort: readonly Sorting[];
  /** Fields in their order; null for what fits the runs. */
  columns: readonly string[] | null;
  /** What is grouped by; empty for no groups. */
  group: string;
  /** Names. */
  pinned: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  selected: ReadonlySet<string>;
  /** Number of the series by name. */
  colours: ReadonlyMap<string, number>;
  /** Whether archived runs are shown too. */
  archived: boolean;
}

export const noChoice: Choice = {
  query: '', sort: [], columns: null, group: '', pinned: new Set(), hidden: new Set(), selected: new Set(), colours: new Map(), archived: false,
};

const address = '#/runs';

/** Whether an address is that of the table. */
export function isTable(hash: string): boolean {
  return hash === address || hash.startsWith(`${address}?`);
}

/** Reads an address such as `#/runs?q=lr < 0.01&sort=-best&pin=two-layer-1`; what it does not say, or says wrongly, is as by itself. */
export function parseChoice(hash: string): Choice {
  const query = new URLSearchParams(hash.slice(address.length + 1));
  const of = (key: string): string => query.get(key) ?? '';
  return {
    query: of('q'),
    sort: parseSorting(of('sort')),
    columns: query.has('cols') ? of('cols').split(',').filter((name) => name !== '') : null,
    group: of('group'),
    pinned: new Set(names(of('pin'))),
    hidden: new Set(names(of('hide'))),
    selected: new Set(names(of('sel'))),
    colours: parseColours(of('colours')),
    archived: query.has('archived'),
  };
}

/** The address of a choice. */
export function choiceHash({ query, sort, columns, group, pinned, hidden, selected, colours, archived }: Choice): string {
  const words = new URLSearchParams();
  const say = (key: string, value: string): void => {
    if (value !== '') words.set(key, value);
  };
  say('q', query.trim());
  say('sort', sortingText(sort));
  if (columns !== null) words.set('cols', columns.join(','));
  say('group', group);
  say('pin', namesText(pinned));
  say('hide', namesText(hidden));
  say('sel', namesText(selected));
  say('colours', coloursText(colours));
  if (archived) words.set('archived', '1');
  const text = words.toString();
  return text === '' ? address : `${address}?${text}`;
}

/** The address that compares runs, those first that are pinned, in the groups of the table. */
export function compareHash(names: Iterable<string>, { pinned, colours, group }: Pick<Choice, 'pinned' | 'colours' | 'group'>): string {
  const all = [...names];
  const ordered = [...all.filter((name) => pinned.has(name)), ...all.filter((name) => !pinned.has(name))];
  const own = new Map([...colours].filter(([name]) => all.includes(name)));
  const words = new URLSearchParams({ ...(own.size > 0 && { colours: coloursText(own) }), ...(group !== '' && { group }) }).toString();
  return `#/compare/${ordered.map(encodeURIComponent).join('/')}${words === '' ? '' : `?${words}`}`;
}

/** 'NAME:3,NAME:0' and back. */
export function parseColours(text: string): Map<string, number> {
  return new Map(text.split(',').flatMap((part) => {
    const [, name, series] = /^(.+):(\d)$/.exec(part) ?? [];
    return name === undefined || Number(series) > 7 ? [] : [[decoded(name), Number(series)] as const];
  }));
}

function coloursText(colours: ReadonlyMap<string, number>): string {
  return [...colours].map(([name, series]) => `${encodeURIComponent(name)}:${String(series)}`).join(',');
}

function names(text: string): string[] {
  return text.split(',').filter((name) => name !== '').map(decoded);
}

function namesText(list: Iterable<string>): string {
  return [...list].map(encodeURIComponent).join(',');
}

/** Unlike decodeURIComponent takes what somebody has typed. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The choice that table and list share. */
export class SharedChoice {
  private choice: Choice = noChoice;
  private readonly listeners = new Set<() => void>();

  get now(): Choice {
    return this.choice;
  }

  change(part: Partial<Choice>): void {
    this.choice = { ...this.choice, ...part };
    for (const listener of this.listeners) listener();
  }

  /** Adds a name to a set of names, or takes it out. */
  toggle(key: 'pinned' | 'hidden' | 'selected', names: Iterable<string>, isIn: boolean): void {
    const set = new Set(this.choice[key]);
    for (const name of names) {
      if (isIn) set.add(name);
      else set.delete(name);
    }
    this.change({ [key]: set });
  }

  /** Calls `listener` after each change; returns what ends that. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
