import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parameterAxis } from '../../lib/report/search/parameterAxis';
import { curvesSvg } from '../../lib/report/search/curves';
import { writeSearchFigures } from '../../lib/report/search/figures';
import { trialCounts, withRunCurves } from '../../lib/report/search/figureData';
import type { SearchFigureData } from '../../lib/report/search/figureData';
import { parallelSvg } from '../../lib/report/search/parallel';
import { parametersSvg } from '../../lib/report/search/parameters';
import { palette } from '../../lib/report/drawing/palette';
import { SearchHistory } from '../../lib/history/searchHistory';
import type { Domain } from '../../lib/search/types';
import { temporaryFolder } from '../support/folder';
import { searchEvents, searchSpace } from '../support/searchEvents';
import { parseXml, textsOf } from '../support/xml';
import type { Element } from '../support/xml';

const folder = temporaryFolder();
const strong = palette[1]!;

function historyOf(trials: number, over: Partial<SearchFigureData> = {}): SearchFigureData {
  const told = new SearchHistory();
  for (const event of searchEvents(trials)) told.apply(event);
  return { name: 'made-1', parameters: searchSpace.parameters, trials: told.trials, ranking: told.ranking, metric: told.metric, ...over };
}

const history = historyOf(60);
const importances = { learningRate: 0.6, depth: 0.2, width1: 0.08, width2: 0.05, width3: 0.04, dropout: 0.02, batchSize: 0.01 };
const pathsOf = (elements: readonly Element[], stroke: string): Element[] => elements.filter(({ attributes }) => attributes['stroke'] === stroke);
const yOf = (path: Element): number[] => path.attributes['points']!.trim().split(/[\s,]+/).map(Number).filter((_, i) => i % 2 === 1);

describe.each([
  ['parallel coordinates', parallelSvg], ['score against parameters', parametersSvg], ['learning curves', curvesSvg],
] as const)('%s', (_, draw) => {
  test('are self-contained, well-formed, described in words, and the same file each time', () => {
    const svg = draw(history);
    const elements = parseXml(svg);
    expect(elements[0]).toMatchObject({ name: 'svg', attributes: { role: 'img' } });
    expect(elements[1]!.text).toContain('made-1');
    expect(elements[2]!.name).toBe('desc');
    expect(textsOf(elements)).toContain(trialCounts(history));
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(draw(history)).toBe(svg);
  });

  test.each([[0], [1], [2]])('can be drawn of %i trials', (trials) => {
    expect(parseXml(draw(historyOf(trials))).length).toBeGreaterThan(5);
  });

  test('stay below 400 kB for a thousand trials', () => {
    expect(Buffer.byteLength(draw(historyOf(1000)))).toBeLessThan(400_000);
  });
});

describe('parallel coordinates', () => {
  test('have an axis for each parameter and a line for each trial with a score, the best on top', () => {
    const elements = parseXml(parallelSvg(history));
    for (const { name } of searchSpace.parameters) expect(textsOf(elements)).toContain(name);
    const lines = elements.filter(({ attributes }) => attributes['fill'] === 'none' && attributes['stroke-linejoin'] === 'round');
    expect(lines).toHaveLength(history.ranking.length);
    expect(lines[lines.length - 1]!.attributes['stroke']).toBe(strong);
    expect(pathsOf(elements, strong)).toHaveLength(1);
    expect(new Set(lines.map(({ attributes }) => attributes['stroke'])).size).toBeGreaterThan(20);
  });

  test('a parameter that a trial has not lies below its axis', () => {
    const shallow = history.trials.filter(({ assignment, score }) => assignment['depth'] === 2 && score > 0).slice(0, 1);
    const ys = yOf(pathsOf(parseXml(parallelSvg({ ...history, trials: shallow, ranking: shallow })), strong)[0]!);
    expect(ys).toHaveLength(searchSpace.parameters.length + 1);
    const [width1, width2, width3, dropout] = ys.slice(3, 7);
    expect(width2).toBe(width3);
    expect(width2).toBeGreaterThan(Math.max(width1!, dropout!));
    expect(textsOf(parseXml(parallelSvg({ ...history, trials: shallow, ranking: shallow })))).toContain('not used');
  });

  test('a better score ends higher', () => {
    const two = [history.ranking[5]!, history.ranking[0]!].sort((a, b) => b.score - a.score);
    const elements = parseXml(parallelSvg({ ...history, ranking: two }));
    const lines = elements.filter(({ attributes }) => attributes['fill'] === 'none' && attributes['stroke-linejoin'] === 'round');
    const [worse, better] = lines.map((line) => yOf(line).pop()!);
    expect(better).toBeLessThan(worse!);
  });
});

describe('score against parameters', () => {
  test('has a panel for each parameter, the most important first', () => {
    const headings = textsOf(parseXml(parametersSvg({ ...history, importances }))).filter((text) => text.includes('importance'));
    expect(headings).toEqual([
      'learningRate (importance 60 %)', 'depth (importance 20 %)', 'width1 (importance 8 %)', 'width2 (importance 5 %)',
      'width3 (importance 4 %)', 'dropout (importance 2 %)', 'batchSize (importance 1 %)',
    ]);
    expect(textsOf(parseXml(parametersSvg(history)))).toEqual(expect.arrayContaining(searchSpace.parameters.map(({ name }) => name)));
  });

  test('marks the best in each panel where it has a value', () => {
    const dots = parseXml(parametersSvg(history)).filter(({ attributes }) => attributes['fill'] === strong);
    // One of them is the legend's.
    expect(dots).toHaveLength(1 + Object.keys(history.ranking[0]!.assignment).length);
  });
});

describe('learning curves', () => {
  test('fade what was left behind, and name each kind once', () => {
    const elements = parseXml(curvesSvg(history));
    expect(textsOf(elements).filter((text) => text === 'left behind')).toHaveLength(1);
    expect(textsOf(elements)).toContain(`best: trial ${String(history.ranking[0]!.trial)}`);
    const faint = elements.filter(({ attributes }) => attributes['stroke'] === palette[4] && attributes['stroke-opacity'] === '0.3');
    expect(faint.length).toBeGreaterThan(3);
    const left = history.trials.filter(({ state }) => state === 'pruned').length;
    expect(elements[2]!.text).toContain(`left behind: ${String(left)} curves, between`);
  });
});

describe('the axis of a parameter', () => {
  const range: readonly [Domain, number, number][] = [
    [{ type: 'uniform', low: 0, high: 0.6 }, 0.15, 0.25],
    [{ type: 'log-uniform', low: 1e-4, high: 1 }, 1e-3, 0.25],
    [{ type: 'integer', low: 10, high: 50, step: 1 }, 20, 0.25],
    [{ type: 'log-integer', low: 16, high: 256, step: 1 }, 32, 0.25],
  ];
  test.each(range)('%j places %d', (domain, value, at) => {
    const axis = parameterAxis(domain);
    expect(axis.place(value, 7)).toBeCloseTo(at, 12);
    expect(axis.ticks.length).toBeGreaterThan(1);
    for (const tick of axis.ticks) expect(tick.at).toBeCloseTo(axis.place(Number(tick.label), 0), 9);
  });

  test.each<[Domain, unknown[], string[]]>([
    [{ type: 'choice', values: ['he', null, [3072, 10]] }, ['he', null, [3072, 10]], ['he', 'null', '3072-10']],
    [{ type: 'integer', low: 2, high: 6, step: 2 }, [2, 4, 6], ['2', '4', '6']],
  ])('%j gives each value its own room, over which its trials are spread', (domain, values, labels) => {
    const axis = parameterAxis(domain);
    expect(axis.ticks.map(({ label }) => label)).toEqual(labels);
    values.forEach((value, i) => {
      const places = Array.from({ length: 50 }, (_, trial) => axis.place(value as string, trial));
      expect(Math.min(...places)).toBeGreaterThan(i / values.length);
      expect(Math.max(...places)).toBeLessThan((i + 1) / values.length);
      expect(new Set(places).size).toBe(50);
    });
  });
});

describe('curves from the metrics of runs', () => {
  const told = new SearchHistory();
  for (const event of searchEvents(2, 2)) told.apply(event);
  const [first, second] = told.trials;
  const record = (run: string, accuracies: readonly number[]): void => {
    mkdirSync(join(folder, run), { recursive: true });
    const lines = accuracies.map((valAccuracy, i) => JSON.stringify({ type: 'evaluation', step: 50 * (i + 1), epoch: i + 1, valAccuracy }));
    writeFileSync(join(folder, run, 'metrics.jsonl'), `${lines.join('\n')}\n`);
  };
  first!.runs.forEach((run, i) => {
    record(run, [0.2 + 0.1 * i, 0.4 + 0.1 * i, ...(i === 0 ? [0.9] : [])]);
  });

  test('are means over replicates where all have an evaluation; a trial without runs keeps its own', () => {
    const { trials, ranking } = withRunCurves(historyOf(2, { trials: told.trials, ranking: told.ranking }), folder);
    expect(trials[0]!.curve.map(([step, score]) => [step, Number(score.toFixed(6))])).toEqual([[50, 0.25], [100, 0.45]]);
    expect(trials[1]!.curve).toEqual(second!.curve);
    expect(ranking.find(({ trial }) => trial === first!.trial)!.curve).toBe(trials[0]!.curve);
  });
});

test('the pictures are written into the folder of the search', () => {
  expect(writeSearchFigures(folder, history)).toEqual(['parallel.svg', 'parameters.svg', 'curves.svg'].map((name) => join(folder, name)));
  expect(readFileSync(join(folder, 'curves.svg'), 'utf8')).toBe(curvesSvg(history));
});

test.each([
  [{ type: 'log-uniform', low: 0.01, high: 0.010001 }], [{ type: 'uniform', low: 1_000_000, high: 1_000_001 }], [{ type: 'uniform', low: 0.5, high: 0.5000001 }],
] as const)('no two ticks of %j read alike', (domain) => {
  const labels = parameterAxis(domain).ticks.map(({ label }) => label);
  expect(labels.length).toBeGreaterThan(1);
  expect(new Set(labels).size).toBe(labels.length);
});
