import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { expected } from '../../errors';
import { runReportData } from '../../inference/runReportData';
import { readDepthReport } from '../../studies/depth';
import { findFolder, findRun, runFiles, searchFiles } from '../../runFolder/runFolder';
import { specFields } from '../../spec/spec';
import { readRunHistory } from '../../history/readRunHistory';
import type { RecordedRun } from '../../history/readRunHistory';
import { packageRoot, replaceFile, withFileErrors } from '../../files';
import { depthReport } from '../../report/html/depthReport';
import { runReport } from '../../report/html/runReport';
import type { ReportFrame } from '../../report/html/runReport';
import type { ReportedRun } from '../../report/html/runSections';
import { searchReport } from '../../report/html/searchReport';
import { papers, printPdf } from '../../report/drawing/pdf';
import type { Paper } from '../../report/drawing/pdf';
import { searchFigureData, withRunCurves } from '../../report/search/figureData';
import { readJournal } from '../../search/journal';
import { readSearchReport } from '../../search/report';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { readOptions, requirePositional } from '../options';
import { fileLines } from '../terminal/style';
import { warn } from '../warnings';

export const reportCommand: Command = {
  name: 'report',
  summary: 'write up a run, search or depth experiment as a page of its own',
  help: `Usage: blastrain report RUN|SEARCH|DEPTH [options]

Writes one HTML file without script and without any link: data, model, training,
scores of each class, confusion, calibration, weights as images before and
after, looks at the test split, environment, and the derivations of the
gradients. The model is evaluated on validation rows for it; the test split is
left alone.

  --baseline RUN  a run to compare with, such as the one before tuning
  --out FILE      where it goes [report.html in the subject's folder]
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
      { names: ['RUN'] },
    );
    const runs = values.runs ?? 'runs';
    const subject = requirePositional(positionals[0], 'RUN, SEARCH or DEPTH', 'report');
    const paper = paperOf(values.paper);
    announceFallback();
    const folder = findSubject(runs, subject);
    const page = pageOf(folder, values.baseline === undefined ? undefined : findRun(runs, values.baseline));
    warn(page.leftOut);
    const html = values.out ?? join(folder, 'report.html');
    replaceFile(html, page.html);
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

/** A page, and a sentence for each line of its files that was left out. */
interface Page {
  readonly html: string;
  readonly leftOut: readonly string[];
}

function pageOf(folder: string, baseline: string | undefined): Page {
  const derivation = join(packageRoot, 'docs', 'backpropagation.md');
  const frame: ReportFrame = {
    keys: specFields,
    derivation: withFileErrors(derivation, () => readFileSync(derivation, 'utf8')),
    when: new Date().toISOString(),
  };
  if (isSearch(folder)) return searchPage(folder, frame);
  if (isDepth(folder)) return depthPage(folder, frame);
  const run = reportedRun(folder);
  const other = baseline === undefined ? undefined : reportedRun(baseline);
  return { html: runReport(run, frame, other), leftOut: [run, ...(other === undefined ? [] : [other])].flatMap(leftOutOf) };
}

function depthPage(folder: string, frame: ReportFrame): Page {
  const report = readDepthReport(folder);
  const runs = dirname(folder);
  const nets = report.results.map((result) => ({ result, history: readRunHistory(join(runs, result.run, runFiles.metrics)) }));
  const best = reportedRun(join(runs, report.best));
  return {
    html: depthReport({ ...report, name: basename(folder) }, nets, best, frame),
    leftOut: [...nets.flatMap(({ history }) => history.leftOut), ...best.reportData.ledgerLeftOut],
  };
}

function searchPage(folder: string, frame: ReportFrame): Page {
  const runs = dirname(folder);
  const report = readSearchReport(folder);
  const best = report?.best?.run;
  if (report === undefined || best === undefined) {
    throw expected('ERR_CONFIG', 'a search that has ended, with a trial that succeeded,', 'the report', folder, { path: 'run' });
  }
  const journal = readJournal(folder);
  const shares = report.importances?.parameters.map(({ name, importance }) => [name, importance] as const);
  const figures = withRunCurves(searchFigureData(journal, shares && Object.fromEntries(shares)), runs);
  const run = reportedRun(join(runs, best));
  return { html: searchReport({ head: journal.head, report, figures, best: run }, frame), leftOut: [...journal.leftOut, ...leftOutOf(run)] };
}

/** A run whose history tells which lines of its metrics were left out. */
type RecordedReport = ReportedRun & { readonly history: RecordedRun };

function reportedRun(folder: string): RecordedReport {
  return { reportData: runReportData(folder), history: readRunHistory(join(folder, runFiles.metrics)) };
}

const leftOutOf = ({ reportData, history }: RecordedReport): readonly string[] => [...history.leftOut, ...reportData.ledgerLeftOut];
