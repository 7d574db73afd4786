import type { Column } from '../../data/columns/column';
import { missingWords } from '../../data/columns/column';
import { encodedLayout, partsOf } from '../../data/columns/encoded';
import type { ColumnNormalization, EncodedCategory, EncodedDate, NumberScale } from '../../data/columns/encoded';
import { secondsPerDay, secondsPerWeek, secondsPerYear } from '../../data/columns/encoder';
import type { Flow, GraphBuilder } from './graph';
import { addScales } from './scales';

/** A part of the inputs [rows, places], and where its columns go among them. */
interface Part {
  readonly value: string;
  readonly places: readonly number[];
}

/**
 * Adds the nodes that encode the columns of a table, as {@link ColumnEncoder} does. Each column that the model reads is an input [rows, 1] of its
 * name: texts where it is a category, else doubles, NaN where a cell is missing; the columns have been declared.
 * @param values name of the graph's input for each column; undefined for those that the model does not read.
 */
export function addColumns(graph: GraphBuilder, normalization: ColumnNormalization, columns: readonly Column[] | undefined, values: readonly (string | undefined)[]): Flow {
  const { numbers, passed, categories } = encodedLayout(normalization);
  const size = numbers + passed + categories.length;
  const next = { number: 0, passed: numbers, category: numbers + passed };
  const scaled: { value: string; scale: NumberScale; place: number }[] = [];
  const indicated: { value: string; place: number }[] = [];
  const parts: Part[] = [];
  normalization.columns.forEach((column, j) => {
    const value = values[j];
    const place = { ...next };
    const own = partsOf(column);
    next.number += own.numbers;
    next.passed += own.passed;
    if (own.category !== undefined) next.category++;
    if (value === undefined || column.kind === 'duplicate') return;
    const names = columns?.[j]?.categories;
    if (column.kind === 'category') {
      parts.push(column.isEmbedded ? { value: addIndex(graph, column, names ?? [], value), places: [place.category] }
        : { value: addOneHot(graph, column, names ?? [], value), places: range(place.passed, own.passed) });
      return;
    }
    if (column.kind === 'number' || column.kind === 'date') scaled.push({ value, scale: column.scale, place: place.number });
    if (column.kind === 'boolean') scaled.push({ value, scale: { kind: 'linear', mean: column.mean, std: column.std }, place: place.passed });
    if (column.kind === 'date') parts.push({ value: addCircles(graph, column, value), places: range(place.passed, column.hasTime ? 6 : 4) });
    if (!column.hasMissing) return;
    const indicator = place.passed + own.passed - 1;
    if (column.kind === 'constant' && names !== undefined && columns?.[j]?.kind === 'category') parts.push({ value: addMissingText(graph, value), places: [indicator] });
    else indicated.push({ value, place: indicator });
  });
  if (indicated.length > 0) {
    const isMissing = graph.add('IsNaN', [graph.concat(indicated.map(({ value }) => value))]);
    parts.push({ value: graph.cast(isMissing, 'float'), places: indicated.map(({ place }) => place) });
  }
  if (scaled.length > 0) parts.push({ value: addScales(graph, scaled), places: scaled.map(({ place }) => place) });
  const order: number[] = [];
  parts.flatMap(({ places }) => places).forEach((place, at) => { order[place] = at; });
  return { name: graph.columns(graph.concat(parts.map(({ value }) => value)), order, size), shape: [size] };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** The place of a text among the names of training rows; the number of names where it stands for a missing cell, `unseen` for any other. */
function addLabels(graph: GraphBuilder, names: readonly string[], missing: number, unseen: number, value: string): string {
  const words = [...missingWords].filter((word) => !names.includes(word));
  return graph.add('LabelEncoder', [value], {
    keys_strings: { strings: [...names, ...words] },
    values_int64s: { ints: [...names.map((_, place) => place), ...words.map(() => missing)] },
    default_int64: { i: unseen },
  }, { domain: 'ai.onnx.ml' });
}

function addIndex(graph: GraphBuilder, { codes, hasMissing }: EncodedCategory, names: readonly string[], value: string): string {
  const unseen = codes.length + (hasMissing ? 1 : 0);
  return graph.cast(addLabels(graph, codes.map((code) => names[code]!), codes.length, unseen, value), 'float');
}

function addOneHot(graph: GraphBuilder, { codes, hasMissing }: EncodedCategory, names: readonly string[], value: string): string {
  const width = codes.length + (hasMissing ? 1 : 0);
  const label = addLabels(graph, codes.map((code) => names[code]!), hasMissing ? codes.length : -1, -1, value);
  return graph.cast(graph.add('Equal', [label, graph.constant('int64', [1, width], range(0, width), 'places')]), 'float');
}

/** 1 where a text stands for a missing cell. */
function addMissingText(graph: GraphBuilder, value: string): string {
  return graph.cast(addLabels(graph, [], 1, 0, value), 'float');
}

/** Where a date stands in the year, the week and the day, by sines and cosines; 0 where it is missing. */
function addCircles(graph: GraphBuilder, { hasTime }: EncodedDate, value: string): string {
  const periods = [secondsPerYear, secondsPerWeek, ...(hasTime ? [secondsPerDay] : [])];
  const turns = graph.add('Div', [value, graph.constant('double', [1, periods.length], periods, 'periods')]);
  const part = graph.cast(graph.add('Sub', [turns, graph.add('Floor', [turns])]), 'float');
  const angle = graph.add('Mul', [part, graph.constant('float', [], [2 * Math.PI])]);
  const pairs = [graph.add('Sin', [angle]), graph.add('Cos', [angle])].map((one) => graph.reshape(one, [periods.length, 1]));
  const circles = graph.reshape(graph.concat(pairs, 2), [2 * periods.length]);
  return graph.add('Where', [graph.add('IsNaN', [value]), graph.constant('float', [], [0]), circles]);
}
