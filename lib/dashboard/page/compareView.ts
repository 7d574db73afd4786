import { formatCount } from '../../numbers';
import type { CurvesState, Entry, RunEntry } from '../api';
import { Chart } from './plots/chart';
import { ZoomGroup } from './plots/zoom';
import { groupings, grouped } from '../query/groups';
import type { Fields } from '../query/fields';
import { CurveFollower } from './curveFollower';
import { bands, groupLine } from './plots/groupLines';
import { xAxes } from './plots/xAxis';
import type { Band } from './plots/groupLines';
import type { Line } from './plots/lines';
import { line, smoothed } from './plots/curves';
import type { CurveSettings } from './plots/curves';
import { RunCurves } from './runCurves';
import { duration, fill, h, nameText, number, percent, scroller, seriesColour } from './dom';
import { stateText } from './runView';
import { readSpec } from './specTable';
import type { FlatSpec } from './specTable';
import { toolbar } from './toolbar';
import type { View } from './view';

interface Compared {
  readonly name: string;
  /** Number of its colour. */
  readonly series: number;
  readonly curves: RunCurves;
  spec: FlatSpec | undefined;
}

interface RunGroup {
  readonly label: string;
  readonly runs: readonly Compared[];
  readonly series: number;
}

/** Keys that differ between any two runs, and so are not compared. */
const ownKeys = new Set(['name', 'startedAt', 'resumed']);

/** The curves of several runs in common charts, and the differences of their specs. */
export class CompareView implements View {
  readonly element: HTMLElement;
  readonly title = 'Compare runs';
  private readonly runs: readonly Compared[];
  private readonly group = new ZoomGroup();
  private readonly follower: CurveFollower;
  private readonly charts: Readonly<Record<'train' | 'loss' | 'accuracy' | 'rmse' | 'rate', Chart>> = {
    train: new Chart(this.group, { title: 'Training loss', format: (value) => number(value), endLabels: true }),
    loss: new Chart(this.group, { title: 'Validation loss', format: (value) => number(value), endLabels: true }),
    accuracy: new Chart(this.group, { title: 'Validation accuracy', format: (value) => percent(value), endLabels: true }),
    rmse: new Chart(this.group, { title: 'Validation root mean squared error', format: (value) => number(value), endLabels: true }),
    rate: new Chart(this.group, { title: 'Learning rate', format: (value) => number(value, 3), endLabels: true }),
  };
  private readonly table = scroller('Runs');
  private readonly specs = scroller('Differences of the specs');
  private readonly all = h('input', { type: 'checkbox' });
  /** Of groups that have no mean, as charts without lines are not there to say so. */
  private readonly apart = h('p', { class: 'note', role: 'status' });
  private readonly groupBy = h('select', { class: 'group-by' });
  private readonly band = h('select', { class: 'band' }, ...Object.entries(bands).map(([value, text]) => h('option', { value }, text)));
  private entries: ReadonlyMap<string, Entry> = new Map();
  private grouped: readonly RunGroup[] | undefined;

  /**
   * @param fields by which they can be grouped, see the table of runs.
   * @param lead what is said of the runs together.
   * @param colours by name; by default those of the order.
   */
  constructor(
    names: readonly string[], private readonly settings: CurveSettings, private readonly fields: () => Fields, heading: string, lead?: HTMLElement, colours: ReadonlyMap<string, number> = new Map(),
  ) {
    this.runs = names.map((name, i) => ({ name, series: colours.get(name) ?? i, curves: new RunCurves(name, ['steps', 'evaluations', 'epochs']), spec: undefined }));
    this.follower = new CurveFollower(this.runs.map(({ curves }) => curves), this.group, settings, () => {
      this.draw();
    });
    this.all.addEventListener('change', () => {
      this.showSpecs();
    });
    this.band.value = settings.band;
    this.groupBy.addEventListener('change', () => {
      settings.group = this.groupBy.value;
    });
    this.band.addEventListener('change', () => {
      settings.band = this.band.value as Band;
    });
    this.element = h(
      'div', {}, h('div', { class: 'title' }, h('h1', {}, heading)), lead, this.table,
      toolbar(settings, this.group, () => {
        this.draw();
      }, [this.groupBy, h('label', {}, 'means by ', this.groupBy)], [this.band, h('label', {}, 'band ', this.band)]),
      this.follower.element, this.apart,
      h('div', { class: 'charts' }, ...Object.values(this.charts).map(({ element }) => element)),
      h('section', { class: 'panel' }, h('h2', {}, 'Differences of the specs'), h('label', {}, this.all, ' all keys'), this.specs),
    );
  }

  async refresh(): Promise<boolean> {
    const there = this.runs.filter(({ name }) => this.entries.has(name));
    await Promise.all(there.filter(({ spec }) => spec === undefined).map(async (run) => {
      run.spec = await readSpec(run.name).catch(() => new Map<string, string>()); // damaged; the curves are shown without it
      run.curves.takeRecord(run.spec);
      this.showSpecs();
    }));
    await this.follower.refresh(there.map(({ curves }) => curves));
    return this.runs.some(({ name }) => this.entries.get(name)?.state === 'running');
  }

  know(entries: ReadonlyMap<string, Entry>): void {
    this.entries = entries;
    this.showTable();
    if (this.settings.group !== '') this.draw();
  }

  forget(): void {
    for (const chart of Object.values(this.charts)) chart.forget();
    this.draw();
    this.showSpecs();
  }

  dispose(): void {
    this.follower.dispose();
    for (const chart of Object.values(this.charts)) chart.dispose();
  }

  private draw(): void {
    const { settings, charts: { train, loss, accuracy, rmse, rate } } = this;
    const groups = this.groups();
    this.grouped = groups;
    this.band.parentElement!.hidden = groups === undefined;
    /** A line for each run, or for each group; none of runs that have no such values. */
    const lines = (of: (run: Compared) => Line, has: (state: CurvesState) => boolean = () => true): Line[] => {
      const there = (runs: readonly Compared[]): Line[] => runs.filter(({ curves: { state } }) => state === undefined || has(state)).map(of);
      if (groups === undefined) return there(this.runs);
      return groups.flatMap(({ label, runs, series }) => groupLine(label, there(runs), settings.band, { series }) ?? []);
    };
    const evaluated = (column: string) => ({ name, curves, series }: Compared): Line => line(name, curves, 'evaluations', column, settings, { series });
    const { log, outliers } = settings;
    const apart = groups === undefined ? [] : lines(evaluated('valLoss')).filter(({ x }) => x.length === 0);
    fill(this.apart, apart.length > 0 && `No mean over ${xAxes[settings.x].title} is drawn of ${apart.map(({ label }) => label).join(', ')}.`);
    this.apart.hidden = apart.length === 0;
    train.show(lines(({ name, curves, series }) => smoothed(name, curves, 'steps', 'loss', settings, { series }).pop()!), { log, outliers });
    loss.show(lines(evaluated('valLoss')), { log, outliers });
    accuracy.show(lines(evaluated('valAccuracy'), ({ hasAccuracy }) => hasAccuracy));
    rmse.show(lines(evaluated('valRmse'), ({ hasRmse }) => hasRmse), { log, outliers });
    rate.show(lines(({ name, curves, series }) => line(name, curves, 'steps', 'learningRate', settings, { series })), { log });
    this.group.settle();
    this.showTable();
    this.showSpecs();
  }

  /** The groups of runs, where there are to be any; a group's colour is that of its number. */
  private groups(): readonly RunGroup[] | undefined {
    const { settings: { group }, runs, entries } = this;
    this.showGroupings();
    if (group === '') return undefined;
    const there = runs.flatMap(({ name }) => entries.get(name) ?? []);
    const found = grouped(there, group, [], this.fields());
    const groups = found.map(({ label, entries: members }) => ({ label, runs: runs.filter(({ name }) => members.some((one) => one.name === name)) }));
    // In the order of the runs.
    return groups.sort((a, b) => runs.indexOf(a.runs[0]!) - runs.indexOf(b.runs[0]!)).map((one, series) => ({ ...one, series }));
  }

  /** Offers what the runs differ in. */
  private showGroupings(): void {
    const { settings: { group }, entries, runs } = this;
    const keys = this.fields().differing(runs.flatMap(({ name }) => entries.get(name) ?? []));
    const isOther = group !== '' && !(group in groupings) && !keys.some(({ id }) => id === group);
    fill(
      this.groupBy, h('option', { value: '' }, 'no groups'), ...Object.entries(groupings).map(([value, text]) => h('option', { value }, text)),
      ...keys.map(({ id }) => h('option', { value: id }, id)), isOther && h('option', { value: group }, group),
    );
    this.groupBy.value = group;
  }

  /** The number of a run's colour: that of its group, where there are groups. */
  private seriesOf(run: Compared): number {
    return this.grouped?.find(({ runs }) => runs.includes(run))?.series ?? run.series;
  }

  private showTable(): void {
    const heads = ['run', 'state', 'validation', 'best', 'train', 'test', 'parameters', 'ms a step', 'time'];
    fill(this.table, h(
      'table', {}, h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, ...this.runs.map((compared) => {
        const { name, curves: { state } } = compared;
        const [start, result, best] = [state?.start ?? undefined, state?.result ?? undefined, state?.best ?? undefined];
        const scores = result ?? state?.lastEvaluation ?? undefined;
        const entry = this.entries.get(name);
        const run: RunEntry | undefined = entry?.kind === 'run' ? entry : undefined;
        // A run that failed has no scores to go by.
        const score = (accuracy: number | undefined, rmse: number | undefined): HTMLElement => h('td', {}, run?.state === 'failed' ? '–' : shown(accuracy, rmse));
        return h(
          'tr', {}, h('th', { scope: 'row' }, chip(this.seriesOf(compared)), h('a', { href: `#/run/${encodeURIComponent(name)}` }, nameText(name))),
          h('td', {}, run === undefined ? 'not there' : h('span', { class: `state ${run.state}`, title: run.failure?.message }, stateText(run))),
          score(scores?.valAccuracy, scores?.valRmse), score(best?.valAccuracy, best?.valRmse), score(scores?.trainAccuracy, scores?.trainRmse),
          score(run?.testAccuracy ?? undefined, run?.testRmse ?? undefined), h('td', {}, start === undefined ? '–' : formatCount(start.parameters)),
          h('td', {}, number(result?.stepMilliseconds, 3)), h('td', {}, result === undefined ? '–' : duration(result.seconds)),
        );
      })),
    ));
  }

  private showSpecs(): void {
    const known = this.runs.filter((run): run is Compared & { spec: FlatSpec } => run.spec !== undefined);
    const keys = [...new Set(known.flatMap(({ spec }) => [...spec.keys()]))].filter((key) => !ownKeys.has(key));
    const differs = (key: string): boolean => new Set(known.map(({ spec }) => spec.get(key))).size > 1;
    const shown = this.all.checked ? keys : keys.filter(differs);
    fill(this.specs, shown.length === 0
      ? h('p', { class: 'note' }, 'All keys agree.')
      : h(
        'table', { class: 'specs' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'key'), ...known.map((run) => h('th', { scope: 'col' }, chip(this.seriesOf(run)), nameText(run.name))))),
        h('tbody', {}, ...shown.map((key) => h('tr', { class: differs(key) ? 'differs' : undefined }, h('th', { scope: 'row' }, key), ...known.map(({ spec }) => h('td', { class: 'text' }, spec.get(key) ?? '–'))))),
      ));
  }
}

/** An accuracy, or of a regression its root mean squared error. */
function shown(accuracy: number | undefined, rmse: number | undefined): string {
  return rmse === undefined ? percent(accuracy) : `RMSE ${number(rmse)}`;
}

function chip(series: number): HTMLElement {
  const element = h('span', { class: 'chip', 'aria-hidden': 'true' });
  element.style.backgroundColor = seriesColour(series);
  return element;
}
