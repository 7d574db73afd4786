import { benchLoad, wholeLoad } from '../../lib/bench/load';
import { benchMarkdown, benchVerdicts } from '../../lib/report/bench';
import { kernelBackends } from '../support/backends';

(kernelBackends.includes('wasm') ? test : test.skip)('load: the time until the first result, of WebAssembly by parts', async () => {
  const report = await benchLoad({ rounds: 1, backends: ['wasm', 'typescript'] });
  const parts = ['read and compile', 'reserve memory and instantiate', 'table of kernels', 'first call'];
  expect(report.entries.map(({ case: part, who }) => [part, who])).toEqual([[wholeLoad, 'wasm'], [wholeLoad, 'typescript'], ...parts.map((part) => [part, 'wasm'])]);
  const [whole, , ...each] = report.entries.map(({ time }) => time.median);
  expect(each.every((seconds) => seconds > 0)).toBe(true);
  expect(each.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(whole!);
  expect(benchVerdicts({ ...report, load: { ...report.load, quiet: true } })[0]).toMatch(/^The wasm kernels take [\d.]+ m?s until the first result; typescript [\d.,]+× as long\.$/);
  expect(benchMarkdown(report)).toMatch(/\| load \| until the first result \| wasm \| [\d.]+ m?s \|/);
});

test('a backend that does not load is an error that says so', async () => {
  await expect(benchLoad({ rounds: 1, backends: ['wasmer' as 'wasm'] })).rejects.toThrow('Expected native or wasm or typescript');
});
