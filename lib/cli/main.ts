#!/usr/bin/env node
import './compileCache';
import { toPlain, expected, nearest } from '../errors';
import { version } from '../version';
import { printable, printableLines } from '../text';
import { setLoadingListener } from '../data/threads/progress';
import { joinedCluster, launcherOf } from '../cluster';
import type { Command } from './command';
import { watchScheduler } from './interrupt';
import { commonIn } from './options';
import { sayLoading } from './loading';
import { exitStatus, watchOutput } from './output';
import { coloursOf, terminalOf, wrap } from './terminal/style';
import { divergenceAdvice } from '../history/outcome';
import { prepareThread } from '../run/trainThread';

/** The commands by name, in the overview's order. Only the requested one is loaded: loading all takes 100 ms. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./commands/train.js')).trainCommand,
  fit: async () => (await import('./commands/fit.js')).fitCommand,
  search: async () => (await import('./commands/search.js')).searchCommand,
  depth: async () => (await import('./commands/depth.js')).depthCommand,
  'lr-find': async () => (await import('./commands/lrFind.js')).lrFindCommand,
  evaluate: async () => (await import('./commands/evaluate.js')).evaluateCommand,
  predict: async () => (await import('./commands/predict.js')).predictCommand,
  test: async () => (await import('./commands/test.js')).testCommand,
  explain: async () => (await import('./commands/explain.js')).explainCommand,
  'learning-curve': async () => (await import('./commands/learningCurve.js')).learningCurveCommand,
  export: async () => (await import('./commands/export.js')).exportCommand,
  import: async () => (await import('./commands/import.js')).importCommand,
  'export-runs': async () => (await import('./commands/exportRuns.js')).exportRunsCommand,
  runs: async () => (await import('./commands/runs.js')).runsCommand,
  show: async () => (await import('./commands/show.js')).showCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
  summary: async () => (await import('./commands/summary.js')).summaryCommand,
  toy: async () => (await import('./commands/toy.js')).toyCommand,
  gradcheck: async () => (await import('./commands/gradcheck.js')).gradcheckCommand,
  verify: async () => (await import('./commands/verify.js')).verifyCommand,
  serve: async () => (await import('./commands/serve.js')).serveCommand,
  dashboard: async () => (await import('./commands/dashboard.js')).dashboardCommand,
  data: async () => (await import('./commands/data.js')).dataCommand,
  mpi: async () => (await import('./commands/mpi.js')).mpiCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
  speedrun: async () => (await import('./commands/speedrun.js')).speedrunCommand,
  bench: async () => (await import('./commands/bench.js')).benchCommand,
};

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  return `blastrain ${version}: neural networks in Node.js at the speed of the metal

Usage: blastrain COMMAND [options]

${all.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`).join('\n')}

blastrain help COMMAND explains a command; --debug adds stack traces.
--module FILE loads layers, losses, metrics, … of your own (docs/own-parts.md).
--notify URL|COMMAND tells a web hook or a command at the end what came of it.
Exit status: 0, 1 for an error, 75 after SIGTERM or SIGUSR1, 130 after Ctrl-C,
141 when the reader of the output has gone.
`;
}

async function main(args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  if (word === 'help' && rest[0] !== undefined) return main([rest[0], '--help']);
  if (word === undefined || word === 'help' || word === '--help' || word === '-h') {
    process.stdout.write(await overview());
    return 0;
  }
  if (word === '--version' || word === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (load === undefined) {
    const names = Object.keys(commands);
    const suggestion = nearest(word, names);
    throw expected('ERR_CONFIG', suggestion === undefined ? `one of ${names.join(', ')}` : `a command, perhaps ${suggestion},`, 'blastrain', word);
  }
  const isHelp = rest.includes('--help') || rest.includes('-h');
  // While this thread loads the command and reads the spec, that one loads what a training is made of.
  if (!isHelp && (word === 'train' || word === 'fit')) prepareThread();
  const command = await load();
  if (isHelp) {
    process.stdout.write(command.help);
    return 0;
  }
  const { module, notify } = commonIn(rest);
  if (notify !== undefined) (await import('./notify.js')).checkTarget(notify);
  if (module !== undefined) {
    const { loadModule } = await import('../spec/modules.js');
    await loadModule(module);
  }
  return command.run(rest);
}

/** Text for standard error: broken between words on a terminal, one line elsewhere. */
function wrapped(text: string): string {
  const { isTTY, columns } = terminalOf(process.stderr);
  return isTTY ? wrap(text, columns - 1) : text;
}

function errorText(text: string): string {
  return wrapped(`blastrain: ${text}`).replace('blastrain:', coloursOf(terminalOf(process.stderr)).red);
}

/** Milliseconds in which a launcher ends the other ranks once one has failed. */
const launcherTime = 2000;

/** Of ranks that fail for the same reason the first says it; another one waits for that, and speaks where it failed alone. */
async function leadersWord(): Promise<void> {
  if ((launcherOf()?.rank ?? 0) > 0) await new Promise((resolve) => { setTimeout(resolve, launcherTime); });
}

const words = process.argv.slice(2);
if (words[0] === 'train' || words[0] === 'search') watchScheduler();
watchOutput();
setLoadingListener(sayLoading());

/** Tells whoever was named by --notify; of several ranks the first does. */
async function tell(status: number, failure: { readonly code: string; readonly message: string } | null): Promise<void> {
  const target = commonIn(words).notify;
  if (target === undefined || target.trim() === '' || (launcherOf()?.rank ?? 0) > 0) return;
  const { notify } = await import('./notify.js');
  await notify(target, words[0]!, status, performance.now() / 1000, failure);
}

main(words).then(
  async (status) => {
    process.exitCode = exitStatus(status);
    await tell(status, null);
  },
  async (error: unknown) => {
    const { code, message, stack, details } = toPlain(error);
    await leadersWord();
    const ranks = joinedCluster();
    const speaker = ranks !== undefined && ranks.rank > 0 && code !== 'ERR_CLUSTER' ? `${printable(ranks.nameOf(ranks.rank))}: ` : '';
    process.stderr.write(`${errorText(`${speaker}${printable(message)} [${printable(code)}]`)}\n`);
    if (code === 'ERR_DIVERGED') process.stderr.write(`${wrapped(divergenceAdvice(Number(details['learningRate'])))}\n`);
    if (words.includes('--debug') && stack !== undefined) process.stderr.write(`${printableLines(stack)}\n`);
    process.exitCode = exitStatus(1);
    await tell(1, { code, message });
    ranks?.abort(1);
  },
);
