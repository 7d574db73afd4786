import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../data/sources';
import { expected } from '../../errors';
import { replaceFile } from '../../files';
import { parseNumber } from '../../numbers';
import { learningCurveSvg } from '../../report/learningCurve';
import { train } from '../../run/train';
import { findFolder, runFiles, runName } from '../../runFolder/runFolder';
import { readRunSpec } from '../../runFolder/runRecord';
import { applySettings, dataRequest, parseSpec } from '../../spec/spec';
import { learningCurveDefaults, learningCurveRuns, summariseLearningCurve } from '../../studies/explain/learningCurve';
import type { LearningCurve, LearningCurveRun } from '../../studies/explain/learningCurve';
import { jsonLine, printable } from '../../text';
import type { ResultEvent } from '../../train/events';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { integerOption } from '../flagValues';
import { interruptible, stoppedStatus } from '../interrupt';
import { readOptions, requirePositional } from '../options';
import { readSpec, renderAssumed } from '../specSource';
import type { NamedSpec } from '../specSource';
import { formatDuration, formatKnown, formatPercent } from '../terminal/format';
import { fileLines, terminalOf } from '../terminal/style';
import { renderTable } from '../terminal/table';

export const learningCurveCommand: Command = {
  name: 'learning-curve',
  summary: 'what more training rows would bring',
  help: `Usage: blastrain learning-curve RUN|PRESET|SPEC.json [--set key=value ...]
                                [options]

Trains on growing shares of the training rows, each several times with other
rows and seeds, and prints the score on the same validation rows: mean and
standard error. A curve that still rises at its end says that more rows would
help. Of a RUN its spec is taken, and learning-curve.json and learning-curve.svg
go into its folder, else beside the runs under the spec's name.

  --set key=value   change a key of the spec; repeat it or list several
  --shares A,B      shares of the training rows, rising
                    [${learningCurveDefaults.shares.join(',')}]
  --repeats N       trainings for each share [${String(learningCurveDefaults.repeats)}]
  --runs DIR        where the runs are [runs]
  --json            the result as one line of JSON on standard output
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      { set: { type: 'string', multiple: true }, shares: { type: 'string' }, repeats: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: ['RUN'], rest: true },
    );
    const [given, ...settings] = positionals;
    const source = requirePositional(given, 'RUN, PRESET or SPEC.json', 'learning-curve');
    const { place, ...named } = subjectOf(values.runs ?? 'runs', source, [...(values.set ?? []), ...settings]);
    const { base: name, spec } = named;
    announceFallback(spec.backend ?? undefined); // Loads the addon, which gives large pages to the rows that are read next.
    const { data = loadData(dataRequest(spec)) } = named;
    if (values.json !== true) process.stdout.write(renderAssumed(named));
    const { train: rows, validation, origin } = data;
    const runs = learningCurveRuns(spec, { train: rows, validation, origin }, {
      ...(values.shares !== undefined && { shares: sharesOf(values.shares) }),
      ...(values.repeats !== undefined && { repeats: integerOption('repeats', values.repeats, 1) }),
    });
    const results = await trainAll(runs);
    if (results === undefined) return stoppedStatus();
    const curve = summariseLearningCurve(runs, results);
    const report = { type: 'learning-curve', name, ...curve };
    const files = [`${place}.json`, `${place}.svg`] as const;
    replaceFile(files[0], `${JSON.stringify(report, null, 2)}\n`);
    replaceFile(files[1], learningCurveSvg(curve, name));
    process.stdout.write(values.json === true ? jsonLine(report) : `${render(curve)}${fileLines(files)}`);
    return 0;
  },
};

/** A run by name or folder, else a preset or the file of a spec; `place` is the path of its files, without their extensions. */
function subjectOf(runs: string, source: string, settings: readonly string[]): NamedSpec & { place: string } {
  const folder = findFolder(runs, source, (path) => existsSync(join(path, runFiles.spec)));
  if (folder !== undefined) {
    return { base: runName(folder), spec: parseSpec(applySettings(readRunSpec(folder).spec, settings)), assumed: [], place: join(folder, 'learning-curve') };
  }
  const named = readSpec(source, settings, 'learning-curve');
  return { ...named, place: join(runs, `${named.base}-learning-curve`) };
}

function sharesOf(text: string): number[] {
  return text.split(',').map((part) => {
    const share = parseNumber(part);
    if (share === undefined) throw expected('ERR_CONFIG', 'numbers in (0, 1] between commas', '--shares', text, { path: 'shares' });
    return share;
  });
}

/** The results of all trainings, one after the other; undefined where the user stopped them. */
async function trainAll(runs: readonly LearningCurveRun[]): Promise<ResultEvent[] | undefined> {
  const results: ResultEvent[] = [];
  const begun = performance.now();
  for (const [i, { spec, data, rows }] of runs.entries()) {
    const run = train(spec, { data, name: `${String(rows)} rows` });
    const result = await interruptible(() => { run.stop(); }, async () => {
      let last: ResultEvent | undefined;
      for await (const event of run) if (event.type === 'result') last = event;
      return last!;
    });
    if (result.ended === 'stopped') return undefined;
    results.push(result);
    process.stderr.write(`training ${String(i + 1)} of ${String(runs.length)}: ${String(rows)} rows, ${formatDuration((performance.now() - begun) / 1000)}\n`);
  }
  return results;
}

function render({ score, repeats, validationRows, points }: LearningCurve): string {
  const show = (value: number): string => (score === 'accuracy' ? formatPercent(value) : formatKnown(value));
  const table = renderTable(
    [{ header: 'training rows' }, { header: 'share' }, { header: `validation ${score}` }, { header: 'standard error' }, { header: `train ${score}` }],
    points.map(({ share, rows, validation, standardError, train: onTrain }) => [rows, formatPercent(share, 0), show(validation), show(standardError), show(onTrain)]),
    terminalOf(process.stdout),
  );
  return `${printable(`Means of ${String(repeats)} trainings, on ${String(validationRows)} validation rows`)}\n\n${table}\n`;
}
