import { RandomState } from '../../lib/random';

/** Two classes of points that no line parts, and a short training on them. */
export function webSample(): { readonly features: readonly number[]; readonly labels: readonly number[]; readonly spec: object } {
  const features = [...new RandomState(3).randn(400)];
  const labels = Array.from({ length: 200 }, (_, row) => (features[2 * row]! * features[2 * row + 1]! > 0 ? 1 : 0));
  return { features, labels, spec: { hidden: [16], epochs: 12, batchSize: 20, learningRate: 0.05, momentum: 0.9, dropout: 0.1, seed: 5, threads: 1 } };
}
