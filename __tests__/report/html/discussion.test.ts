import { discussDepth, discussDifference, discussRun, discussTest } from '../../../lib/report/html/discussion';
import { html } from '../../../lib/report/html/markup';
import type { Content } from '../../../lib/report/html/markup';
import type { ReportedRun } from '../../../lib/report/html/reportedRun';
import { Columns } from '../../../lib/history/curves/columns';
import { RunHistory } from '../../../lib/history/runHistory';

/** The text without tags and with plain spaces. */
const textOf = (content: Content): string => html`${content}`.html.replaceAll(/<[^>]+>/g, '').replaceAll(/[\u00a0\u202f]/g, ' ').trim();

const weights = (at: (x: number, i: number) => number): Float32Array => Float32Array.from({ length: 2 * 8 * 8 }, (_, i) => at(i % 8, i));
/** Evenly spread and unordered: the fractional parts of multiples of the golden ratio, shuffled by squaring. */
const noise = (_: number, i: number): number => ((i * i * 0.6180339887) % 1) - 0.5;

interface Facts {
  readonly train: number;
  readonly validation: number;
  readonly losses: readonly number[];
  readonly ratio: number;
  readonly after?: Float32Array;
}

function run({ train, validation, losses, ratio, after }: Facts): ReportedRun {
  const history = new RunHistory();
  losses.forEach((valLoss, i) => {
    const step = 10 * (i + 1);
    history.apply({ type: 'evaluation', step, epoch: 0, trainAccuracy: train, trainLoss: 1, valAccuracy: validation, valLoss });
    history.apply({ type: 'health', step, layers: [{ layer: 1, weights: 'W1', activationStd: 1, weightRms: 1, gradientRms: 1, updateRatio: ratio }] });
  });
  history.result = { type: 'result', trainAccuracy: train } as NonNullable<RunHistory['result']>;
  const layer = (values: Float32Array) => ({ weights: values, units: 2 });
  return {
    history, steps: new Columns('step', []),
    reportData: {
      evaluations: { validation: { accuracy: validation, rows: 1000 } },
      data: { sizes: { train: 49000, validation: 1000, test: 1000 }, examples: [], mistakes: [] },
      ...(after && { pictures: { imageShape: { channels: 1, height: 8, width: 8 }, before: layer(weights(noise)), after: layer(after) } }),
    } as unknown as ReportedRun['reportData'],
  };
}

const settled = [2, 1.5, 1.2, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1];

test.each<[string, Facts, RegExp[]]>([
  ['a run ended too early', { train: 0.29, validation: 0.28, losses: [2.3, 2.2, 2.1, 2, 1.9, 1.8, 1.7, 1.6, 1.5], ratio: 1e-5 }, [
    /In training 29\.0 % of the rows were classified rightly, of the validation rows 28\.0 ± 1\.4 %: no overfitting shows/,
    /still fell by 11\.8 % from step 70 to step 90: the run ended before/, /by 1e-5 of their size \(the median\): so little/,
  ]],
  ['one that overfits', { train: 0.93, validation: 0.53, losses: [2, 1.4, 1.2, 1.3, 1.5, 1.7, 1.9, 2, 2.1], ratio: 1e-3 }, [
    /40\.0 points of what was learned hold for the training rows alone/, /lowest, 1\.2\d*, at step 30 of 90 and rose to 2\.1/, /by 0\.0010? of their size \(the median\), which is usual/,
  ]],
  ['one that settled, with steps too large', { train: 0.5, validation: 0.49, losses: settled, ratio: 0.05 }, [
    /changed by no more than 0\.0 %: the run had settled/, /which is much: a lower learning rate/,
  ]],
  ['first layers of noise', { train: 0.5, validation: 0.49, losses: settled, ratio: 1e-3, after: weights(noise) }, [/mostly the noise that they began as/]],
  ['first layers of smooth shapes', { train: 0.5, validation: 0.49, losses: settled, ratio: 1e-3, after: weights((x) => Math.sin(x / 3)) }, [/correlate by 0\.\d\d \(-?0\.[01]\d before training\): the pictures are smooth shapes/]],
])('%s is told by its numbers', (_, facts, sentences) => {
  const text = textOf(discussRun(run(facts)));
  for (const sentence of sentences) expect(text).toMatch(sentence);
});

test('a run without an evaluation has nothing to say', () => {
  const empty = { history: new RunHistory(), reportData: { evaluations: {}, data: { reason: 'gone' } } } as unknown as ReportedRun;
  expect(textOf(discussRun(empty))).toBe('');
});

// √(0.3·0.7/1000 + 0.5·0.5/1000) = 2.14 %, √(0.5·0.5/1000 + 0.51·0.49/1000) = 2.24 %
test.each([
  [0.3, 0.5, 'b is ahead of a by 20.0 ± 2.1 points, 9.3 standard errors: more than the choice of rows explains.'],
  [0.51, 0.5, 'a is ahead of b by 1.0 ± 2.2 points, 0.4 standard errors: no more than other rows might have shown.'],
  [NaN, 0.5, ''],
])('%d and %d on 1000 rows each', (first, second, sentence) => {
  expect(textOf(discussDifference(['a', 'b'], { share: first, rows: 1000 }, { share: second, rows: 1000 }))).toBe(sentence);
});

test.each([[0.52, /3\.0 points less than on validation rows, which is within 2 standard errors \(4\.5 points\)/], [0.45, /10\.0 points less.*has flattered the score/], [0.65, /10\.0 points more.*the easier ones/]])(
  'a test score of %d beside a validation score of 0.55', (share, sentence) => {
    expect(textOf(discussTest({ share: 0.55, rows: 1000 }, { share, rows: 1000 }))).toMatch(sentence);
  },
);

test('depth and batch norm are told apart', () => {
  const net = (depth: number, norm: string, trainAccuracy: number, valAccuracy: number) => ({ depth, norm, trainAccuracy, valAccuracy });
  const text = textOf(discussDepth([net(2, 'none', 0.6, 0.55), net(5, 'none', 0.8, 0.56), net(2, 'batch', 0.6, 0.57), net(5, 'batch', 0.8, 0.6)], 1000));
  expect(text).toMatch(/On validation rows that of 5 is ahead of the net of 2 layers by 1\.0 ± 2\.2 points/);
  expect(text).toMatch(/24\.0 points better than validation rows by the deepest, 5\.0 better by the shallowest: depth went into remembering/);
  expect(text).toMatch(/Batch norm gave 3\.0 points on average over 2 depths, and was better at 2 of them/);
});
