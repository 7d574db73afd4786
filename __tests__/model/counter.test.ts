import { buildModel } from '../../lib/build/buildModel';
import { kernelsFor, setThreads } from '../../lib/kernels';
import type { BackendName, Kernels } from '../../lib/kernels/contract';
import { initialize, initializers } from '../../lib/model/init';
import type { Initializer } from '../../lib/model/init';
import type { Sequential } from '../../lib/model/sequential';
import { countedDraws } from '../../lib/model/starts';
import { CounterRandom } from '../../lib/random/counter';
import { parseSpec } from '../../lib/spec/spec';
import { backends } from '../support/backends';


describe('weights drawn by counting', () => {
  const table = { numbers: 3, passed: 0, categories: [4, 5] };
  const make = (kernels: Kernels): Sequential => buildModel(
    parseSpec({ steps: 1, hidden: [200, 90], members: 4, numericEmbedding: 'pbld', generator: 'counter' }), { inputSize: 5, outputSize: 2, inputLayout: table }, kernels, 4);
  const started = (backend: BackendName, init: Initializer, seed = 7): Sequential => {
    const model = make(kernelsFor('float32', backend));
    initialize(model, init, 0, new CounterRandom(seed));
    return model;
  };

  test.each(initializers)('%s gives the same bits on every backend and with any number of threads', (init) => {
    const { values } = started('typescript', init).arena;
    for (const backend of backends) {
      for (const threads of [1, 3]) {
        setThreads(threads);
        expect(started(backend, init).arena.values).toEqual(values);
      }
    }
  });

  test('another seed, parameter or member has other numbers', () => {
    const { parameters } = started('typescript', 'he').arena;
    const drawn = parameters.filter(({ name }) => /^(W|frequencies|phases|maps|categories)/.test(name));
    const members = parameters.find(({ isStack }) => isStack === true)!;
    const numbers = [...started('typescript', 'he', 8).arena.find('W1')!.value.slice(0, 3), ...drawn.flatMap(({ value }) => [...value.slice(0, 3)]), members.value[members.value.length / 2]!];
    expect(drawn.map(({ name }) => name)).toHaveLength(7);
    expect(new Set(numbers.map(Math.abs)).size).toBe(numbers.length);
    expect(new Set(parameters.find(({ name }) => name === 'R1')!.value)).toEqual(new Set([1, -1]));
  });

  test('an own start gets a generator of its parameter', () => {
    const draws = [0, 1, 1].map((parameter) => countedDraws(new CounterRandom(7), parameter, kernelsFor('float64', 'typescript')).random.random());
    expect(draws[1]).toBe(draws[2]);
    expect(draws[0]).not.toBe(draws[1]);
  });

  test.each([-1, 0.5, 2 ** 32, NaN])('the seed %d is ERR_CONFIG', (seed) => {
    expect(() => new CounterRandom(seed)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }) as Error);
  });
});
