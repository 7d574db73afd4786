import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { darkPalette, palette } from '../../lib/report/drawing/palette';
import { contrast, difference, labOf } from '../support/colourVision';
import type { Lab } from '../support/colourVision';

test.each<[Lab, Lab, number]>([
  // From the test data of Sharma, Wu and Dalal.
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
])('the difference of %p and %p is as published', (one, other, expected) => {
  expect(difference(one, other)).toBeCloseTo(expected, 4);
});

test('a red and a green that look alike without one kind of cone do so in the simulation', () => {
  expect(difference(labOf('#d55e00'), labOf('#3f7d20'))).toBeGreaterThan(30);
  expect(difference(labOf('#d55e00', 'protanopia'), labOf('#3f7d20', 'protanopia'))).toBeLessThan(10);
});

describe.each([['white', palette, '#ffffff'], ['dark panels', darkPalette, '#1d2128']] as const)('colours of series on %s', (_, colours, ground) => {
  test.each(['usual', 'protanopia', 'deuteranopia'] as const)('are at least 15 apart, any two of them: %s', (vision) => {
    const labs = colours.map((colour) => labOf(colour, vision));
    expect(Math.min(...labs.flatMap((one, i) => labs.slice(0, i).map((other) => difference(one, other))))).toBeGreaterThanOrEqual(15);
  });

  test('stand out from it', () => {
    expect(Math.min(...colours.map((colour) => contrast(colour, ground)))).toBeGreaterThanOrEqual(3);
    expect(readFileSync(join(__dirname, '../../lib/dashboard/page/page.css'), 'utf8')).toContain('--panel: light-dark(#ffffff, #1d2128)');
  });
});
