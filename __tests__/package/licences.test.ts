import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';

const read = (...names: string[]): string => readFileSync(join(root, ...names), 'utf8');

test.each([
  ['echarts', 'LICENSE', 'echarts.txt'],
  ['echarts', 'NOTICE', 'echarts-NOTICE.txt'],
  ['echarts', 'licenses/LICENSE-d3', 'd3.txt'],
  ['zrender', 'LICENSE', 'zrender.txt'],
  ['tslib', 'LICENSE.txt', 'tslib.txt'],
  ['katex', 'LICENSE', 'katex.txt'],
  ['uplot', 'LICENSE', 'uplot.txt'],
  ['node-addon-api', 'LICENSE.md', 'node-addon-api.txt'],
  ['node-api-headers', 'LICENSE', 'node-api-headers.txt'],
])('%s is shipped with its %s', (name, file, ours) => {
  expect(read('LICENSES', ours)).toBe(read('node_modules', name, file));
});

test('THIRD-PARTY.md names every licence', () => {
  const named = [...read('THIRD-PARTY.md').matchAll(/\(LICENSES\/([^)]+)\)/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(readdirSync(join(root, 'LICENSES')).sort());
});
