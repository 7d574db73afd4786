import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Driver } from '../../lib/bench/driver';
import { findNet, makeNet } from '../../lib/bench/nets';
import { benchPeers } from '../../lib/bench/peers';
import { defaultThreads } from '../../lib/machine';
import { backends, kernelBackends } from '../support/backends';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const quick = { nets: [findNet('toy')], backends, rounds: 1, sampleSeconds: 1e-4 };

/** A peer that answers loads with this text, and that takes a second for each step. */
function standIn(name: string, answer: string): { name: string; commands: string[]; args: string[] } {
  const file = join(folder, `${name}.js`);
  writeFileSync(file, `
    console.log(JSON.stringify({ name: '${name}', threads: false }));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const [word, , second] = line.split(' ');
      console.log(word === 'load' ? ${JSON.stringify(answer)} : word === 'run' ? second : '0');
    });`);
  return { name, commands: [process.execPath], args: [file] };
}

const hasTorch = spawnSync('/usr/bin/python3', ['-c', 'import torch']).status === 0;
const torch = { name: 'PyTorch', commands: ['/usr/bin/python3'], args: [join(root, 'scripts', 'bench-peers', 'torch_step.py')] };

(hasTorch ? test : test.skip)('PyTorch makes the same steps with SGD, momentum and L2, and with AdamW', async () => {
  const nets = [
    makeNet('small', { layers: [4, 6, 3], batchSize: 5, learningRate: 0.1, momentum: 0.9, l2: 1e-2 }),
    makeNet('deeper', { layers: [4, 6, 5, 3], batchSize: 5, optimizer: 'adamw', learningRate: 0.01, weightDecay: 0.1 }),
  ];
  const { entries, notes } = await benchPeers({ ...quick, nets, commands: [torch] });
  expect(notes).toEqual([]);
  expect(entries.filter(({ who }) => /^PyTorch \d.*thread/.test(who)).map(({ subject }) => subject)).toEqual(['small', 'deeper']);
});

test('a peer with other losses is left out, and it is said which', async () => {
  const { entries, notes } = await benchPeers({ ...quick, commands: [standIn('liar', '{"losses":[1,1,1,1,1]}')] });
  expect(notes).toEqual([expect.stringMatching(/^toy: without liar, as its loss of step 1 is 1 and not \d/)]);
  expect(entries.map(({ who }) => who)).not.toContain('liar');
});

test.each([
  ['does not know the optimiser', standIn('modest', '{"unsupported":"it has no sgd"}'), 'toy: without modest, it has no sgd'],
  ['is not installed', { name: 'absent', commands: [join(folder, 'nowhere')], args: [] }, /^without absent: .*ENOENT/],
  ['ends at once', { name: 'dead', commands: [process.execPath], args: ['-e', 'throw new Error("no such package")'] }, /^without dead: .*an end/],
])('a peer that %s is left out', async (_, command, note) => {
  const { notes } = await benchPeers({ ...quick, commands: [command] });
  expect(notes).toEqual([typeof note === 'string' ? note : expect.stringMatching(note)]);
});

test.each([
  ['tfjs.js', '@tensorflow/tfjs'],
  ['jax.js', '@jax-js/jax'],
  ['onnxruntime.js', 'onnxruntime-node', 'node'],
  ['onnxruntime.js', 'onnxruntime-web', 'web'],
])('%s says that %s is missing, and how to install it', async (script, name, ...args) => {
  const command = { name: 'it', commands: [process.execPath], args: [join(root, 'scripts', 'bench-peers', script), folder, ...args] };
  const { notes } = await benchPeers({ ...quick, commands: [command] });
  expect(notes).toEqual([
    `without it: ${name} is not installed in ${folder}; to install it, type: npm install --prefix ${folder} --ignore-scripts ${name}`,
  ]);
});

test('the first program that starts runs a peer', async () => {
  const { name, commands, args } = standIn('second', '{"unsupported":"it started"}');
  const { notes } = await benchPeers({ ...quick, commands: [{ name, commands: [join(folder, 'nowhere'), ...commands], args }] });
  expect(notes).toEqual(['toy: without second, it started']);
});

test('each backend of ours runs on as many threads as serve it, and is named by them where it can have several', async () => {
  const all = defaultThreads();
  const { entries } = await benchPeers({ ...quick, backends: kernelBackends, commands: [] });
  const threaded = (name: string): RegExp => new RegExp(all > 1 ? `^${name}, (1 thread|${String(all)} threads)$` : `^${name}$`);
  const names = { native: threaded('blastrain'), wasm: threaded('blastrain, wasm'), typescript: /^blastrain, TypeScript$/ };
  expect(entries.map(({ who }) => who)).toEqual(kernelBackends.map((backend) => expect.stringMatching(names[backend]) as string));
});

describe('a driver', () => {
  const start = (script: string): Promise<Driver | string> => Driver.start(process.execPath, ['-e', script]);

  test('answers in order, and an error is one', async () => {
    const driver = (await start(`
      console.log('ready');
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => console.log(line === 'bad' ? 'error it is bad' : line + '!'));
    `)) as Driver;
    expect(driver.greeting).toBe('ready');
    expect(await Promise.all([driver.ask('a'), driver.ask('b')])).toEqual(['a!', 'b!']);
    await expect(driver.ask('bad')).rejects.toMatchObject({ code: 'ERR_WORKER', message: expect.stringContaining('it is bad') as string });
    driver.stop();
  });

  test('that ends leaves no question open', async () => {
    const driver = (await start('console.log("ready"); process.stdin.once("data", () => process.exit(3));')) as Driver;
    await expect(driver.ask('a')).rejects.toMatchObject({ code: 'ERR_WORKER', message: expect.stringContaining('exit 3') as string });
    await expect(driver.ask('b')).rejects.toMatchObject({ code: 'ERR_WORKER' });
  });
});
