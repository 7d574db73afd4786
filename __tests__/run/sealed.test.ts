import type { TrainingData } from '../../lib/build/buildTraining';
import { sweepLearningRates } from '../../lib/studies/lrFind';
import { train } from '../../lib/run/train';
import { parseSpec } from '../../lib/spec/spec';
import { search } from '../../lib/search/search';
import { parseSearch } from '../../lib/search/searchSpec';
import { temporaryFolder } from '../support/folder';
import { tinyData, tinySpec } from '../support/data/tinyData';

const runs = temporaryFolder();
const spec = parseSpec(tinySpec);
const space = parseSearch({ base: tinySpec, space: { learningRate: { type: 'uniform', low: 0.01, high: 0.1 } }, trials: 2 });
const { test: sealed, ...data } = tinyData();

// @ts-expect-error -- what is trained and selected on has no test rows
export type Sealed = TrainingData['test'];

describe.each<[string, (rows: TrainingData) => unknown]>([
  ['training', (rows) => train(spec, { data: rows })],
  ['a learning-rate sweep', (rows) => sweepLearningRates(spec, rows)],
  ['a search', (rows) => search(space, { runs, data: rows })],
])('%s', (_, use) => {
  test.each<[string, TrainingData]>([
    ['to select on', { ...data, validation: sealed }],
    ['to train on', { ...data, train: sealed }],
    ['that are called something else by accident', { ...data, train: data.validation }],
  ])('takes no test rows %s', (__, rows) => {
    expect(() => use(rows)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(/^Expected (train|validation) rows for /) as string }) as Error);
  });
});
