import { buildTraining, planOf } from '../../lib/build/buildTraining';
import type { BuiltTraining } from '../../lib/build/buildTraining';
import { kernelsFor } from '../../lib/kernels';
import type { FloatArray } from '../../lib/kernels/contract';
import { parseSpec } from '../../lib/spec/spec';
import { ownExchange } from '../../lib/train/exchange';
import type { Exchange } from '../../lib/train/exchange';
import { tinyData } from '../support/data/tinyData';
import { ranks } from '../support/ranks';

const common = { layers: [12, 10, 3], batchSize: 16, shards: 4, steps: 120, seed: 3, learningRate: 0.01, health: false, dtype: 'float64', backend: 'typescript' };
const data = tinyData(67, 10, 12);
const build = (spec: object, exchange: Exchange): BuiltTraining => buildTraining(parseSpec({ ...common, ...spec }), data, kernelsFor('float64', 'typescript'), { exchange });

const stateOf = ({ training: { objective: { model } }, optimizer, average }: BuiltTraining): FloatArray[] =>
  [model.arena.values, ...model.buffers.map(({ value }) => value), ...Object.values(optimizer.state), ...average?.state ?? []];

test.each<[string, object, 'no other' | 'a distant mean']>([
  ['SGD with momentum, by the gradient of their own rows alone', { momentum: 0.9, l2: 0.01, dropout: 0.2, clipNorm: 0.5 }, 'no other'],
  ['AdamW, batch normalisation, averaged weights', { optimizer: 'adamw', weightDecay: 0.1, norm: 'batch', emaDecay: 0.9, accumulate: 2 }, 'a distant mean'],
])('processes take three steps of their own and then go on from the mean of all they hold: %s', (_, spec, meets) => {
  const { all, step } = ranks([1, 1, 1, 1], (exchange) => build({ ...spec, localSteps: 3 }, exchange));
  // Processes that never meet; the mean is taken here.
  const apart = [0, 1, 2, 3].map((firstShard) => build({ ...spec, localSteps: meets === 'no other' ? null : 120 }, { ...ownExchange(1), firstShard }));
  for (let i = 1; i <= 8; i++) {
    step(0.01);
    for (const { training } of apart) training.step.run(0.01);
    if (i % 3 === 0) {
      const states = apart.map(stateOf);
      states[0]!.forEach((array, a) => {
        const mean = array.map((value, at) => ((value + states[1]![a]![at]!) + (states[2]![a]![at]! + states[3]![a]![at]!)) / 4);
        for (const state of states) state[a]!.set(mean);
      });
    }
    expect(all.map(stateOf)).toEqual(apart.map(stateOf));
    const values = all.map(({ training: { objective: { model } } }) => model.arena.values.join());
    expect(new Set(values).size).toBe(i % 3 === 0 ? 1 : 4);
  }
});

test.each([[{ epochs: 3 }, 16, 8], [{ epochs: 3, evaluateEvery: 4 }, 16, 4], [{ steps: 12 }, 12, 8]])('lengths that follow from epochs of 5 steps end with a mean: %j', (spec, steps, evaluateEvery) => {
  const { steps: _, ...others } = common;
  expect(planOf(parseSpec({ ...others, localSteps: 4, ...spec }), 67)).toMatchObject({ steps, evaluateEvery, stepsPerEpoch: 5 });
});

test.each([
  [{ steps: 10 }, 'Expected a multiple of it as steps for localSteps but received 10'],
  [{ evaluateEvery: 6 }, 'Expected a multiple of it as evaluateEvery for localSteps but received 6'],
  [{ keepEvery: 6 }, 'Expected a multiple of it as keepEvery for localSteps but received 6'],
  [{ dtype: 'float32', shardSums: 'bfloat16' }, "Expected shardSums exact for localSteps but received 'bfloat16'"],
])('a spec with %j and 4 local steps is refused', (spec, message) => {
  expect(() => parseSpec({ ...common, localSteps: 4, ...spec })).toThrow(message);
});
