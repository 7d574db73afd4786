import type { SearchSpec } from '../searchSpec';
import type { Sampler } from '../types';
import { GridSampler } from './grid';
import { RandomSampler } from './random';
import { TpeSampler } from './tpe';

const samplers = { grid: GridSampler, random: RandomSampler, tpe: TpeSampler } as const;

/** The sampler that a search asks for. Throws ERR_CONFIG for a grid that is too large. */
export function makeSampler({ sampler, space, seed }: Pick<SearchSpec, 'sampler' | 'space' | 'seed'>): Sampler {
  return new samplers[sampler](space, seed);
}
