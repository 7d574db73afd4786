import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Whitening {
  readonly x: readonly (readonly number[])[];
  readonly epsilon: number;
  readonly components: number;
  readonly pca: readonly (readonly number[])[];
  readonly zca: readonly (readonly number[])[];
}

/** What golden/data.py wrote. */
export interface GoldenData {
  readonly whitening: Readonly<Record<string, Whitening>>;
  readonly eigen: readonly { readonly name: string; readonly a: readonly (readonly number[])[]; readonly values: readonly number[] }[];
  readonly beta: readonly { readonly alpha: number; readonly draws: readonly number[] }[];
  readonly arrays: { readonly images: readonly number[]; readonly labels: readonly number[]; readonly features: readonly number[] };
  readonly files: Readonly<Record<string, string>>;
}

export const goldenData = JSON.parse(readFileSync(join(__dirname, '..', '..', 'golden', 'data.json'), 'utf8')) as GoldenData;
