import type { Hash } from './hash';

/** As FIPS 180-4 has it: that of the page's own cryptography is a promise, and only there in pages from https. */
export function sha256(): Hash {
  const state = Int32Array.from(initial);
  const block = new Uint8Array(64);
  let length = 0;
  const hash: Hash = {
    update(part) {
      const bytes = typeof part === 'string' ? new TextEncoder().encode(part) : part;
      let at = 0;
      const used = length % 64;
      length += bytes.length;
      if (used > 0) {
        at = Math.min(64 - used, bytes.length);
        block.set(bytes.subarray(0, at), used);
        if (used + at < 64) return hash;
        compress(state, block, 0);
      }
      for (; at + 64 <= bytes.length; at += 64) compress(state, bytes, at);
      block.set(bytes.subarray(at));
      return hash;
    },
    digest() {
      const used = length % 64;
      const end = new Uint8Array(used < 56 ? 64 : 128);
      end.set(block.subarray(0, used));
      end[used] = 0x80;
      new DataView(end.buffer).setBigUint64(end.length - 8, 8n * BigInt(length));
      for (let at = 0; at < end.length; at += 64) compress(state, end, at);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    },
  };
  return hash;
}

/** The first 32 bits of the fractional parts of a root of the first `count` primes. */
function fractionsOfRoots(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return Int32Array.from(primes, (prime) => (root(prime) % 1) * 2 ** 32);
}
const initial = fractionsOfRoots(8, Math.sqrt);
const constants = fractionsOfRoots(64, Math.cbrt);
const schedule = new Int32Array(64);

function compress(state: Int32Array, bytes: Uint8Array, from: number): void {
  const w = schedule;
  for (let t = 0, at = from; t < 16; t++, at += 4) w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[t]! + w[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d; state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h;
}
