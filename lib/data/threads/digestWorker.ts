import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import type { DigestTask } from './digest';

/** Bytes between two reports of progress. */
const stride = 4 << 20;

/** Hashes as far as bytes are filled in, until all are or the digest is not wanted any longer. */
function main({ bytes, rest, result, progress }: DigestTask): void {
  const hash = createHash('sha256');
  const tell = (hashed: number): void => {
    Atomics.store(progress, 1, hashed);
    Atomics.notify(progress, 1);
  };
  for (let done = 0; done < bytes.length;) {
    Atomics.wait(progress, 0, done);
    const filled = Atomics.load(progress, 0);
    if (filled < 0) return;
    const end = Math.min(done + stride, filled, bytes.length);
    hash.update(bytes.subarray(done, end));
    done = end;
    tell(done);
  }
  Atomics.wait(progress, 0, bytes.length);
  if (Atomics.load(progress, 0) < 0) return;
  result.set(hash.update(rest).digest());
  tell(bytes.length + rest.length);
}

main(workerData as DigestTask);
