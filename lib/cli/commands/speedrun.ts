import { findTorch, speedrun, speedrunTargets } from '../../bench/speedrun';
import type { SpeedrunTarget } from '../../bench/speedrun';
import { replaceFile } from '../../files';
import { speedrunMarkdown, speedrunPlace, speedrunTable } from '../../report/speedrun';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { choiceOf, integerOption } from '../flagValues';
import { renderMeasured } from '../measured';
import { readOptions } from '../options';
import { ProgressLine } from '../terminal/progress';
import { terminalOf } from '../terminal/style';

export const speedrunCommand: Command = {
  name: 'speedrun',
  summary: 'time from process start to 50, 52, 55, 57 and 60 % validation',
  help: `Usage: blastrain speedrun [options]

Trains the presets speedrun-50 to speedrun-60 on CIFAR-10, each in a process of
its own, and stops the clock, started with the process, at the evaluation that
reaches the preset's accuracy on 5,000 validation rows. Where PyTorch is
installed it trains the same nets by the same schedules beside, on one thread
and on all.

Options:
  --targets A,B     which of ${speedrunTargets.join(', ')} [all]
  --seeds N         runs of each, whose mean is shown [5]
  --set key=value   change the presets, as threads=1; repeat it or list several
  --alone           without PyTorch
  --out FILE.md     the table as Markdown, too
  --json            the report on standard output, nothing else
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      {
        targets: { type: 'string' }, seeds: { type: 'string' }, set: { type: 'string', multiple: true }, alone: { type: 'boolean' },
        out: { type: 'string' }, json: { type: 'boolean' },
      },
      { names: [], rest: true },
    );
    const python = values.alone === true ? undefined : findTorch();
    announceFallback();
    const progress = new ProgressLine();
    const report = await speedrun({
      ...(values.targets !== undefined && { targets: values.targets.split(',').map(targetOption) }),
      seeds: integerOption('seeds', values.seeds ?? '5', 1),
      settings: [...(values.set ?? []), ...positionals],
      ...(python !== undefined && { python }),
      onProgress: (what) => {
        progress.update(() => [{ text: `running for ${what}`, rank: 1 }]);
      },
    }).finally(() => {
      progress.done();
    });
    if (values.out !== undefined) replaceFile(values.out, speedrunMarkdown(report));
    if (values.json === true) {
      process.stdout.write(jsonLine(report));
      return 0;
    }
    process.stdout.write(renderMeasured(speedrunPlace(report), [speedrunTable(report)], [], report.load, terminalOf(process.stdout)));
    return 0;
  },
};

function targetOption(text: string): SpeedrunTarget {
  const names = speedrunTargets.map(String);
  return speedrunTargets[names.indexOf(choiceOf('--targets', text, names))]!;
}
