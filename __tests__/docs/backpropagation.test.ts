import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const text = ['backpropagation.md', 'backpropagation-numbers.md'].map((name) => readFileSync(join(root, 'docs', name), 'utf8')).join('\n\n');

/** The "In code" paragraphs: a file, then the identifiers that it is said to hold, up to the next file. */
const references = [...text.matchAll(/\*\*In code\.\*\*([\s\S]*?)(?:\n\n|$)/g)].flatMap(([, paragraph]) => {
  const found: { file: string; identifiers: string[] }[] = [];
  for (const [, code] of paragraph!.matchAll(/`([^`]+)`/g)) {
    if (code!.includes('/')) found.push({ file: code!, identifiers: [] });
    else found[found.length - 1]?.identifiers.push(code!);
  }
  return found;
});
const named = references.filter(({ identifiers }) => identifiers.length > 0);
const kernels = new Set(readFileSync(join(root, 'lib', 'kernels', 'contract.ts'), 'utf8').match(/^ {2}\w+(?=\()/gm)?.map((name) => name.trim()));

test('the document refers to the code throughout', () => {
  expect(named.length).toBeGreaterThan(8);
  expect(kernels).toContain('gemm');
});

test.each(references)('$file exists', ({ file }) => {
  expect(existsSync(join(root, file))).toBe(true);
});

test.each(named)('$file holds $identifiers', ({ file, identifiers }) => {
  const source = readFileSync(join(root, file), 'utf8');
  expect(identifiers.filter((identifier) => !new RegExp(`\\b${identifier}\\b`).test(source) && !kernels.has(identifier))).toEqual([]);
});
