import type { Point } from './messages';

/** A small generator (mulberry32), so that a sample is the same each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function points(count: number, make: (random: () => number, label: number) => readonly [number, number]): Point[] {
  const random = generator(7);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const [x, y] = make(random, label);
    return { x: Math.max(-0.98, Math.min(0.98, x)), y: Math.max(-0.98, Math.min(0.98, y)), label };
  });
}

const noise = (random: () => number, width: number): number => width * (random() + random() - 1);

/** Points of two classes that no line parts, by the name that the page shows. */
export const samples: Readonly<Record<string, () => Point[]>> = {
  'Two moons': () => points(200, (random, label) => {
    const angle = Math.PI * random();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return label === 0 ? [0.55 * x - 0.27 + noise(random, 0.1), 0.55 * y - 0.12 + noise(random, 0.1)] : [0.27 - 0.55 * x + noise(random, 0.1), 0.16 - 0.55 * y + noise(random, 0.1)];
  }),
  'Four corners': () => points(200, (random, label) => {
    const [x, side] = [0.08 + 0.8 * random(), random() < 0.5 ? -1 : 1];
    return [side * x, (label === 0 ? side : -side) * (0.08 + 0.8 * random())];
  }),
  'Ring': () => points(200, (random, label) => {
    const [angle, radius] = [2 * Math.PI * random(), label === 0 ? 0.4 * Math.sqrt(random()) : 0.62 + 0.28 * random()];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }),
  'Spirals': () => points(240, (random, label) => {
    const turn = Math.sqrt(random());
    const angle = 3.2 * Math.PI * turn * 0.8 + label * Math.PI;
    return [0.92 * turn * Math.cos(angle) + noise(random, 0.02), 0.92 * turn * Math.sin(angle) + noise(random, 0.02)];
  }),
};
