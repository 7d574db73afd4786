import { accuracySvg, lossSvg, rmseSvg } from '../figures';
import { depthComparison } from './depthReport';
import type { ReportedDepth } from './depthReport';
import { discussDifference, discussRun, discussTest } from './discussion';
import { html } from './markup';
import type { Content, Html } from './markup';
import { count, duration, percent, percentOf, significant, withoutFolders } from './numbers';
import { drawing, figure, halfSize, pair, renderPage, table } from './page';
import type { Section } from './page';
import { appendices, comparisonTables, labelsPart, madeAt } from './runReport';
import type { ReportFrame } from './runReport';
import { changedKeysTable, closingSections, resultsSection, runSections, weightsPicture } from './runSections';
import type { ReportedRun } from './reportedRun';
import { foundPart, spacePart } from './searchReport';
import type { ReportedSearch } from './searchReport';

/** What a joint report is about. */
export type Subject =
  | { readonly kind: 'run'; readonly run: ReportedRun }
  | { readonly kind: 'search'; readonly search: ReportedSearch }
  | { readonly kind: 'depth'; readonly depth: ReportedDepth };

/**
 * One report of several runs, searches and depth experiments on the same data, in the order given: what each shows, what the next one changed, and the
 * best of them by validation in full. Throws as `runReport` does.
 */
export function jointReport(subjects: readonly Subject[], frame: ReportFrame): string {
  const runs = subjects.map(runOf);
  const best = runs.reduce((first, other) => (scoreOf(other) > scoreOf(first) ? other : first));
  const names = subjects.map(nameOf);
  const [data, model] = runSections(best, frame.keys);
  return renderPage({
    title: `Report on ${names.slice(0, -1).join(', ')} and ${names[names.length - 1]!}`,
    lead: html`<p class="lead">${lead(best)}</p>${madeAt(frame)}`,
    sections: [
      { title: 'What was trained', body: overview(runs, best) },
      data!,
      { ...model!, title: `Model of ${nameOfRun(best)}` },
      ...subjects.flatMap((subject, i) => parts(subject, subjects[i - 1], frame)),
      { title: `The best: ${nameOfRun(best)}`, body: html`${resultsSection(best)}${testText(best)}` },
      ...closingSections(best),
    ],
    appendices: appendices(best.reportData, frame),
  });
}

const nameOfRun = ({ reportData: { record } }: ReportedRun): string => record.name;

function nameOf(subject: Subject): string {
  return subject.kind === 'run' ? nameOfRun(subject.run) : subject.kind === 'search' ? subject.search.head.name : subject.depth.report.name;
}

/** The run that stands for a subject: itself, or the best of several. */
function runOf(subject: Subject): ReportedRun {
  return subject.kind === 'run' ? subject.run : subject.kind === 'search' ? subject.search.best : subject.depth.best;
}

/** The higher the better; runs without validation rows come last. */
function scoreOf({ reportData: { evaluations: { validation } } }: ReportedRun): number {
  return validation === undefined ? -Infinity : validation.accuracy ?? -(validation.rmse ?? validation.loss);
}

function scoreText(run: ReportedRun, split: 'validation' | 'test'): string {
  const one = run.reportData.evaluations[split];
  return one === undefined ? '–' : one.accuracy !== undefined ? percentOf(one.accuracy, one.rows) : significant(one.rmse ?? one.loss);
}

function lead(best: ReportedRun): Content {
  const { evaluations: { validation, test }, record } = best.reportData;
  if (validation === undefined) return html`On ${withoutFolders(record.data)}.`;
  const what = validation.accuracy === undefined ? 'a root mean squared error of' : 'an accuracy of';
  return html`On ${withoutFolders(record.data)}. The best by validation is ${record.name}, with ${what} ${scoreText(best, 'validation')} on ${count(validation.rows)} validation rows${
    test === undefined ? '; it has not been run on the test rows' : ` and ${scoreText(best, 'test')} on ${count(test.rows)} test rows`}.`;
}

function overview(runs: readonly ReportedRun[], best: ReportedRun): Html {
  const regression = runs.some(({ history }) => history.isRegression);
  return table(
    `What each comes to: ${regression ? 'root mean squared errors' : 'shares of the rows classified rightly'}; of a search and a depth experiment the best net.`,
    ['run', 'layers', 'parameters', 'training', 'validation', 'test', 'duration', ''],
    runs.map((run) => {
      const { reportData: { summary }, history: { start, result } } = run;
      const trained = regression ? significant(result?.trainRmse ?? NaN) : percent(result?.trainAccuracy ?? NaN);
      return [nameOfRun(run), start?.layers.join('-') ?? '', count(summary.parameterCount), trained, scoreText(run, 'validation'), scoreText(run, 'test'),
        duration(result?.seconds ?? NaN), run === best ? html`<strong>best</strong>` : ''];
    }),
  );
}

function parts(subject: Subject, before: Subject | undefined, frame: ReportFrame): Section[] {
  const run = runOf(subject);
  const change = before === undefined ? '' : differenceText(runOf(before), run);
  switch (subject.kind) {
    case 'run':
      return [{ title: `Run ${nameOf(subject)}`, body: html`${labelsPart(run.labels)}${before?.kind === 'run' ? comparisonTables(before.run, run, frame.keys) : changedKeysTable('The keys of its spec that differ from their defaults.', run.reportData.spec, frame.keys)}${curves(run)}${discussRun(run)}${change}` }];
    case 'search':
      return [{ title: `Search ${nameOf(subject)}`, body: html`${labelsPart(subject.search.labels)}${spacePart(subject.search)}${foundPart(subject.search)}${curves(run)}${discussRun(run)}${change}` }];
    case 'depth':
      return [{ title: `Depth experiment ${nameOf(subject)}`, body: html`${labelsPart(subject.depth.labels)}${depthComparison(subject.depth)}${change}` }];
  }
}

function differenceText(before: ReportedRun, after: ReportedRun): Content {
  const shares = [before, after].map(({ reportData: { evaluations: { validation } } }) => ({ share: validation?.accuracy ?? NaN, rows: validation?.rows ?? 0 }));
  const text = discussDifference([nameOfRun(before), nameOfRun(after)], shares[0]!, shares[1]!);
  return text === '' ? '' : html`<p>On validation rows ${text}</p>`;
}

function curves({ reportData: { pictures, record }, history, steps }: ReportedRun): Html {
  return pair([
    figure(drawing(lossSvg(history, steps, halfSize)), `Loss of ${record.name} against the step.`),
    history.hasAccuracy ? figure(drawing(accuracySvg(history, halfSize)), `Accuracy of ${record.name} at each evaluation.`) : '',
    history.hasRmse ? figure(drawing(rmseSvg(history, halfSize)), `Root mean squared error of ${record.name} at each evaluation.`) : '',
    ...(pictures === undefined ? [] : ([['before', 'Before training'], ['after', 'After training']] as const).map(([when, title]) => figure(
      weightsPicture(pictures[when], pictures.imageShape, `of ${record.name} as images`),
      `${title}: first-layer weights of ${record.name}.`,
    ))),
  ]);
}

function testText({ reportData: { evaluations: { validation, test } } }: ReportedRun): Content {
  if (validation?.accuracy === undefined || test?.accuracy === undefined) return '';
  return html`<p>${discussTest({ share: validation.accuracy, rows: validation.rows }, { share: test.accuracy, rows: test.rows })}</p>`;
}
