import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { toPlain } from '../errors';
import { packageRoot } from '../files';
import { defaultThreads, environment, memoryNodes, setLargePagesHook } from '../machine';
import type { Addon, AddonOutcome } from './addon';

/** Where the addon is looked for. */
export function placeOfAddon(): string {
  return environment['BLASTRAIN_PREBUILD'] ?? packageRoot;
}

/** What scripts/addon.js exports. */
interface Addons {
  readonly locate: (root: string) => string;
  readonly needsTrial: (path: string) => boolean;
  readonly noteTrial: (path: string, forAll: boolean) => void;
  readonly trial: (path: string) => string | undefined;
}

/** Loads the addon from the package, or from what BLASTRAIN_PREBUILD names (a convention of node-gyp-build); with `careful` it is tried in a process of its own first. */
export function openAddon(careful: boolean): AddonOutcome {
  try {
    const load = createRequire(join(packageRoot, 'package.json'));
    const { locate, needsTrial, noteTrial, trial } = load('./scripts/addon.js') as Addons;
    const path = locate(packageRoot);
    if (careful || needsTrial(path)) {
      const reason = trial(path);
      if (reason !== undefined) return whyNot(reason);
      noteTrial(path, false);
    }
    const addon = load(path) as Addon;
    // OpenBLAS, which says how many there are, knows nothing of quotas.
    addon.limitDefaultThreads(defaultThreads());
    setLargePagesHook((bytes) => { addon.useLargePages(bytes, memoryNodes()); });
    return { addon };
  } catch (error) {
    return whyNot(toPlain(error).message);
  }
}

/** What a build needs, by platform; elsewhere the build says what it misses. */
const tools: Partial<Record<NodeJS.Platform, string>> = {
  linux: existsSync('/etc/alpine-release') ? 'apk add g++ make cmake openblas-dev && ' : 'apt-get install g++ make cmake libopenblas-dev && ',
  darwin: 'xcode-select --install; brew install cmake && ',
};

function whyNot(message: string): { reason: string; mend: string } {
  const build = packageRoot.includes(`${sep}node_modules${sep}`) ? 'npm rebuild blastrain --build-from-source' : 'npm run install';
  const mend = `${tools[process.platform] ?? ''}${build}`;
  if (message.startsWith('No native build was found')) {
    return { reason: `no binary was built for ${process.platform}-${process.arch}`, mend };
  }
  const reason = message.split('\n', 1)[0]!;
  return { reason, mend: reason.startsWith('libopenblas') ? 'apt-get install libopenblas0' : mend };
}
