import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { backends } from '../support/backends';
import { blastrain, jsonLines, root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { describeWith, missingTools } from '../support/prebuild';

interface Addons { readonly locate: (root: string) => string; readonly trial: (path: string) => string | undefined }
const { locate, trial } = createRequire(__filename)(join(root, 'scripts', 'addon.js')) as Addons;

const crash = '__attribute__((constructor)) static void Crash() { __builtin_trap(); }';

describeWith([...missingTools(['c++']), ...(backends.includes('native') ? [] : ['the addon'])], 'an addon that ends the process as it is loaded', () => {
  const folder = temporaryFolder();
  const bad = join(folder, 'bad', 'build', 'Release', 'blastrain.node');
  beforeAll(() => {
    mkdirSync(join(folder, 'bad', 'build', 'Release'), { recursive: true });
    writeFileSync(join(folder, 'crash.cc'), crash);
    execFileSync('c++', ['-shared', '-fPIC', '-o', bad, join(folder, 'crash.cc')]);
  });

  /** A place for an addon that nobody has run, and the variables with which it is looked for there. */
  function untried(name: string, addon: string): Record<string, string> {
    const place = join(folder, name, 'prebuilds', 'darwin-x64');
    mkdirSync(place, { recursive: true });
    copyFileSync(addon, join(place, 'node.napi.node'));
    return { BLASTRAIN_PREBUILD: join(folder, name), npm_config_platform: 'darwin', npm_config_arch: 'x64', PREBUILDS_ONLY: '1' };
  }
  const select = "console.log(JSON.stringify([require('./dist').selectBackend(), process.env.BLASTRAIN_TRIED]))";
  const selected = (env: Record<string, string>): unknown => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', select], { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
    return status === 0 ? JSON.parse(stdout) : stderr;
  };

  test('is named by the signal that it ends it by, and one that works by nothing', () => {
    expect(trial(bad)).toMatch(/^trying it ended the process by SIG(ILL|TRAP)$/);
    expect(trial(locate(root))).toBeUndefined();
    expect(trial(join(folder, 'crash.cc'))).not.toBeUndefined();
  });

  test('leaves doctor alive, which says so', async () => {
    const { status, stdout } = await blastrain(['doctor', '--json'], { env: { BLASTRAIN_PREBUILD: join(folder, 'bad'), BLASTRAIN_BACKEND: undefined } });
    expect(status).toBe(0);
    const [{ native, mends }] = jsonLines(stdout) as [{ native: unknown; mends: { problem: string }[] }];
    expect(native).toBeNull();
    expect(mends[0]?.problem).toMatch(/^the native kernels do not load: trying it ended the process by SIG/);
  });

  test('is not loaded where nobody has run it, and other kernels run instead, with one sentence', () => {
    const result = selected(untried('crashing', bad));
    expect(result).toEqual([{ backend: expect.not.stringMatching('native') as string, fallback: expect.stringContaining('trying it ended the process by SIG') as string }, null]);
  });

  test('which works there is loaded, once it has been tried', () => {
    const env = untried('working', locate(root));
    expect(selected(env)).toEqual([{ backend: 'native' }, join(folder, 'working', 'prebuilds', 'darwin-x64', 'node.napi.node')]);
    expect(existsSync(join(folder, 'working', 'prebuilds', 'darwin-x64', 'tried'))).toBe(false);
  });
});
