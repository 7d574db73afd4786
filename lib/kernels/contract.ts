/**
 * The kernel contract: every numerical operation of blastrain, as a function on typed arrays.
 *
 * Shapes: `m` rows (examples), `n` columns, `k` inner size. Matrices are row-major and contiguous; `x[m,n]` stands for a
 * typed array whose first m·n elements are used (longer arrays are legal). `dx` is ∂loss/∂x.
 *
 * Rules that hold for every kernel:
 * - Sizes and inputs come first, outputs last. The caller owns all arrays; a kernel allocates nothing and keeps nothing.
 * - Synchronous. Outputs are overwritten; they accumulate only where `beta` is an argument, and β = 0 means that the
 *   output is not read (it may hold NaN).
 * - Inputs and outputs must not overlap, except for exact aliasing (the same array) where the kernel says so.
 * - Zero sizes are legal. Scalars are rounded to the kernel's dtype on entry.
 * - Factors of 0 propagate NaN: 0·NaN and 0·Infinity are NaN, except where a kernel says that an array is not read. This holds for every
 *   BLAS, whatever it does by itself.
 * - Labels and indices are range-checked, because they are data used as addresses.
 * - No hidden state: what is drawn follows from a key. No fast-math. The number of threads is set for the process, not by a call.
 *
 * Errors: ERR_KERNEL_ARG for a wrong type, dtype, detached or too short array or a size that is not a non-negative
 * integer; ERR_KERNEL_INDEX for a label or row index out of range. Both backends throw the same sentence.
 */

import { withMemory } from '../machine/bytes';

/** The two number formats that kernels exist for. */
export type FloatArray = Float32Array | Float64Array;

/** The name of a number format, as written in a spec. */
export type Dtype = 'float32' | 'float64';

/**
 * What kernels compute in: a dtype; or `bfloat16`, which is float32 throughout but for the factors of `gemm` and of the linear
 * steps' gradients. Those are rounded to the nearest bfloat16, of two to the even one, numbers below the normal ones to 0; their
 * products are exact in float32, and summed in it. Bytes are not rounded: see below.
 */
export type Precision = Dtype | 'bfloat16';

/** The names of the implementations of the contract, in the order of preference; backends.ts has what stands behind each. */
export const backendNames = ['native', 'wasm', 'typescript'] as const;
export type BackendName = (typeof backendNames)[number];

/** What a batch can be gathered from, and what a model's first layer may be given: floats, or bytes for inputs scale·byte + shift. */
export type SourceArray = Uint8Array | Float32Array | Float64Array;

/** A fresh zeroed array of the dtype, in JavaScript's own memory; for what kernels compute on, see `Kernels.allocate`. Throws ERR_MEMORY where there is no room for it. */
export function allocate(dtype: Dtype, length: number): FloatArray {
  return withMemory(bytesPerNumber(dtype) * length, () => (dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)));
}

/** How many bytes a number of the dtype takes. */
export function bytesPerNumber(dtype: Dtype): number {
  return dtype === 'float32' ? 4 : 8;
}

/** The dtype of an array. Told by element size: typed arrays can come from another realm. */
export function dtypeOf(array: FloatArray): Dtype {
  return array.BYTES_PER_ELEMENT === 4 ? 'float32' : 'float64';
}

/** The dtype of what kernels of a precision read and write. */
export function storedDtype(precision: Precision): Dtype {
  return precision === 'float64' ? 'float64' : 'float32';
}

/** Unit roundoff u of the dtype: 2⁻²⁴ or 2⁻⁵³. Every parity bound is derived from it. */
export function unitRoundoff(dtype: Dtype): number {
  return dtype === 'float32' ? 2 ** -24 : 2 ** -53;
}

/** The name of a kernel. */
export type KernelName = Exclude<keyof Kernels, 'backend' | 'dtype' | 'prefersBytes' | 'allocate'>;

/** One backend at one dtype. */
export interface Kernels<T extends FloatArray = FloatArray> {
  readonly backend: BackendName;
  readonly dtype: Dtype;
  /**
   * Whether the first layer of a model is to be given a data set's bytes as they are: where products of them are exact in the
   * precision and of floats are not, or where they are faster.
   */
  readonly prefersBytes: boolean;
  /**
   * A fresh zeroed array of the dtype, in memory that the backend's kernels read and write without copying: what a training computes in is
   * allocated so, before its first step. Throws ERR_MEMORY where there is no room for it.
   */
  allocate(length: number): T;

  /**
   * C[m,n] ← α·op(A)[m,k]·op(B)[k,n] + β·C, op(X) = Xᵀ where the flag is set.
   * A is stored [m,k], or [k,m] when transA; B is stored [k,n], or [n,k] when transB.
   * With α = 0 neither A nor B is read, with k = 0 there is nothing of them: then C ← β·C, and β = 1 leaves C as it is.
   */
  gemm(
    transA: boolean, transB: boolean, m: number, n: number, k: number,
    alpha: number, a: T, b: T, beta: number, c: T,
  ): void;

  /** y[n] ← α·x + y; with α = 0 too, so that 0·NaN in x shows in y. */
  axpy(n: number, alpha: number, x: T, y: T): void;
  /** x[n] ← α·x; with α = 0 too, so that NaN stays. */
  scal(n: number, alpha: number, x: T): void;
  /** Σ x[i]·y[i], 0 for n = 0. `x` and `y` may be the same array. */
  dot(n: number, x: T, y: T): number;
  /** √Σ x[i]², 0 for n = 0; also where squares overflow or underflow. Infinite where an element is, NaN where one is. */
  nrm2(n: number, x: T): number;

  /** y[m,n] ← x[m,k]·W[n,k]ᵀ + bias[n] in every row: a linear layer. With k = 0 every row is the bias. */
  linearForward(m: number, n: number, k: number, x: T, w: T, bias: T, y: T): void;
  /** y[m,n]: every row of y gets bias[n] added. */
  biasForward(m: number, n: number, bias: T, y: T): void;
  /** dbias[n] ← Σᵢ dy[i,:] + β·dbias, rows added from first to last. */
  biasBackward(m: number, n: number, dy: T, beta: number, dbias: T): void;

  /*
   * A factor for each column. Every product and every sum is rounded to the dtype, and sums are taken from the first row to the last, so
   * that backends agree bit for bit.
   */

  /** y[m,n] ← s[n]·x for every row of x. `x` and `y` may be the same array. */
  scaleColumnsForward(m: number, n: number, s: T, x: T, y: T): void;
  /** ds[n] ← Σᵢ dy[i,:]·x[i,:]; dx[m,n] ← s[n]·dy. `dy` and `dx` may be the same array. */
  scaleColumnsBackward(m: number, n: number, x: T, s: T, dy: T, ds: T, dx: T): void;
  /** y[m,n] ← (1 − a[n])·x + a[n]·f for every row: between x where a = 0 and f where a = 1. `y` may be the same array as `x` or `f`. */
  blendColumnsForward(m: number, n: number, a: T, x: T, f: T, y: T): void;
  /**
   * da[n] ← Σᵢ dy[i,:]·(f[i,:] − x[i,:]); df[m,n] ← a[n]·dy; dx[m,n] ← (1 − a[n])·dy. `dx` may be the same array as `dy`, and `df` the
   * same as `f`.
   */
  blendColumnsBackward(m: number, n: number, a: T, x: T, f: T, dy: T, da: T, df: T, dx: T): void;

  /*
   * The inputs of a table: n numbers, `passed` inputs that are taken as they are, and indices of categories. Each kernel reads its columns
   * of x and writes its columns of y, and leaves alone what stands before and after.
   */

  /**
   * Numeric embeddings: of each row of x[m,n+passed+after], y[m,n·(size+1)+passed+outputsAfter] gets for each number x its own value and
   * `size` others, weight[size,k]·c + bias[size], c = cos(2π·frequency[k]·x + phase[k]), and then the inputs that are passed. Each number
   * has parameters of its own. cos and its argument, in turns, are computed to the precision of the dtype.
   */
  periodicForward(
    m: number, n: number, k: number, size: number, passed: number, after: number, outputsAfter: number,
    x: T, frequency: T, phase: T, weight: T, bias: T, y: T,
  ): void;
  /**
   * From the forward pass's x, with s = sin(2π·frequency·x + phase) and g = −s·(weightᵀ·dy): dfrequency[n,k] ← Σ 2πx·g, dphase[n,k] ← Σ g,
   * dweight[n,size,k] ← Σ dy·c and dbias[n,size] ← Σ dy over rows; dx of a number is its own dy + 2πΣ frequency·g, of an input that is
   * passed its dy, of what follows 0.
   */
  periodicBackward(
    m: number, n: number, k: number, size: number, passed: number, after: number, outputsAfter: number,
    x: T, frequency: T, phase: T, weight: T, dy: T, dfrequency: T, dphase: T, dweight: T, dbias: T, dx: T,
  ): void;

  /**
   * Embeddings of categories: of each row of x[m,before+n], y[m,outputsBefore+n·k] gets for each index the row of table[rows,k] that stands so
   * far behind starts[n], the first row of its category. What is no index of one of its rows gets the last of them.
   */
  embeddingForward(
    m: number, n: number, k: number, rows: number, before: number, outputsBefore: number, starts: Int32Array, x: T, table: T, y: T,
  ): void;
  /** dtable[rows,k] ← Σ dy of the places that took the row, from the first row of dy to the last, rounded after each. */
  embeddingBackward(
    m: number, n: number, k: number, rows: number, before: number, outputsBefore: number, starts: Int32Array, x: T, dy: T, dtable: T,
  ): void;

  /** y[n] ← x ≤ 0 ? 0 : x; NaN passes through. `x` and `y` may be the same array. */
  reluForward(n: number, x: T, y: T): void;
  /** dx[n] ← y ≤ 0 ? 0 : dy, from the forward output y. `dy` and `dx` may be the same array. */
  reluBackward(n: number, y: T, dy: T, dx: T): void;

  /** y[n] ← x > 0 ? x : slope·x. `x` and `y` may be the same array. */
  leakyReluForward(n: number, slope: number, x: T, y: T): void;
  /** dx[n] ← y > 0 ? dy : slope·dy, from the forward output y, hence for slope ≥ 0. `dy` and `dx` may be the same array. */
  leakyReluBackward(n: number, slope: number, y: T, dy: T, dx: T): void;

  /** y[n] ← tanh x. `x` and `y` may be the same array. */
  tanhForward(n: number, x: T, y: T): void;
  /** dx[n] ← dy·(1 − y²), from the forward output y. `dy` and `dx` may be the same array. */
  tanhBackward(n: number, y: T, dy: T, dx: T): void;

  /** y[n] ← 1 / (1 + exp(−x)). `x` and `y` may be the same array. */
  sigmoidForward(n: number, x: T, y: T): void;
  /** dx[n] ← dy·(y·(1 − y)), from the forward output y. `dy` and `dx` may be the same array. */
  sigmoidBackward(n: number, y: T, dy: T, dx: T): void;

  /**
   * y[n] ← x·Φ(x), Φ(x) = ½·erfc(−x/√2): the exact GELU of Hendrycks & Gimpel (2016), not its tanh approximation.
   * `x` and `y` may be the same array. −Infinity gives NaN.
   */
  geluForward(n: number, x: T, y: T): void;
  /** dx[n] ← dy·(Φ(x) + x·φ(x)), φ(x) = exp(−x²/2)/√(2π), from the forward input x. `dy` and `dx` may be the same array. */
  geluBackward(n: number, x: T, dy: T, dx: T): void;

  /**
   * y[n] ← x·tanh(log(1 + exp x)): Mish (Misra 2019), computed from exp(−|x|), so that nothing overflows. `x` and `y` may be the same
   * array. −Infinity gives NaN.
   */
  mishForward(n: number, x: T, y: T): void;
  /** dx[n] ← dy·(t + x·(1 − t²)·σ(x)), t = tanh(log(1 + exp x)), from the forward input x. `dy` and `dx` may be the same array. Infinities give NaN. */
  mishBackward(n: number, x: T, dy: T, dx: T): void;

  /**
   * y[n] ← x > 0 ? λ·x : λα·(exp x − 1), λ = 1.0507009873554805 and α = 1.6732632423543772: SELU (Klambauer et al. 2017). `x` and `y` may be
   * the same array.
   */
  seluForward(n: number, x: T, y: T): void;
  /** dx[n] ← dy·(y > 0 ? λ : y + λα), from the forward output y. `dy` and `dx` may be the same array. */
  seluBackward(n: number, y: T, dy: T, dx: T): void;

  /** y[n] ← mask ? scale·x : 0: dropout, forward and backward. `x` and `y` may be the same array. */
  maskScale(n: number, scale: number, mask: Uint8Array, x: T, y: T): void;

  /** y[n] ← a + b: a residual connection. Any of the three may be the same array. */
  add(n: number, a: T, b: T, y: T): void;

  /*
   * Normalisation. Per column j (batch) or row i (layer): μ = Σx/N, σ² = Σ(x − μ)²/N, x̂ = (x − μ)/√(σ² + ε), y = γ·x̂ + β.
   * All sums are taken from first to last, in double for either dtype; mean μ and inverseStd 1/√(σ² + ε) are rounded when
   * stored, and what follows is computed from them in double and rounded once. Both backends agree bit for bit.
   */

  /**
   * Batch normalisation in training (Ioffe & Szegedy 2015, algorithm 1), over the m ≥ 1 rows of x[m,n]: y[m,n], and mean[n] and
   * inverseStd[n] for the backward pass. Moves the running statistics as PyTorch does, in double:
   * running ← running + momentum·(batch − running), the variance with N − 1; m = 1 has none and leaves runningVariance alone.
   * With m = 0 nothing is written.
   */
  batchNormForward(
    m: number, n: number, epsilon: number, momentum: number, x: T, gamma: T, beta: T,
    runningMean: T, runningVariance: T, mean: T, inverseStd: T, y: T,
  ): void;
  /** y[m,n] ← γ·(x − runningMean)/√(runningVariance + ε) + β: batch normalisation in evaluation. `x` and `y` may be the same array. */
  batchNormEvaluate(
    m: number, n: number, epsilon: number, x: T, gamma: T, beta: T, runningMean: T, runningVariance: T, y: T,
  ): void;
  /**
   * From the forward pass's x, mean and inverseStd: dbeta[n] ← Σᵢ dy, dgamma[n] ← Σᵢ dy·x̂,
   * dx[m,n] ← γ·inverseStd·(dy − dbeta/m − x̂·dgamma/m). `dy` and `dx` may be the same array. With m = 0 nothing is written.
   */
  batchNormBackward(
    m: number, n: number, x: T, gamma: T, mean: T, inverseStd: T, dy: T, dgamma: T, dbeta: T, dx: T,
  ): void;

  /**
   * Layer normalisation (Ba et al. 2016) of each row of x[m,n]: y[m,n], and mean[m] and inverseStd[m] for the backward pass;
   * these are NaN for n = 0.
   */
  layerNormForward(
    m: number, n: number, epsilon: number, x: T, gamma: T, beta: T, mean: T, inverseStd: T, y: T,
  ): void;
  /**
   * From the forward pass's x, mean and inverseStd: dbeta[n] ← Σᵢ dy, dgamma[n] ← Σᵢ dy·x̂, both rounded after each row;
   * with g = γ·dy: dx[i,:] ← inverseStd·(g − Σⱼ g/n − x̂·Σⱼ g·x̂/n). `dy` and `dx` may be the same array.
   */
  layerNormBackward(
    m: number, n: number, x: T, gamma: T, mean: T, inverseStd: T, dy: T, dgamma: T, dbeta: T, dx: T,
  ): void;

  /** y[m,n] ← row-wise softmax of x, shifted by the row's maximum. `x` and `y` may be the same array. */
  softmaxForward(m: number, n: number, x: T, y: T): void;
  /** dx[i,:] ← y[i,:]·(dy[i,:] − Σⱼ dy[i,j]·y[i,j]), from the forward output y. `dy` and `dx` may be the same array. */
  softmaxBackward(m: number, n: number, y: T, dy: T, dx: T): void;

  /**
   * probs[m,n] ← row-wise softmax of x; returns Σᵢ −log p[i, labels[i]], computed from the shifted logits so that it stays
   * finite where p underflows. `x` and `probs` may be the same array.
   */
  softmaxCrossEntropyForward(m: number, n: number, x: T, labels: Int32Array, probs: T): number;
  /** dx[m,n] ← scale·(probs − onehot(labels)). `probs` and `dx` may be the same array. */
  softmaxCrossEntropyBackward(m: number, n: number, scale: number, probs: T, labels: Int32Array, dx: T): void;

  /**
   * Softmax cross-entropy on soft targets[m,n], with label smoothing ε and class weights[n]: probs[m,n] ← row-wise softmax
   * of x; returns Σᵢⱼ −aᵢⱼ·log p[i,j] with aᵢⱼ = weights[j]·((1 − ε)·targets[i,j] + ε/n), from the shifted logits as
   * above. A term with a = 0 counts 0. `x` and `probs` may be the same array.
   */
  softCrossEntropyForward(m: number, n: number, smoothing: number, x: T, targets: T, weights: T, probs: T): number;
  /** dx[i,:] ← scale·(probs[i,:]·Σⱼ aᵢⱼ − a[i,:]) with a as above. `probs` and `dx` may be the same array. */
  softCrossEntropyBackward(
    m: number, n: number, scale: number, smoothing: number, probs: T, targets: T, weights: T, dx: T,
  ): void;

  /** Σ (x[i] − targets[i])², summed in double from first to last. */
  squaredErrorForward(n: number, x: T, targets: T): number;
  /** dx[n] ← scale·(x − targets). `x` and `dx` may be the same array. */
  squaredErrorBackward(n: number, scale: number, x: T, targets: T, dx: T): void;

  /**
   * Huber loss (Huber 1964) with a weight for each row: Σᵢⱼ weights[i]·h(x[i,j] − targets[i,j]), rows from first to last, with h(e) = e²/2
   * where |e| ≤ δ, else δ·(|e| − δ/2). δ may be infinite. Rows of weight 0 count 0.
   */
  huberForward(m: number, n: number, delta: number, x: T, targets: T, weights: T): number;
  /** dx[m,n] ← (scale·weights[i])·max(−δ, min(δ, x − targets)); NaN stays. `x` and `dx` may be the same array. */
  huberBackward(m: number, n: number, scale: number, delta: number, x: T, targets: T, weights: T, dx: T): void;

  /**
   * Pinball loss (Koenker & Bassett 1978) of the quantiles x[m,n,k] of targets[m,n] at levels[k], with a weight for each row: Σ weights[i]·ρ with
   * e = targets[i,j] − x[i,j,l] and ρ = levels[l]·e where e ≥ 0, else (levels[l] − 1)·e. Rows of weight 0 count 0.
   */
  pinballForward(m: number, n: number, k: number, x: T, targets: T, levels: T, weights: T): number;
  /** dx[m,n,k] ← (scale·weights[i])·g with g = 1 − levels[l] where x is above its target, −levels[l] where below, else x − target: 0 or NaN. */
  pinballBackward(m: number, n: number, k: number, scale: number, x: T, targets: T, levels: T, weights: T, dx: T): void;

  /**
   * Binary cross-entropy on logits, with a weight for each row: probs[m,n] ← 1/(1 + exp(−x)); returns
   * Σᵢⱼ weights[i]·(max(x, 0) − x·targets + log(1 + exp(−|x|))), finite for every finite x. Rows of weight 0 count 0. `x` and `probs` may be
   * the same array. The gradient is {@link huberBackward} of probs, with δ = ∞.
   */
  sigmoidCrossEntropyForward(m: number, n: number, x: T, targets: T, weights: T, probs: T): number;
  /**
   * Poisson loss on logarithms of rates, with a weight for each row: rates[m,n] ← exp(x); returns Σᵢⱼ weights[i]·(exp(x) − targets·x). Rows of
   * weight 0 count 0. `x` and `rates` may be the same array. The gradient is {@link huberBackward} of rates, with δ = ∞.
   */
  poissonForward(m: number, n: number, x: T, targets: T, weights: T, rates: T): number;

  /** out[m] ← index of the first maximum of each row of x[m,n]; n ≥ 1 unless m = 0. A row with NaN gives its first NaN. */
  argmax(m: number, n: number, x: T, out: Int32Array): void;

  /**
   * One step of SGD on n parameters: g = dw + weightDecay·w; v = momentum·v + g; w −= lr·(nesterov ? g + momentum·v : v).
   * With momentum 0, v is neither read nor written and may be empty.
   */
  sgdStep(
    n: number, lr: number, momentum: number, weightDecay: number, nesterov: boolean, w: T, dw: T, v: T,
  ): void;

  /*
   * In the next three, weightDecay is coupled (it enters the gradient), keep = 1 − lr·λ is what decoupled decay leaves of w,
   * and 1 − β is taken in double before it is rounded. PyTorch's order of operations but in Adam's division, without fused multiply-add.
   */

  /**
   * One step of Adam: g = dw + weightDecay·w; w ← keep·w; m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g·g; w ← w − stepSize·m / (√v + epsilon). In
   * step t of the rule, r = √(1 − β₂ᵗ) makes stepSize lr·r/(1 − β₁ᵗ) and epsilon r times its own, so that each weight takes one division.
   */
  adamStep(
    n: number, stepSize: number, beta1: number, beta2: number, epsilon: number, weightDecay: number, keep: number,
    w: T, dw: T, m: T, v: T,
  ): void;

  /*
   * The next two take a linear layer's weights w[n,k] one step along their gradient dyᵀ·x, over the m rows of dy[m,n] and
   * x[m,k], as gemm into dw and then the step of the same name do. dw[n,k] is room for the gradient; what it holds afterwards is
   * unspecified, so that a backend may compute the gradient in blocks and never store it.
   */

  /** {@link sgdStep} along dyᵀ·x. */
  sgdLinearStep(
    m: number, n: number, k: number, dy: T, x: T, lr: number, momentum: number, weightDecay: number, nesterov: boolean,
    dw: T, w: T, v: T,
  ): void;
  /** {@link adamStep} along dyᵀ·x. */
  adamLinearStep(
    rows: number, n: number, k: number, dy: T, x: T, stepSize: number, beta1: number, beta2: number, epsilon: number,
    weightDecay: number, keep: number, dw: T, w: T, m: T, v: T,
  ): void;

  /*
   * The first layer on bytes, x[m,k] as stored in a data set: the input is scale·byte + shift, with scale[k] and shift[k] for its
   * column, as {@link gatherRows} computes it. For integers byte − 128 are exact in bfloat16 and
   * the scale can go to the weights: (scale·x + shift)·Wᵀ = (x − 128)·(scale·W)ᵀ + (shift + 128·scale)·Wᵀ. In bfloat16 what is
   * rounded is scale·W, forward, and dy, backward, as factors of x − 128.
   */

  /** y[m,n] ← (scale·x + shift)·wᵀ with w[n,k]. */
  byteLinearForward(m: number, n: number, k: number, x: Uint8Array, scale: T, shift: T, w: T, y: T): void;
  /** dw[n,k] ← dyᵀ·(scale·x + shift) with dy[m,n]. */
  byteLinearBackward(m: number, n: number, k: number, dy: T, x: Uint8Array, scale: T, shift: T, dw: T): void;
  /** {@link sgdLinearStep} along dyᵀ·(scale·x + shift). */
  sgdByteLinearStep(
    m: number, n: number, k: number, dy: T, x: Uint8Array, scale: T, shift: T, lr: number, momentum: number, weightDecay: number,
    nesterov: boolean, dw: T, w: T, v: T,
  ): void;
  /** {@link adamLinearStep} along dyᵀ·(scale·x + shift). */
  adamByteLinearStep(
    rows: number, n: number, k: number, dy: T, x: Uint8Array, scale: T, shift: T, stepSize: number, beta1: number, beta2: number,
    epsilon: number, weightDecay: number, keep: number, dw: T, w: T, m: T, v: T,
  ): void;

  /*
   * Ensembles of `members` nets that share their weights: x[m,members,n] holds a row of n numbers for each member, behind each other.
   * Sums are taken from first to last and rounded after each term, as in {@link biasBackward}, where the contract does not say otherwise.
   */

  /** y[m,members,n] ← x[m,n]·scale[members,n]: a row of inputs becomes one for each member. */
  expandMembersForward(m: number, members: number, n: number, x: T, scale: T, y: T): void;
  /** dscale[members,n] ← Σᵢ dy[i,:,:]·x[i,:]; dx[m,n] ← Σⱼ dy[:,j,:]·scale[j,:] over the members j. */
  expandMembersBackward(m: number, members: number, n: number, x: T, scale: T, dy: T, dscale: T, dx: T): void;
  /** y[m,n] ← x·scale[n] + shift[n], columns scaled and shifted each by their own. `x` and `y` may be the same array. */
  affineColumnsForward(m: number, n: number, x: T, scale: T, shift: T, y: T): void;
  /**
   * dscale[n] ← Σᵢ dy[i,:]·x[i,:]; dshift[n] ← Σᵢ dy[i,:]; dx[m,n] ← dy·scale. `dx` may be the same array as `x` or as `dy`.
   */
  affineColumnsBackward(m: number, n: number, x: T, scale: T, dy: T, dscale: T, dshift: T, dx: T): void;
  /** y[i,j,:] ← x[i,j,:]·w[j,:,:]ᵀ + bias[j,:]: of x[m,members,k] and w[members,n,k], a linear layer of its own for each member j. */
  memberLinearForward(m: number, members: number, n: number, k: number, x: T, w: T, bias: T, y: T): void;
  /** dw[j,:,:] ← Σᵢ dy[i,j,:]ᵀ·x[i,j,:]; dx[i,j,:] ← dy[i,j,:]·w[j,:,:]. Sums in any order. */
  memberLinearBackward(m: number, members: number, n: number, k: number, x: T, w: T, dy: T, dw: T, dx: T): void;
  /** y[m,n] ← Σⱼ x[:,j,:] / members: the mean over the members j of x[m,members,n]. */
  meanMembers(m: number, members: number, n: number, x: T, y: T): void;

  /** One step of RMSprop: g = dw + weightDecay·w; v ← ρ·v + (1 − ρ)·g·g; w ← w − lr·g / (√v + ε). */
  rmspropStep(
    n: number, lr: number, rho: number, epsilon: number, weightDecay: number, w: T, dw: T, v: T,
  ): void;
  /**
   * One step of Lion: g = dw + weightDecay·w; w ← keep·w − lr·sign(β₁·m + (1 − β₁)·g); m ← β₂·m + (1 − β₂)·g.
   * sign(0) is 0, and NaN stays NaN.
   */
  lionStep(
    n: number, lr: number, beta1: number, beta2: number, weightDecay: number, keep: number, w: T, dw: T, m: T,
  ): void;

  /** y[n] ← y + t·(x − y): a moving average of x where t is small. What is equal stays as it is. */
  lerp(n: number, t: number, x: T, y: T): void;

  /**
   * x[m,n] ← scale[n]·src[indices[i], :] + shift[n]: draws rows of a data set (bytes, or floats of this dtype) into a
   * normalised batch, in one pass. The number of rows of src is ⌊src.length / n⌋.
   */
  gatherRows(
    m: number, n: number, indices: Int32Array, src: SourceArray, scale: T, shift: T, x: T,
  ): void;
  /**
   * As {@link gatherRows} with n = channels·height·width < 2³¹, rows being pictures (planes of pixels, row by row) that are
   * mirrored, moved and partly blanked on the way. Row i of geometry[m,7] holds flip, dx, dy, left, top, right, bottom:
   * the pixel at column u and line v is scale·src + shift of the one at u − dx, v − dy, both clamped to the picture, and
   * counted from the right where flip ≠ 0; it is 0 where left ≤ u < right and top ≤ v < bottom. Scale and shift are those
   * of the pixel written. Any integers are legal.
   */
  gatherImages(
    m: number, channels: number, height: number, width: number, indices: Int32Array, geometry: Int32Array,
    src: SourceArray, scale: T, shift: T, x: T,
  ): void;
  /**
   * x[m,n] ← (src[indices[i], :] − mean[n]) / std[n], computed in float64 and rounded once, to the dtype: centred first, large
   * numbers keep what tells them apart. Numbers of any type; the number of rows of src is ⌊src.length / n⌋.
   */
  standardizeRows(
    m: number, n: number, indices: Int32Array, src: SourceArray, mean: Float64Array, std: Float64Array, x: T,
  ): void;
  /** As {@link standardizeRows}, of pictures as {@link gatherImages} takes and changes them; 0 where they are cut. */
  standardizeImages(
    m: number, channels: number, height: number, width: number, indices: Int32Array, geometry: Int32Array,
    src: SourceArray, mean: Float64Array, std: Float64Array, x: T,
  ): void;
  /** x[m,n] ← src[indices[i], :]: {@link gatherRows} of bytes that stay bytes. */
  gatherBytes(m: number, n: number, indices: Int32Array, src: Uint8Array, x: Uint8Array): void;
  /** {@link gatherImages} of bytes that stay bytes. */
  gatherByteImages(
    m: number, channels: number, height: number, width: number, indices: Int32Array, geometry: Int32Array, src: Uint8Array, x: Uint8Array,
  ): void;
  /**
   * sums[n] ← Σᵢ src[i,:]; squares[n] ← Σᵢ src[i,:]², both modulo 2³²: what mean and variance of a data set's columns are made of.
   * Exact up to 33,025 rows.
   */
  byteMoments(m: number, n: number, src: Uint8Array, sums: Int32Array, squares: Int32Array): void;
  /** y[m,n] ← λ·x[i,:] + (1 − λ)·x[partners[i],:]: mixup, of inputs or of targets. */
  mixRows(m: number, n: number, lambda: number, partners: Int32Array, x: T, y: T): void;

  /**
   * out[n] ← std·z, z standard normals that follow from the two words of the key and their place alone, so that any number of threads draws the
   * same: words 4b to 4b + 3 are Philox4x32-10's (Salmon et al. 2011) for the counter (b, 0, 0, 0); pairs of them give pairs of normals (Box & Muller
   * 1958), of magnitude 6.76 at most, computed in float64 and rounded once.
   */
  fillNormal(n: number, std: number, key: Int32Array, out: T): void;
  /** out[n] ← low + (high − low)·u, u uniform in (0, 1) with 32 random bits, of the words that {@link fillNormal} takes; rounded once, to a bound at most. */
  fillUniform(n: number, low: number, high: number, key: Int32Array, out: T): void;
}
