import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { kernelsFor, selectBackend } from '../../lib/kernels';
import { backends } from '../support/backends';
import { blastrain, jsonLines } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const before = process.env['BLASTRAIN_ISA'];
afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(process.env, 'BLASTRAIN_ISA');
  else process.env['BLASTRAIN_ISA'] = before;
});

test('an unknown instruction set is refused with the nearest name, on either backend', () => {
  process.env['BLASTRAIN_ISA'] = 'avx51';
  const refusal = expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'BLASTRAIN_ISA', nearest: 'avx512' } }) as Error;
  expect(() => selectBackend()).toThrow(refusal);
  expect(() => kernelsFor('float32', 'typescript')).toThrow(
    "Expected generic or avx2 or avx512 or amx (did you mean avx512?) for BLASTRAIN_ISA but received 'avx51'",
  );
  process.env['BLASTRAIN_ISA'] = '';
  expect(() => selectBackend()).not.toThrow();
});

(backends.includes('native') ? describe : describe.skip)('in a process of its own', () => {
  const runs = temporaryFolder();
  // The one instruction that no emulation in C++ stands for: from the stack, GCC had it read what was never written.
  (process.arch === 'x64' && process.platform === 'linux' ? test : test.skip)('the shape of the tiles of AMX is loaded from a constant', () => {
    const addon = (createRequire(__filename)('node-gyp-build') as { path: (root: string) => string }).path(join(__dirname, '..', '..'));
    const code = execFileSync('objdump', ['--disassemble', '--no-show-raw-insn', addon], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const loads = code.match(/ldtilecfg .*/g) ?? [];
    expect(loads.length).toBeGreaterThan(0);
    for (const load of loads) expect(load).toContain('(%rip)');
  });

  test('float32 on the tiles of AMX is other bits, and as accurate', async () => {
    const tiny = ['data=synthetic', 'layers=3072,32,10', 'trainRows=500', 'validationRows=100', 'batchSize=50', 'epochs=2'];
    const results = await Promise.all(['generic', 'amx'].map(async (isa) => {
      const args = ['train', 'two-layer-tuned', '--json', '--runs', runs, '--name', isa, '--set', ...tiny];
      const { stdout } = await blastrain(args, { env: { BLASTRAIN_ISA: isa } });
      return jsonLines(stdout).at(-1) as { type: string; valLoss: number; parametersDigest: string };
    }));
    const [generic, amx] = results as [typeof results[0], typeof results[0]];
    expect([generic.type, amx.type]).toEqual(['result', 'result']);
    expect(amx.parametersDigest).not.toBe(generic.parametersDigest);
    expect(Math.abs(amx.valLoss / generic.valLoss - 1)).toBeLessThan(1e-5);
  });

  test('a run records it', async () => {
    const args = ['train', 'two-layer-default', '--json', '--runs', runs, '--set', 'data=synthetic', '--set', 'fastDevRun=true'];
    const { status: ended } = await blastrain(args, { env: { BLASTRAIN_ISA: 'generic' } });
    expect(ended).toBe(0);
    const spec = JSON.parse(readFileSync(join(runs, 'two-layer-default-1', 'spec.json'), 'utf8')) as object;
    expect(spec).toMatchObject({ record: { versions: { isa: 'generic' } } });
  });
});
