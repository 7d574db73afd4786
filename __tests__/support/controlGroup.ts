import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const v1 = '/sys/fs/cgroup';

/** Why no control group of version 1 can be made here; undefined where one can. */
export function whyNoControlGroup(): string | undefined {
  const folder = join(v1, 'cpu', `blastrain-probe-${String(process.pid)}`);
  if (!existsSync(join(v1, 'cpu', 'cpu.cfs_quota_us'))) return 'no control groups of version 1 with quotas here';
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The words of a shell that puts itself into a group of each controller, in which the files are set, and becomes the command. */
export class ControlGroup {
  private readonly folders: readonly string[];

  constructor(settings: Readonly<Record<'cpu' | 'memory', Readonly<Record<string, string>> | undefined>>, name = `blastrain-${String(process.pid)}`) {
    const wanted = Object.entries(settings).flatMap(([controller, files]) => (files === undefined ? [] : [{ folder: join(v1, controller, name), files }]));
    for (const { folder, files } of wanted) {
      mkdirSync(folder);
      for (const [file, value] of Object.entries(files)) writeFileSync(join(folder, file), value);
    }
    this.folders = wanted.map(({ folder }) => folder);
  }

  /** A command for `sh -c`. */
  command(command: string): string {
    return `${this.folders.map((folder) => `echo $$ > ${folder}/cgroup.procs && `).join('')}exec ${command}`;
  }

  /** Throws where a process is still in it. */
  remove(): void {
    for (const folder of this.folders) rmdirSync(folder);
  }
}
