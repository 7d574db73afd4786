import { benchData, makeNet } from '../../lib/bench/nets';
import { profileStep } from '../../lib/bench/profile';
import { backends } from '../support/backends';

const net = makeNet('small', { layers: [4, 6, 3], batchSize: 5, momentum: 0.9 });
const quick = { steps: 4, warmUps: 1, peak: { flops: 1e4, stream: 2 ** 15 } };

test.each(backends)('%s: the calls of a step by kernel and size, and their time', async (backend) => {
  const { entries, stepSeconds, watchedSeconds, otherSeconds, ...profile } = await profileStep({ ...net.spec, backend }, benchData(net), quick);
  expect(profile).toMatchObject({ type: 'profile', backend, steps: 4 });
  const calls = Object.fromEntries(entries.map(({ kernel, shape, callsPerStep }) => [`${kernel} ${shape}`, callsPerStep]));
  expect(calls).toMatchObject({ 'standardizeRows 5x4': 1, 'linearForward 5x6x4': 1, 'reluBackward 30': 1, 'softmaxCrossEntropyForward 5x3': 1 });
  expect(Object.keys(calls)).not.toContain('gemm NN 5x4x6'); // nobody needs the gradient of the inputs
  const sum = entries.reduce((total, { seconds }) => total + seconds, otherSeconds);
  expect(sum).toBeCloseTo(watchedSeconds, 9);
  expect(stepSeconds).toBeGreaterThan(0);
  expect(entries.map(({ seconds }) => seconds)).toEqual(entries.map(({ seconds }) => seconds).sort((a, b) => b - a));
  for (const { shareOfPeak } of entries) expect(shareOfPeak === null).toBe(backend === 'typescript');
});
