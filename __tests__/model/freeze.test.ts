import { buildTraining } from '../../lib/build/buildTraining';
import type { BuiltTraining } from '../../lib/build/buildTraining';
import { kernelsFor } from '../../lib/kernels';
import { mlp } from '../../lib/model/sequential';
import { applySettings, parseSpec } from '../../lib/spec/spec';
import { variants } from '../support/backends';
import { run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

describe('names of what is frozen', () => {
  const frozen = (patterns: readonly string[]): string[] => {
    const model = mlp([4, 5, 5, 3], kernelsFor('float64'), 2, { norm: 'batch' });
    model.freeze(patterns);
    return model.arena.parameters.filter(({ isFrozen }) => isFrozen).map(({ name }) => name);
  };
  test.each([
    [['W1'], ['W1']],
    [['W*'], ['W1', 'W2', 'W3']],
    [['layers.0.*'], ['W1', 'b1']],
    [['layers.1.*', 'b3'], ['gamma1', 'beta1', 'b3']],
    [['*1'], ['W1', 'b1', 'gamma1', 'beta1']],
  ])('%j', (patterns, names) => {
    expect(frozen(patterns)).toEqual(names);
  });
  test.each([
    [['w1'], /^Expected names of parameters \(W1, b1, .*, or as layers\.0\.W1\) for freeze but received 'w1'$/],
    [['W1', 'W.'], /'W\.'$/],
    [['layers.9.*'], /'layers\.9\.\*'$/],
    [['*'], /^Expected a parameter that is left to train for freeze/],
  ])('%j are refused', (patterns, message) => {
    expect(() => frozen(patterns)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }));
  });
  test.each([['freeze=W1,b1', ['W1', 'b1']], ['freeze=["layers.0.*"]', ['layers.0.*']], ['freeze=W1', ['W1']], ['freeze=null', null]])('%s', (setting, value) => {
    expect(parseSpec({ ...tinySpec, ...applySettings({}, [setting]) }).freeze).toEqual(value);
  });
});

describe.each(variants)('training on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const data = tinyData();
  const build = (spec: object): BuiltTraining => buildTraining(parseSpec({ ...tinySpec, momentum: 0, l2: 0, dtype, backend, ...spec }), data, kernels);
  const copy = ({ training }: BuiltTraining): Map<string, number[]> =>
    new Map(training.objective.model.arena.parameters.map(({ name, value }) => [name, Array.from(value)]));

  test.each([
    ['sgd', { momentum: 0.9, l2: 0.01 }],
    ['adam', { optimizer: 'adam', l2: 0.01 }],
    ['adamw, whose decay shrinks weights without a gradient', { optimizer: 'adamw', weightDecay: 0.5, decayBiases: true }],
    ['rmsprop', { optimizer: 'rmsprop' }],
    ['lion', { optimizer: 'lion', weightDecay: 0.1 }],
    ['clipping', { clipNorm: 0.1 }],
    ['accumulation', { accumulate: 2 }],
    ['averaged weights', { emaDecay: 0.9 }],
  ])('leaves what is frozen as it is, and nothing else: %s', (_, spec) => {
    for (const freeze of [['W1', 'b2'], ['b1', 'W2'], ['layers.0.*']]) {
      const built = build({ ...spec, freeze });
      const before = copy(built);
      for (let step = 0; step < 3; step++) built.training.step.run(0.1);
      built.training.step.completeGradients();
      const changed = [...copy(built)].filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name))).map(([name]) => name);
      const { parameters } = built.training.objective.model.arena;
      expect(changed).toEqual(parameters.flatMap(({ name, isFrozen }) => (isFrozen ? [] : [name])));
    }
  });

  test('trains the rest as if the frozen were put back after each step, whether or not their gradients are computed', () => {
    const [frozen, other] = [build({ freeze: ['W1', 'b1'] }), build({})];
    const arenas = [frozen, other].map(({ training }) => training.objective.model.arena);
    const start = copy(other);
    for (let step = 0; step < 4; step++) {
      for (const { training } of [frozen, other]) training.step.run(0.1);
      for (const name of ['W1', 'b1']) arenas[1]!.find(name)!.value.set(start.get(name)!);
      expect(arenas[0]!.values).toEqual(arenas[1]!.values);
    }
  });

  test('limits the norm of the gradients that are used', () => {
    const { training } = build({ freeze: ['b1', 'W2'], clipNorm: 1e-3 });
    training.step.run(0.1);
    const { parameters } = training.objective.model.arena;
    const squares = parameters.flatMap(({ isFrozen, gradient }) => (isFrozen ? [] : Array.from(gradient))).reduce((sum, g) => sum + g * g, 0);
    expect(Math.sqrt(squares)).toBeCloseTo(1e-3, 6);
  });
});

test('a run with frozen weights is no cause for warnings of the training doctor', () => {
  const { events } = run({ freeze: ['W*'], steps: 60, learningRate: 0.01 });
  expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
});
