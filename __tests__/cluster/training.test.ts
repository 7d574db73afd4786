import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { blastrain, jsonLines } from '../support/cli';
import type { CliResult } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { blastrainOn, clusterTimeout, describeCluster, sentences } from '../support/mpi';
import type { ClusterOptions } from '../support/mpi';

const cwd = temporaryFolder();

/** All that draws, keeps statistics or norms. */
const spec = {
  data: 'csv', dataFile: 'rows.csv', layers: [4, 16, 16, 2], steps: 60, evaluateEvery: 10, batchSize: 32, norm: 'batch', dropout: 0.2, optimizer: 'adamw', learningRate: 0.001,
  clipNorm: 1, emaDecay: 0.9, mixup: 0.2, restoreBest: true, schedule: 'plateau', decay: 0.5, patience: 2,
};

beforeAll(() => {
  const number = (i: number): string => Math.sin(12.9898 * (i + 1)).toFixed(4);
  const rows = Array.from({ length: 403 }, (_, i) => [0, 1, 2, 3].map((j) => number(4 * i + j)).concat(Number(number(4 * i)) * Number(number(4 * i + 1)) + Number(number(4 * i + 2)) > 0 ? 'a' : 'b'));
  writeFileSync(join(cwd, 'rows.csv'), ['a,b,c,d,y', ...rows.map((cells) => cells.join(','))].join('\n'));
  writeFileSync(join(cwd, 'spec.json'), JSON.stringify(spec));
});

/** The result of a run with --json, whose metrics, without times and conditions, are those of any other number of ranks. */
function resultOf({ status, stdout, stderr }: CliResult): Record<string, unknown> {
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return jsonLines(stdout).at(-1)!;
}

type Launcher = Parameters<NonNullable<ClusterOptions['during']>>[0];

/** The process of a rank on this machine. */
function rankOf({ pid }: Launcher, rank: number): number {
  return Number(readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').trim().split(' ')[rank]);
}

function metricsOf(name: string): unknown[] {
  return jsonLines(readFileSync(join(cwd, 'runs', name, 'metrics.jsonl'), 'utf8'))
    .map(({ seconds: _, samplesPerSecond: __, stepMilliseconds: ___, threads: ____, ranks: _____, run: ______, file: _______, kept: ________, ...bits }) => bits);
}

describeCluster('ranks of Open MPI that train together', () => {
  // Without shards there are as many as ranks, rounded up to a power of two.
  describe.each([
    ['float32', 'exact', 2, 4, [[2, ['shards=4']], [3, []], [4, []]]], ['float64', 'exact', 1, 4, [[4, []]]], ['float32', 'bfloat16', 1, 8, [[3, ['shards=8']], [6, []]]],
  ] as const)('in %s, with sums that are %s', (dtype, sums, accumulate, shards, starts) => {
    const words = (name: string, ...settings: string[]): string[] => ['train', 'spec.json', '--json', '--name', name, '--set', `dtype=${dtype}`, `shardSums=${sums}`, `accumulate=${String(accumulate)}`, ...settings];

    test('give the bits of one process in as many shards', async () => {
      const alone = resultOf(await blastrain(words(`${dtype}-${sums}-1`, `shards=${String(shards)}`, 'threads=2'), { cwd }));
      for (const [ranks, settings] of starts) {
        const name = `${dtype}-${sums}-${String(ranks)}`;
        const together = resultOf(await blastrainOn(ranks, words(name, ...settings), { cwd }));
        expect(together['parametersDigest']).toBe(alone['parametersDigest']);
        expect(metricsOf(name)).toEqual(metricsOf(`${dtype}-${sums}-1`));
      }
    }, clusterTimeout);
  });

  test('end where one is killed, and go on from the last checkpoint with another number of ranks, to the bit', async () => {
    const words = (name: string): string[] => ['train', 'spec.json', '--json', '--name', name, '--set', 'shards=4', 'steps=400', 'keepEvery=100'];
    const whole = resultOf(await blastrain(words('whole'), { cwd }));
    const killed = await blastrainOn(4, words('killed'), {
      cwd,
      during: (launcher) => {
        launcher.stdout!.once('data', () => {
          process.kill(rankOf(launcher, 3), 'SIGKILL');
        });
      },
    });
    expect(killed.status).not.toBe(0);
    const resumed = resultOf(await blastrainOn(3, [...words('killed'), '--resume-if-there'], { cwd }));
    expect(resumed['parametersDigest']).toBe(whole['parametersDigest']);
    expect(metricsOf('killed').filter((event) => (event as { type: string }).type !== 'start')).toEqual(metricsOf('whole').slice(1));
    // Ended, there is nothing to do.
    expect(resultOf(await blastrainOn(2, [...words('killed'), '--resume-if-there'], { cwd }))['parametersDigest']).toBe(whole['parametersDigest']);
  }, clusterTimeout);

  test('take steps of their own, and go on from their mean to the bit, as many as before', async () => {
    const words = (name: string): string[] => ['train', 'spec.json', '--json', '--name', name, '--set', 'localSteps=5', 'steps=400', 'keepEvery=100'];
    const whole = resultOf(await blastrainOn(2, words('local'), { cwd }));
    const killed = await blastrainOn(2, words('local-killed'), {
      cwd, during: (launcher) => { launcher.stdout!.once('data', () => { process.kill(rankOf(launcher, 1), 'SIGUSR1'); }); },
    });
    expect(killed.status).toBe(75);
    expect(jsonLines(killed.stdout).at(-1)!['steps'] as number % 5).toBe(0);
    for (const [ranks, result] of [[4, await blastrainOn(4, [...words('local-killed'), '--resume-if-there'], { cwd })], [1, await blastrain([...words('local-killed'), '--resume-if-there'], { cwd })]] as const) {
      expect(result.status).not.toBe(0);
      expect(sentences(result)).toEqual([ranks === 1
        ? 'blastrain: Expected several, started by mpirun or srun, for the ranks of a training with localSteps but received 1 [ERR_CLUSTER]'
        : 'blastrain: Expected 2, one for each shard, as a training with localSteps depends on them, for the number of ranks but received 4 [ERR_CLUSTER]']);
    }
    const resumed = resultOf(await blastrainOn(2, [...words('local-killed'), '--resume-if-there'], { cwd }));
    expect(resumed['parametersDigest']).toBe(whole['parametersDigest']);
    const course = (name: string): unknown[] => metricsOf(name).filter((event) => ['step', 'evaluation', 'epoch'].includes((event as { type: string }).type));
    expect(course('local-killed')).toEqual(course('local'));
  }, clusterTimeout);

  test.each([
    ['by the stop file, on rank 0', 130, () => { writeFileSync(join(cwd, 'runs', 'stopped130', 'stop'), ''); }],
    ['by a scheduler, on another one', 75, (launcher: Launcher) => { process.kill(rankOf(launcher, 1), 'SIGUSR1'); }],
  ])('stop together %s, with one status', async (_, expected, stop) => {
    const { status, stdout } = await blastrainOn(2, ['train', 'spec.json', '--json', '--name', `stopped${String(expected)}`, '--set', 'steps=1000000'], {
      cwd,
      during: (launcher) => { launcher.stdout!.once('data', () => { stop(launcher); }); },
    });
    expect(status).toBe(expected);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'result', ended: 'stopped' });
  }, clusterTimeout);

  test('say once, on rank 0, what all fail of', async () => {
    const result = await blastrainOn(2, ['train', 'spec.json', '--name', 'diverged', '--set', 'optimizer=sgd', 'learningRate=1e30', 'norm=none', 'clipNorm=null', 'emaDecay=null'], { cwd });
    expect(result.status).not.toBe(0);
    expect(sentences(result)).toEqual([expect.stringMatching(/^blastrain: Expected a finite loss for step .* \[ERR_DIVERGED\]$/)]);
    expect(JSON.parse(readFileSync(join(cwd, 'runs', 'diverged', 'status.json'), 'utf8'))).toMatchObject({ state: 'failed', code: 'ERR_DIVERGED' });
  }, clusterTimeout);

  test.each([
    ['other settings on a rank', [['train', 'spec.json'], ['train', 'spec.json', '--set', 'learningRate=0.5']],
      `Expected 0.001, as rank 0 has, for learningRate of rank 1 on host ${hostname()} but received 0.5 [ERR_CLUSTER]`],
    ['other data on a rank', [['train', 'spec.json'], ['train', 'spec.json', '--set', 'dataFile=other.csv']], /^blastrain: Expected the data of rank 0, digest \w+, for the data of rank 1 on host \S+ but received '\w+' \[ERR_DATA\]$/],
    ['a file that a rank lacks', [['train', 'spec.json'], ['train', 'spec.json', '--set', 'dataFile=none.csv']], /^blastrain: (rank 1 on host \S+: )?Expected .*none\.csv .* \[ERR_\w+\]$/],
    ['fewer shards than ranks', [['train', 'spec.json', '--set', 'shards=1']], 'Expected at most 1, the shards of a batch, for the number of ranks but received 2 [ERR_CLUSTER]'],
    ['a batch that the ranks do not divide', [['train', 'spec.json', '--set', 'batchSize=33']], 'Expected a batchSize that they divide for shards but received 33 [ERR_CONFIG]'],
    ['several runs', [['train', 'spec.json', '--folds', '3']], "Expected one run, as 2 ranks train together, for --folds but received '3' [ERR_CONFIG]"],
  ])('refuse %s', async (_, words, sentence) => {
    writeFileSync(join(cwd, 'other.csv'), readFileSync(join(cwd, 'rows.csv'), 'utf8').replace(/\n.*$/, ''));
    const result = words.length === 1 ? await blastrainOn(2, words[0]!, { cwd }) : await blastrainOn(1, words[0]!, { cwd, others: words.slice(1) });
    expect(result.status).not.toBe(0);
    expect(sentences(result)).toEqual([typeof sentence === 'string' ? `blastrain: ${sentence}` : expect.stringMatching(sentence)]);
  }, clusterTimeout);
});
