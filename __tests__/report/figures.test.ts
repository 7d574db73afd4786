import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunHistory } from '../../lib/history/readRunHistory';
import { RunSeries } from '../../lib/history/curves/runSeries';
import { accuracySvg, lossCurveSvg, lossSvg, writeRunFigures } from '../../lib/report/figures';
import type { StartEvent } from '../../lib/train/events';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'figures-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const start: StartEvent = {
  type: 'start', run: 'trial-1', layers: [12, 5, 3], parameters: 83, steps: 300, stepsPerEpoch: 50, batchSize: 20,
  backend: 'native', dtype: 'float32', threads: 1, seed: 0, data: 'synthetic', dataDigest: 'd',
};
const step = (n: number, loss: number | null = 2 / n) => ({
  type: 'step', step: n, epoch: n / 50, loss, batchAccuracy: 0.5, learningRate: 0.1,
});
const evaluation = (n: number, valAccuracy = 0.4) => ({
  type: 'evaluation', step: n, epoch: n / 50, trainAccuracy: 0.6, trainLoss: 1, valAccuracy, valLoss: 1.5,
});
const write = (events: readonly object[], tail = ''): void => {
  writeFileSync(join(folder, 'metrics.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join('') + tail);
};
const layer = { weights: new Float32Array(60), units: 5, imageShape: { channels: 3, height: 2, width: 2 } };
const course = (steps: number): object[] => [
  start,
  ...Array.from({ length: steps }, (_, i) => (i % 50 === 49 ? [step(i + 1), evaluation(i + 1)] : [step(i + 1)])).flat(),
];
const describedIn = (file: string): string => /<desc>(.*)<\/desc>/.exec(readFileSync(join(folder, file), 'utf8'))![1]!;

describe('figures of a run', () => {
  test.each([
    [{ loss: 'mse', l2: 0, targetScaling: 'standardize' }, 'mean squared error of standardised targets'], [{ loss: 'bce', l2: 0 }, 'mean binary cross-entropy'],
    [{ loss: 'poisson', l2: 1 }, 'mean Poisson loss + λ‖W‖²'], [{}, 'mean loss'],
  ])('call the loss of %j by its name', (spec, name) => {
    write(course(10));
    writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
    writeRunFigures(folder);
    rmSync(join(folder, 'spec.json'));
    expect(describedIn('loss.svg')).toMatch(`Line chart of ${name} against step`);
  });

  test('are written into its folder, with nothing left beside them', () => {
    write(course(300));
    writeFileSync(join(folder, 'spec.json'), JSON.stringify({ loss: 'cross-entropy', l2: 0.1 }));
    const paths = writeRunFigures(folder, layer);
    rmSync(join(folder, 'spec.json'));
    expect(paths).toEqual(['loss.svg', 'accuracy.svg', 'weights.png'].map((name) => join(folder, name)));
    expect(readdirSync(folder).sort()).toEqual(['accuracy.svg', 'loss.svg', 'metrics.jsonl', 'weights.png']);
    expect(describedIn('loss.svg')).toBe(
      'Line chart of mean cross-entropy + λ‖W‖² against step (50 steps = 1 epoch). ' +
        'train, single batches: from 2 at 1 to 0.006667 at 300, between 0.006667 and 2. ' +
        'train, mean over 7 steps: from 1.042 at 1 to 0.0067 at 300, between 0.0067 and 1.042. ' +
        'validation: from 1.5 at 50 to 1.5 at 300, between 1.5 and 1.5.',
    );
    expect(describedIn('accuracy.svg')).toContain('validation: from 40 % at 50 to 40 % at 300');
    expect(readFileSync(join(folder, 'weights.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  test('without a first layer there is no picture of it, and old figures are replaced', () => {
    write(course(10));
    writeFileSync(join(folder, 'loss.svg'), 'old');
    expect(writeRunFigures(folder)).toHaveLength(2);
    expect(describedIn('loss.svg')).toContain('train: from 2 at 1 to 0.2 at 10');
    expect(describedIn('accuracy.svg')).toContain('validation: no values');
  });

  test('a run that has said nothing yet gives empty pictures', () => {
    write([]);
    writeRunFigures(folder);
    expect(readFileSync(join(folder, 'loss.svg'), 'utf8')).toContain('No values to draw');
  });

  test('a missing metrics file is named', () => {
    expect(() => writeRunFigures(folder)).toThrow(expect.objectContaining({
      code: 'ERR_IO', message: expect.stringContaining(join(folder, 'metrics.jsonl')),
    }) as Error);
  });

  test('a figure that cannot be replaced is named, and leaves nothing behind', () => {
    write(course(10));
    mkdirSync(join(folder, 'loss.svg', 'in the way'), { recursive: true });
    expect(() => writeRunFigures(folder)).toThrow(expect.objectContaining({
      code: 'ERR_IO', details: expect.objectContaining({ file: join(folder, 'loss.svg') }),
    }) as Error);
    expect(readdirSync(folder).sort()).toEqual(['loss.svg', 'metrics.jsonl']);
  });

  test('a first layer that does not fit its image shape writes nothing', () => {
    write(course(10));
    expect(() => writeRunFigures(folder, { ...layer, units: 4 })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }) as Error);
    expect(readdirSync(folder)).toEqual(['metrics.jsonl']);
  });
});

describe('metrics of a run', () => {
  const read = () => readRunHistory(join(folder, 'metrics.jsonl'));

  test('keeps steps and evaluations in order and leaves out a torn last line', () => {
    write([...course(50), { type: 'warning', code: 'W', message: 'm' }], '{"type":"step","step":51,"lo');
    const metrics = read();
    expect(metrics.start).toEqual(start);
    expect(metrics.steps.map((event) => event.step)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(metrics.evaluations).toEqual([evaluation(50)]);
  });

  test('keeps what the layers, the epochs and the doctor say, and the result of a run that has ended', () => {
    const health = { type: 'health', step: 2, layers: [] };
    const warning = { type: 'warning', code: 'W', message: 'm', step: 2 };
    const epoch = { type: 'epoch', step: 2, epoch: 1, trainLoss: 1, trainAccuracy: 0.5, seconds: 1, samplesPerSecond: 9 };
    const result = {
      type: 'result', run: 'r', ended: 'finished', trainAccuracy: 0.5, valAccuracy: 0.4, valLoss: 1, bestStep: 2, bestValAccuracy: 0.4, modelStep: 2, epochs: 1,
      steps: 2, seconds: 1, stepMilliseconds: 9, backend: 'native', dtype: 'float32', threads: 1, parametersDigest: 'd',
    };
    const early = { type: 'warning', code: 'RESUME_BEST', message: 'm' };
    write([start, early, step(1), step(2), health, warning, epoch, result]);
    expect(read()).toMatchObject({
      start, steps: [step(1), step(2)], evaluations: [], epochs: [epoch], health: [health], warnings: [early, warning], result, leftOut: [],
    });
    write([start, early, step(1), step(2), health, warning, epoch, result, start, step(2), health, epoch]);
    expect(read()).toMatchObject({ health: [health], warnings: [early], epochs: [epoch], result: undefined });
  });

  test('steps that were done again after a restart replace the earlier ones', () => {
    write([start, step(1), step(2, 9), evaluation(2, 0.1), step(3, 9), start, step(2, 1), evaluation(2, 0.2)]);
    const metrics = read();
    expect(metrics.steps).toEqual([step(1), step(2, 1)]);
    expect(metrics.evaluations).toEqual([evaluation(2, 0.2)]);
  });

  test('null is a value that was not finite', () => {
    write([start, step(1), step(2, null)]);
    expect(read().steps[1]!.loss).toBeNaN();
  });

  test('a damaged line is named and left out, and so is a torn end', () => {
    write([start, step(1), ['garbage'], { type: 'step', step: 'two' }, step(3)], '{"type":"st');
    const { steps, leftOut } = read();
    expect(steps).toEqual([step(1), step(3)]);
    expect(leftOut).toEqual([
      expect.stringMatching(/^Expected an object for line 3 of .*metrics\.jsonl but received \["garbage"\]; the line is left out$/),
      expect.stringMatching(/^Expected a whole number for step in line 4 of .*metrics\.jsonl but received 'two'; the line is left out$/),
      expect.stringMatching(/^The last line of .*metrics\.jsonl was torn while it was written; it is left out$/),
    ]);
  });
});

describe('a loss curve', () => {
  test.each([
    ['logarithmic where the loss falls far', [1.3, 0.5, 0.01], true],
    ['linear where it does not', [1.3, 1.2, 1.1], false],
    ['linear where a loss is zero', [1.3, 0.01, 0], false],
    ['linear where a loss is NaN', [1.3, 0.01, NaN], false],
  ])('is %s', (_, losses, log) => {
    const svg = lossCurveSvg(losses, 'Toy');
    expect(svg).toContain('<title>Toy</title>');
    expect(svg.includes('loss, logarithmic, against step')).toBe(log);
  });
});

test('no figure names a folder of this machine', () => {
  const { history, tables: { steps } } = new RunSeries();
  history.apply({ ...start, data: 'CIFAR-10 from /home/me/datasets/cifar-10-batches-bin (binary layout)' });
  for (const svg of [lossSvg(history, steps), accuracySvg(history)]) {
    expect(svg).not.toContain('/home');
    expect(svg).toContain('…/cifar-10-batches-bin');
  }
});
