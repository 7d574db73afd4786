import type { TrialSummary } from '../../history/searchHistory';
import { parameterAxis } from './parameterAxis';
import { maxDrawn, trialCounts, scoreAxisOf } from './figureData';
import type { SearchFigureData } from './figureData';
import { axisLabels, axisLine, finish, gridLine, ink, margin, palette, quietInk, renderSvg, text } from '../drawing/svg';
import { layAxes } from '../drawing/axes';

const columns = 3;
const panel = { width: 250, height: 210 };
/** Padding within a panel, for its name and the labels of its axes. */
const inner = { left: 46, right: 14, top: 34, bottom: 30 };

/**
 * Score against each parameter, a panel each, the most important first: finished trials as dots,
 * pruned ones as faint circles, the best one large. A self-contained SVG file.
 */
export function parametersSvg(data: SearchFigureData): string {
  const { name, ranking, importances } = data;
  const { label, yFormat } = scoreAxisOf(data);
  const title = `${name}: ${label} against each parameter`;
  const parameters = [...data.parameters].sort((a, b) => (importances?.[b.name] ?? 0) - (importances?.[a.name] ?? 0));
  const width = 2 * margin + columns * panel.width;
  const top = margin + 78;
  const height = top + Math.ceil(parameters.length / columns) * panel.height + margin;
  const y = layAxes(ranking.map(({ trial, score }) => [trial, score]), { yFormat }).y;
  const corner = (p: number): [x: number, y: number] =>
    [margin + (p % columns) * panel.width, top + Math.floor(p / columns) * panel.height];
  const [best, ...others] = ranking.slice(0, maxDrawn);
  const kinds = [
    { label: 'left behind', colour: palette[5]!, opacity: 0.45, size: 6, trials: others.filter(({ state }) => state !== 'finished') },
    { label: 'trained to the end', colour: palette[0]!, opacity: 0.8, size: 7, trials: others.filter(({ state }) => state === 'finished') },
    { label: 'best', colour: palette[1]!, opacity: 1, size: 11, trials: best === undefined ? [] : [best] },
  ].filter(({ trials }) => trials.length > 0);

  const svg = renderSvg(width, height, {
    animation: false,
    backgroundColor: '#ffffff',
    grid: parameters.map((_, p) => ({
      left: corner(p)[0] + inner.left,
      top: corner(p)[1] + inner.top,
      width: panel.width - inner.left - inner.right,
      height: panel.height - inner.top - inner.bottom,
      outerBoundsMode: 'none' as const,
    })),
    xAxis: parameters.map(({ domain }, p) => {
      const { ticks } = parameterAxis(domain);
      const axis = { low: 0, high: 1, ticks: ticks.map(({ at }) => at), labels: ticks.map(({ label }) => label) };
      return {
        type: 'value' as const, gridIndex: p, min: 0, max: 1, splitLine: { show: false },
        axisLine: { show: true, onZero: false, lineStyle: { color: axisLine } },
        axisTick: { show: true, customValues: axis.ticks, lineStyle: { color: axisLine } },
        axisLabel: { ...axisLabels(axis, 'x'), fontSize: 11 },
      };
    }),
    yAxis: parameters.map((_, p) => ({
      type: 'value' as const, gridIndex: p, min: y.low, max: y.high,
      axisLine: { show: false }, axisTick: { show: false, customValues: y.ticks },
      splitLine: { show: true, lineStyle: { color: gridLine } },
      axisLabel: { ...axisLabels(y, 'y'), fontSize: 11 },
    })),
    series: parameters.flatMap(({ name: key, domain }, p) => {
      const axis = parameterAxis(domain);
      return kinds.map(({ colour, opacity, size, trials }) => ({
        type: 'scatter' as const, xAxisIndex: p, yAxisIndex: p, silent: true, symbolSize: size, itemStyle: { color: colour, opacity },
        data: trials.flatMap(({ trial, assignment, score }): [number, number][] => {
          const value = assignment[key];
          return value === undefined ? [] : [[axis.place(value, trial), score]];
        }),
      }));
    }),
    graphic: [
      text(title, margin, margin, 17, ink, width, 600),
      text(trialCounts(data), margin, margin + 25, 12.5, quietInk, width),
      ...kinds.flatMap(({ label, colour, opacity, size }, k) => [
        { type: 'circle' as const, shape: { cx: margin + 6 + 160 * k, cy: margin + 57, r: size / 2 }, style: { fill: colour, opacity } },
        text(label, margin + 18 + 160 * k, margin + 50, 12.5, ink, Infinity),
      ]),
      ...parameters.flatMap(({ name: key }, p) => {
        const share = importances?.[key];
        const heading = share === undefined ? key : `${key} (importance ${(100 * share).toFixed(0)} %)`;
        return [text(heading, corner(p)[0] + 4, corner(p)[1] + 8, 12.5, ink, corner(p)[0] + panel.width + margin, 600)];
      }),
    ],
  });
  return finish(svg, title, describe(data, ranking));
}

function describe({ parameters, importances }: SearchFigureData, ranking: readonly TrialSummary[]): string {
  const sentences = parameters.map(({ name }) => {
    const share = importances?.[name];
    const value = ranking[0]?.assignment[name];
    return (
      `${name}: ${ranking.filter(({ assignment }) => name in assignment).length} trials` +
      `${share === undefined ? '' : `, importance ${(100 * share).toFixed(0)} %`}${value === undefined ? '' : `, ${JSON.stringify(value)} in the best`}.`
    );
  });
  return `Scatter plots of scores against each parameter of a search. ${sentences.join(' ')}`;
}
