import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { clear } from './clear';
import { round } from './rounding';

const { PI, cos, max, sin } = Math;
/* Away from half a turn the nearest integer is the same however halves are rounded, and there cos and sin do not jump. */
const nearest = Math.round;

/** Embeddings of a table's numbers and categories. */
export function embeddingReference(single: boolean): FamilyKernels<'embedding'> {
  const perTurn = round(single, 1 / (2 * PI));
  /** 2π times the part of frequency·x + phase/2π that is no whole turn; in turns whole ones are taken off without an error. */
  const angleOf = (frequency: number, x: number, phase: number): number => {
    const turns = round(single, round(single, frequency * x) + round(single, phase * perTurn));
    return 2 * PI * (turns - nearest(turns));
  };

  return {
    periodicForward(m, n, k, size, passed, after, outputsAfter, x, frequency, phase, weight, bias, y) {
      for (let i = 0, from = 0, to = 0; i < m; i++, from += after, to += outputsAfter) {
        for (let j = 0; j < n; j++, from++) {
          y[to++] = x[from]!;
          for (let o = j * size; o < (j + 1) * size; o++) {
            let sum = bias[o]!;
            for (let l = 0; l < k; l++) sum += weight[o * k + l]! * cos(angleOf(frequency[j * k + l]!, x[from]!, phase[j * k + l]!));
            y[to++] = sum;
          }
        }
        for (let j = 0; j < passed; j++) y[to++] = x[from++]!;
      }
    },

    periodicBackward(m, n, k, size, passed, after, outputsAfter, x, frequency, phase, weight, dy, dfrequency, dphase, dweight, dbias, dx) {
      const [inputs, outputs] = [n + passed + after, n * size + n + passed + outputsAfter];
      clear(dfrequency, 0, n * k);
      clear(dphase, 0, n * k);
      clear(dweight, 0, n * size * k);
      clear(dbias, 0, n * size);
      for (let i = 0; i < m; i++) {
        let from = i * outputs;
        for (let j = 0; j < n; j++, from += size) {
          const value = x[i * inputs + j]!;
          let slope = 0;
          for (let o = 0; o < size; o++) dbias[j * size + o] = dbias[j * size + o]! + dy[from + 1 + o]!;
          for (let l = j * k; l < (j + 1) * k; l++) {
            const angle = angleOf(frequency[l]!, value, phase[l]!);
            let gradient = 0;
            for (let o = 0; o < size; o++) {
              const at = (j * size + o) * k + l - j * k;
              gradient += weight[at]! * dy[from + 1 + o]!;
              dweight[at] = dweight[at]! + dy[from + 1 + o]! * cos(angle);
            }
            gradient *= -sin(angle);
            dfrequency[l] = dfrequency[l]! + 2 * PI * value * gradient;
            dphase[l] = dphase[l]! + gradient;
            slope += frequency[l]! * gradient;
          }
          dx[i * inputs + j] = dy[from++]! + 2 * PI * slope;
        }
        for (let j = n; j < n + passed; j++) dx[i * inputs + j] = dy[from++]!;
        clear(dx, i * inputs + n + passed, (i + 1) * inputs);
      }
    },

    embeddingForward(m, n, k, rows, before, outputsBefore, starts, x, table, y) {
      for (let i = 0, to = 0; i < m; i++) {
        to += outputsBefore;
        for (let j = 0; j < n; j++) {
          const from = k * rowOf(starts, j, n, rows, x[i * (before + n) + before + j]!);
          for (let l = 0; l < k; l++) y[to++] = table[from + l]!;
        }
      }
    },

    embeddingBackward(m, n, k, rows, before, outputsBefore, starts, x, dy, dtable) {
      clear(dtable, 0, rows * k);
      for (let i = 0, from = 0; i < m; i++) {
        from += outputsBefore;
        for (let j = 0; j < n; j++) {
          const to = k * rowOf(starts, j, n, rows, x[i * (before + n) + before + j]!);
          for (let l = 0; l < k; l++) addTo(dtable, to + l, dy[from++]!);
        }
      }
    },
  };
}

/** The row of the table that a category's index stands for: the last of the category where it is no index of one of its rows. */
function rowOf(starts: Int32Array, category: number, categories: number, rows: number, index: number): number {
  const first = starts[category]!;
  const last = (category + 1 < categories ? starts[category + 1]! : rows) - 1;
  const row = first + index;
  return index >= 0 && row < last && Number.isInteger(index) ? row : max(first, last);
}

function addTo(array: FloatArray, at: number, value: number): void {
  array[at] = array[at]! + value;
}
