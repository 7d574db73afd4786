import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv } from '../../lib/data/csv/csv';
import { Model } from '../../lib/inference/model';
import { temporaryFolder } from '../support/folder';
import { resume } from '../support/run';

/*
 * A run on a table made before floats were centred first (commit a4e1400): layers 2-3-2, dtype float32, backend typescript,
 * schedule constant, learning rate 0.1, batches of 10, 2 epochs; and what 4 epochs gave then.
 */
const runs = temporaryFolder();
const golden = join(__dirname, '..', 'golden', 'olderTable');
const table = join(golden, 'table.csv');
const rows = Float64Array.of(1700003.2, 1.5, 1700001, -2);
const ofCat = (model: Model): number[] => model.predict(rows).map(({ probabilities }) => probabilities![0]!);
const close = (values: readonly number[]): unknown => values.map((value) => expect.closeTo(value, 6) as unknown);

test('an older checkpoint predicts as it did, rows and tables', () => {
  const model = Model.load(join(golden, 'checkpoint.safetensors'), { backend: 'typescript' });
  expect(ofCat(model)).toEqual(close([0.5497736930847168, 0.5555459856987]));
  expect(model.evaluate(loadCsv(table).validation).loss).toBeCloseTo(0.7858230814886346, 6);
});

test('an older run goes on as it would have then, and says what a new one does better', () => {
  const path = join(runs, 'table');
  cpSync(golden, path, { recursive: true });
  const { events, checkpoint } = resume(path, { epochs: 4, dataFile: table }, { data: loadCsv(table) });
  const model = Model.load(checkpoint, { name: 'checkpoint', backend: 'typescript' });
  expect(ofCat(model)).toEqual(close([0.43115559220314026, 0.5436119437217712]));
  expect([...model.firstLayer()!.weights]).toEqual(close([
    1.8028892278671265, 0.31607678532600403, 0.9494953155517578, 2.2603988647460938, 1.7409143447875977, -0.8585327863693237,
  ]));
  const warnings = events.filter(({ type }) => type === 'warning');
  expect(warnings).toContainEqual(expect.objectContaining({ code: 'RESUME_NORMALIZATION' }));
});
