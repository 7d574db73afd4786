import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Parameter, ParameterSpec } from '../arena';
import type { Flops, Layer, Scratch } from '../layer';
import type { Shape } from '../shape';
import { normalStart, uniformStart } from '../starts';
import type { Start } from '../starts';
import { inputsIn, integerFrom, layerType, oneOf, positive, size } from './define';
import type { InputLayout } from './define';

/** How numbers are embedded: not at all, or as in PBLD. */
export const numericEmbeddings = ['none', 'pbld'] as const;
export type NumericEmbedding = (typeof numericEmbeddings)[number];

/** What {@link Embedding} is made with beside its inputs; the defaults are those of its paper. */
export interface EmbeddingOptions {
  /** Default: 'pbld'. */
  readonly numeric?: NumericEmbedding;
  /** Cosines of each number; 16 by default. */
  readonly frequencies?: number;
  /** Outputs of each number, at least 2; 4 by default. */
  readonly size?: number;
  /** Standard deviation of the frequencies at the start; 0.1 by default. */
  readonly sigma?: number;
  /** Outputs of each category; 8 by default. */
  readonly categorySize?: number;
}

/**
 * The inputs of a table, embedded (Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default"). Of each number x, with parameters of its
 * own, PBLD (periodic, bias, linear, densely connected) gives x and V·cos(2πf·x + p) + c, with f[frequencies], p[frequencies],
 * V[size − 1, frequencies] and c[size − 1]. Other inputs are passed. Of each category the index takes a row of a table[n + 1, categorySize],
 * whose last row is for what is none of its n categories.
 *
 * At the start f is normal, p uniform in [−π, π), V and c uniform in ±1/√frequencies, the rows of the tables standard normal, and 0 for what
 * is no category, as training rows never reach it. The tables count as weights, as they are those of a linear layer on one-hot inputs.
 * Backward: docs/backpropagation.md.
 */
export class Embedding implements Layer {
  readonly kind = 'embedding';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly frequencies: number;
  /** Outputs of a number beside itself. */
  readonly mapped: number;
  readonly categorySize: number;
  /** The first row of each category, and how many rows there are. */
  readonly starts: Int32Array;
  private readonly rows: number;
  private ofNumbers: readonly Parameter[] = [];
  private table: Parameter | undefined;
  /** Values and gradients of numbers that have no parameters. */
  private readonly none: FloatArray;
  private inputGradient!: FloatArray;

  /** @param index which embedding of the model this is, from 1: names frequencies1, phases1, maps1, offsets1 and categories1. */
  constructor(private readonly kernels: Kernels, readonly layout: InputLayout, index: number, options: EmbeddingOptions = {}) {
    const { numeric = 'pbld', frequencies = 16, size: outputs = 4, sigma = 0.1, categorySize = 8 } = options;
    const { numbers, passed, categories } = layout;
    const isPlain = numeric === 'none' || numbers === 0;
    this.frequencies = isPlain ? 0 : frequencies;
    this.mapped = isPlain ? 0 : outputs - 1;
    this.categorySize = categorySize;
    this.starts = Int32Array.from(categories, (_, j) => rowsOf(categories.slice(0, j)));
    this.rows = rowsOf(categories);
    this.none = kernels.allocate(0);
    this.inputShape = [inputsIn(layout)];
    this.outputShape = [numbers * (1 + this.mapped) + passed + categories.length * categorySize];
    const named = (name: string, shape: Shape, regularised: boolean, initial: Start): ParameterSpec =>
      ({ name: `${name}${String(index)}`, shape, regularised, group: 'embedding', initial });
    const bound = 1 / Math.sqrt(frequencies);
    this.parameterSpecs = [
      ...(isPlain ? [] : [
        named('frequencies', [numbers, frequencies], true, normalStart(sigma)),
        named('phases', [numbers, frequencies], false, uniformStart(Math.PI)),
        named('maps', [numbers, this.mapped, frequencies], true, uniformStart(bound)),
        named('offsets', [numbers, this.mapped], false, uniformStart(bound)),
      ]),
      ...(categories.length === 0 ? [] : [
        { ...named('categories', [this.rows, categorySize], true, (values, draws) => { this.startTable(values, draws); }), group: 'weight' } as const,
      ]),
    ];
  }

  private startTable(...[values, draws]: Parameters<Start>): void {
    draws.normal(values, 1);
    for (let j = 0; j < this.starts.length; j++) {
      const end = this.categorySize * (this.starts[j + 1] ?? this.rows);
      values.fill(0, end - this.categorySize, end);
    }
  }

  /** The maps of the cosines. */
  flops(): Flops {
    const product = 2 * this.layout.numbers * this.mapped * this.frequencies;
    return { forward: product, step: 3 * product };
  }

  get scratch(): Scratch {
    return { fixed: 0, perRow: inputsIn(this.layout) };
  }

  attach(parameters: readonly Parameter[]): void {
    this.ofNumbers = parameters.slice(0, this.mapped === 0 ? 0 : 4);
    this.table = parameters[this.ofNumbers.length];
  }

  reserve(maxBatch: number): void {
    this.inputGradient = this.kernels.allocate(maxBatch * inputsIn(this.layout));
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { kernels, frequencies, mapped, categorySize, none, ofNumbers: [f, p, v, c], table, layout: { numbers, passed, categories } } = this;
    kernels.periodicForward(
      m, numbers, frequencies, mapped, passed, categories.length, categories.length * categorySize,
      x, f?.value ?? none, p?.value ?? none, v?.value ?? none, c?.value ?? none, y,
    );
    if (table === undefined) return;
    kernels.embeddingForward(
      m, categories.length, categorySize, this.rows, numbers + passed, numbers * (1 + mapped) + passed, this.starts, x, table.value, y,
    );
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, frequencies, mapped, categorySize, none, ofNumbers: [f, p, v, c], table, layout: { numbers, passed, categories } } = this;
    if (dx !== undefined || mapped > 0) {
      kernels.periodicBackward(
        m, numbers, frequencies, mapped, passed, categories.length, categories.length * categorySize,
        x, f?.value ?? none, p?.value ?? none, v?.value ?? none, dy,
        f?.gradient ?? none, p?.gradient ?? none, v?.gradient ?? none, c?.gradient ?? none, dx ?? this.inputGradient,
      );
    }
    if (table === undefined) return;
    kernels.embeddingBackward(
      m, categories.length, categorySize, this.rows, numbers + passed, numbers * (1 + mapped) + passed, this.starts, x, dy, table.gradient,
    );
  }
}

/** Rows of the tables of categories of these sizes: one more than each has. */
function rowsOf(categories: readonly number[]): number {
  return categories.reduce((sum, count) => sum + count + 1, 0);
}

export const embedding = layerType({
  help: 'embeds the numbers and the categories of a table (Holzmüller et al. 2024)',
  fields: {
    numeric: oneOf(numericEmbeddings, 'how numbers are embedded: pbld, by cosines of learned frequencies and phases, or not [pbld]'),
    frequencies: size('cosines of each number [16]'),
    size: integerFrom(2)('outputs of each number, the first of which is the number itself [4]'),
    sigma: positive('standard deviation of the frequencies at the start [0.1]'),
    categorySize: size('outputs of each category [8]'),
  },
  takesCategories: true,
  make: ({ kernels, inputLayout, next }, options) => new Embedding(kernels, inputLayout, next('embedding'), options),
});
