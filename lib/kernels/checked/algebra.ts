import type { Kernels } from '../contract';
import type { AlgebraKernels } from '../reference/algebra';
import { array, flag, floatTypeOf, scalar, size } from './arguments';

export function algebraChecked(kernels: Kernels): AlgebraKernels {
  const type = floatTypeOf(kernels.dtype);
  return {
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
  };
}
