import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomState } from '../../../lib/random';

/** A table of three kinds of flowers, told apart by four lengths, sorted by kind as such files are. Returns its path. */
export function writeFlowers(folder: string): string {
  const random = new RandomState(11);
  const centres = { setosa: [5, 3.4, 1.5, 0.2], versicolor: [5.9, 2.8, 4.3, 1.3], virginica: [6.6, 3, 5.6, 2] };
  const lines = Object.entries(centres).flatMap(([kind, centre]) =>
    Array.from({ length: 50 }, () => [...centre.map((length) => (length + 0.25 * random.gaussian()).toFixed(1)), kind].join(',')));
  const file = join(folder, 'flowers.csv');
  writeFileSync(file, `sepalLength,sepalWidth,petalLength,petalWidth,kind\n${lines.join('\n')}\n`);
  return file;
}
