import type { Command } from '../command';
import { activations, checkSpec, norms, runGradcheck } from '../../studies/gradcheck';
import type { GradcheckReport } from '../../studies/gradcheck';
import { selectBackend, usableBackends } from '../../kernels';
import { backendNames } from '../../kernels/contract';
import type { BackendName } from '../../kernels/contract';
import { failureText } from '../../train/gradientCheck';
import { smallestFailing } from '../../train/smallestFailing';
import { announceFallback } from '../backend';
import { backendOption, choiceOf, integerOption, numberOption } from '../flagValues';
import { readOptions } from '../options';
import { junitXml } from '../junit';
import { coloursOf, terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';
import { replaceFile } from '../../files';
import { jsonLine, printable } from '../../text';
import { expected } from '../../errors';
import { loadData } from '../../data/sources';
import type { LoadedData } from '../../data/sources';
import { dataRequest } from '../../spec/spec';
import { readSpec } from '../specSource';
import type { NamedSpec } from '../specSource';

const defaults = {
  layers: '3072,50,10', activation: 'relu', norm: 'none', dropout: '0', samples: '100', batch: '5', l2: '0.05', seed: '0',
} as const;

/** `blastrain gradcheck`: backpropagation against finite differences, for CI. */
export const gradcheckCommand: Command = {
  name: 'gradcheck',
  summary: 'check backpropagation against finite differences',
  help: `Usage: blastrain gradcheck PRESET|SPEC.json [--set key=value ...] [options]
       blastrain gradcheck [--layers 3072,50,10] [--activation NAME]
                           [--norm NAME] [--dropout X] [--members N]
                           [--backend native|wasm|typescript|both]
                           [--samples N|all] [--directions N] [--second-order]
                           [--batch N] [--l2 X] [--seed N]
                           [--junit FILE] [--json]

Compares the gradient of every parameter of a multi-layer perceptron with
central differences in float64, on random weights and inputs. With a preset or
a spec file it checks the model and the loss of that, on rows of its data, those
of a --module of your own too.

  --set key=value change a key of the spec; repeat it or list several

  --layers A,B,…  sizes from input to output; default ${defaults.layers}
  --activation NAME
                  ${activations.join(', ')};
                  default ${defaults.activation}
  --norm NAME     of hidden layers: ${norms.join(', ')}; default ${defaults.norm}
  --dropout X     rate in hidden layers, with fixed masks; default ${defaults.dropout}
  --members N     of an ensemble that shares the weights of its hidden layers
  --backend NAME  native, wasm, typescript or both, native and typescript;
                  default: each that loads
  --samples N     elements drawn from each parameter, or all; default ${defaults.samples}
  --directions N  in place of elements, random directions through all parameters
  --second-order  also whether second derivatives are symmetric, uHv = vHu
  --batch N       examples; default ${defaults.batch}
  --l2 X          strength of the L2 penalty; default ${defaults.l2}
  --seed N        of weights, inputs and the elements drawn; default ${defaults.seed}
  --junit FILE    also writes JUnit XML, one test case per backend and parameter
  --json          one JSON object on standard output

Exit status 1 when a gradient is wrong.
`,
  run(args) {
    const { values, positionals } = readOptions(args, {
      set: { type: 'string', multiple: true },
      layers: { type: 'string', default: defaults.layers },
      activation: { type: 'string', default: defaults.activation },
      norm: { type: 'string', default: defaults.norm },
      dropout: { type: 'string', default: defaults.dropout },
      members: { type: 'string' },
      backend: { type: 'string' },
      samples: { type: 'string', default: defaults.samples },
      directions: { type: 'string' },
      'second-order': { type: 'boolean' },
      batch: { type: 'string', default: defaults.batch },
      l2: { type: 'string', default: defaults.l2 },
      seed: { type: 'string', default: defaults.seed },
      junit: { type: 'string' },
      json: { type: 'boolean' },
    }, { names: ['PRESET|SPEC.json'], rest: true });
    const checks = {
      batch: integerOption('batch', values.batch, 1),
      seed: integerOption('seed', values.seed, 0),
      ...(values.samples === 'all' ? {} : { samples: integerOption('samples', values.samples, 1) }),
      ...(values.directions !== undefined && { directions: integerOption('directions', values.directions, 1) }),
      ...(values['second-order'] === true && { secondOrder: true }),
    };
    const options = {
      layers: values.layers.split(',').map((size) => integerOption('layers', size, 1)),
      activation: choiceOf('--activation', values.activation, activations),
      norm: choiceOf('--norm', values.norm, norms),
      dropout: numberOption('dropout', values.dropout),
      ...(values.members === undefined ? {} : { members: integerOption('members', values.members, 2) }),
      l2: numberOption('l2', values.l2),
      ...checks,
    };
    const backends = backendsOf(values.backend);
    const started = performance.now();
    const [source, ...settings] = positionals;
    const named = source === undefined ? undefined : specToCheck(source, [...(values.set ?? []), ...settings], args);
    const title = named === undefined ? titleOf(values) : `${printable(named.base)} on ${printable(named.data.origin.name)}`;
    const check = (backend: BackendName, layers = options.layers, batch = options.batch): GradcheckReport => (named === undefined
      ? runGradcheck({ ...options, layers, batch, backend }) : checkSpec(named.spec, named.data, { ...checks, batch, backend }));
    const reports = backends.map((backend) => check(backend));
    const passed = reports.every((report) => report.passed);
    const failing = reports.find((report) => !report.passed);
    const smallest = failing && smallestFailing([options.batch, ...(named === undefined ? options.layers : [])], ([batch, ...layers]) => !check(failing.backend, layers, batch).passed);

    if (values.junit !== undefined) {
      const cases = reports.flatMap(({ backend, parameters }) =>
        parameters.map((parameter) => ({
          classname: `gradcheck.${backend}`,
          name: parameter.name,
          ...(parameter.passed ? {} : { failure: failureText(parameter) }),
        })),
      );
      replaceFile(values.junit, junitXml(`gradcheck ${title}`, cases, (performance.now() - started) / 1000));
    }
    process.stdout.write(
      values.json ? jsonLine({ passed, ...(named === undefined ? options : { spec: named.spec, ...checks }), reports, ...(smallest && { smallest }) }) : renderReports(title, reports, terminalOf(process.stdout)) + renderSmallest(smallest),
    );
    return Promise.resolve(passed ? 0 : 1);
  },
};

/** A preset or a spec from a file, with its data. Throws ERR_CONFIG for flags that describe another net. */
function specToCheck(source: string, settings: readonly string[], args: readonly string[]): NamedSpec & { readonly data: LoadedData } {
  for (const flag of ['layers', 'activation', 'norm', 'dropout', 'members', 'l2']) {
    if (args.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`))) {
      throw expected('ERR_CONFIG', `no --${flag}, as the spec has its own (--set changes it),`, 'gradcheck', source, { path: flag });
    }
  }
  const named = readSpec(source, settings, 'gradcheck');
  return { ...named, data: named.data ?? loadData(dataRequest(named.spec)) };
}

/** The backends to check: by default the selected one and those that could take its place. */
function backendsOf(choice: string | undefined): readonly BackendName[] {
  if (choice === 'both') return ['native', 'typescript'];
  if (choice !== undefined) return [backendOption(choice).backend!];
  announceFallback();
  return usableBackends().filter((name) => backendNames.indexOf(name) >= backendNames.indexOf(selectBackend().backend));
}

/** The values of the flags that describe the net. */
interface NetFlags extends Readonly<Record<'layers' | 'activation' | 'norm' | 'dropout', string>> {
  readonly members?: string | undefined;
}

function titleOf({ layers, activation, norm, dropout, members }: NetFlags): string {
  return [
    layers, activation, ...(norm === 'none' ? [] : [`${norm} norm`]), ...(Number(dropout) === 0 ? [] : [`dropout ${dropout}`]),
    ...(members === undefined ? [] : [`${members} members`]),
  ].join(', ');
}

/** The smallest batch, and net, at which the check still fails. */
function renderSmallest(smallest: readonly number[] | undefined): string {
  if (smallest === undefined) return '';
  const [batch, ...layers] = smallest;
  return `It still fails with ${layers.length === 0 ? '' : `--layers ${layers.join(',')} `}--batch ${String(batch)}\n`;
}

function renderReports(title: string, reports: readonly GradcheckReport[], terminal: Terminal): string {
  const colours = coloursOf(terminal);
  const [pass, fail] = terminal.unicode ? ['✓', '✗'] : ['ok', 'FAILED'];
  const times = terminal.unicode ? '×' : 'x';
  const rows = reports.flatMap(({ backend, parameters }) => parameters.map((parameter) => ({ backend, parameter })));
  const table = renderTable(
    [
      { header: 'backend' },
      { header: 'parameter', align: 'left' },
      { header: 'checked', align: 'right' },
      { header: 'kinks' },
      { header: 'worst', align: 'right' },
      { header: 'at', align: 'left' },
      { header: 'limit', align: 'right' },
      { header: '', align: 'left', paint: (text) => (text === pass ? colours.green : colours.red)(text) },
    ],
    rows.map(({ backend, parameter: { name, shape, checked, kinks, worst, passed } }) => [
      backend,
      `${name} ${shape.join(times)}`,
      `${String(checked)}/${String(shape.reduce((product, extent) => product * extent, 1))}`,
      kinks,
      worst?.error.toExponential(2) ?? '-',
      worst === null || worst.index.length === 0 ? '-' : `[${worst.index.join(', ')}]`,
      worst === null ? '-' : `${(100 * worst.ofLimit).toFixed(0)} %`,
      passed ? pass : fail,
    ]),
    terminal,
  );
  const failures = rows
    .filter(({ parameter }) => !parameter.passed)
    .map(({ backend, parameter }) => `${colours.red(fail)} ${backend} ${failureText(parameter)}\n`);
  const { step } = reports[0]!;
  for (const { backend, deterministic } of reports) {
    if (!deterministic) failures.push(`${colours.red(fail)} ${backend} the same input twice gave different bits\n`);
  }
  return `Gradient check of ${title}\nCentral differences with h = ${String(step)} in float64\n\n${table}\n` +
    (failures.length === 0 ? 'Every gradient agrees with its difference quotients.\n' : failures.join(''));
}
