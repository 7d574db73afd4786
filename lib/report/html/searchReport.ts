import { formatMetric } from '../../numbers';
import type { Labels } from '../../runFolder/labels';
import type { SearchHead, SearchReport } from '../../search/records';
import type { Domain, Parameter, ParameterValue } from '../../search/types';
import { digitsApart, parameterDigits } from '../drawing/digits';
import { valueText } from '../search/parameterAxis';
import { curvesSvg } from '../search/curves';
import { trialCounts } from '../search/figureData';
import type { SearchFigureData } from '../search/figureData';
import { parallelSvg } from '../search/parallel';
import { parametersSvg } from '../search/parameters';
import { html } from './markup';
import type { Content, Html } from './markup';
import { count, duration, moment, percent, percentOf, significant, withoutFolders } from './numbers';
import { drawing, facts, figure, renderPage, table } from './page';
import { appendices, labelsPart, madeAt } from './runReport';
import type { ReportFrame } from './runReport';
import { closingSections, runSections, uncertainty } from './runSections';
import type { ReportedRun } from './reportedRun';

/** A search that has ended. */
export interface ReportedSearch {
  readonly head: SearchHead;
  readonly report: SearchReport;
  readonly figures: SearchFigureData;
  /** The run of the best trial. */
  readonly best: ReportedRun;
  /** What people wrote about it. */
  readonly labels?: Labels | undefined;
}

const maxTrials = 20;
/** More parameters than this do not fit on paper with a column each. */
const maxColumns = 5;

/** The report of a search, mainly about its best trial. Throws as `runReport` does. */
export function searchReport(search: ReportedSearch, frame: ReportFrame): string {
  const { head: { name, data }, report, best } = search;
  return renderPage({
    title: `Search ${name}`,
    lead: html`${labelsPart(search.labels)}<p class="lead">${count(report.trials)} trials in ${duration(report.seconds)} on ${withoutFolders(data)}. The best, trial ${report.best!.trial}, ${metricOf(search) === 'accuracy' ? html`classifies ${scoreOf(search, report.best!)} of the validation rows rightly` : html`reaches a validation ${metricOf(search)} of ${scoreOf(search, report.best!)}`}.</p>${madeAt(frame)}`,
    sections: [
      { title: 'What was searched', body: spacePart(search) },
      { title: 'What was found', body: foundPart(search) },
      ...runSections(best, frame.keys).map(({ title, body }) => ({ title: title === 'Data' ? title : `${title} of the best trial`, body })),
      ...closingSections(best),
    ],
    appendices: appendices(best.reportData, frame),
  });
}

/** The parameters and how they were drawn. */
export function spacePart(search: ReportedSearch): Html {
  const { head, figures, report } = search;
  const { spec: { sampler, pruner, space, folds, seeds, seed, eta }, startedAt } = head;
  return html`${table(
    'The parameters, in the order in which they are drawn.',
    ['parameter', 'values', 'only where'],
    space.parameters.map((parameter) => [html`<code>${parameter.name}</code>`, html`${domainText(parameter.domain)}`, conditionText(parameter)]),
  )}
${facts([
    ['sampler', `${sampler}, seed ${String(seed)}`],
    ['pruner', pruner === 'none' ? 'none: every trial is trained to the end' : `ASHA: one in ${String(eta)} trials of a rung goes on to the next`],
    ['score', `validation ${metricOf(search)}${folds > 1 ? `, mean over ${String(folds)} folds` : ''}${seeds > 1 ? `, mean over ${String(seeds)} seeds` : ''}`],
    ['started', moment(startedAt)],
    ['trials', trialCounts(figures)],
    ['duration', duration(report.seconds)],
  ])}
<p>Trials are compared on validation rows alone; no test row comes into a search. The best score of many is an optimistic one: it owes part of its lead to chance.</p>`;
}

/** The trials with their scores, how sure the best is, and what scores depend on. */
export function foundPart(search: ReportedSearch): Html {
  const { report, figures, head } = search;
  const names = head.spec.space.parameters.map(({ name }) => name);
  const shown = report.ranking.slice(0, maxTrials);
  const digits = parameterDigits(shown);
  return html`${table(
    `The ${shown.length < report.ranking.length ? `best ${String(shown.length)} of ${String(report.ranking.length)}` : String(shown.length)} trials with a score; those that came further stand first.`,
    ['trial', `validation ${metricOf(search)}`, 'steps', ...(names.length > maxColumns ? ['parameters'] : names.map((name) => html`<code>${name}</code>`))],
    shown.map((trial) => {
      const values = names.map((name) => short(trial.assignment[name], digits(name)));
      const listed = html`${names.map((name, i) => (values[i] === '' ? '' : html`${name}&nbsp;<b>${values[i]!}</b> `))}`;
      return [String(trial.trial), scoreOf(search, trial), count(trial.step), ...(names.length > maxColumns ? [listed] : values)];
    }),
  )}
${uncertainty}
${significanceText(report)}
${figure(drawing(parallelSvg(figures)), 'Every trial as a line through the values of its parameters to its score.')}
${figure(drawing(parametersSvg(figures)), 'The score of every trial against each parameter.')}
${figure(drawing(curvesSvg(figures)), 'The course of the trials: where a line ends early, the trial was left behind.')}
${importancesTable(report)}`;
}

/** What trials are compared by. */
function metricOf({ figures: { metric } }: ReportedSearch): string {
  return metric;
}

/** A score with its uncertainty: over replicates where there are several, else of a share of the validation rows. */
function scoreOf(search: ReportedSearch, { score, scoreStd }: { score: number; scoreStd?: number | undefined }): string {
  const { best: { reportData: { data } } } = search;
  const metric = metricOf(search);
  const text = (value: number): string => (metric === 'accuracy' ? percent(value) : formatMetric(metric, value));
  if (scoreStd !== undefined) return `${text(score)} (standard deviation ${text(scoreStd)})`;
  return metric === 'accuracy' && 'sizes' in data ? percentOf(score, data.sizes.validation) : text(score);
}

function significanceText({ significance }: SearchReport): Content {
  if (significance === null) return '';
  const { winner, runnerUp, difference, interval: [low, high], pValue, rows, resamples } = significance;
  const points = (share: number): string => (100 * share).toFixed(1);
  return html`<p>Trial ${winner} leads trial ${runnerUp} by ${points(difference)} points on the same ${count(rows)} rows; the 95 % interval goes from ${points(low)} to ${points(high)} points, p = ${significant(pValue, 2)} (paired bootstrap, ${count(resamples)} resamples).${
    pValue > 0.05 ? ' That is no sure difference: either may be the better net.' : ''}</p>`;
}

function importancesTable({ importances }: SearchReport): Content {
  if (importances === null) return '';
  const { parameters, r2, trials, trees } = importances;
  return html`${table(
    `What the score depends on: the share of each parameter by permutation importance in a forest of ${String(trees)} trees over ${count(trials)} trials.`,
    ['parameter', 'share'],
    parameters.map(({ name, importance }) => [html`<code>${name}</code>`, percent(importance)]),
  )}<p>The forest predicts ${percent(Math.max(0, r2), 0)} of the variance of scores that it has not seen${r2 < 0.2 ? ', which is too little to trust these shares' : ''}.</p>`;
}

/** A value as text; numbers that are no integers are rounded to `digits` significant digits. */
function short(value: ParameterValue | undefined, digits: number): string {
  if (value === undefined) return '';
  return typeof value === 'number' && !Number.isInteger(value) ? significant(value, digits) : valueText(value);
}

function domainText(domain: Domain): string {
  if (domain.type === 'choice') return domain.values.map(valueText).join(', ');
  const { low, high, type } = domain;
  const step = 'step' in domain && domain.step !== 1 ? ` in steps of ${String(domain.step)}` : '';
  const digits = Math.max(4, digitsApart([low, high]));
  const bound = (value: number): string => ('step' in domain ? String(value) : significant(value, digits));
  return `${bound(low)} to ${bound(high)}${step}${type.startsWith('log-') ? ', logarithmic' : ''}`;
}

function conditionText({ when }: Parameter): string {
  return Object.entries(when).map(([name, values]) => `${name} is ${values.map(valueText).join(' or ')}`).join(', ');
}
