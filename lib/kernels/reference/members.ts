import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

/** Ensembles whose members share their weights. */
export function membersReference(single: boolean): FamilyKernels<'members'> {
  return {
    expandMembersForward(m, members, n, x, scale, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < members * n; j += n) {
          for (let c = 0; c < n; c++, at++) y[at] = x[i * n + c]! * scale[j + c]!;
        }
      }
    },

    expandMembersBackward(m, members, n, x, scale, dy, dscale, dx) {
      const width = members * n;
      for (let j = 0; j < width; j++) dscale[j] = 0;
      for (let i = 0; i < m; i++) {
        for (let c = 0; c < n; c++) dx[i * n + c] = 0;
        for (let j = 0; j < width; j += n) {
          for (let c = 0; c < n; c++) {
            const gradient = dy[i * width + j + c]!;
            dscale[j + c] = dscale[j + c]! + round(single, gradient * x[i * n + c]!);
            dx[i * n + c] = dx[i * n + c]! + round(single, gradient * scale[j + c]!);
          }
        }
      }
    },

    affineColumnsForward(m, n, x, scale, shift, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) y[at] = round(single, x[at]! * scale[j]!) + shift[j]!;
      }
    },

    affineColumnsBackward(m, n, x, scale, dy, dscale, dshift, dx) {
      for (let j = 0; j < n; j++) {
        dscale[j] = 0;
        dshift[j] = 0;
      }
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < n; j++, at++) {
          const gradient = dy[at]!;
          dscale[j] = dscale[j]! + round(single, gradient * x[at]!);
          dshift[j] = dshift[j]! + gradient;
          dx[at] = gradient * scale[j]!;
        }
      }
    },

    memberLinearForward(m, members, n, k, x, w, bias, y) {
      for (let i = 0, at = 0; i < m; i++) {
        for (let j = 0; j < members; j++) {
          const row = (i * members + j) * k;
          for (let o = j * n; o < (j + 1) * n; o++, at++) {
            let sum = bias[o]!;
            for (let c = 0; c < k; c++) sum += x[row + c]! * w[o * k + c]!;
            y[at] = sum;
          }
        }
      }
    },

    memberLinearBackward(m, members, n, k, x, w, dy, dw, dx) {
      for (let o = 0; o < members * n; o++) {
        for (let c = 0; c < k; c++) {
          let sum = 0;
          for (let i = 0; i < m; i++) sum += dy[i * members * n + o]! * x[(i * members + Math.floor(o / n)) * k + c]!;
          dw[o * k + c] = sum;
        }
      }
      for (let row = 0; row < m * members; row++) {
        const j = row % members;
        for (let c = 0; c < k; c++) {
          let sum = 0;
          for (let o = 0; o < n; o++) sum += dy[row * n + o]! * w[(j * n + o) * k + c]!;
          dx[row * k + c] = sum;
        }
      }
    },

    meanMembers(m, members, n, x, y) {
      for (let i = 0; i < m; i++) {
        for (let c = 0; c < n; c++) {
          let sum = 0;
          for (let j = 0; j < members; j++) sum = round(single, sum + x[(i * members + j) * n + c]!);
          y[i * n + c] = sum / members;
        }
      }
    },
  };
}
