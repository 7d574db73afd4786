import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

/** A factor for each column. */
export function columnsReference(single: boolean): FamilyKernels<'columns'> {
  return {
    scaleColumnsForward(m, n, s, x, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) y[at] = s[j]! * x[at]!;
      }
    },

    scaleColumnsBackward(m, n, x, s, dy, ds, dx) {
      for (let j = 0; j < n; j++) ds[j] = 0;
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) {
          const gradient = dy[at]!;
          ds[j] = ds[j]! + round(single, gradient * x[at]!);
          dx[at] = s[j]! * gradient;
        }
      }
    },

    blendColumnsForward(m, n, a, x, f, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) {
          const share = a[j]!;
          y[at] = round(single, round(single, 1 - share) * x[at]!) + round(single, share * f[at]!);
        }
      }
    },

    blendColumnsBackward(m, n, a, x, f, dy, da, df, dx) {
      for (let j = 0; j < n; j++) da[j] = 0;
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) {
          const share = a[j]!;
          const gradient = dy[at]!;
          da[j] = da[j]! + round(single, gradient * round(single, f[at]! - x[at]!));
          df[at] = share * gradient;
          dx[at] = round(single, 1 - share) * gradient;
        }
      }
    },
  };
}
