import { fitNetwork, localStepSeconds, stepSeconds, sumSeconds } from '../../lib/bench/ranks';

const network = { exchange: 50e-6, byte: 0.8e-9 };

test.each([2, 6, 8])('the network of sums over %d ranks is found again', (ranks) => {
  const sums = [4, 1e5, 1e6, 1e7].map((bytes) => ({ bytes, seconds: sumSeconds(ranks, bytes, network) }));
  const fitted = fitNetwork(ranks, sums);
  expect(fitted.exchange).toBeCloseTo(network.exchange, 9);
  expect(fitted.byte).toBeCloseTo(network.byte, 15);
});

describe('a step of 90 ms, two thirds of it backward, in blocks of 1 and 3 million numbers', () => {
  const step = { seconds: 0.09, blocks: [1e6, 3e6], held: [4e6, 8e6] };
  test.each([
    ['alone', 1, network, 0.09],
    // 30 ms forward, 15 and 45 ms backward; the first block's sum hides behind the second, whose 12 MB do not hide; 2 exchanges of each sum.
    ['where the last block does not hide', 2, network, 0.03 + 0.015 + 0.045 + 2 * 50e-6 + 12e6 * 0.8e-9 + 2 * 50e-6 + 64 * 0.8e-9],
    // 2 exchanges more, and all numbers twice more, than two hosts.
    ['where two of three pass on what the others give', 3, network, 0.03 + 0.015 + 0.045 + 4 * 50e-6 + 3 * 12e6 * 0.8e-9 + 4 * 50e-6 + 3 * 64 * 0.8e-9],
    // 80 and 240 ms of sums, one after the other, from the end of the first block on.
    ['on a slow network', 2, { exchange: 0, byte: 2e-8 }, 0.045 + 0.08 + 0.24 + 128e-8],
  ])('%s', (_, hosts, its, expected) => {
    expect(stepSeconds(hosts, step, its, 4)).toBeCloseTo(expected, 9);
  });

  test('that is one of four between two means', () => {
    // Two arrays and the wishes to end, of which two hosts exchange each twice.
    expect(localStepSeconds(2, step, network, 4, 4)).toBeCloseTo(0.09 + (48e6 * 0.8e-9 + 64 * 0.8e-9 + 3 * 2 * 50e-6) / 4, 9);
  });
});
