import type { Command } from '../command';
import { runToy, toyTargets, toyVerdict } from '../../studies/toy';
import type { ToyReport } from '../../studies/toy';
import { lossCurveSvg } from '../../report/figures';
import { announceFallback } from '../backend';
import { backendOption } from '../flagValues';
import { outputOption, readOptions } from '../options';
import { formatSignificant } from '../terminal/format';
import { renderPlot } from '../terminal/plot';
import { coloursOf, terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';
import { replaceFile } from '../../files';
import { jsonLine } from '../../text';

const defaultFigure = 'runs/toy/loss.svg';

/** `blastrain toy`: the course's toy problem against the numbers that the course states. */
export const toyCommand: Command = {
  name: 'toy',
  summary: "solve the course's toy problem and compare with its numbers",
  help: `Usage: blastrain toy [--backend NAME] [--out FILE.svg] [--json]

Class probabilities, loss, gradient check and 100 steps of gradient descent on
five examples, in float64, against the numbers that the course states.

  --backend NAME  native, wasm or typescript; default: the first that loads
  --out FILE      where the loss curve goes; default ${defaultFigure}
  --json          one JSON object on standard output, and no figure unless --out
                  names one

Exit status 1 when a number is not as it should be.
`,
  run(args) {
    const { values } = readOptions(args, { backend: { type: 'string' }, out: { type: 'string' }, json: { type: 'boolean' } });
    const { backend } = backendOption(values.backend);
    announceFallback(backend);
    const report = runToy(backend === undefined ? {} : { backend });
    const passed = Object.values(toyVerdict(report)).every(Boolean);
    const figure = outputOption('out', values.out) ?? (values.json ? undefined : defaultFigure);
    if (figure !== undefined) replaceFile(figure, lossCurveSvg(report.lossHistory, 'Toy problem: training loss'));
    process.stdout.write(values.json ? jsonLine(report) : renderToy(report, figure!, terminalOf(process.stdout)));
    return Promise.resolve(passed ? 0 : 1);
  },
};

function renderToy(report: ToyReport, figure: string, terminal: Terminal): string {
  const colours = coloursOf(terminal);
  const verdict = toyVerdict(report);
  const [pass, fail] = terminal.unicode ? ['✓', '✗'] : ['ok', 'FAILED'];
  const mark = (met: boolean): string => (met ? colours.green(pass) : colours.red(fail));
  const scoreRow = (row: readonly number[]): string => row.map((score) => score.toFixed(8)).join('  ');

  const scores = renderTable(
    [{ header: 'example' }, { header: 'class probabilities', align: 'left' }, { header: "the course's table", align: 'left' }],
    report.scores.map((row, i) => [i, scoreRow(row), scoreRow(toyTargets.scores[i]!)]),
    terminal,
  );

  const gradientLines = Object.entries(report.gradientErrors).map(
    ([name, error]) => [`gradient of ${name}`, error.toExponential(2), `< ${String(toyTargets.gradientError)}`, error < toyTargets.gradientError] as const,
  );
  const checks = [
    ['scores, largest difference', report.scoresError.toExponential(2), `< ${String(toyTargets.scoresError)}`, verdict.scores],
    [`loss ${report.loss.toFixed(11)}, difference`, report.lossError.toExponential(2), `< ${String(toyTargets.lossError)}`, verdict.loss],
    ...gradientLines,
    [`loss after ${String(report.lossHistory.length)} steps`, formatSignificant(report.finalLoss), `<= ${String(toyTargets.finalLoss)}`, verdict.training],
  ] as const;
  const table = renderTable(
    [
      { header: 'check' },
      { header: 'result', align: 'right' },
      { header: 'target', align: 'left' },
      { header: '', align: 'left', paint: (_, row) => mark(checks[row]![3]) },
    ],
    checks.map(([check, result, target, met]) => [check, result, target, met ? pass : fail]),
    terminal,
  );

  const curve = renderPlot(
    [{ name: 'loss', points: report.lossHistory.map((loss, step) => [step, loss] as const) }],
    { yLabel: 'training loss', xLabel: 'step', yScale: 'log' },
    terminal,
  );
  return `Toy problem on the ${report.backend} kernels, ${report.dtype}\n\n${scores}\n${table}\n${curve}\nLoss curve: ${figure}\n`;
}
