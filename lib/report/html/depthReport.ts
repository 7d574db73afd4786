import type { RunHistory } from '../../history/runHistory';
import type { Labels } from '../../runFolder/labels';
import type { DepthReport, DepthResult } from '../../studies/depth';
import { depthSvg } from '../depth';
import { discussDepth } from './discussion';
import { html } from './markup';
import type { Html } from './markup';
import { count, duration, percent, percentOf } from './numbers';
import { drawing, figure, renderPage, table } from './page';
import { appendices, labelsPart, madeAt } from './runReport';
import type { ReportFrame } from './runReport';
import { closingSections, runSections, uncertainty } from './runSections';
import type { ReportedRun } from './reportedRun';

/** A net of the depth experiment with its history. */
export interface ReportedNet {
  readonly result: DepthResult;
  readonly history: RunHistory;
}

/** A depth experiment with its nets and the best of them. */
export interface ReportedDepth {
  readonly report: DepthReport;
  readonly nets: readonly ReportedNet[];
  readonly best: ReportedRun;
  /** What people wrote about it. */
  readonly labels?: Labels | undefined;
}

/** The report of a depth experiment, mainly about its best run. Throws as `runReport` does. */
export function depthReport(depth: ReportedDepth, frame: ReportFrame): string {
  const { report, nets, best } = depth;
  const { test, name } = report;
  return renderPage({
    title: `Depth experiment ${name}`,
    lead: html`${labelsPart(depth.labels)}<p class="lead">${nets.length} nets of ${Math.min(...nets.map(({ result }) => result.depth))} to ${Math.max(...nets.map(({ result }) => result.depth))} layers, with and without batch norm, trained alike. The best by validation, ${report.best}, classifies ${percentOf((test.testAccuracy ?? NaN), test.testRows)} of ${count(test.testRows)} test rows rightly.</p>${madeAt(frame)}`,
    sections: [
      { title: 'The nets compared', body: depthComparison(depth) },
      ...runSections(best, frame.keys).map(({ title, body }) => ({ title: `${title}${title === 'Data' ? '' : ' of the best net'}`, body })),
      ...closingSections(best),
    ],
    appendices: appendices(best.reportData, frame),
  });
}

/** The nets in a table and a picture, with what their scores say. */
export function depthComparison({ report: { best, results, test }, nets, best: { reportData } }: ReportedDepth): Html {
  const shareOf = (split: 'train' | 'validation', share: number): string =>
    'sizes' in reportData.data ? percentOf(share, reportData.data.sizes[split]) : percent(share);
  const [first, second] = results.map(({ valAccuracy }) => valAccuracy).sort((a, b) => b - a);
  return html`${table(
    'Layers, batch norm and what they give. All nets share rows, optimiser, length and seed.',
    ['layers', 'norm', 'parameters', 'training accuracy', 'validation accuracy', 'duration', ''],
    results.map(({ run, layers, norm, parameters, trainAccuracy, valAccuracy, seconds }) => [
      layers.join('-'), norm, count(parameters), shareOf('train', trainAccuracy), shareOf('validation', valAccuracy),
      duration(seconds), run === best ? html`<strong>best</strong>` : '',
    ]),
  )}
${uncertainty}
<p>The best leads the next by ${(100 * (first! - second!)).toFixed(1)} points of validation accuracy. Each net was trained once, from one seed: differences of the size of the standard error may be chance. On the test split, which only the best was run on, it reaches ${percentOf((test.testAccuracy ?? NaN), test.testRows)} (look ${test.look} at this split).</p>
${'sizes' in reportData.data ? discussDepth(results, reportData.data.sizes.validation) : ''}
${figure(drawing(depthSvg(nets)), 'Validation accuracy of all nets at each evaluation; dashed with batch norm.')}`;
}
