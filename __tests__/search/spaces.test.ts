import { parseSearch } from '../../lib/search/searchSpec';
import { findSearch, searches } from '../../lib/search/spaces';

test.each(Object.keys(searches))('%s is a legal search', (name) => {
  const { space, trials } = parseSearch(findSearch(name).search);
  expect(space.parameters.length).toBeGreaterThan(5);
  expect(trials).not.toBeNull();
});

test('two-layer starts from the course\'s poor defaults, each of which its space holds', () => {
  const { space } = parseSearch(findSearch('two-layer').search);
  expect(space.base).toMatchObject({ layers: [3072, 50, 10], init: 'normal', initStd: 1e-4, learningRate: 1e-4, l2: 0.25, momentum: 0, batchSize: 200 });
  for (const { name, domain } of space.parameters) {
    const value = name === 'width1' ? 50 : space.base[name as keyof typeof space.base];
    if (domain.type === 'choice') expect(domain.values).toContain(value);
    else {
      expect(value).toBeGreaterThanOrEqual(domain.low);
      expect(value).toBeLessThanOrEqual(domain.high);
    }
  }
});

test.each([['two-layers', 'two-layer'], ['MLP', 'mlp']])('an unknown name, %s, is refused with the nearest', (name, near) => {
  expect(() => findSearch(name)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`perhaps ${near},`) }) as Error);
});
