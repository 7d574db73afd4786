import { createHash } from 'node:crypto';
import { defaultThreads } from '../../lib/machine';
import { GrowingDigest } from '../../lib/data/threads/digest';

const mostly = 40e6;
const rest = [3, 1, 4, 1, 5];

function pattern(bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) bytes[i] = (i * 2654435761) >>> 24;
}

function truth(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).update(Uint8Array.from(rest)).digest('hex');
}

test.each([
  { what: 'of shared bytes that a thread follows', bytes: new Uint8Array(new SharedArrayBuffer(mostly)) },
  { what: 'of few bytes', bytes: new Uint8Array(new SharedArrayBuffer(1000)) },
  { what: 'of a part of a buffer', bytes: new Uint8Array(new SharedArrayBuffer(mostly + 64), 64) },
  { what: 'of bytes in this thread alone', bytes: new Uint8Array(mostly) },
])('the digest $what is that of the whole', ({ bytes }) => {
  const digest = new GrowingDigest(bytes, rest.length);
  let from = 0;
  for (const share of [0.1, 0.4, 0.41, 1]) {
    const to = Math.floor(share * bytes.length);
    pattern(bytes, from, to);
    digest.filled(to);
    from = to;
  }
  digest.complete(rest);
  expect(digest.value).toBe(truth(bytes));
  bytes[0]! ^= 1;
  expect(digest.value).not.toBe(truth(bytes)); // it is of what was there when it was asked for first
});

test('the digest is right where the thread has ended', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(mostly));
  const digest = new GrowingDigest(bytes, rest.length);
  pattern(bytes, 0, bytes.length);
  digest.abandon();
  digest.complete(rest);
  expect(digest.value).toBe(truth(bytes));
}, 30_000);

test('a process with several cores has a thread for it', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(mostly));
  const digest = new GrowingDigest(bytes, rest.length);
  expect(digest.task !== undefined).toBe(defaultThreads() > 1);
  digest.abandon();
});
