import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSearch } from '../../lib/search/searchSpec';
import { root } from '../support/cli';

test('the search that the documents show is a legal one', () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', 'search.md'), 'utf8'))!;
  const { space, trials } = parseSearch(JSON.parse(example!) as unknown);
  expect(space.parameters.map(({ name }) => name)).toEqual(
    ['learningRate', 'dropout', 'batchSize', 'optimizer', 'momentum', 'depth', 'width1', 'width2', 'width3'],
  );
  expect(trials).toBe(60);
});
