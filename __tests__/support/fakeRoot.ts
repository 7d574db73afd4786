import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder that looks like `/` to whoever reads these files in it. */
export function fakeRoot(within: string, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(within, 'root-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** A line of /proc/self/mountinfo: `top` of the hierarchy is what stands at `point`. */
export const mountV1 = (controllers: string, top: string, point: string): string => `33 31 0:30 ${top} ${point} rw,relatime - cgroup cgroup rw,${controllers}\n`;
export const mountV2 = (top: string, point: string): string => `41 31 0:38 ${top} ${point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;
