import { expected, nearest } from '../errors';
import type { GivenSearch } from './searchSpec';

/** A search with a name, shipped with blastrain. */
export interface ShippedSearch {
  readonly summary: string;
  /** The search as in a spec file, see `parseSearch`. */
  readonly search: GivenSearch;
}

const width = { type: 'log-integer', low: 64, high: 1024, step: 32 } as const;

/** The shipped searches by name. */
export const searches: Readonly<Record<string, ShippedSearch>> = {
  'two-layer': {
    summary: 'from the course\'s poor defaults past 52 % validation, in a minute or two',
    search: {
      base: 'two-layer-default',
      // Rungs end with epochs 1, 3 and 9, where the run evaluates anyway.
      set: { epochs: 9, evaluateEvery: null, schedule: 'cosine', decay: 1, decayEvery: null },
      space: {
        learningRate: { type: 'log-uniform', low: 1e-4, high: 0.3 },
        momentum: { type: 'uniform', low: 0, high: 0.95 },
        l2: { type: 'log-uniform', low: 1e-5, high: 0.25 },
        width1: { type: 'log-integer', low: 32, high: 256 },
        batchSize: { type: 'choice', values: [100, 200, 400] },
        normalization: { type: 'choice', values: ['mean-image', 'standardize'] },
        init: { type: 'choice', values: ['normal', 'he'] },
      },
      trials: 60,
    },
  },
  'mlp': {
    summary: '2 to 5 layers: depth, widths, normalisation, dropout, augmentation',
    search: {
      base: 'mlp-deep',
      set: { epochs: 9 },
      space: {
        learningRate: { type: 'log-uniform', low: 1e-4, high: 1e-2 },
        weightDecay: { type: 'log-uniform', low: 1e-3, high: 0.3 },
        depth: { type: 'integer', low: 2, high: 5 },
        width1: width,
        width2: { ...width, when: { depth: [3, 4, 5] } },
        width3: { ...width, when: { depth: [4, 5] } },
        width4: { ...width, when: { depth: [5] } },
        norm: { type: 'choice', values: ['none', 'batch', 'layer'] },
        dropout: { type: 'uniform', low: 0, high: 0.5 },
        inputDropout: { type: 'uniform', low: 0, high: 0.3 },
        labelSmoothing: { type: 'choice', values: [0, 0.1] },
        flip: { type: 'choice', values: [false, true] },
        shift: { type: 'choice', values: [0, 1, 2] },
      },
      trials: 40,
    },
  },
};

/** The shipped search of that name. Throws ERR_CONFIG, naming the nearest, when there is none. */
export function findSearch(name: string): ShippedSearch {
  const search = Object.hasOwn(searches, name) ? searches[name] : undefined;
  if (search !== undefined) return search;
  const names = Object.keys(searches);
  const suggestion = nearest(name, names);
  throw expected(
    'ERR_CONFIG', `${names.join(', ')} or a spec file${suggestion === undefined ? '' : `, perhaps ${suggestion},`}`, 'the search', name, { path: name },
  );
}
