import type { SearchProcess, TrialSummary } from '../../../history/searchHistory';
import { valueText } from '../../../report/search/parameterAxis';
import type { SearchEntry } from '../../api';
import { duration, fill, h, scroller } from '../dom';
import { specPanel } from '../specTable';

/** A command in a box, with a button that copies it. */
function command(text: string, what: string): HTMLElement {
  const button = h('button', {
    type: 'button', 'aria-label': `Copy the command: ${what}`, onclick: () => {
      navigator.clipboard.writeText(text).then(() => { button.textContent = 'copied'; }, () => { button.textContent = 'select it, and copy'; });
    },
  }, 'copy');
  return h('div', { class: 'command' }, h('code', {}, text), button, h('span', { class: 'note' }, what));
}

/** A name as a shell takes it. */
function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/** The values of the best trial so far, its whole spec, and the commands that go on from it. */
export class BestTrialPanel {
  readonly element = h('section', { class: 'panel' });
  private shown = '';

  /** @param folder of the runs; empty where it is not known, as in an exported page. */
  show(best: TrialSummary | undefined, score: string, { name, state, stoppable }: SearchEntry, folder: string): void {
    const [run] = best?.runs ?? [];
    // An open spec stays open while nothing has changed.
    const picture = JSON.stringify([best?.trial, score, state, stoppable, folder]);
    if (picture === this.shown) return;
    this.shown = picture;
    this.element.hidden = best === undefined || run === undefined;
    if (best === undefined || run === undefined) return;
    const runs = folder === '' ? '' : ` --runs ${quoted(folder)}`;
    fill(
      this.element, h('h2', {}, `The best ${state === 'done' ? 'trial' : 'so far'}: trial ${String(best.trial)}, ${score}`),
      scroller('Values of the best trial', h('table', { class: 'assignment' }, h('tbody', {}, ...Object.entries(best.assignment).map(([key, value]) => h('tr', {}, h('th', { scope: 'row' }, key), h('td', {}, valueText(value))))))),
      command(`npx blastrain train ${quoted(`${folder === '' ? 'runs' : folder}/${run}/spec.json`)} --name ${quoted(`${name}-best`)}${runs}`, 'trains it again'),
      command(`npx blastrain test ${quoted(run)}${runs}`, 'scores it on the test rows, once'),
      command(`npx blastrain report ${quoted(name)}${runs}`, 'writes the search up'),
      ...(stoppable ? [] : [command(`npx blastrain search --resume ${quoted(name)}${runs}`, 'goes on with the search; --trials N asks for more')]),
      specPanel(run),
    );
  }
}

/** The processes of a search on several machines; nothing of a search that one process runs. */
export function processTable(processes: readonly SearchProcess[], elapsed: number): HTMLElement | null {
  if (processes.length === 0) return null;
  return scroller(
    'Processes', h(
      'table', { class: 'processes' }, h('caption', {}, `${String(new Set(processes.map(({ host }) => host)).size)} hosts, ${String(processes.length)} processes`),
      h('thead', {}, h('tr', {}, ...['host', 'process', 'segments begun', 'done', 'last heard of'].map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, ...processes.map(({ host, pid, begun, done, lastAt }) => h(
        'tr', {}, h('th', { scope: 'row' }, host), h('td', {}, pid), h('td', {}, begun), h('td', {}, done), h('td', {}, `${duration(Math.max(0, elapsed - lastAt))} before the last line`),
      ))),
    ),
  );
}
