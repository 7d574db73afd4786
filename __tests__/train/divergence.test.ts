import { kernelsFor } from '../../lib/kernels';
import { initialize } from '../../lib/model/init';
import { mlp } from '../../lib/model/sequential';
import type { Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { locateDivergence } from '../../lib/train/divergence';
import { backends } from '../support/backends';
import { run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const rows = 4;

/** A healthy net of three layers, and a forward pass of it after `harm`. */
function after(backend: (typeof backends)[number], harm: (model: Sequential) => void): Sequential {
  const model = mlp([6, 5, 4, 3], kernelsFor('float32', backend), rows);
  initialize(model, 'he', 0, new RandomState(1));
  harm(model);
  model.forward(rows, Float32Array.from(new RandomState(2).randn(6 * rows)), 'train');
  return model;
}

describe.each(backends)('on %s kernels', (backend) => {
  test.each([
    ['weights that an update broke, though their outputs are the first to show it', ['W2'], Number.NaN, 'parameters', 2],
    ['of several broken layers the one nearest to the loss, where gradients come from', ['W1', 'W2'], Infinity, 'parameters', 2],
    ['a broken bias', ['b3'], Number.NaN, 'parameters', 3],
    ['outputs that overflow, in the first layer where they do', ['W2', 'W3'], 3e38, 'outputs', 2],
    ['nothing in the layers', [], 0, 'loss', 0],
  ])('names %s', (_, names, value, where, layer) => {
    const model = after(backend, ({ arena }) => {
      for (const name of names) arena.find(name)!.value.fill(value, 0, 2);
    });
    const found = locateDivergence(model);
    expect(found).toMatchObject({ where, layer });
    if (layer > 0) expect(found.description).toContain(`layer ${String(layer)} of 3 (W${String(layer)}: linear`);
  });

  test('a run that diverges says in which layer, at which step and rate', () => {
    expect(() => run({ backend, learningRate: 1e25, momentum: 0, layers: [12, 8, 6, 3] })).toThrow(
      expect.objectContaining({
        code: 'ERR_DIVERGED',
        message: expect.stringMatching(
          /^Expected a finite loss for step \d+ but received \S+: .* layer \d of 3 \(W\d: .*\); the learning rate was 1e25 and the last finite loss \S+$/,
        ) as string,
        details: expect.objectContaining({ learningRate: 1e25, lastFiniteLoss: expect.any(Number) as number, where: expect.any(String) as string }) as object,
      }),
    );
  });

  test('a penalty that overflows is not blamed on a layer', () => {
    expect(() => run({ backend, l2: 1e300, learningRate: 1e-300, dtype: 'float64', layers: [12, 8, 3], initStd: 1e10, init: 'normal' })).toThrow(
      expect.objectContaining({ code: 'ERR_DIVERGED', details: expect.objectContaining({ where: 'loss', layer: 0, step: 1 }) as object }),
    );
  });
});

test('features that are not finite never get that far', () => {
  const data = tinyData();
  const features = Float32Array.from(data.train.features).fill(Infinity, 3, 4);
  expect(() => run({ normalization: 'standardize' }, { data: { ...data, train: { ...data.train, features } } })).toThrow(
    expect.objectContaining({ code: 'ERR_DATA' }),
  );
});
