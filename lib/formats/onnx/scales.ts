import type { ClippedScale, LinearScale, NormalScale, NumberScale } from '../../data/columns/encoded';
import { farAway, lowest } from '../../data/columns/scales';
import { centre, tail } from '../../data/normalize/normalQuantile';
import type { GraphBuilder } from './graph';

/**
 * Adds the nodes that scale numbers, doubles [rows, 1] each, side by side as floats [rows, numbers]; 0 where one is missing. Neighbours of the same
 * kind are scaled together.
 */
export function addScales(graph: GraphBuilder, numbers: readonly { readonly value: string; readonly scale: NumberScale }[]): string {
  const groups: { values: string[]; scales: NumberScale[] }[] = [];
  for (const { value, scale } of numbers) {
    const last = groups[groups.length - 1];
    if (last?.scales[0]!.kind === scale.kind) {
      last.values.push(value);
      last.scales.push(scale);
    } else groups.push({ values: [value], scales: [scale] });
  }
  return graph.concat(groups.map(({ values, scales }) => {
    const value = graph.concat(values);
    const scaled = graph.cast(addScale(graph, value, scales), 'float');
    return graph.add('Where', [graph.add('IsNaN', [value]), graph.constant('float', [], [0]), scaled]);
  }));
}

/** Scales of one kind, as lib/data/columns/encoder.ts and scales.ts compute them. */
function addScale(graph: GraphBuilder, value: string, scales: readonly NumberScale[]): string {
  switch (scales[0]!.kind) {
    case 'linear':
      return standardized(graph, value, (scales as LinearScale[]).map(({ mean }) => mean), (scales as LinearScale[]).map(({ std }) => std));
    case 'clipped':
      return clipped(graph, value, scales as ClippedScale[]);
    case 'normal':
      return ranked(graph, value, scales as NormalScale[]);
  }
}

/** (value − mean) / std of doubles. */
export function standardized(graph: GraphBuilder, value: string, mean: readonly number[], std: readonly number[]): string {
  const row = (values: readonly number[], hint: string): string => graph.constant('double', [1, values.length], values, hint);
  return graph.add('Div', [graph.add('Sub', [value, row(mean, 'mean')]), row(std, 'std')]);
}

const double = (graph: GraphBuilder, value: number): string => graph.constant('double', [], [value]);

function clipped(graph: GraphBuilder, value: string, scales: readonly ClippedScale[]): string {
  const row = (values: readonly number[], hint: string): string => graph.constant('double', [1, values.length], values, hint);
  const centred = graph.add('Sub', [value, row(scales.map(({ center }) => center), 'center')]);
  const far = graph.add('Mul', [row(scales.map(({ factor }) => factor), 'factor'), centred]);
  // Where squares could overflow the result is ±3 anyway.
  const z = graph.add('Clip', [far, double(graph, -farAway), double(graph, farAway)]);
  const third = graph.add('Div', [z, double(graph, 3)]);
  const root = graph.add('Sqrt', [graph.add('Add', [graph.add('Mul', [third, third]), double(graph, 1)])]);
  return graph.add('Div', [z, root]);
}

/** The standard normal numbers at the ranks of values among quantiles. */
function ranked(graph: GraphBuilder, value: string, scales: readonly NormalScale[]): string {
  const shares = scales.map(({ quantiles }, j) => rankOf(graph, graph.columns(value, [j], scales.length), quantiles));
  const below = graph.concat(shares.map(({ isBelow }) => isBelow));
  const above = graph.concat(shares.map(({ isAbove }) => isAbove));
  const normal = addNormalQuantile(graph, graph.concat(shares.map(({ share }) => share)));
  const bounded = graph.add('Clip', [normal, double(graph, lowest), double(graph, -lowest)]);
  const low = graph.add('Where', [below, double(graph, lowest), bounded]);
  return graph.add('Where', [graph.add('And', [above, graph.add('Not', [below])]), double(graph, -lowest), low]);
}

/** The rank of values [rows, 1] among ascending quantiles as a share of the last rank, and whether they lie at the ends or beyond. */
function rankOf(graph: GraphBuilder, value: string, quantiles: readonly number[]): { share: string; isBelow: string; isAbove: string } {
  const last = quantiles.length - 1;
  const row = graph.constant('double', [1, quantiles.length], quantiles, 'quantiles');
  const axes = graph.constant('int64', [1], [1]);
  const count = (op: string): string => graph.add('ReduceSum', [graph.cast(graph.add(op, [row, value]), 'int64'), axes], { keepdims: { i: 1 } });
  const [less, upTo] = [count('Less'), count('LessOrEqual')];
  const bounded = (index: string): string => graph.add('Max', [graph.add('Min', [index, graph.constant('int64', [], [last])]), graph.constant('int64', [], [0])]);
  const below = bounded(graph.add('Sub', [upTo, graph.constant('int64', [], [1])]));
  const list = graph.constant('double', [quantiles.length], quantiles, 'quantiles');
  const half = (given: string): string => graph.add('Mul', [given, double(graph, 0.5)]);
  const at = (index: string): string => graph.add('Gather', [list, index], { axis: { i: 0 } });
  // By halves, as differences could overflow.
  const [from, to, own] = [half(at(below)), half(at(bounded(upTo))), half(value)];
  const between = graph.add('Add', [graph.cast(below, 'double'), graph.add('Div', [graph.add('Sub', [own, from]), graph.add('Sub', [to, from])])]);
  const middle = half(graph.cast(graph.add('Add', [less, below]), 'double'));
  const rank = graph.add('Where', [graph.add('Less', [less, upTo]), middle, between]);
  return {
    share: graph.add('Div', [rank, double(graph, Math.max(1, last))]),
    isBelow: graph.add('LessOrEqual', [value, double(graph, quantiles[0]!)]),
    isAbove: graph.add('GreaterOrEqual', [value, double(graph, quantiles[last]!)]),
  };
}

/** The standard normal number of probabilities that are at least 1e-9 from 0 and 1, as lib/data/normalize/normalQuantile.ts computes it; others are brought within. */
function addNormalQuantile(graph: GraphBuilder, p: string): string {
  const share = graph.add('Clip', [p, double(graph, 1e-9), double(graph, 1 - 1e-9)]);
  const q = graph.add('Sub', [share, double(graph, 0.5)]);
  const ratio = ([above, below]: readonly (readonly number[])[], x: string): string =>
    graph.add('Div', [polynomial(graph, above!, x), polynomial(graph, below!, x)]);
  const inner = graph.add('Mul', [q, ratio(centre, graph.add('Sub', [double(graph, 0.180625), graph.add('Mul', [q, q])]))]);
  const smaller = graph.add('Min', [share, graph.add('Sub', [double(graph, 1), share])]);
  const r = graph.add('Sqrt', [graph.add('Neg', [graph.add('Log', [smaller])])]);
  const outer = ratio(tail, graph.add('Sub', [r, double(graph, 1.6)]));
  const signed = graph.add('Where', [graph.add('Less', [q, double(graph, 0)]), graph.add('Neg', [outer]), outer]);
  return graph.add('Where', [graph.add('LessOrEqual', [graph.add('Abs', [q]), double(graph, 0.425)]), inner, signed]);
}

/** The value of a polynomial whose coefficients stand in ascending order. */
function polynomial(graph: GraphBuilder, coefficients: readonly number[], x: string): string {
  return coefficients.slice(0, -1).reduceRight(
    (sum, coefficient) => graph.add('Add', [graph.add('Mul', [sum, x]), double(graph, coefficient)]),
    double(graph, coefficients[coefficients.length - 1]!),
  );
}
