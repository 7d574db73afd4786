import type { FloatArray, SourceArray } from '../../kernels/contract';
import { encodedLayout, partsOf } from './encoded';
import type { ColumnNormalization, EncodedBoolean, EncodedCategory, EncodedDate, EncodedNumber, NumberScale } from './encoded';
import { clip, normalRank } from './scales';

export const secondsPerDay = 86_400;
export const secondsPerWeek = 7 * secondsPerDay;
export const secondsPerYear = 365.2425 * secondsPerDay;

/** Where a column is read and where its inputs go. */
interface Place {
  /** Of the column among the features, of `width`. */
  readonly from: number;
  readonly width: number;
  /** Of its first numeric, first passed and embedded input among the inputs, of `size`. */
  readonly number: number;
  readonly passed: number;
  readonly category: number;
  readonly size: number;
}

/** Fills in the inputs of a column for rows places[0 … m) of the features; all inputs were 0. */
type Step = (m: number, places: Int32Array, features: SourceArray, inputs: FloatArray) => void;

/** Encodes rows. Allocates on construction only. */
export class ColumnEncoder {
  private readonly size: number;
  private readonly steps: readonly Step[];

  constructor(normalization: ColumnNormalization) {
    const { columns } = normalization;
    const { numbers, passed, categories } = encodedLayout(normalization);
    this.size = numbers + passed + categories.length;
    const next = { number: 0, passed: numbers, category: numbers + passed };
    this.steps = columns.map((column, from) => {
      const place: Place = { from, width: columns.length, size: this.size, ...next };
      const parts = partsOf(column);
      next.number += parts.numbers;
      next.passed += parts.passed;
      if (parts.category !== undefined) next.category++;
      switch (column.kind) {
        case 'duplicate':
          return () => undefined;
        case 'constant':
          return column.hasMissing ? missingStep(place, place.passed) : () => undefined;
        case 'number':
          return numberStep(column, place, place.number, place.passed);
        case 'boolean':
          return numberStep({ ...column, kind: 'number', scale: linear(column) }, place, place.passed, place.passed + 1);
        case 'category':
          return column.isEmbedded ? indexStep(column, place) : oneHotStep(column, place);
        case 'date':
          return dateStep(column, place);
      }
    });
  }

  /** inputs[i] ← the encoding of row places[i] of features[, columns], for i in [0, m). */
  encode(m: number, places: Int32Array, features: SourceArray, inputs: FloatArray): void {
    const { steps } = this;
    inputs.fill(0, 0, m * this.size);
    for (let j = 0; j < steps.length; j++) steps[j]!(m, places, features, inputs);
  }
}

const linear = ({ mean, std }: EncodedBoolean): NumberScale => ({ kind: 'linear', mean, std });

/** A numeric input at `to`, and what is missing at `missing` where training rows lack some. A loop for each scale, as a call a number would cost more than the rest. */
function numberStep({ scale, hasMissing }: EncodedNumber, place: Place, to: number, missing: number): Step {
  const scaled = scaledStep(scale, place, to);
  if (!hasMissing) return scaled;
  const marked = missingStep(place, missing);
  return (m, places, features, inputs) => {
    scaled(m, places, features, inputs);
    marked(m, places, features, inputs);
  };
}

function scaledStep(scale: NumberScale, { from, width, size }: Place, to: number): Step {
  switch (scale.kind) {
    case 'linear': {
      const { mean, std } = scale;
      return (m, places, features, inputs) => {
        for (let i = 0, at = to; i < m; i++, at += size) {
          const value = features[places[i]! * width + from]!;
          if (value === value) inputs[at] = (value - mean) / std; // not NaN
        }
      };
    }
    case 'clipped': {
      const { center, factor } = scale;
      return (m, places, features, inputs) => {
        for (let i = 0, at = to; i < m; i++, at += size) {
          const value = features[places[i]! * width + from]!;
          if (value === value) inputs[at] = clip(value, center, factor);
        }
      };
    }
    case 'normal': {
      const quantiles = Float64Array.from(scale.quantiles);
      return (m, places, features, inputs) => {
        for (let i = 0, at = to; i < m; i++, at += size) {
          const value = features[places[i]! * width + from]!;
          if (value === value) inputs[at] = normalRank(value, quantiles);
        }
      };
    }
  }
}

/** 1 at `to` where a cell is missing. */
function missingStep({ from, width, size }: Place, to: number): Step {
  return (m, places, features, inputs) => {
    for (let i = 0, at = to; i < m; i++, at += size) {
      const value = features[places[i]! * width + from]!;
      if (value !== value) inputs[at] = 1;
    }
  };
}

/** For each code below the largest its place among the codes, else −1. */
function placesOf(codes: readonly number[]): Int32Array {
  const places = new Int32Array(codes.length === 0 ? 0 : codes[codes.length - 1]! + 1).fill(-1);
  codes.forEach((code, place) => { places[code] = place; });
  return places;
}

function oneHotStep({ codes, hasMissing }: EncodedCategory, { from, width, size, passed }: Place): Step {
  const known = placesOf(codes);
  return (m, places, features, inputs) => {
    for (let i = 0, row = passed; i < m; i++, row += size) {
      const value = features[places[i]! * width + from]!;
      const code = value | 0;
      if (value !== value) {
        if (hasMissing) inputs[row + codes.length] = 1;
      } else if (code === value && code >= 0 && code < known.length && known[code]! >= 0) inputs[row + known[code]!] = 1;
    }
  };
}

function indexStep({ codes, hasMissing }: EncodedCategory, { from, width, size, category }: Place): Step {
  const known = placesOf(codes);
  const unseen = codes.length + (hasMissing ? 1 : 0);
  return (m, places, features, inputs) => {
    for (let i = 0, at = category; i < m; i++, at += size) {
      const value = features[places[i]! * width + from]!;
      const code = value | 0;
      if (value !== value) inputs[at] = codes.length; // that is `unseen` where no training row lacks one
      else inputs[at] = code === value && code >= 0 && code < known.length && known[code]! >= 0 ? known[code]! : unseen;
    }
  };
}

function dateStep({ scale, hasTime, hasMissing }: EncodedDate, place: Place): Step {
  const { from, width, size, passed } = place;
  const elapsed = numberStep({ kind: 'number', scale, hasMissing }, place, place.number, passed + (hasTime ? 6 : 4));
  return (m, places, features, inputs) => {
    elapsed(m, places, features, inputs);
    for (let i = 0, at = passed; i < m; i++, at += size) {
      const value = features[places[i]! * width + from]!;
      if (value !== value) continue;
      encodeTurns(value / secondsPerYear, inputs, at);
      encodeTurns(value / secondsPerWeek, inputs, at + 2);
      if (hasTime) encodeTurns(value / secondsPerDay, inputs, at + 4);
    }
  };
}

/** A place on a circle, by its sine and cosine. */
function encodeTurns(turns: number, inputs: FloatArray, at: number): void {
  inputs[at] = Math.sin(2 * Math.PI * turns);
  inputs[at + 1] = Math.cos(2 * Math.PI * turns);
}
