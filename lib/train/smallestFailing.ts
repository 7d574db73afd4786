import { checkInteger, checkList } from '../arguments';
import { expected } from '../errors';

/**
 * The smallest sizes at which a check still fails, found from sizes at which it does: each in turn becomes 1, else half, else one less, for as long as any of these fails. Sizes are positive integers;
 * the check is called some 2·log₂(size) times for each, and a throw counts as no failure. Throws ERR_CONFIG for other sizes.
 */
export function smallestFailing(sizes: readonly number[], fails: (sizes: readonly number[]) => boolean): readonly number[] {
  checkList(sizes, 'sizes', 'a list of positive integers');
  for (const size of sizes) checkInteger(size, 'sizes', 1);
  if (typeof (fails as unknown) !== 'function') throw expected('ERR_CONFIG', 'a function', 'fails', fails, { path: 'fails' });
  let smallest = sizes;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (let i = 0; i < smallest.length; i++) {
      const size = smallest[i]!;
      const found = [...new Set([1, Math.floor(size / 2), size - 1])].filter((one) => one >= 1 && one < size)
        .map((one) => smallest.map((other, j) => (j === i ? one : other))).find((one) => failsQuietly(fails, one));
      if (found === undefined) continue;
      smallest = found;
      isSmaller = true;
    }
  }
  return smallest;
}

function failsQuietly(fails: (sizes: readonly number[]) => boolean, sizes: readonly number[]): boolean {
  try {
    return fails(sizes);
  } catch {
    return false;
  }
}
