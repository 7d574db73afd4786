import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { expected } from '../../errors';
import { runReportData } from '../../inference/runReportData';
import { readDepthReport } from '../../studies/depth';
import { findFolder, findRun, runFiles, runName, runsOf, searchFiles } from '../../runFolder/runFolder';
import type { LabelsEntry } from '../../dashboard/api';
import { RunCatalogue } from '../../dashboard/catalogue';
import type { Labels } from '../../runFolder/labels';
import { outcomeOf } from '../../history/outcome';
import { specFields } from '../../spec/spec';
import { readRunHistory } from '../../history/readRunHistory';
import { readRunSeries } from '../../history/curves/readRunSeries';
import { packageRoot, replaceFile, withFileErrors } from '../../files';
import { depthReport } from '../../report/html/depthReport';
import { jointReport } from '../../report/html/jointReport';
import type { Subject } from '../../report/html/jointReport';
import { runReport } from '../../report/html/runReport';
import type { ReportFrame } from '../../report/html/runReport';
import type { ReportedRun } from '../../report/html/reportedRun';
import { searchReport } from '../../report/html/searchReport';
import { papers, printPdf } from '../../report/drawing/pdf';
import type { Paper } from '../../report/drawing/pdf';
import { searchFigureData, withRunCurves } from '../../report/search/figureData';
import { readJournal } from '../../search/journal';
import { readSearchReport } from '../../search/report';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { outputOption, readOptions, requirePositional } from '../options';
import { fileLines } from '../terminal/style';
import { warn } from '../warnings';

export const reportCommand: Command = {
  name: 'report',
  summary: 'write up runs, searches and depth experiments as one page',
  help: `Usage: blastrain report RUN|SEARCH|DEPTH ... [options]

Writes one HTML file without script and without any link: data, model, training,
scores of each class, confusion, calibration, weights as images before and
after, looks at the test split, environment, and the derivations of the
gradients. The model is evaluated on validation rows for it; the test split is
left alone.

Several subjects become one report, in their order: what each shows, what the
next one changed, and the best of all in full, such as for a course
    blastrain report two-layer-default-1 two-layer-tuned-1 search-1 depth-1

  --baseline RUN  a run to compare with, such as the one before tuning
  --out FILE      where it goes [report.html in the subject's folder, of several
                  in the folder of runs]
  --pdf           print it as PDF too, beside the HTML file, by an installed
                  Chromium or Chrome ($CHROME_PATH)
  --paper NAME    a4 or letter [a4]
  --runs DIR      where the runs are [runs]
  --json          the paths as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      { baseline: { type: 'string' }, out: { type: 'string' }, pdf: { type: 'boolean' }, paper: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: ['RUN'], rest: true },
    );
    const runs = values.runs ?? 'runs';
    requirePositional(positionals[0], 'RUN, SEARCH or DEPTH', 'report');
    const names = [...new Set(positionals)];
    if (names.length > 1 && values.baseline !== undefined) throw expected('ERR_CONFIG', 'no --baseline, as runs are compared in their order,', 'several subjects', values.baseline, { path: 'baseline' });
    const paper = paperOf(values.paper);
    announceFallback();
    const folders = names.map((name) => findSubject(runs, name));
    const html = outputOption('out', values.out) ?? join(folders.length > 1 ? runs : folders[0]!, 'report.html');
    const subjects = folders.map(readSubject);
    const baseline = values.baseline === undefined ? undefined : reportedRun(findRun(runs, values.baseline, '--baseline'));
    warn([...subjects.flatMap(({ leftOut }) => leftOut), ...(baseline === undefined ? [] : leftOutOf(baseline))]);
    replaceFile(html, pageOf(subjects, baseline));
    const files = [html];
    if (values.pdf === true) {
      const pdf = `${html.slice(0, html.length - extname(html).length)}.pdf`;
      printPdf(html, pdf, paper);
      files.push(pdf);
    }
    process.stdout.write(values.json === true ? jsonLine({ type: 'report', files }) : fileLines(files));
    return Promise.resolve(0);
  },
};

function paperOf(name = 'a4'): Paper {
  if (!Object.hasOwn(papers, name)) throw expected('ERR_CONFIG', `one of ${Object.keys(papers).join(', ')}`, '--paper', name, { path: 'paper' });
  return name as Paper;
}

/** The folder of a run or of an experiment of several. */
function findSubject(runs: string, name: string): string {
  return findFolder(runs, name, (path) => isDepth(path) || isSearch(path)) ?? findRun(runs, name);
}

const isDepth = (folder: string): boolean => existsSync(join(folder, 'depth.json'));
const isSearch = (folder: string): boolean => existsSync(join(folder, searchFiles.journal));

/** What was read of a subject, and a sentence for each line of its files that was left out. */
type ReadSubject = Subject & { readonly leftOut: readonly string[] };

function readSubject(folder: string): ReadSubject {
  if (isSearch(folder)) return readSearch(folder);
  if (isDepth(folder)) return readDepth(folder);
  const run = reportedRun(folder);
  return { kind: 'run', run, leftOut: leftOutOf(run) };
}

function pageOf(subjects: readonly Subject[], baseline: ReportedRun | undefined): string {
  const frame: ReportFrame = {
    keys: specFields,
    derivations: { classes: readDocument('backpropagation.md'), numbers: readDocument('backpropagation-numbers.md') },
    when: new Date().toISOString(),
  };
  const [subject] = subjects;
  if (subjects.length > 1) return jointReport(subjects, frame);
  if (subject!.kind === 'search') return searchReport(subject!.search, frame);
  return subject!.kind === 'depth' ? depthReport(subject!.depth, frame) : runReport(subject!.run, frame, baseline);
}

function readDepth(folder: string): ReadSubject {
  const report = { ...readDepthReport(folder), name: basename(folder) };
  const runs = dirname(folder);
  const nets = report.results.map((result) => ({ result, history: readRunHistory(join(runs, result.run, runFiles.metrics)) }));
  const best = reportedRun(join(runs, report.best));
  const { labels, badLabels } = labelsOf(folder);
  return { kind: 'depth', depth: { report, nets, best, labels }, leftOut: [...badLabels, ...nets.flatMap(({ history }) => history.leftOut), ...best.reportData.ledgerLeftOut] };
}

function readSearch(folder: string): ReadSubject {
  const runs = dirname(folder);
  const report = readSearchReport(folder);
  const trial = report?.best?.run;
  if (report === undefined || trial === undefined) {
    throw expected('ERR_CONFIG', 'a search that has ended, with a trial that succeeded,', 'the report', folder, { path: 'run' });
  }
  const journal = readJournal(folder);
  const shares = report.importances?.parameters.map(({ name, importance }) => [name, importance] as const);
  const figures = withRunCurves(searchFigureData(journal, shares && Object.fromEntries(shares)), runs);
  const best = reportedRun(join(runs, trial));
  const { labels, badLabels } = labelsOf(folder);
  return { kind: 'search', search: { head: journal.head, report, figures, best, labels }, leftOut: [...badLabels, ...journal.leftOut, ...leftOutOf(best)] };
}

/** A run, and a sentence for each line of its metrics that was left out. */
type RecordedReport = ReportedRun & { readonly leftOut: readonly string[] };

function reportedRun(folder: string): RecordedReport {
  const { history, tables: { steps }, leftOut } = readRunSeries(join(folder, runFiles.metrics));
  const entry = new RunCatalogue(runsOf(folder)).find(runName(folder));
  return { reportData: runReportData(folder), history, steps, labels: entry?.labels, leftOut: [...leftOut, ...badLabelsOf(entry)], outcome: entry && outcomeOf(entry, history) };
}

/** What people wrote about an experiment, and a sentence where that cannot be read. */
function labelsOf(folder: string): { readonly labels: Labels | undefined; readonly badLabels: readonly string[] } {
  const entry = new RunCatalogue(runsOf(folder)).get(runName(folder));
  return { labels: entry?.labels, badLabels: badLabelsOf(entry) };
}

const badLabelsOf = (entry: LabelsEntry | undefined): readonly string[] => (entry?.badLabels === undefined ? [] : [`The labels are left out: ${entry.badLabels}`]);

function readDocument(name: string): string {
  const file = join(packageRoot, 'docs', name);
  return withFileErrors(file, () => readFileSync(file, 'utf8'));
}

const leftOutOf = ({ reportData, leftOut }: RecordedReport): readonly string[] => [...leftOut, ...reportData.ledgerLeftOut];
