import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { findPreset } from '../spec/presets';
import { readJson, sizeLimits } from '../files';
import { anything, recordOf } from '../files/shape';

/** A preset by name, or a spec from a file; `base` names a run of it. Throws ERR_CONFIG, ERR_IO. */
export function readSpec(source: string): { base: string; spec: Record<string, unknown> } {
  if (extname(source) !== '.json' && !existsSync(source)) return { base: source, spec: { ...findPreset(source).spec } };
  return { base: baseOf(source), spec: readSpecFile(source) };
}

/** The object in a JSON file that the user has named, so that a link is followed. Throws ERR_CONFIG, ERR_IO. */
export function readSpecFile(source: string): Record<string, unknown> {
  return { ...readJson(source, recordOf(anything), { limit: sizeLimits.small, code: 'ERR_CONFIG', follow: true }) };
}

/** The base name of runs whose spec is in a file. */
export function baseOf(source: string): string {
  return basename(source, '.json').replace(/[^\w.-]/g, '-');
}
