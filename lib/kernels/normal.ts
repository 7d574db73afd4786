/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, exp } = Math;

/** 1/√(2π). */
const DENSITY_AT_ZERO = 0.3989422804014327;
/** Beyond this both tail and density are below the smallest double. */
const FAR = 40;

/** Made, and explained, by scripts/normal-tail.py: after Shepherd & Laframboise, Math. Comp. 36 (1981). */
const tailCoefficients = Float64Array.of(
  0.47205320650984467, -0.09670347732652607, 0.013999634724430469, 0.02860036405357749, -0.03219783742831452,
  0.01793609747886859, -0.0050023785870514665, -0.00028562308680939413, 0.0006948970692570495, -9.443033944152223e-5,
  -8.785300442645791e-5, 2.1250446856208376e-5, 1.3626315192600401e-5, -3.433372216853275e-6, -2.6118464340168558e-6,
  4.0671730125154447e-7, 5.507747965364098e-7, -1.237153366992197e-9, -1.1022354013739079e-7, -1.7932121916642413e-8,
  1.7442583764419795e-8, 5.474708632048689e-9, -1.5456221598143852e-9, -6.763267210562454e-10,
);

/**
 * Φ(x), the distribution function of the standard normal: ½·erfc(−x/√2). For x < 0 its relative error is at most
 * (x²/2 + 8)·2⁻⁵³, which is the rounding of x² and some more; for x ≥ 0 at most 2⁻⁵².
 */
export function normalDistribution(x: number): number {
  const t = abs(x) > FAR ? FAR : abs(x);
  const s = (t - 4) / (t + 4);
  let p = 0;
  for (let i = tailCoefficients.length - 1; i >= 0; i--) p = p * s + tailCoefficients[i]!;
  const tail = (exp(-0.5 * (t * t)) * p) / (1 + t);
  return x > 0 ? 1 - tail : tail;
}

/** x·φ(x), φ the density of the standard normal. */
export function normalDensityTimes(x: number): number {
  return abs(x) > FAR ? 0 : x * (DENSITY_AT_ZERO * exp(-0.5 * (x * x)));
}
