import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A control group that contains this process. */
export interface ControlGroup {
  /** Version of the interface; the two name their files differently. */
  readonly version: 1 | 2;
  readonly folder: string;
}

/** Root of the file system; tests pass another folder. */
export const systemRoot = '/';

/**
 * The control groups that limit this process by a controller (`cpu`, `memory`): its own, then the enclosing ones as far as they are
 * visible (inside a container, only the container's). Empty without Linux or without the controller. Both versions can be mounted at
 * once. Never throws: missing and malformed files are ignored.
 */
export function controlGroups(controller: 'cpu' | 'memory', root = systemRoot): ControlGroup[] {
  const mounts = readMounts(root);
  return readMemberships(root).flatMap(({ controllers, path }): ControlGroup[] => {
    const version = controllers.length === 0 ? 2 : 1;
    if (version === 1 && !controllers.includes(controller)) return [];
    const fitting = mounts.filter((mount) => mount.version === version && (version === 2 || mount.controllers.includes(controller)));
    // A mount shows the groups below its root; a container can have mounts of the host beside its own.
    const within = fitting.filter(({ top }) => isBelow(path, top));
    return (within.length > 0 ? within : fitting).flatMap(({ point, top }) => {
      const inner = isBelow(path, top) ? posix.relative(top, path) : '';
      return upwards(inner).map((group) => ({ version, folder: join(root, point, group) }));
    });
  }).filter(({ folder }) => existsSync(folder));
}

/** The numbers on the first line of a group's file; `max` is Infinity. Empty where the file is missing or has other contents. */
export function readNumbers(folder: string, file: string): number[] {
  const words = readLines(join(folder, file))[0]?.trim().split(/\s+/) ?? [];
  const numbers = words.map((word) => (word === 'max' ? Infinity : /^-?\d+$/.test(word) ? Number(word) : Number.NaN));
  return numbers.some(Number.isNaN) ? [] : numbers;
}

/** The lines of a file; empty where it cannot be read. */
export function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

interface Membership {
  /** Empty for the single hierarchy of version 2. */
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
  /** The group that appears at the mount point. */
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

/** Spaces and backslashes are escaped as octal numbers. */
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
