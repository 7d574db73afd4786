import type { SourceArray } from '../../kernels/contract';
import type { Draw } from '../draw';
import { GUARDS } from '../draw';
import { computeShapes, exact, memoryShapes, shapeOf } from './shared';
import type { CaseMakers } from './shared';

/** m images of a shape, drawn from `rows`, with the geometry of each. */
interface Images {
  readonly m: number;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly rows: number;
  readonly indices: Int32Array;
  readonly geometry: Int32Array;
  readonly label: string;
}

/** Shifts and cut-out rectangles that stay within the image, leave it, and are at the limits of an int32. */
function* images(draw: Draw): Generator<Images> {
  const { random } = draw;
  const hostile = [-(2 ** 31), 2 ** 31 - 1, -1, 0, 1];
  const rows = 3;
  for (const shape of [[3, 32, 32], [1, 5, 7], [2, 1, 33], [3, 8, 1], [1, 1, 1], [0, 4, 4]] as const) {
    for (const [m, reach] of [[9, 4], [9, 40], [20, 'hostile'], [0, 4]] as const) {
      const indices = random.randint(0, rows, m);
      const geometry = Int32Array.from({ length: 7 * m }, (_, i) =>
        i % 7 === 0 ? random.randint(0, 2) : reach === 'hostile' ? draw.pick(hostile) : random.randint(-reach, 1 + reach));
      yield { m, shape, rows, indices, geometry, label: `${m} of ${shapeOf(...shape)} by ${reach}` };
    }
  }
}

/** `length` numbers of each type that a source can have; floats are near 1,700,000,000, like Unix timestamps. */
function numbersOf({ random }: Draw, length: number): readonly (readonly [string, SourceArray])[] {
  const seconds = Float64Array.from(random.randint(0, 1e6, length), (value) => 1.7e9 + value / 1024);
  return [
    ['bytes', Uint8Array.from(random.randint(0, 256, length))], ['float32', Float32Array.from(seconds)], ['float64', seconds],
  ];
}

/** A mean and a standard deviation for each of n columns. */
function momentsOf({ random }: Draw, n: number): readonly [Float64Array, Float64Array] {
  return [Float64Array.from(random.randint(0, 1000, n), (value) => 1.7e9 + value / 7), Float64Array.from(random.randint(1, 1000, n), (value) => value / 7)];
}

export const gatherCases: CaseMakers<'gather'> = {
  *gatherRows(draw) {
    for (const [m, n] of computeShapes) {
      const rows = 7;
      const bytes = Uint8Array.from(draw.random.randint(0, 256, rows * n));
      for (const [label, src] of [['bytes', bytes], ['floats', draw.uniform(rows * n)]] as const) {
        const indices = draw.random.randint(0, rows, m);
        const scale = draw.uniform(n);
        const shift = draw.uniform(n);
        yield exact(`${shapeOf(m, n)} ${label}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.gatherRows(m, n, indices, src, scale, shift, out);
          return [out];
        });
      }
    }
  },

  *gatherImages(draw) {
    for (const { m, shape, rows, indices, geometry, label } of images(draw)) {
      const n = shape[0] * shape[1] * shape[2];
      const bytes = Uint8Array.from(draw.random.randint(0, 256, rows * n));
      for (const [format, src] of [['bytes', bytes], ['floats', draw.uniform(rows * n)]] as const) {
        const scale = draw.uniform(n);
        const shift = draw.uniform(n);
        yield exact(`${label} ${format}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.gatherImages(m, ...shape, indices, geometry, src, scale, shift, out);
          return [out];
        });
      }
    }
  },

  /** Large numbers with small differences: float32 would lose them before the mean is subtracted. */
  *standardizeRows(draw) {
    for (const [m, n] of computeShapes) {
      for (const [label, src] of numbersOf(draw, 7 * n)) {
        const indices = draw.random.randint(0, 7, m);
        const [mean, std] = momentsOf(draw, n);
        yield exact(`${shapeOf(m, n)} ${label}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.standardizeRows(m, n, indices, src, mean, std, out);
          return [out];
        });
      }
    }
  },

  *standardizeImages(draw) {
    for (const { m, shape, rows, indices, geometry, label } of images(draw)) {
      const n = shape[0] * shape[1] * shape[2];
      for (const [format, src] of numbersOf(draw, rows * n)) {
        const [mean, std] = momentsOf(draw, n);
        yield exact(`${label} ${format}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.standardizeImages(m, ...shape, indices, geometry, src, mean, std, out);
          return [out];
        });
      }
    }
  },

  *gatherBytes(draw) {
    for (const [m, n] of memoryShapes) {
      const rows = 7;
      const src = Uint8Array.from(draw.random.randint(0, 256, rows * n));
      const indices = draw.random.randint(0, rows, m);
      yield exact(shapeOf(m, n), (kernels) => {
        const out = new Uint8Array(m * n + GUARDS).fill(99);
        kernels.gatherBytes(m, n, indices, src, out);
        return [out];
      });
    }
  },

  *gatherByteImages(draw) {
    for (const { m, shape, rows, indices, geometry, label } of images(draw)) {
      const n = shape[0] * shape[1] * shape[2];
      const src = Uint8Array.from(draw.random.randint(0, 256, rows * n));
      yield exact(label, (kernels) => {
        const out = new Uint8Array(m * n + GUARDS).fill(99);
        kernels.gatherByteImages(m, ...shape, indices, geometry, src, out);
        return [out];
      });
    }
  },

  /** The last shape's sums of squares exceed 2³². */
  *byteMoments(draw) {
    for (const [m, n] of [...memoryShapes, [70_000, 1]] as const) {
      const src = Uint8Array.from({ length: m * n }, () => 255 - draw.random.randint(0, m > 1000 ? 2 : 256));
      yield exact(shapeOf(m, n), (kernels) => {
        const outputs = [new Int32Array(n + GUARDS).fill(-1), new Int32Array(n + GUARDS).fill(-1)] as const;
        kernels.byteMoments(m, n, src, ...outputs);
        return outputs;
      });
    }
  },

  *mixRows(draw) {
    for (const [m, n] of memoryShapes) {
      for (const lambda of [0, 0.3, 1]) {
        const partners = draw.random.permutation(m);
        const x = draw.hostile(m * n);
        yield exact(`${shapeOf(m, n)} lambda=${lambda}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.mixRows(m, n, lambda, partners, x, out);
          return [out];
        });
      }
    }
  },
};
