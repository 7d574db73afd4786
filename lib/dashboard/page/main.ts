import { defaultSettings, readSettings, writeSettings } from './address';
import { isNoAnswer } from './client';
import { CompareView } from './compareView';
import { DepthView } from './depthView';
import type { CurveSettings } from './plots/curves';
import { fill, h } from './dom';
import { hrefOf } from './entry';
import { isExported, shownAt } from './exported';
import { RunList } from './list';
import { choiceHash, decoded, isTable, parseChoice, parseColours, SharedChoice } from './table/choice';
import { RunsView } from './table/runsView';
import { RunsStore } from './table/store';
import { RunView } from './runView';
import { SearchView } from './searchView';
import { themeButton } from './theme';
import type { View } from './view';

/** Milliseconds between two requests: while a run is running, and else. */
const busyPause = 1000;
const idlePause = 4000;
/** Milliseconds for which the list of runs is not asked for again. */
const listPause = 2900;

const settings: CurveSettings = { ...defaultSettings };
const place = document.getElementById('view')!;
const message = document.getElementById('message')!;
const store = new RunsStore();
const choice = new SharedChoice();
const list = new RunList(document.getElementById('list')!, store, choice);
const table = h('a', { href: '#/runs', class: 'button' }, 'All runs');
let view: View | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;
let listedAt = -Infinity;
/** Whether to ask again as soon as the answers are there, because the view has changed. */
let again = false;

/** The view for an address: `#/runs?…`, `#/run/NAME`, `#/search/NAME`, `#/depth/NAME` or `#/compare/NAME/NAME…?colours=…`. */
function open(hash: string): View | undefined {
  if (isTable(hash)) {
    choice.change(parseChoice(hash));
    return new RunsView(store, choice, refreshList);
  }
  const [path, query] = hash.split('?', 2) as [string, string?];
  const [, kind, ...names] = path.split('/').map(decoded);
  const [name] = names;
  if (name === undefined || name === '') return undefined;
  readSettings(hash, settings);
  if (kind === 'run') return new RunView(name, settings);
  if (kind === 'search') return new SearchView(name, () => store.folder);
  if (kind === 'depth') return new DepthView(name, settings, () => store.fields);
  if (kind === 'compare') {
    const colours = parseColours(new URLSearchParams(query).get('colours') ?? '');
    return new CompareView(names, settings, () => store.fields, `${String(names.length)} runs compared`, undefined, colours);
  }
  return undefined;
}

function show(): void {
  const fresh = open(location.hash);
  if (fresh === undefined && store.isKnown) {
    location.replace(home());
    return;
  }
  view?.dispose();
  view = fresh;
  if (view !== undefined && !isTable(location.hash)) writeSettings(settings);
  document.body.classList.toggle('wide', view?.isWide === true);
  list.mark(location.hash.split('?', 1)[0]!, view?.isWide !== true);
  fill(place, h('p', { class: 'note' }, 'No run yet.'));
  if (view !== undefined) place.replaceChildren(view.element);
  scrollTo(0, 0);
  void ask();
}

/** What is shown where the address says nothing: the run that is being trained, else all of them. */
function home(): string {
  const running = store.list.filter(({ kind, state }) => kind === 'run' && state === 'running');
  return running.length === 1 ? hrefOf(running[0]!) : choiceHash(choice.now);
}

/** Asks for the list right away, after it was changed from here. */
function refreshList(): void {
  listedAt = -Infinity;
  void ask();
}

/** Asks the server for what is new, and again after a pause; a hidden page does not ask, unless its view says so. */
async function ask(): Promise<void> {
  again = asking;
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  let busy = false;
  try {
    if (performance.now() - listedAt >= listPause || view === undefined) {
      if (await store.refresh()) list.draw();
      listedAt = performance.now();
    }
    if (view === undefined) show();
    view?.know(store.entries);
    busy = (await view?.refresh()) === true || store.list.some(({ state }) => state === 'running');
    document.title = `${view?.title ?? 'runs'} · blastrain`;
    say('');
  } catch (error) {
    if (isNoAnswer(error, 'gone')) view?.lose?.();
    if (isNoAnswer(error, 'gone') || isNoAnswer(error, 'refused')) say((error as Error).message);
    else throw error;
  } finally {
    asking = false;
    const pause = again ? 0 : busy ? busyPause : idlePause;
    // Nothing changes in an exported page.
    if (isAsking() && (again || !isExported)) timer = setTimeout(() => void ask(), pause);
    again = false;
  }
}

function isAsking(): boolean {
  return !document.hidden || view?.asksWhileHidden === true;
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

choice.listen(() => {
  table.setAttribute('href', choiceHash(choice.now));
});
fill(
  document.getElementById('top')!,
  h('a', { href: '#', class: 'brand' }, 'blastrain'), table,
  h('span', { class: 'note keys' }, 'keys: j k next and previous run, / filter, l log scale, e examine; on a chart + − ← → 0'),
  isExported && h('span', { class: 'note exported' }, `as of ${new Date(shownAt()).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}`),
  themeButton(() => view?.forget()),
);
addEventListener('hashchange', show);
addEventListener('keydown', (event) => {
  const typing = (event.target as HTMLElement).matches('input:not([type=checkbox]):not([type=range]), select, textarea, dialog *');
  const act = { ...keys, ...view?.keys }[event.key];
  if (typing || event.ctrlKey || event.metaKey || event.altKey || act === undefined) return;
  event.preventDefault();
  act();
});
document.addEventListener('visibilitychange', () => {
  if (!isAsking()) clearTimeout(timer);
  else void ask();
});
show();
