import { replaceFile } from '../../files';
import { findLearningRate } from '../../studies/findLearningRate';
import { lrFindDefaults } from '../../studies/lrFind';
import type { LrFindReport } from '../../studies/lrFind';
import { lrFindSvg } from '../../report/lrFind';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { integerOption, numberOption } from '../flagValues';
import { outputOption, readOptions, requirePositional } from '../options';
import { isInMemory, readSpec, renderAssumed } from '../specSource';
import { formatSignificant } from '../terminal/format';
import { renderPlot } from '../terminal/plot';
import { fileLines, terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';

const defaultFigure = 'runs/lr-find.svg';

export const lrFindCommand: Command = {
  name: 'lr-find',
  summary: 'find a learning rate for a preset or a spec file',
  help: `Usage: blastrain lr-find PRESET|SPEC.json [--set key=value ...] [options]

Trains from the initial weights while the learning rate grows from step to step,
and reads off the loss where learning is fastest and where it breaks (Smith
2017, section 3.3). Suggests a tenth of the rate at which the loss blew up.
Schedule and length of the spec play no part.

  --set key=value   change a key of the spec; repeat it or list several
  --from X          first rate; default ${String(lrFindDefaults.from)}
  --to X            last rate; default ${String(lrFindDefaults.to)}
  --steps N         rates to try; default ${String(lrFindDefaults.steps)}
  --out FILE        where the picture goes; default ${defaultFigure}
  --json            one JSON object on standard output, and no picture unless
                    --out names one

Exit status 1 when the loss fell at no rate.
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args,
      {
        set: { type: 'string', multiple: true }, from: { type: 'string' }, to: { type: 'string' }, steps: { type: 'string' },
        out: { type: 'string' }, json: { type: 'boolean' },
      },
      { names: ['PRESET|SPEC.json'], rest: true },
    );
    const [source, ...settings] = positionals;
    const named = readSpec(requirePositional(source, 'PRESET or SPEC.json', 'lr-find'), [...(values.set ?? []), ...settings], 'lr-find');
    const { base, spec, data } = named;
    announceFallback(spec.backend ?? undefined);
    if (values.json !== true) process.stdout.write(renderAssumed(named));
    const report = await findLearningRate(spec, {
      ...(data !== undefined && isInMemory(data) && { data }),
      ...(values.from !== undefined && { from: numberOption('from', values.from) }),
      ...(values.to !== undefined && { to: numberOption('to', values.to) }),
      ...(values.steps !== undefined && { steps: integerOption('steps', values.steps, 1) }),
    });
    const figure = outputOption('out', values.out) ?? (values.json ? undefined : defaultFigure);
    if (figure !== undefined) replaceFile(figure, lrFindSvg(report, base));
    process.stdout.write(values.json ? jsonLine(report) : render(report, base, figure!, terminalOf(process.stdout)));
    return report.suggestion === null ? 1 : 0;
  },
};

function render(report: LrFindReport, name: string, figure: string, terminal: Terminal): string {
  const { points, suggestion, steepest, divergence, reason } = report;
  const curve = renderPlot(
    [{ name: 'loss', points: points.map(({ learningRate, smoothed }) => [Math.log10(learningRate), smoothed] as const) }],
    { yLabel: 'loss, smoothed', yScale: 'log', xLabel: 'learning rate, logarithmic', xFormat: (log) => rate(10 ** log) },
    terminal,
  );
  return `Learning-rate range test of ${printable(name)}, ${String(points.length)} steps\n\n${curve}\n` +
    (steepest === null ? '' : `Steepest descent at ${rate(steepest)}`) +
    (divergence === null ? '' : `${steepest === null ? 'B' : ', b'}lown up at ${rate(divergence)}`) +
    (steepest === null && divergence === null ? '' : '\n') +
    `${suggestion === null ? 'No suggestion' : `Suggested learningRate=${rate(suggestion)}`}: ${printable(reason)}\n${fileLines([figure])}`;
}

function rate(value: number): string {
  return formatSignificant(value, 2);
}
