import { extname } from 'node:path';
import { compareReports, readBenchReport } from '../../bench/compare';
import { benchCores } from '../../bench/cores';
import { benchJob } from '../../bench/job';
import { benchInference } from '../../bench/inference';
import { benchKernels } from '../../bench/kernels';
import { benchLoad } from '../../bench/load';
import { findNet, netNames } from '../../bench/nets';
import { benchPeers } from '../../bench/peers';
import { benchmarks } from '../../bench/report';
import type { BenchmarkName, BenchReport } from '../../bench/report';
import { benchScaling } from '../../bench/scaling';
import { benchStep } from '../../bench/step';
import { expected } from '../../errors';
import { replaceFile } from '../../files';
import { usableBackends } from '../../kernels';
import type { BackendName } from '../../kernels/contract';
import { benchMarkdown, benchTable, benchVerdicts, comparisonText, machineText } from '../../report/bench';
import { benchSvg } from '../../report/benchChart';
import { jsonLine } from '../../text';
import { helpEntry } from '../command';
import type { Command } from '../command';
import { benchTablesHelp, runBenchTables } from './benchTables';
import { backendOption, choiceOf, integerOption, kernelOf } from '../flagValues';
import { renderMeasured } from '../measured';
import { outputOption, readOptions, requirePositional } from '../options';
import { ProgressLine } from '../terminal/progress';
import { terminalOf } from '../terminal/style';

const options = {
  nets: { type: 'string' }, kernels: { type: 'string' }, dtype: { type: 'string' }, backend: { type: 'string' },
  bfloat16: { type: 'boolean' }, threads: { type: 'string' }, rounds: { type: 'string' }, peers: { type: 'string' },
  compare: { type: 'string' }, out: { type: 'string', multiple: true }, json: { type: 'boolean' },
} as const;

/** What BENCHMARK may be; tables have options of their own. */
const words = [...benchmarks, 'tables'] as const;

/** By default a small and a large net for CIFAR-10. */
const jobNets: readonly string[] = ['two-layer', 'adamw'];

/** The options as they were typed. */
type Values = ReturnType<typeof readOptions<typeof options>>['values'];

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measure kernels and training steps, also beside other libraries',
  help: `Usage: blastrain bench BENCHMARK [options]

  kernels   every kernel at the sizes of real nets, and products of 512³, on
            each backend, of WebAssembly's modules both where both run:
            time, rate, shares of the FMA limit (multiply-adds in registers)
            and of the memory's rate, both measured first, speed-up
  step      whole training steps, from drawing the batch to the update, beside
            their large products alone called from C (needs a C compiler)
  peers     the same steps in PyTorch, ONNX Runtime, jax-js and tfjs, where
            they are installed: scripts/bench-peers/README.md
  scaling   how a step's time grows with its operations, from 50 to 4096 hidden
            units and from 32 to 4096 rows
  cores     what a step would gain from up to 64 cores at best: its parts, timed
            one by one on one core
  inference one row and 10,000, from features to probabilities, beside the
            exported model in onnxruntime-node where that is installed
  tables    presets on real tables, beside scikit-learn, LightGBM, RealMLP and
            TabM: options below
  job       whole trainings [${jobNets.join(', ')}]: from the start of the process to
            the first step, an epoch beside its steps alone, the peak of memory
  load      how long kernels take to be ready in a fresh process, those of
            WebAssembly by parts

Options:
${helpEntry('--nets A,B', 20, `which nets [${netNames.join(', ')}]`)}
  --peers DIR       where peers of npm and pip are [$BLASTRAIN_PEERS]
  --kernels A,B     which kernels [all]
  --dtype NAME      number format of kernels [float32]
  --backend A,…     native, wasm or typescript, several beside each other
                    [native,typescript]
  --bfloat16        native steps with precision bfloat16, too, and among peers
                    PyTorch's under autocast
  --threads N       threads of the native kernels [all cores]
  --rounds N        samples of each figure
  --compare OLD     a report from --out OLD.json: tells what changed by more
                    than the noise; exit status 1 where something became slower
  --out FILE        also into a file: .json, .md or .svg; repeat it for several
  --json            the report on standard output, nothing else

Figures are medians of samples that were taken in turn; ± is half of the
distance between their quartiles. Nothing is concluded where others used the
machine.

${benchTablesHelp}`,
  async run(args) {
    if (args[0] === 'tables') return runBenchTables(args.slice(1));
    const { values, positionals } = readOptions(args, options, { names: ['BENCHMARK'] });
    const benchmark = choiceOf('BENCHMARK', requirePositional(positionals[0], `one of ${words.join(', ')}`, 'bench'), words);
    if (benchmark === 'tables') return runBenchTables(args.filter((word) => word !== benchmark));
    const writers = (values.out ?? []).map((out) => writerOf(outputOption('out', out)));
    const old = values.compare === undefined ? undefined : readBenchReport(values.compare);
    const report = await measureWith(benchmark, values);
    for (const write of writers) write(report);
    const comparison = old && compareReports(old, report);
    const answer = { ...report, ...(comparison && { comparison }) };
    process.stdout.write(values.json === true ? jsonLine(answer) : render(report) + (comparison ? comparisonText(comparison) : ''));
    return comparison?.conclusive === true && comparison.slower.length > 0 ? 1 : 0;
  },
};

async function measureWith(benchmark: BenchmarkName, values: Values): Promise<BenchReport> {
  const progress = new ProgressLine();
  const common = {
    ...(values.threads !== undefined && { threads: integerOption('threads', values.threads, 1) }),
    ...(values.rounds !== undefined && { rounds: integerOption('rounds', values.rounds, 1) }),
    onProgress: (what: string): void => {
      progress.update(() => [{ text: `measuring ${what}`, rank: 1 }]);
    },
  };
  const backends = backendsOf(values.backend);
  const nets = (values.nets?.split(',') ?? (benchmark === 'job' ? jobNets : netNames)).map(findNet);
  try {
    const bfloat16 = values.bfloat16 === true;
    if (benchmark === 'step') return await benchStep({ ...common, nets, backends, bfloat16 });
    if (benchmark === 'job') return await benchJob({ ...common, nets, backend: backends[0]! });
    if (benchmark === 'scaling') return await benchScaling({ ...common, backend: backends[0]! });
    if (benchmark === 'cores') return await benchCores({ ...common, nets });
    if (benchmark === 'load') return await benchLoad({ ...common, backends });
    const folder = values.peers ?? process.env.BLASTRAIN_PEERS;
    if (benchmark === 'inference') return await benchInference({ ...common, backends, ...(folder !== undefined && { folder }) });
    if (benchmark === 'peers') {
      return await benchPeers({ ...common, nets, backends, bfloat16, ...(folder !== undefined && { folder }) });
    }
    return await benchKernels({
      ...common,
      backends,
      ...(values.kernels !== undefined && { kernels: values.kernels.split(',').map((name) => kernelOf('--kernels', name)) }),
      ...(values.dtype !== undefined && { dtype: choiceOf('--dtype', values.dtype, ['float32', 'float64']) }),
    });
  } finally {
    progress.done();
  }
}

/** By default native, where it loads, and typescript. */
function backendsOf(choice: string | undefined): readonly BackendName[] {
  if (choice !== undefined) return choice.split(',').map((name) => backendOption(name).backend!);
  return usableBackends().filter((name) => name !== 'wasm');
}

const formats: Readonly<Record<string, (report: BenchReport) => string>> = {
  '.json': (report) => `${JSON.stringify(report, null, 2)}\n`,
  '.md': benchMarkdown,
  '.svg': benchSvg,
};

/** Writes a report into a file as its ending says. Throws ERR_CONFIG for another one, before anything is measured. */
function writerOf(file: string): (report: BenchReport) => void {
  const format = formats[extname(file)];
  if (format === undefined) throw expected('ERR_CONFIG', `a file ending in ${Object.keys(formats).join(', ')}`, '--out', file, { path: 'out' });
  return (report) => {
    replaceFile(file, format(report));
  };
}

function render(report: BenchReport): string {
  const sentences = [...benchVerdicts(report), ...report.notes];
  return renderMeasured(machineText(report), [benchTable(report)], sentences, report.load, terminalOf(process.stdout));
}
