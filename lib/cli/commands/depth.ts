import { join } from 'node:path';
import { bestOf, depthResult, depthRuns, writeDepthReport } from '../../studies/depth';
import type { DepthReport, DepthResult, DepthRun } from '../../studies/depth';
import { train } from '../../run/train';
import { applySettings } from '../../spec/spec';
import { testRun } from '../../inference/testRun';
import { replaceFile } from '../../files';
import { depthSvg } from '../../report/depth';
import { readRunHistory } from '../../history/readRunHistory';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { follow } from '../follow';
import { stoppedStatus } from '../interrupt';
import { readOptions } from '../options';
import { formatPercent } from '../terminal/format';
import { fileLines, terminalOf } from '../terminal/style';
import { renderTable } from '../terminal/table';
import { sayWaiting } from '../waiting';
import { warn } from '../warnings';

export const depthCommand: Command = {
  name: 'depth',
  summary: 'compare 2, 3, 4 and 5 layers, with and without batch norm',
  help: `Usage: blastrain depth [--set key=value ...] [options]

Trains eight nets on the course's split with the same budget, prints one table,
draws their curves together, and runs the best by validation on the test split,
once.

Options:
  --set key=value   change what all nets share; repeat it or list several
  --name NAME       the experiment's name [depth], a number is added
  --runs DIR        where the runs' folders are made [runs]
  --json            events and results as lines of JSON on standard output
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      { set: { type: 'string', multiple: true }, name: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: [], rest: true },
    );
    const runs = values.runs ?? 'runs';
    const json = values.json === true;
    announceFallback();
    const { owned, nets } = depthRuns(runs, values.name ?? 'depth', applySettings({}, [...(values.set ?? []), ...positionals]));

    try {
      owned.lock.keepAlive();
      const results: DepthResult[] = [];
      for (const net of nets) {
        const result = await trainNet(net, runs, json);
        if (result === undefined) return stoppedStatus();
        results.push(result);
      }
      const best = bestOf(results);
      const { evaluation, leftOut, ...test } = testRun(join(runs, best.run), best.run);
      warn(leftOut);
      const report: DepthReport = { type: 'depth', name: owned.name, results, best: best.run, test };
      owned.lock.check();
      const files = [writeDepthReport(runs, report), drawCurves(runs, report)];
      process.stdout.write(json ? jsonLine(report) : render(report, files));
      return 0;
    } finally {
      owned.abandon();
    }
  },
};

/** Undefined when the user stopped it. */
async function trainNet(net: DepthRun, runs: string, json: boolean): Promise<DepthResult | undefined> {
  const run = train(net.spec, { place: { runs, name: net.name }, onWait: sayWaiting() });
  const { start, result } = await follow(run, json ? 'json' : 'progress');
  if (result.ended === 'stopped') return undefined;
  return depthResult(net, result, start.parameters);
}

function drawCurves(runs: string, { name, results }: DepthReport): string {
  const nets = results.map((result) => ({ result, history: readRunHistory(join(runs, result.run, 'metrics.jsonl')) }));
  const file = join(runs, name, 'depth.svg');
  replaceFile(file, depthSvg(nets));
  return file;
}

function render({ results, best, test }: DepthReport, files: readonly string[]): string {
  const table = renderTable(
    [
      { header: 'layers', align: 'left' }, { header: 'norm', align: 'left' }, { header: 'parameters' }, { header: 'train' },
      { header: 'validation' }, { header: 'seconds' }, { header: '', align: 'left' },
    ],
    results.map(({ run, layers, norm, parameters, trainAccuracy, valAccuracy, seconds }) => [
      layers.join('-'), norm, parameters.toLocaleString('en'), formatPercent(trainAccuracy),
      formatPercent(valAccuracy), seconds.toFixed(1), run === best ? 'best' : '',
    ]),
    terminalOf(process.stdout),
  );
  return (
    `\n${table}\n${best} on the test split: ${formatPercent(test.testAccuracy ?? NaN)} of ${String(test.testRows)} rows, ` +
    `look ${String(test.look)} at this split\n${fileLines(files)}`
  );
}
