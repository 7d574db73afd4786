import { benchCommand } from '../../lib/cli/commands/bench';
import { evaluateCommand } from '../../lib/cli/commands/evaluate';
import { exportCommand } from '../../lib/cli/commands/export';
import { gradcheckCommand } from '../../lib/cli/commands/gradcheck';
import { predictCommand } from '../../lib/cli/commands/predict';
import { serveCommand } from '../../lib/cli/commands/serve';
import { showCommand } from '../../lib/cli/commands/show';
import { testCommand } from '../../lib/cli/commands/test';
import { trainCommand } from '../../lib/cli/commands/train';
import { verifyCommand } from '../../lib/cli/commands/verify';

const commands = {
  bench: benchCommand, evaluate: evaluateCommand, export: exportCommand, gradcheck: gradcheckCommand, predict: predictCommand, serve: serveCommand, show: showCommand, test: testCommand, train: trainCommand, verify: verifyCommand,
};

/** What a command ends with. */
async function refusalOf(command: keyof typeof commands, args: readonly string[]): Promise<unknown> {
  try {
    return await commands[command].run(args);
  } catch (error) {
    return error;
  }
}

test.each([
  ['bench', ['lod'], 'BENCHMARK', /one of kernels, step, .*tables/],
  ['bench', ['kernels', '--kernels', 'dot,argmx'], '--kernels', /Expected argmax/],
  ['bench', ['kernels', '--dtype', 'float16'], '--dtype', /one of float32, float64/],
  ['verify', ['argmx'], 'KERNEL', /Expected argmax/],
  ['gradcheck', ['--activation', 'relux'], '--activation', /one of .*relu/],
  ['show', ['lod'], 'RUN', /a run of runs/],
  ['test', ['lod'], 'RUN', /a run of runs/],
  ['evaluate', ['lod'], 'MODEL', /a run of runs/],
  ['predict', ['lod', 'rows.csv'], 'MODEL', /a run of runs/],
  ['serve', ['lod'], 'MODEL', /a run of runs/],
  ['export', ['lod', '--to', 'onnx'], 'MODEL', /a run of runs/],
  ['train', ['--from', 'lod'], '--from', /a run of runs/],
  ['train', ['--resume', 'lod'], '--resume', /a run of runs/],
] as const)('%s %j names the argument that is wrong as its help does', async (command, args, argument, what) => {
  expect(commands[command].help).toMatch(new RegExp(`(^|[^-\\w])${argument}\\b`));
  const refusal = await refusalOf(command, args);
  expect(refusal).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(what) as string });
  expect((refusal as Error).message).toContain(` for ${argument} but received '`);
});

test.each([
  ['bench', ['tables'], 'Expected FOLDER for blastrain bench tables but received nothing'],
  ['bench', ['--json', 'tables'], 'Expected FOLDER for blastrain bench tables but received nothing'],
  ['evaluate', ['a', 'b', 'c'], 'Expected no more than MODEL FILE for the arguments but received \'c\''],
] as const)('%s %j says what is missing or too much', async (command, args, message) => {
  expect(await refusalOf(command, args)).toMatchObject({ code: 'ERR_CONFIG', message });
});
