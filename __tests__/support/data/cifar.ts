import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const script = resolve(__dirname, '../../../../shared/cifar10/make-cifar10.py');

/**
 * A folder with the real images in both layouts, or undefined where there is nothing to make them from. Made once per
 * machine (about 20 s) and kept among the temporary files. Throws when Python modules are missing: a suite that left
 * these tests out in silence would prove less than it seems to.
 */
export function cifarFolder(): string | undefined {
  if (!existsSync(script)) return undefined;
  const text = readFileSync(script, 'utf8');
  const folder = join(tmpdir(), `blastrain-cifar10-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;

  const interpreter = /^#!(\S+)/.exec(text)?.[1] ?? 'python3';
  const modules = spawnSync(interpreter, ['-c', 'import numpy, PIL'], { encoding: 'utf8' });
  if (modules.status !== 0) {
    throw new Error(`${interpreter} cannot make the images: apt-get install python3-numpy python3-pil\n${modules.stderr}`);
  }
  const temporary = mkdtempSync(`${folder}.tmp-`);
  try {
    const made = spawnSync(interpreter, [script, temporary], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`${script} failed:\n${made.stderr}`);
    renameSync(temporary, folder);
  } catch (error) {
    // Another jest worker may have been faster; its folder is as good.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}
