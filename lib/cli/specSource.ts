import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { presetFor } from '../spec/presets';
import { readJson, sizeLimits } from '../files';
import { anything, recordOf } from '../files/shape';

/**
 * A preset by name, or a spec from a file; `base` names a run of it. Where the settings name another loss, a preset has its keys for that loss.
 * Throws ERR_CONFIG, ERR_IO.
 */
export function readSpec(source: string, settings: readonly string[] = []): { base: string; spec: Record<string, unknown> } {
  if (extname(source) !== '.json' && !existsSync(source)) {
    const loss = settings.findLast((setting) => setting.startsWith('loss='))?.slice('loss='.length);
    return { base: source, spec: { ...presetFor(source, loss) } };
  }
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
