import type { RunReportData } from '../../inference/runReportData';
import type { Labels } from '../../runFolder/labels';
import { renderMarkdown } from './markdown';
import { html } from './markup';
import type { Content, Html } from './markup';
import { count, duration, moment, percent, percentOf, settingText, significant, withoutFolders } from './numbers';
import { figure, pair, renderPage, table } from './page';
import type { Section } from './page';
import { closingSections, runSections, specAppendix, weightsPicture } from './runSections';
import type { ReportedRun } from './reportedRun';
import type { SpecKeys } from './runSections';

/** What every report needs besides its subject. */
export interface ReportFrame {
  readonly keys: SpecKeys;
  /** The documents that derive the gradients of classes, and of numbers and labels, as Markdown. */
  readonly derivations: { readonly classes: string; readonly numbers: string };
  /** ISO time of the report. */
  readonly when: string;
}

/**
 * The report of a run as one HTML file. `baseline` is a run to compare it with, such as the one before tuning. Throws
 * ERR_SHAPE for pictures that do not fit, and what KaTeX throws for a derivation that it cannot read.
 */
export function runReport(run: ReportedRun, frame: ReportFrame, baseline?: ReportedRun): string {
  const { record } = run.reportData;
  return renderPage({
    title: `Training run ${record.name}`,
    lead: html`${labelsPart(run.labels)}${outcomePart(run)}<p class="lead">${headline(run)}</p>${madeAt(frame)}`,
    sections: [
      ...runSections(run, frame.keys),
      ...(baseline === undefined ? [] : [{ title: 'Before and after tuning', body: comparison(baseline, run, frame.keys) }]),
      ...closingSections(run),
    ],
    appendices: appendices(run.reportData, frame),
  });
}

/** The appendices of every report: the derivations, and the spec of the run that it is mainly about. */
export function appendices(reportData: RunReportData, { derivations, keys }: ReportFrame): Section[] {
  // The document's own title is that of the appendix. Its last section is about layers that many nets do without.
  const isPlain = reportData.summary.layers.every(({ kind }) => kind === 'linear' || kind === 'relu');
  const derivation = reportData.spec.loss === 'cross-entropy' ? derivations.classes : ofNumbers(derivations);
  const text = derivation.replace(/^# .*\n/, '').replace(isPlain ? /^## \d+\. The other layers$.*/ms : /^$/, '');
  return [
    { title: 'The gradients, derived', body: html`<div class="derivation">${renderMarkdown(text, 2)}</div>` },
    specAppendix(reportData, keys),
  ];
}

/** The derivation for numbers and labels, with the sections on checking and other layers, which are the same for every loss. */
function ofNumbers({ classes, numbers }: ReportFrame['derivations']): string {
  const own = numbers.slice(numbers.search(/^## 1\. /m)); // what stands before tells of the other document
  return `${own}\n${classes.slice(classes.search(/^## 7\. /m))}`;
}

/** How the run ended otherwise than planned, above everything else. */
export function outcomePart({ outcome }: ReportedRun): Content {
  if (outcome === undefined) return '';
  const { isFailure, title, cause, advice } = outcome;
  return html`<div class="outcome${isFailure ? ' failure' : ''}"><p><strong>${title}</strong></p>${cause === undefined ? '' : html`<p>${withoutFolders(cause)}</p>`}<p>${advice}</p></div>`;
}

/** The title, the tags and the note that people gave something. */
export function labelsPart(labels: Labels | undefined): Content {
  const { title, tags = [], note } = labels ?? {};
  return html`${title === undefined ? '' : html`<p class="given">${withoutFolders(title)}</p>`}${
    tags.length === 0 ? '' : html`<p class="tags">${tags.map((tag) => html`<span>${tag}</span> `)}</p>`}${note === undefined ? '' : html`<p class="remark">${withoutFolders(note)}</p>`}`;
}

export function madeAt({ when }: ReportFrame): Html {
  return html`<p>Made by blastrain on ${moment(when)} from the run's folder.</p>`;
}

/** The results of a run, in a sentence or two. */
export function headline({ reportData, outcome, history: { start, result } }: ReportedRun): Content {
  const hasFailed = outcome?.isFailure === true; // its scores are none to go by
  const { evaluations: { validation, test }, record, summary } = reportData;
  const layers = start?.layers.join('-') ?? `${String(summary.inputSize)}-…-${String(summary.outputSize)}`;
  const accuracy = (one: typeof test): string =>
    one === undefined ? '' : `${percentOf(one.accuracy ?? NaN, one.rows)} of ${count(one.rows)} ${one.split} rows`;
  const scores = [accuracy(validation), accuracy(test)].filter((score) => score !== '' && !score.startsWith('–'));
  const errors = [validation, test].flatMap((one) => (one?.rmse === undefined ? [] : [`${significant(one.rmse)} on ${count(one.rows)} ${one.split} rows`]));
  return html`A net of layers ${layers} with ${count(summary.parameterCount)} parameters, trained on ${withoutFolders(record.data)}${
    result === undefined ? '' : ` in ${duration(result.seconds)}`}.${
    hasFailed || scores.length === 0 ? '' : reportData.spec.loss === 'bce' ? ` All labels are right in ${scores.join(' and ')}.` : ` It classifies ${scores.join(' and ')} rightly.`}${
    hasFailed || errors.length === 0 ? '' : ` Its root mean squared error is ${errors.join(' and ')}.`}`;
}

function comparison(before: ReportedRun, after: ReportedRun, keys: SpecKeys): Html {
  const grids = [before, after].flatMap(({ reportData: { pictures, record } }) => (pictures === undefined ? [] : [figure(
    weightsPicture(pictures.after, pictures.imageShape, `of ${record.name} as images`),
    `First-layer weights of ${record.name} after training.`,
  )]));
  return html`${comparisonTables(before, after, keys)}
${pair(grids)}`;
}

/** The scores of two runs beside each other, and where their specs differ. */
export function comparisonTables(before: ReportedRun, after: ReportedRun, keys: SpecKeys): Html {
  const runs = [before, after];
  const names = runs.map(({ reportData: { record } }) => record.name);
  const values = runs.map(({ reportData: { spec } }) => spec as unknown as Readonly<Record<string, unknown>>);
  const changed = Object.keys(keys).filter((key) => JSON.stringify(values[0]![key]) !== JSON.stringify(values[1]![key]));
  const score = (run: ReportedRun, split: 'validation' | 'test'): string => {
    const evaluation = run.reportData.evaluations[split];
    return evaluation === undefined ? '–' : evaluation.accuracy === undefined ? significant(evaluation.rmse ?? NaN) : percentOf(evaluation.accuracy, evaluation.rows);
  };
  const measure = runs.some(({ history }) => history.isRegression) ? 'root mean squared error' : 'accuracy';
  return html`${table(
    `What ${names[0]!} and ${names[1]!} come to.`,
    ['', ...names],
    [
      [`validation ${measure}`, ...runs.map((run) => score(run, 'validation'))],
      [`test ${measure}`, ...runs.map((run) => score(run, 'test'))],
      [`training ${measure}`, ...runs.map(({ history: { result } }) => (result?.trainRmse === undefined ? percent(result?.trainAccuracy ?? NaN) : significant(result.trainRmse)))],
      ['parameters', ...runs.map(({ reportData: { summary } }) => count(summary.parameterCount))],
      ['duration', ...runs.map(({ history: { result } }) => duration(result?.seconds ?? NaN))],
    ],
  )}
${table(
    'Where their specs differ.',
    ['key', ...names, 'meaning'],
    changed.map((key) => [html`<code>${key}</code>`, ...values.map((spec) => html`<code>${settingText(spec[key])}</code>`), keys[key]!.help]),
  )}`;
}
