import { durationOption } from '../../lib/cli/flagValues';

test.each([['90', 90], ['90s', 90], ['10m', 600], ['1h30m', 5400], ['1.5h', 5400], ['1m30', 90], ['0.5', 0.5]])('%s is a time', (text, seconds) => {
  expect(durationOption('budget', text)).toBe(seconds);
});

test.each([['10 m'], ['soon'], ['-5m'], ['0'], [''], ['5d'], ['30s1m'], ['1e3']])('%p is none', (text) => {
  expect(() => durationOption('budget', text)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('10m') as string, details: { path: 'budget' } }) as Error,
  );
});
