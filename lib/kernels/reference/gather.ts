import type { FloatArray, SourceArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { clear } from './clear';
import { round } from './rounding';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { max, min } = Math;

/** Minibatches out of a data set, and what it is normalised by. */
export function gatherReference(single: boolean): FamilyKernels<'gather'> {
  return {
    gatherRows(m, n, indices, src: SourceArray, scale, shift, x) {
      for (let i = 0, to = 0; i < m; i++) {
        const from = indices[i]! * n;
        for (let j = 0; j < n; j++, to++) x[to] = round(single, scale[j]! * src[from + j]!) + shift[j]!;
      }
    },

    gatherImages(m, channels, height, width, indices, geometry, src, scale, shift, x) {
      forEachPixel(m, channels, height, width, indices, geometry, (from, to, j) => {
        x[to] = from < 0 ? 0 : round(single, scale[j]! * src[from]!) + shift[j]!;
      });
    },

    standardizeRows(m, n, indices, src: SourceArray, mean, std, x) {
      for (let i = 0, to = 0; i < m; i++) {
        const from = indices[i]! * n;
        for (let j = 0; j < n; j++, to++) x[to] = (src[from + j]! - mean[j]!) / std[j]!;
      }
    },

    standardizeImages(m, channels, height, width, indices, geometry, src, mean, std, x) {
      forEachPixel(m, channels, height, width, indices, geometry, (from, to, j) => {
        x[to] = from < 0 ? 0 : (src[from]! - mean[j]!) / std[j]!;
      });
    },

    gatherBytes(m, n, indices, src, x) {
      if (n > 0) for (let i = 0; i < m; i++) x.set(src.subarray(indices[i]! * n, (indices[i]! + 1) * n), i * n);
    },

    gatherByteImages(m, channels, height, width, indices, geometry, src, x) {
      forEachPixel(m, channels, height, width, indices, geometry, (from, to) => {
        x[to] = from < 0 ? 0 : src[from]!;
      });
    },

    byteMoments(m, n, src, sums, squares) {
      clear(sums, 0, n);
      clear(squares, 0, n);
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) {
          const byte = src[at]!;
          sums[j]! += byte;
          squares[j]! += byte * byte;
        }
      }
    },

    mixRows(m, n, lambda, partners, x: FloatArray, y: FloatArray) {
      const own = round(single, lambda);
      const other = round(single, 1 - own);
      for (let i = 0, at = 0; i < m; i++) {
        const from = partners[i]! * n;
        for (let j = 0; j < n; j++, at++) y[at] = round(single, own * x[at]!) + round(single, other * x[from + j]!);
      }
    },
  };
}

/** For each pixel of m pictures: where it comes from in the source, −1 where it is cut; where it goes; and which of its picture's it is. */
function forEachPixel(
  m: number, channels: number, height: number, width: number, indices: Int32Array, geometry: Int32Array,
  visit: (from: number, to: number, j: number) => void,
): void {
  if (height * width === 0) return; // of however many channels
  for (let i = 0, to = 0; i < m; i++) {
    const flip = geometry[7 * i]!;
    const dx = geometry[7 * i + 1]!;
    const dy = geometry[7 * i + 2]!;
    const left = geometry[7 * i + 3]!;
    const top = geometry[7 * i + 4]!;
    const right = geometry[7 * i + 5]!;
    const bottom = geometry[7 * i + 6]!;
    for (let c = 0, j = 0; c < channels; c++) {
      for (let v = 0; v < height; v++) {
        const line = ((indices[i]! * channels + c) * height + clamp(v - dy, height)) * width;
        for (let u = 0; u < width; u++, j++, to++) {
          const column = clamp(u - dx, width);
          const isCut = left <= u && u < right && top <= v && v < bottom;
          visit(isCut ? -1 : line + (flip === 0 ? column : width - 1 - column), to, j);
        }
      }
    }
  }
}

/** The index in [0, size) that is nearest. */
function clamp(index: number, size: number): number {
  return max(0, min(size - 1, index));
}
