import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { expected } from '../errors';
import { findPreset } from '../experiment/presets';
import { readJsonFile } from '../experiment/runFolder';

/** A preset by name, or a spec from a file; `base` names a run of it. Throws ERR_CONFIG, ERR_IO. */
export function readSpec(source: string): { base: string; spec: Record<string, unknown> } {
  if (extname(source) !== '.json' && !existsSync(source)) return { base: source, spec: { ...findPreset(source).spec } };
  const spec = readJsonFile(source);
  if (spec === null || typeof spec !== 'object' || Array.isArray(spec)) throw expected('ERR_CONFIG', 'an object', source, spec);
  return { base: basename(source, '.json').replace(/[^\w.-]/g, '-'), spec: spec as Record<string, unknown> };
}
