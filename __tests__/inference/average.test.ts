import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { temporaryFolder } from '../support/folder';
import { run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const folder = temporaryFolder();
const base = join(folder, 'base.safetensors');
const spec = { norm: 'batch', steps: 10, calibration: 'temperature' };
Model.load(run({ ...spec, steps: 2 }).checkpoint).save(base);
const soup = [5, 6, 7].map((seed) => Model.load(run({ ...spec, seed, from: base }).checkpoint));

test('has the mean of all parameters, statistics and log temperatures', () => {
  const average = Model.average(soup);
  const all = soup.map((model) => model.weights());
  for (const [name, { shape, values }] of Object.entries(average.weights())) {
    expect(shape).toEqual(all[0]![name]!.shape);
    values.forEach((value, i) => { expect(value).toBeCloseTo(all.reduce((sum, weights) => sum + weights[name]!.values[i]!, 0) / 3, 6); });
  }
  expect(Math.log(average.temperature)).toBeCloseTo(soup.reduce((sum, { temperature }) => sum + Math.log(temperature) / 3, 0), 12);
  expect(average.metrics).toBeNull();
  expect(average.evaluate(tinyData().validation).accuracy).toBeGreaterThan(0.8);
  expect(Model.load(average.toBytes()).outputs(tinyData().validation)).toEqual(average.outputs(tinyData().validation));
});

test('of one model is that model', () => {
  expect(Model.average([soup[0]!]).outputs(tinyData().validation)).toEqual(soup[0]!.outputs(tinyData().validation));
});

test.each([
  ['no models', () => [], 'at least one model for models'],
  ['other layers', () => [soup[0]!, Model.load(run({ ...spec, layers: [12, 7, 3] }).checkpoint)], 'a model with the layers of the first one for models[1]'],
  ['another preprocessing', () => [soup[0]!, soup[1]!, Model.load(run({ ...spec, normalization: 'mean-image' }).checkpoint)], 'a model with the preprocessing of the first one for models[2]'],
  ['other classes', () => {
    const data = tinyData();
    const others = (['train', 'validation'] as const).map((split) => ({ ...data[split], classNames: ['x', 'y', 'z'] }));
    return [soup[0]!, Model.load(run({ ...spec }, { data: { ...data, train: others[0]!, validation: others[1]! } }).checkpoint)];
  }, 'a model with the classes and targets of the first one for models[1]'],
  ['what is no model', () => [{}] as unknown as Model[], 'models for models'],
])('%s: refused', (_, models, message) => {
  expect(() => Model.average(models())).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`Expected ${message}`) }));
});
