import { expected } from '../errors';
import type { FloatArray, Kernels } from './contract';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const buffers = ArrayBuffer;
const { isInteger } = Number;
const { toStringTag } = Symbol;

/**
 * The same kernels behind checks of every argument, in the contract's order: this is its table of types and lengths, and
 * nothing is written before all checks have passed. Throws ERR_KERNEL_ARG for a wrong type, dtype, size or length,
 * ERR_KERNEL_INDEX for a label or row index out of range.
 */
export function checked<T extends FloatArray>(kernels: Kernels<T>): Kernels<T> {
  const { backend, dtype } = kernels;
  const type = dtype === 'float32' ? 'Float32Array' : 'Float64Array';

  return {
    backend,
    dtype,

    gemm(transA, transB, m, n, k, alpha, a, b, beta, c) {
      flag('gemm transA', transA);
      flag('gemm transB', transB);
      size('gemm m', m);
      size('gemm n', n);
      size('gemm k', k);
      scalar('gemm alpha', alpha);
      array('gemm a', type, m * k, a);
      array('gemm b', type, k * n, b);
      scalar('gemm beta', beta);
      array('gemm c', type, m * n, c);
      kernels.gemm(transA, transB, m, n, k, alpha, a, b, beta, c);
    },

    axpy(n, alpha, x, y) {
      size('axpy n', n);
      scalar('axpy alpha', alpha);
      array('axpy x', type, n, x);
      array('axpy y', type, n, y);
      kernels.axpy(n, alpha, x, y);
    },

    scal(n, alpha, x) {
      size('scal n', n);
      scalar('scal alpha', alpha);
      array('scal x', type, n, x);
      kernels.scal(n, alpha, x);
    },

    dot(n, x, y) {
      size('dot n', n);
      array('dot x', type, n, x);
      array('dot y', type, n, y);
      return kernels.dot(n, x, y);
    },

    nrm2(n, x) {
      size('nrm2 n', n);
      array('nrm2 x', type, n, x);
      return kernels.nrm2(n, x);
    },

    biasForward(m, n, bias, y) {
      size('biasForward m', m);
      size('biasForward n', n);
      array('biasForward bias', type, n, bias);
      array('biasForward y', type, m * n, y);
      kernels.biasForward(m, n, bias, y);
    },

    biasBackward(m, n, dy, beta, dbias) {
      size('biasBackward m', m);
      size('biasBackward n', n);
      array('biasBackward dy', type, m * n, dy);
      scalar('biasBackward beta', beta);
      array('biasBackward dbias', type, n, dbias);
      kernels.biasBackward(m, n, dy, beta, dbias);
    },

    reluForward(n, x, y) {
      size('reluForward n', n);
      array('reluForward x', type, n, x);
      array('reluForward y', type, n, y);
      kernels.reluForward(n, x, y);
    },

    reluBackward(n, y, dy, dx) {
      size('reluBackward n', n);
      array('reluBackward y', type, n, y);
      array('reluBackward dy', type, n, dy);
      array('reluBackward dx', type, n, dx);
      kernels.reluBackward(n, y, dy, dx);
    },

    maskScale(n, scale, mask, x, y) {
      size('maskScale n', n);
      scalar('maskScale scale', scale);
      array('maskScale mask', 'Uint8Array', n, mask);
      array('maskScale x', type, n, x);
      array('maskScale y', type, n, y);
      kernels.maskScale(n, scale, mask, x, y);
    },

    softmaxForward(m, n, x, y) {
      size('softmaxForward m', m);
      size('softmaxForward n', n);
      array('softmaxForward x', type, m * n, x);
      array('softmaxForward y', type, m * n, y);
      kernels.softmaxForward(m, n, x, y);
    },

    softmaxBackward(m, n, y, dy, dx) {
      size('softmaxBackward m', m);
      size('softmaxBackward n', n);
      array('softmaxBackward y', type, m * n, y);
      array('softmaxBackward dy', type, m * n, dy);
      array('softmaxBackward dx', type, m * n, dx);
      kernels.softmaxBackward(m, n, y, dy, dx);
    },

    softmaxCrossEntropyForward(m, n, x, labels, probs) {
      size('softmaxCrossEntropyForward m', m);
      size('softmaxCrossEntropyForward n', n);
      array('softmaxCrossEntropyForward x', type, m * n, x);
      array('softmaxCrossEntropyForward labels', 'Int32Array', m, labels);
      array('softmaxCrossEntropyForward probs', type, m * n, probs);
      indices('softmaxCrossEntropyForward labels', m, n, labels);
      return kernels.softmaxCrossEntropyForward(m, n, x, labels, probs);
    },

    softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx) {
      size('softmaxCrossEntropyBackward m', m);
      size('softmaxCrossEntropyBackward n', n);
      scalar('softmaxCrossEntropyBackward scale', scale);
      array('softmaxCrossEntropyBackward probs', type, m * n, probs);
      array('softmaxCrossEntropyBackward labels', 'Int32Array', m, labels);
      array('softmaxCrossEntropyBackward dx', type, m * n, dx);
      indices('softmaxCrossEntropyBackward labels', m, n, labels);
      kernels.softmaxCrossEntropyBackward(m, n, scale, probs, labels, dx);
    },

    argmax(m, n, x, out) {
      size('argmax m', m);
      size('argmax n', n);
      array('argmax x', type, m * n, x);
      array('argmax out', 'Int32Array', m, out);
      if (n === 0 && m > 0) throw expected('ERR_KERNEL_ARG', 'a positive integer', 'argmax n', n);
      kernels.argmax(m, n, x, out);
    },

    sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v) {
      size('sgdStep n', n);
      scalar('sgdStep lr', lr);
      scalar('sgdStep momentum', momentum);
      scalar('sgdStep weightDecay', weightDecay);
      flag('sgdStep nesterov', nesterov);
      array('sgdStep w', type, n, w);
      array('sgdStep dw', type, n, dw);
      array('sgdStep v', type, momentum === 0 ? 0 : n, v);
      kernels.sgdStep(n, lr, momentum, weightDecay, nesterov, w, dw, v);
    },

    gatherRows(m, n, rows, src, scale, shift, x) {
      size('gatherRows m', m);
      size('gatherRows n', n);
      array('gatherRows indices', 'Int32Array', m, rows);
      if (!isArray('Uint8Array', 0, src) && !isArray(type, 0, src)) {
        throw expected('ERR_KERNEL_ARG', `a Uint8Array or ${type}`, 'gatherRows src', src);
      }
      array('gatherRows scale', type, n, scale);
      array('gatherRows shift', type, n, shift);
      array('gatherRows x', type, m * n, x);
      if (n > 0) indices('gatherRows indices', m, Math.floor(src.length / n), rows); // rows of no columns are not read
      kernels.gatherRows(m, n, rows, src, scale, shift, x);
    },
  };
}

/* Every name is a literal, so that a call that passes builds no string. */

type ArrayType = 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';

/** Told by tag, not by class: an array may come from another realm. A detached array has length 0. */
function isArray(type: ArrayType, length: number, value: unknown): boolean {
  if (!buffers.isView(value)) return false;
  const view = value as unknown as { readonly [toStringTag]: string; readonly length: number };
  return view[toStringTag] === type && view.length >= length;
}

function array(name: string, type: ArrayType, length: number, value: unknown): void {
  if (isArray(type, length, value)) return;
  const article = type === 'Int32Array' ? 'an' : 'a';
  throw expected('ERR_KERNEL_ARG', `${article} ${type} of at least ${length} elements`, name, value);
}

/** Sizes stay below 2³¹: that is what BLAS counts with. */
function size(name: string, value: unknown): void {
  if (typeof value === 'number' && isInteger(value) && value >= 0 && value < 2 ** 31) return;
  const what = isInteger(value) && value as number > 0 ? 'an integer below 2147483648' : 'a non-negative integer';
  throw expected('ERR_KERNEL_ARG', what, name, value);
}

function scalar(name: string, value: unknown): void {
  if (typeof value !== 'number') throw expected('ERR_KERNEL_ARG', 'a number', name, value);
}

function flag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw expected('ERR_KERNEL_ARG', 'a boolean', name, value);
}

function indices(name: string, count: number, bound: number, values: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const index = values[i]!;
    if (index < 0 || index >= bound) {
      throw expected('ERR_KERNEL_INDEX', `an index in [0, ${bound})`, `${name}[${i}]`, index);
    }
  }
}
