import type { LoadingListener } from '../data/threads/progress';
import { formatCount } from '../numbers';

/** Milliseconds between two lines where they cannot be replaced, as in a log. */
const pause = 15_000;

/** Prints to standard error how far loading is: in a terminal on one line, which goes at the end, elsewhere now and then. */
export function sayLoading(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr): LoadingListener {
  let saidAt = performance.now();
  return (rows, all) => {
    const text = `Read ${formatCount(rows)} of ${formatCount(all)} rows`;
    if (stream.isTTY) {
      stream.write(rows === all ? `\r${' '.repeat(text.length)}\r` : `\r${text}`);
    } else if (performance.now() - saidAt >= pause && rows < all) {
      saidAt = performance.now();
      stream.write(`${text}\n`);
    }
  };
}
