import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A control group that this process is in, as a folder of files. */
export interface ControlGroup {
  /** 1 or 2: the two interfaces of Linux name their files differently. */
  readonly version: 1 | 2;
  readonly folder: string;
}

/** What of the file system is looked at: `/`, but for tests. */
export const systemRoot = '/';

/**
 * The control groups that limit this process by a controller (`cpu`, `memory`), its own first and then those around it, as far as they
 * can be seen: a container sees no more than its own. None where there is no Linux, or no such controller. Both interfaces can be
 * mounted at once. Never throws: a file that is missing or malformed says nothing.
 */
export function controlGroups(controller: 'cpu' | 'memory', root = systemRoot): ControlGroup[] {
  const mounts = readMounts(root);
  return readMemberships(root).flatMap(({ controllers, path }): ControlGroup[] => {
    const version = controllers.length === 0 ? 2 : 1;
    if (version === 1 && !controllers.includes(controller)) return [];
    const fitting = mounts.filter((mount) => mount.version === version && (version === 2 || mount.controllers.includes(controller)));
    // A mount shows the groups below its own root; a container may have those of the host mounted beside its own.
    const within = fitting.filter(({ top }) => isBelow(path, top));
    return (within.length > 0 ? within : fitting).flatMap(({ point, top }) => {
      const inner = isBelow(path, top) ? posix.relative(top, path) : '';
      return upwards(inner).map((group) => ({ version, folder: join(root, point, group) }));
    });
  }).filter(({ folder }) => existsSync(folder));
}

/** The numbers in a file of a group; `max` is Infinity. Empty where there is no such file, or it holds something else. */
export function readNumbers(folder: string, file: string): number[] {
  const words = readLines(join(folder, file))[0]?.trim().split(/\s+/) ?? [];
  const numbers = words.map((word) => (word === 'max' ? Infinity : /^-?\d+$/.test(word) ? Number(word) : Number.NaN));
  return numbers.some(Number.isNaN) ? [] : numbers;
}

/** The lines of a file, none where it cannot be read. */
export function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

interface Membership {
  /** Empty: the one hierarchy of version 2. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** /proc/self/cgroup: NUMBER:CONTROLLERS:PATH. */
function readMemberships(root: string): Membership[] {
  return readLines(join(root, 'proc/self/cgroup')).flatMap((line) => {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return names === undefined || path === undefined ? [] : [{ controllers: names === '' ? [] : names.split(','), path: posix.normalize(path) }];
  });
}

interface Mount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** Which group the mount point shows. */
  readonly top: string;
  readonly point: string;
}

/** /proc/self/mountinfo: ID PARENT DEVICE TOP POINT OPTIONS … - TYPE SOURCE SUPER-OPTIONS. */
function readMounts(root: string): Mount[] {
  return readLines(join(root, 'proc/self/mountinfo')).flatMap((line): Mount[] => {
    const [before, after] = line.split(' - ');
    const [, , , top, point] = before!.split(' ');
    const [type, , options = ''] = after?.split(' ') ?? [];
    if (top === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    return [{ version: type === 'cgroup' ? 1 : 2, controllers: options.split(','), top: unescaped(top), point: unescaped(point) }];
  });
}

/** Blanks and backslashes stand as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top.endsWith('/') ? top : `${top}/`);
}

/** 'a/b' → 'a/b', 'a', ''. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).join('/'));
}
