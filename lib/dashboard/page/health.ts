import type { HealthEvent, LayerHealth } from '../../train/events';
import { Chart } from './plots/chart';
import type { Line } from './plots/lines';
import type { ZoomGroup } from './plots/zoom';
import { line } from './plots/curves';
import type { CurveSettings } from './plots/curves';
import type { RunCurves } from './runCurves';
import { formatCount } from '../../numbers';
import { fill, h, number, percent, scroller } from './dom';

const measures: readonly { key: keyof LayerHealth; title: string; log: boolean; upTo?: number; format: (value: number) => string }[] = [
  { key: 'updateRatio', title: 'Update ratio: ‖change of W‖ / ‖W‖ of a step (about 0.001 is usual)', log: true, format: (value) => number(value, 3) },
  { key: 'gradientRms', title: 'Gradient, root mean square', log: true, format: (value) => number(value, 3) },
  { key: 'activationStd', title: 'Outputs, standard deviation over rows', log: true, format: (value) => number(value, 3) },
  { key: 'deadUnits', title: 'Units that are 0 on every row seen', log: false, upTo: 0.1, format: (value) => percent(value, 0) },
];

/** A step that changes weights by more than this share of their size is said to. */
const largeUpdate = 0.1;

/** Measurements of the layers, and the warnings of the training doctor. */
export class HealthPanel {
  readonly element: HTMLElement;
  private readonly doctor = h('ul', { class: 'doctor' });
  private readonly table = scroller('Layers');
  private readonly charts: readonly Chart[];

  constructor(group: ZoomGroup) {
    this.charts = measures.map(({ title, log, upTo, format }) => new Chart(group, { title, log, format, ...(upTo !== undefined && { upTo }) }));
    this.element = h(
      'section', { class: 'panel' }, h('h2', {}, 'Health of the layers'), this.doctor, this.table,
      h('div', { class: 'charts' }, ...this.charts.map(({ element }) => element)),
    );
  }

  /** @param hasFailed whether the run failed: then nothing is said to be well. */
  show(curves: RunCurves, settings: CurveSettings, hasFailed: boolean): void {
    const { lastHealth: last = null, warnings = [] } = curves.state ?? {};
    this.element.hidden = last === null && warnings.length === 0;
    fill(
      this.doctor,
      ...warnings.map(({ message, step }) => h('li', { class: 'warning' }, step === undefined ? '' : h('b', {}, `step ${formatCount(step)}: `), message)),
      warnings.length === 0 && last !== null && !hasFailed && verdict(last),
    );
    if (last === null) return;
    fill(this.table, layerTable(last));
    measures.forEach(({ key }, i) => {
      const lines = last.layers.map(({ layer, weights }, at): Line => line(`layer ${String(layer)} (${weights})`, curves, 'health', `${String(at)}.${key}`, settings, { series: at }));
      this.charts[i]!.show(lines.filter(({ y }) => Array.from(y).some(Number.isFinite)));
    });
  }

  forget(): void {
    for (const chart of this.charts) chart.forget();
  }

  dispose(): void {
    for (const chart of this.charts) chart.dispose();
  }
}

/** What is said where the doctor gave no warning. It does not judge the first steps, in which large updates are common. */
function verdict({ step, layers }: HealthEvent): HTMLElement {
  const fastest = layers.reduce((most, layer) => (layer.updateRatio > most.updateRatio ? layer : most));
  if (!(fastest.updateRatio > largeUpdate)) return h('li', { class: 'well' }, 'The training doctor has found nothing wrong.');
  return h('li', { class: 'warning' }, h('b', {}, `step ${formatCount(step)}: `), `${fastest.weights} changed by ${number(fastest.updateRatio, 3)} times its size, where about 0.001 is usual: after the first steps that is too much.`);
}

function layerTable({ step, layers }: HealthEvent): HTMLElement {
  return h(
    'table', {}, h('caption', {}, `At step ${formatCount(step)}`),
    h('thead', {}, h('tr', {}, ...['layer', 'outputs, std', 'dead units', 'weights, RMS', 'gradient, RMS', 'update ratio'].map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, ...layers.map(({ layer, weights, activationStd, deadUnits, weightRms, gradientRms, updateRatio }) => h(
      'tr', {}, h('th', { scope: 'row' }, `${String(layer)} (${weights})`), h('td', {}, number(activationStd, 3)),
      h('td', {}, deadUnits === undefined ? '–' : percent(deadUnits, 0)), h('td', {}, number(weightRms, 3)), h('td', {}, number(gradientRms, 3)),
      h('td', {}, number(updateRatio, 3)),
    ))),
  );
}
