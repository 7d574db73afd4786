import {
  accumulates, anySource, bounded, byteSource, bytes, doubles, exact, flag, indices, ints, product, reads, room, scalar, size, source, sum,
  unlessZero, updates, writes,
} from './declare';
import type { Signature, SignatureTable } from './declare';
import type { KernelName, Kernels, Precision } from './contract';

/*
 * The signature of every kernel of the contract, a family at a time. Checks of arguments, the choice between backends for small
 * calls, costs and calls of benchmarks, tests of safety and of threads and the frame of the verification are made of it.
 */

const [m, n, k, members] = [size('m'), size('n'), size('k'), size('members')];
const [lr, epsilon, weightDecay, keep] = [scalar('lr'), scalar('epsilon'), scalar('weightDecay'), scalar('keep')];

/* Parts that several kernels have in common. */
const sgdScalars = [lr, scalar('momentum'), weightDecay, flag('nesterov')] as const;
const betas = [scalar('beta1'), scalar('beta2')] as const;
const adamScalars = [scalar('stepSize'), ...betas, epsilon, weightDecay, keep] as const;
const sgdArrays = [room('dw[n,k]'), updates('w[n,k]'), unlessZero('momentum', updates('v[n,k]'))] as const;
const adamArrays = [room('dw[n,k]'), updates('w[n,k]'), updates('m[n,k]'), updates('v[n,k]')] as const;
const byteInputs = [bytes(reads('x[m,k]')), reads('scale[k]'), reads('shift[k]')] as const;
/* Where `m` is the first moment, the rows are called `rows`. */
const rows = size('rows');
const image = [m, size('channels'), size('height'), size('width'), indices('indices[m]', 'src'), ints(reads('geometry[7,m]'))] as const;

const numbers = [m, n, k, size('size'), size('passed'), size('after'), size('outputsAfter')] as const;
const tableInputs = 'x[m,n+passed+after]';
const periodicParameters = [reads('frequency[n,k]'), reads('phase[n,k]'), reads('weight[n,size,k]')] as const;
const categories = [
  m, n, k, rows, size('before'), size('outputsBefore'), indices('starts[n]', 'rows'), reads('x[m,before+n]'),
] as const;

export const families = {
  algebra: {
    gemm: product([
      flag('transA'), flag('transB'), m, n, k, scalar('alpha'), reads('a[m,k]'), reads('b[k,n]'), scalar('beta'),
      accumulates('c[m,n]', 'beta'),
    ], 250),
    axpy: bounded([n, scalar('alpha'), reads('x[n]'), updates('y[n]')], 64),
    scal: exact([n, scalar('alpha'), updates('x[n]')], 64),
    dot: sum([n, reads('x[n]'), reads('y[n]')], 64),
    nrm2: sum([n, reads('x[n]')], 64),
    linearForward: product([m, n, k, reads('x[m,k]'), reads('w[n,k]'), reads('bias[n]'), writes('y[m,n]')], 250),
    biasForward: exact([m, n, reads('bias[n]'), updates('y[m,n]')], 64),
    biasBackward: exact([m, n, reads('dy[m,n]'), scalar('beta'), accumulates('dbias[n]', 'beta')], 64),
  },

  columns: {
    scaleColumnsForward: exact([m, n, reads('s[n]'), reads('x[m,n]'), writes('y[m,n]', 'x')], 64),
    scaleColumnsBackward: exact(
      [m, n, reads('x[m,n]'), reads('s[n]'), reads('dy[m,n]'), writes('ds[n]'), writes('dx[m,n]', 'dy')], 64),
    blendColumnsForward: exact([m, n, reads('a[n]'), reads('x[m,n]'), reads('f[m,n]'), writes('y[m,n]', 'x', 'f')], 64),
    blendColumnsBackward: exact([
      m, n, reads('a[n]'), reads('x[m,n]'), reads('f[m,n]'), reads('dy[m,n]'), writes('da[n]'), writes('df[m,n]', 'f'),
      writes('dx[m,n]', 'dy'),
    ], 64),
  },

  embedding: {
    periodicForward: bounded([
      ...numbers, reads(tableInputs), ...periodicParameters, reads('bias[n,size]'), writes('y[m,n*size+n+passed+outputsAfter]'),
    ]),
    periodicBackward: bounded([
      ...numbers, reads(tableInputs), ...periodicParameters, reads('dy[m,n*size+n+passed+outputsAfter]'), writes('dfrequency[n,k]'),
      writes('dphase[n,k]'), writes('dweight[n,size,k]'), writes('dbias[n,size]'), writes('dx[m,n+passed+after]'),
    ]),
    embeddingForward: exact([...categories, reads('table[rows,k]'), writes('y[m,outputsBefore+n*k]')]),
    embeddingBackward: exact([...categories, reads('dy[m,outputsBefore+n*k]'), writes('dtable[rows,k]')]),
  },

  /* Kernels with exponentials break even at a dozen elements, GELU never. */
  activation: {
    reluForward: exact([n, reads('x[n]'), writes('y[n]', 'x')], 64),
    reluBackward: exact([n, reads('y[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 64),
    leakyReluForward: exact([n, scalar('slope'), reads('x[n]'), writes('y[n]', 'x')], 64),
    leakyReluBackward: exact([n, scalar('slope'), reads('y[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 64),
    tanhForward: bounded([n, reads('x[n]'), writes('y[n]', 'x')], 12),
    tanhBackward: exact([n, reads('y[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 64),
    sigmoidForward: bounded([n, reads('x[n]'), writes('y[n]', 'x')], 12),
    sigmoidBackward: exact([n, reads('y[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 64),
    geluForward: bounded([n, reads('x[n]'), writes('y[n]', 'x')]),
    geluBackward: bounded([n, reads('x[n]'), reads('dy[n]'), writes('dx[n]', 'dy')]),
    mishForward: bounded([n, reads('x[n]'), writes('y[n]', 'x')], 12),
    mishBackward: bounded([n, reads('x[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 12),
    seluForward: bounded([n, reads('x[n]'), writes('y[n]', 'x')], 12),
    seluBackward: exact([n, reads('y[n]'), reads('dy[n]'), writes('dx[n]', 'dy')], 64),
    maskScale: exact([n, scalar('scale'), bytes(reads('mask[n]')), reads('x[n]'), writes('y[n]', 'x')], 64),
    add: exact([n, reads('a[n]'), reads('b[n]'), writes('y[n]', 'a', 'b')], 64),
  },

  normalization: {
    batchNormForward: exact([
      m, n, epsilon, scalar('momentum'), reads('x[m,n]'), reads('gamma[n]'), reads('beta[n]'), updates('runningMean[n]'),
      updates('runningVariance[n]'), writes('mean[n]'), writes('inverseStd[n]'), writes('y[m,n]'),
    ], 64),
    batchNormEvaluate: exact([
      m, n, epsilon, reads('x[m,n]'), reads('gamma[n]'), reads('beta[n]'), reads('runningMean[n]'), reads('runningVariance[n]'),
      writes('y[m,n]', 'x'),
    ], 64),
    batchNormBackward: exact([
      m, n, reads('x[m,n]'), reads('gamma[n]'), reads('mean[n]'), reads('inverseStd[n]'), reads('dy[m,n]'), writes('dgamma[n]'),
      writes('dbeta[n]'), writes('dx[m,n]', 'dy'),
    ], 64),
    layerNormForward: exact([
      m, n, epsilon, reads('x[m,n]'), reads('gamma[n]'), reads('beta[n]'), writes('mean[m]'), writes('inverseStd[m]'), writes('y[m,n]'),
    ], 50),
    layerNormBackward: exact([
      m, n, reads('x[m,n]'), reads('gamma[n]'), reads('mean[m]'), reads('inverseStd[m]'), reads('dy[m,n]'), writes('dgamma[n]'),
      writes('dbeta[n]'), writes('dx[m,n]', 'dy'),
    ], 50),
  },

  loss: {
    softmaxForward: bounded([m, n, reads('x[m,n]'), writes('y[m,n]', 'x')], 12),
    softmaxBackward: bounded([m, n, reads('y[m,n]'), reads('dy[m,n]'), writes('dx[m,n]', 'dy')], 50),
    softmaxCrossEntropyForward: sum([m, n, reads('x[m,n]'), indices('labels[m]', 'n'), writes('probs[m,n]', 'x')], 16),
    softmaxCrossEntropyBackward: exact(
      [m, n, scalar('scale'), reads('probs[m,n]'), indices('labels[m]', 'n'), writes('dx[m,n]', 'probs')], 64),
    softCrossEntropyForward: sum(
      [m, n, scalar('smoothing'), reads('x[m,n]'), reads('targets[m,n]'), reads('weights[n]'), writes('probs[m,n]', 'x')], 20),
    softCrossEntropyBackward: exact([
      m, n, scalar('scale'), scalar('smoothing'), reads('probs[m,n]'), reads('targets[m,n]'), reads('weights[n]'),
      writes('dx[m,n]', 'probs'),
    ], 50),
    squaredErrorForward: exact([n, reads('x[n]'), reads('targets[n]')], 64),
    squaredErrorBackward: exact([n, scalar('scale'), reads('x[n]'), reads('targets[n]'), writes('dx[n]', 'x')], 64),
    huberForward: exact([m, n, scalar('delta'), reads('x[m,n]'), reads('targets[m,n]'), reads('weights[m]')], 64),
    huberBackward: exact([m, n, scalar('scale'), scalar('delta'), reads('x[m,n]'), reads('targets[m,n]'), reads('weights[m]'), writes('dx[m,n]', 'x')], 64),
    pinballForward: exact([m, n, k, reads('x[m,n,k]'), reads('targets[m,n]'), reads('levels[k]'), reads('weights[m]')], 64),
    pinballBackward: exact([
      m, n, k, scalar('scale'), reads('x[m,n,k]'), reads('targets[m,n]'), reads('levels[k]'), reads('weights[m]'), writes('dx[m,n,k]', 'x'),
    ], 64),
    sigmoidCrossEntropyForward: sum([m, n, reads('x[m,n]'), reads('targets[m,n]'), reads('weights[m]'), writes('probs[m,n]', 'x')], 12),
    poissonForward: sum([m, n, reads('x[m,n]'), reads('targets[m,n]'), reads('weights[m]'), writes('rates[m,n]', 'x')], 12),
    argmax: { ...exact([m, n, reads('x[m,n]'), ints(writes('out[m]'))], 64), needsColumns: true },
  },

  optimizer: {
    sgdStep: exact([n, ...sgdScalars, updates('w[n]'), reads('dw[n]'), unlessZero('momentum', updates('v[n]'))], 40),
    adamStep: exact([n, ...adamScalars, updates('w[n]'), reads('dw[n]'), updates('m[n]'), updates('v[n]')], 16),
    rmspropStep: exact([n, lr, scalar('rho'), epsilon, weightDecay, updates('w[n]'), reads('dw[n]'), updates('v[n]')], 20),
    lionStep: exact([n, lr, ...betas, weightDecay, keep, updates('w[n]'), reads('dw[n]'), updates('m[n]')], 40),
    lerp: exact([n, scalar('t'), reads('x[n]'), updates('y[n]')], 64),
  },

  linear: {
    sgdLinearStep: product([m, n, k, reads('dy[m,n]'), reads('x[m,k]'), ...sgdScalars, ...sgdArrays], 120),
    adamLinearStep: product([rows, n, k, reads('dy[rows,n]'), reads('x[rows,k]'), ...adamScalars, ...adamArrays], 40),
  },

  members: {
    expandMembersForward: exact([m, members, n, reads('x[m,n]'), reads('scale[members,n]'), writes('y[m,members,n]')], 64),
    expandMembersBackward: exact([
      m, members, n, reads('x[m,n]'), reads('scale[members,n]'), reads('dy[m,members,n]'), writes('dscale[members,n]'), writes('dx[m,n]'),
    ], 64),
    affineColumnsForward: exact([m, n, reads('x[m,n]'), reads('scale[n]'), reads('shift[n]'), writes('y[m,n]', 'x')], 64),
    affineColumnsBackward: exact([
      m, n, reads('x[m,n]'), reads('scale[n]'), reads('dy[m,n]'), writes('dscale[n]'), writes('dshift[n]'), writes('dx[m,n]', 'x', 'dy'),
    ], 64),
    memberLinearForward: bounded([m, members, n, k, reads('x[m,members,k]'), reads('w[members,n,k]'), reads('bias[members,n]'), writes('y[m,members,n]')]),
    memberLinearBackward: bounded([
      m, members, n, k, reads('x[m,members,k]'), reads('w[members,n,k]'), reads('dy[m,members,n]'), writes('dw[members,n,k]'),
      writes('dx[m,members,k]'),
    ]),
    meanMembers: exact([m, members, n, reads('x[m,members,n]'), writes('y[m,n]')], 64),
  },

  bytes: {
    byteLinearForward: product([m, n, k, ...byteInputs, reads('w[n,k]'), writes('y[m,n]')]),
    byteLinearBackward: product([m, n, k, reads('dy[m,n]'), ...byteInputs, writes('dw[n,k]')]),
    sgdByteLinearStep: product([m, n, k, reads('dy[m,n]'), ...byteInputs, ...sgdScalars, ...sgdArrays]),
    adamByteLinearStep: product([
      rows, n, k, reads('dy[rows,n]'), bytes(reads('x[rows,k]')), reads('scale[k]'), reads('shift[k]'), ...adamScalars, ...adamArrays,
    ]),
  },

  gather: {
    gatherRows: exact(
      [m, n, indices('indices[m]', 'src'), source('src[n]'), reads('scale[n]'), reads('shift[n]'), writes('x[m,n]')], 64),
    gatherImages: exact([
      ...image, source('src[channels,height,width]'), reads('scale[channels,height,width]'), reads('shift[channels,height,width]'),
      writes('x[m,channels,height,width]'),
    ]),
    standardizeRows: exact(
      [m, n, indices('indices[m]', 'src'), anySource('src[n]'), doubles(reads('mean[n]')), doubles(reads('std[n]')), writes('x[m,n]')], 64),
    standardizeImages: exact([
      ...image, anySource('src[channels,height,width]'), doubles(reads('mean[channels,height,width]')),
      doubles(reads('std[channels,height,width]')), writes('x[m,channels,height,width]'),
    ]),
    gatherBytes: exact([m, n, indices('indices[m]', 'src'), byteSource('src[n]'), bytes(writes('x[m,n]'))]),
    gatherByteImages: exact([...image, byteSource('src[channels,height,width]'), bytes(writes('x[m,channels,height,width]'))]),
    byteMoments: exact([m, n, bytes(reads('src[m,n]')), ints(writes('sums[n]')), ints(writes('squares[n]'))]),
    mixRows: exact([m, n, scalar('lambda'), indices('partners[m]', 'm'), reads('x[m,n]'), writes('y[m,n]')], 64),
  },

  random: {
    fillNormal: exact([n, scalar('std'), ints(reads('key[2]')), writes('out[n]')], 8),
    fillUniform: exact([n, scalar('low'), scalar('high'), ints(reads('key[2]')), writes('out[n]')], 8),
  },
} satisfies Readonly<Record<string, Partial<SignatureTable>>>;

/** A part of the kernels that one file implements. */
export type Family = keyof typeof families;
export type FamilyKernels<Name extends Family> = Pick<Kernels, keyof (typeof families)[Name] & KernelName>;

const table: SignatureTable = {
  ...families.algebra, ...families.columns, ...families.embedding, ...families.activation, ...families.normalization, ...families.loss, ...families.optimizer,
  ...families.linear, ...families.members, ...families.bytes, ...families.gather, ...families.random,
};
/** The signature of every kernel. */
export const signatures: Readonly<Record<KernelName, Signature>> = table;

const familyNames = Object.keys(families) as readonly Family[];
export const familyOf = (kernel: KernelName): Family => familyNames.find((family) => kernel in families[family])!;

/** Every kernel. */
export const kernelNames = Object.keys(signatures) as readonly KernelName[];

/** Those of them that a precision has: products and sums alone differ between bfloat16 and float32. */
export function kernelsIn(precision: Precision): readonly KernelName[] {
  return precision === 'bfloat16' ? kernelNames.filter((name) => signatures[name].product || signatures[name].sum) : kernelNames;
}
