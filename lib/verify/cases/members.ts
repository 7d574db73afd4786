import type { FloatArray } from '../../kernels/contract';
import type { Draw } from '../draw';
import { boundEach, exact, memoryShapes, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const { abs, floor } = Math;

type Sizes = readonly [m: number, members: number, n: number, k: number];

/** m rows of as many members with n numbers each; threads divide the last two by rows, by members and by columns. */
const memberShapes = [[0, 2, 3], [2, 0, 3], [2, 3, 0], [1, 1, 1], [3, 5, 7], [9, 4, 17], [33, 2, 65], [61, 32, 53], [11, 7, 1301]] as const;
/** m, members, n and k of linear layers: fewer inputs than a vector has lanes, and more; threads divide the last two. */
const linearShapes: readonly Sizes[] = [
  [0, 2, 3, 4], [2, 0, 3, 4], [2, 3, 0, 4], [2, 3, 4, 0], [1, 1, 1, 1], [3, 5, 2, 7], [9, 4, 3, 16], [5, 3, 10, 37], [43, 32, 2, 73], [211, 5, 3, 131],
];

/** The cases of a kernel of which backends agree bit for bit, with ordinary and with hostile inputs. */
function* exactOf(draw: Draw, label: string, run: (hostile: (length: number) => FloatArray) => VerifyCase['run']): Generator<VerifyCase> {
  yield exact(label, run((length) => draw.uniform(length)));
  yield exact(`${label} hostile`, run((length) => draw.hostile(length)));
}

/** The inputs of a linear layer's kernel and what it makes of them. */
interface LinearKernel {
  readonly lengths: (m: number, members: number, n: number, k: number) => readonly [number, number, number];
  readonly run: (sizes: Sizes, inputs: readonly [FloatArray, FloatArray, FloatArray]) => VerifyCase['run'];
  readonly bounds: (sizes: Sizes, inputs: readonly [FloatArray, FloatArray, FloatArray]) => readonly Float64Array[];
}

/** Ordinary numbers, whose sums are bounded; the same with a NaN or an infinity in each input; integers, whose sums are exact. */
function* linearCases(draw: Draw, { lengths, run, bounds }: LinearKernel): Generator<VerifyCase> {
  for (const sizes of linearShapes) {
    const [a, b, c] = lengths(...sizes);
    const label = shapeOf(...sizes);
    const [x, w, last] = [draw.uniform(a), draw.uniform(b), draw.uniform(c)];
    const bounded = bounds(sizes, [x, w, last]);
    yield { label, run: run(sizes, [x, w, last]), bounds: bounded };
    yield { label: `${label} special`, run: run(sizes, [draw.withSpecial(x), draw.withSpecial(w), draw.withSpecial(last)]), bounds: bounded };
    const zeros = bounded.map(({ length }) => new Float64Array(length));
    yield { label: `${label} integers`, run: run(sizes, [draw.integers(a, 8), draw.integers(b, 8), draw.integers(c, 8)]), bounds: zeros };
  }
}

export const memberCases: CaseMakers<'members'> = {
  *expandMembersForward(draw) {
    for (const [m, members, n] of memberShapes) {
      yield* exactOf(draw, shapeOf(m, members, n), (numbers) => {
        const [x, scale] = [numbers(m * n), numbers(members * n)];
        return (kernels) => {
          const y = draw.output(m * members * n);
          kernels.expandMembersForward(m, members, n, x, scale, y);
          return [y];
        };
      });
    }
  },

  *expandMembersBackward(draw) {
    for (const [m, members, n] of memberShapes) {
      yield* exactOf(draw, shapeOf(m, members, n), (numbers) => {
        const [x, scale, dy] = [numbers(m * n), numbers(members * n), numbers(m * members * n)];
        return (kernels) => {
          const [dscale, dx] = [draw.output(members * n), draw.output(m * n)];
          kernels.expandMembersBackward(m, members, n, x, scale, dy, dscale, dx);
          return [dscale, dx];
        };
      });
    }
  },

  *affineColumnsForward(draw) {
    for (const [m, n] of memoryShapes) {
      yield* exactOf(draw, shapeOf(m, n), (numbers) => {
        const [x, scale, shift] = [numbers(m * n), numbers(n), numbers(n)];
        return (kernels) => {
          const y = draw.output(m * n);
          kernels.affineColumnsForward(m, n, x, scale, shift, y);
          return [y];
        };
      });
    }
  },

  *affineColumnsBackward(draw) {
    for (const [m, n] of memoryShapes) {
      yield* exactOf(draw, shapeOf(m, n), (numbers) => {
        const [x, scale, dy] = [numbers(m * n), numbers(n), numbers(m * n)];
        return (kernels) => {
          const [dscale, dshift, dx] = [draw.output(n), draw.output(n), draw.output(m * n)];
          kernels.affineColumnsBackward(m, n, x, scale, dy, dscale, dshift, dx);
          return [dscale, dshift, dx];
        };
      });
    }
  },

  *memberLinearForward(draw) {
    yield* linearCases(draw, {
      lengths: (m, members, n, k) => [m * members * k, members * n * k, members * n],
      run: ([m, members, n, k], [x, w, bias]) => (kernels) => {
        const y = draw.output(m * members * n);
        kernels.memberLinearForward(m, members, n, k, x, w, bias, y);
        return [y];
      },
      bounds: ([m, members, n, k], [x, w, bias]) => [boundEach(m * members * n, (at) => {
        const output = at % (members * n);
        let terms = abs(bias[output]!);
        for (let c = 0; c < k; c++) terms += abs(x[floor(at / n) * k + c]! * w[output * k + c]!);
        return draw.sumBound(k + 1, terms);
      })],
    });
  },

  *memberLinearBackward(draw) {
    yield* linearCases(draw, {
      lengths: (m, members, n, k) => [m * members * k, members * n * k, m * members * n],
      run: ([m, members, n, k], [x, w, dy]) => (kernels) => {
        const [dw, dx] = [draw.output(members * n * k), draw.output(m * members * k)];
        kernels.memberLinearBackward(m, members, n, k, x, w, dy, dw, dx);
        return [dw, dx];
      },
      bounds: ([m, members, n, k], [x, w, dy]) => [
        boundEach(members * n * k, (at) => {
          const output = floor(at / k);
          let terms = 0;
          for (let i = 0; i < m; i++) terms += abs(dy[i * members * n + output]! * x[(i * members + floor(output / n)) * k + at % k]!);
          return draw.sumBound(m, terms);
        }),
        boundEach(m * members * k, (at) => {
          const row = floor(at / k);
          let terms = 0;
          for (let o = 0; o < n; o++) terms += abs(dy[row * n + o]! * w[((row % members) * n + o) * k + at % k]!);
          return draw.sumBound(n, terms);
        }),
      ],
    });
  },

  *meanMembers(draw) {
    for (const [m, members, n] of memberShapes) {
      yield* exactOf(draw, shapeOf(m, members, n), (numbers) => {
        const x = numbers(m * members * n);
        return (kernels) => {
          const y = draw.output(m * n);
          kernels.meanMembers(m, members, n, x, y);
          return [y];
        };
      });
    }
  },
};
