import { summarizeSpec } from '../../studies/summary';
import type { LayerSummary, ModelSummary } from '../../studies/summary';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { readOptions, requirePositional } from '../options';
import { readSpec, renderAssumed } from '../specSource';
import { formatBytes, formatCount } from '../terminal/format';
import { terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';

/** `blastrain summary`: the layers of a model and their cost. */
export const summaryCommand: Command = {
  name: 'summary',
  summary: 'show the layers, parameters, operations and memory of a model',
  help: `Usage: blastrain summary PRESET|SPEC.json [--set key=value ...] [--json]

The layers of the model that the preset or the spec file trains, with their
shapes and parameters; the floating-point operations of a sample, forward and in
a training step; and the memory for parameters, gradients and the activations of
a batch. A multiplication and an addition count two; only linear layers are
counted.

  --set key=value   change a key of the spec; repeat it or list several
  --json            one JSON object on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      { set: { type: 'string', multiple: true }, json: { type: 'boolean' } },
      { names: ['PRESET|SPEC.json'], rest: true },
    );
    const [source, ...settings] = positionals;
    const named = readSpec(requirePositional(source, 'PRESET or SPEC.json', 'summary'), [...(values.set ?? []), ...settings], 'summary');
    const summary = summarizeSpec(named.spec);
    process.stdout.write(values.json ? jsonLine(summary) : `${renderAssumed(named)}${render(named.base, summary, terminalOf(process.stdout))}`);
    return Promise.resolve(0);
  },
};

function render(name: string, summary: ModelSummary, terminal: Terminal): string {
  const { layers, flops, memory } = summary;
  const [times, arrow] = terminal.unicode ? ['×', '→'] : ['x', '->'];
  const shapes = ({ parameters }: LayerSummary): string =>
    parameters.map((parameter) => `${parameter.name} ${parameter.shape.join(times)}`).join(', ');
  const table = renderTable(
    [
      { header: 'layer', align: 'left' }, { header: 'shape', align: 'left' }, { header: 'parameters', align: 'right' },
      { header: 'FLOPs', align: 'right' }, { header: '', align: 'left' },
    ],
    layers.map((layer) => [
      `${'  '.repeat(layer.depth)}${layer.kind}`, `${String(layer.inputSize)} ${arrow} ${String(layer.outputSize)}`,
      layer.parameterCount === 0 ? '' : formatCount(layer.parameterCount), layer.flops.forward === 0 ? '' : formatCount(layer.flops.forward), shapes(layer),
    ]),
    terminal,
  );
  return `Model of ${printable(name)}, ${summary.dtype}\n\n${table}\n` +
    `${formatCount(summary.parameterCount)} parameters; a sample takes ${operations(flops.forward)} forward, ${operations(flops.step)} in a training step.\n` +
    `Memory: parameters ${formatBytes(memory.parameters)}, gradients ${formatBytes(memory.gradients)}, ` +
    `activations and their gradients ${formatBytes(memory.activations)} for ${formatCount(summary.maxBatch)} rows` +
    `${memory.buffers === 0 ? '' : `, running statistics ${formatBytes(memory.buffers)}`}.\n`;
}

/** 3,456,000 → '3.5 MFLOP'. */
function operations(value: number): string {
  const units = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]!}`;
}
