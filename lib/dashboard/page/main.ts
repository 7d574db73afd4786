import type { Entry } from '../api';
import { isNoAnswer } from './client';
import { CompareView } from './compareView';
import { DepthView } from './depthView';
import type { CurveSettings } from './plots/curves';
import { fill, h } from './dom';
import { isExported, shownAt } from './exported';
import { RunList } from './list';
import { RunView } from './runView';
import { SearchView } from './searchView';
import { themeButton } from './theme';
import type { View } from './view';

/** Milliseconds between two requests: while a run is running, and else. */
const busyPause = 1000;
const idlePause = 4000;
/** Milliseconds for which the list of runs is not asked for again. */
const listPause = 2900;

const settings: CurveSettings = { smoothing: 0.05, log: false, x: 'step' };
const place = document.getElementById('view')!;
const message = document.getElementById('message')!;
const list = new RunList(document.getElementById('list')!);
let view: View | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;
let entries: ReadonlyMap<string, Entry> = new Map();
let listedAt = -Infinity;
/** Whether to ask again as soon as the answers are there, because the view has changed. */
let again = false;

/** The view for an address: `#/run/NAME`, `#/search/NAME`, `#/depth/NAME` or `#/compare/NAME/NAME…`. */
function open(hash: string): View | undefined {
  const [, kind, ...names] = hash.split('/').map(decodeURIComponent);
  const [name] = names;
  if (name === undefined || name === '') return undefined;
  if (kind === 'run') return new RunView(name, settings);
  if (kind === 'search') return new SearchView(name);
  if (kind === 'depth') return new DepthView(name, settings);
  if (kind === 'compare') return new CompareView(names, settings, `${String(names.length)} runs compared`);
  return undefined;
}

function show(): void {
  const fresh = open(location.hash);
  if (fresh === undefined && list.entries.length > 0) {
    const first = list.neighbour(0);
    if (first !== undefined) location.replace(first);
    return;
  }
  view?.dispose();
  view = fresh;
  list.mark(location.hash);
  fill(place, h('p', { class: 'note' }, 'No run yet.'));
  if (view !== undefined) place.replaceChildren(view.element);
  scrollTo(0, 0);
  void ask();
}

/** Asks the server for what is new, and again after a pause; a hidden page does not ask. */
async function ask(): Promise<void> {
  again = asking;
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  let busy = false;
  try {
    if (performance.now() - listedAt >= listPause || view === undefined) {
      entries = await list.refresh();
      listedAt = performance.now();
    }
    if (view === undefined) show();
    view?.know(entries);
    busy = (await view?.refresh()) === true || [...entries.values()].some(({ state }) => state === 'running');
    document.title = `${view?.title ?? 'runs'} · blastrain`;
    say('');
  } catch (error) {
    if (isNoAnswer(error, 'gone') || isNoAnswer(error, 'refused')) say((error as Error).message);
    else throw error;
  } finally {
    asking = false;
    const pause = again ? 0 : busy ? busyPause : idlePause;
    // Nothing changes in an exported page.
    if (!document.hidden && (again || !isExported)) timer = setTimeout(() => void ask(), pause);
    again = false;
  }
}

function say(text: string): void {
  if (message.textContent !== text) message.textContent = text;
}

function follow(href: string | undefined): void {
  if (href !== undefined) location.hash = href;
}

const keys: Readonly<Record<string, () => void>> = {
  '/': () => {
    list.focusFilter();
  },
  j: () => {
    follow(list.neighbour(1));
  },
  k: () => {
    follow(list.neighbour(-1));
  },
  l: () => document.querySelector<HTMLInputElement>('.toolbar .log')?.click(),
  e: () => document.querySelector<HTMLButtonElement>('.examine')?.click(),
};

fill(
  document.getElementById('top')!,
  h('a', { href: '#', class: 'brand' }, 'blastrain'),
  h('span', { class: 'note keys' }, 'keys: j k next and previous run, / filter, l log scale, e examine; on a chart + − ← → 0'),
  isExported && h('span', { class: 'note exported' }, `as of ${new Date(shownAt()).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}`),
  themeButton(() => view?.forget()),
);
addEventListener('hashchange', show);
addEventListener('keydown', (event) => {
  const typing = (event.target as HTMLElement).matches('input:not([type=checkbox]):not([type=range]), select');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]!();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else void ask();
});
show();
