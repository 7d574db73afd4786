'use strict';

/* A rank of the tests of lib/cluster: node clusterProcess.js JOB [watchdog]. Prints what came of it as JSON. */

const { createHash } = require('node:crypto');
const { joinCluster, launcherOf } = require('../../dist/cluster');

const communicator = joinCluster(launcherOf(), Number(process.argv[3] ?? 60));
const { rank, size, hosts } = communicator;

const powers = Array.from({ length: 9 }, (_, i) => 10 ** (i - 4));
/** What a rank begins with. Drawn once: sums of many kinds are made of the same. */
const drawn = new Map();
function numbersOf(Type, owner, length) {
  const key = `${Type.name} ${owner} ${length}`;
  if (!drawn.has(key)) {
    const numbers = new Type(length);
    for (let i = 0; i < length; i++) numbers[i] = Math.sin(1 + i * 7.3 + owner * 1.7) * powers[(i * 13 + owner * 5) % 9];
    drawn.set(key, numbers);
  }
  return drawn.get(key);
}

const leaves = 2 ** Math.ceil(Math.log2(size));
/** The first ranks are two leaves each. */
const pairs = leaves - size;

/** What one process makes of the numbers of all ranks, by the definition: a node is the sum of its children. @param shift of the ranks' numbers */
function tree(Type, round, length, shift = 0, from = 0, to = leaves) {
  const owner = from < 2 * pairs ? from / 2 : from - pairs;
  if (to - from === (owner < pairs ? 2 : 1)) return numbersOf(Type, owner + shift, length);
  const middle = (from + to) / 2;
  const [left, right] = [tree(Type, round, length, shift, from, middle), tree(Type, round, length, shift, middle, to)];
  return left.map((value, i) => round(value) + round(right[i]));
}

/** To the nearest bfloat16, of two to the even one. */
function toBfloat16(value) {
  const word = new Uint32Array(new Float32Array([value]).buffer);
  word[0] = ((word[0] + 0x7fff + ((word[0] >>> 16) & 1)) >>> 16) << 16;
  return new Float32Array(word.buffer)[0];
}

const digestOf = ({ buffer, byteOffset, byteLength }) => createHash('sha256').update(Buffer.from(buffer, byteOffset, byteLength)).digest('hex');

const kinds = [
  { name: 'float32', Type: Float32Array, wire: 'exact', round: (value) => value },
  { name: 'float64', Type: Float64Array, wire: 'exact', round: (value) => value },
  { name: 'bfloat16', Type: Float32Array, wire: 'bfloat16', round: toBfloat16 },
];

/** All have met, something befalls the last rank, and a sum of all follows. */
function sumBehind(befalls) {
  communicator.barrier();
  if (rank === size - 1) befalls();
  communicator.wait(communicator.sum(new Float32Array(100_000)));
}

const jobs = {
  sums() {
    const wrong = [];
    /** What all ranks have must be what rank 0 makes by itself: it alone does, as the others' waiting takes cores from it. */
    const compare = (what, numbers, expected) => {
      const all = communicator.gather(digestOf(numbers));
      if (rank !== 0) return;
      const right = digestOf(expected());
      all.forEach((digest, other) => { if (digest !== right) wrong.push(`${what} of rank ${other}`); });
    };
    for (const { name, Type, wire, round } of kinds) {
      // Short and long ones, which go along different ways, odd ones, and one of several parts of a message.
      for (const length of [1, 2, 3, 7, 1023, 5001, 300_001]) {
        const numbers = new Type(length + 2).fill(-1);
        numbers.set(numbersOf(Type, rank, length), 1);
        communicator.wait(communicator.sum(numbers, 1, length, wire));
        compare(`${name}[${length}]`, numbers, () => {
          const expected = new Type(length + 2).fill(-1);
          const sums = tree(Type, round, length);
          expected.set(wire === 'bfloat16' ? sums.map(round) : sums, 1);
          return expected;
        });
      }
    }
    // Several under way at once.
    const many = Array.from({ length: 20 }, (_, i) => numbersOf(Float32Array, rank + i, 4000).slice());
    const tickets = many.map((numbers) => communicator.sum(numbers));
    communicator.wait(tickets.at(-1));
    many.forEach((numbers, i) => { compare(`the sum ${i} of several`, numbers, () => tree(Float32Array, (value) => value, 4000, i)); });
    const bytes = new Uint8Array(1_000_003).map((_, i) => (i * 31) % 251);
    if (Buffer.compare(communicator.broadcastBytes(rank === 0 ? bytes : new Uint8Array(0)), bytes) !== 0) wrong.push('broadcastBytes');
    return { wrong, gathered: communicator.gather({ rank, text: 'x'.repeat(rank), nan: NaN }), told: communicator.broadcast({ from: rank, empty: undefined }), hosts };
  },
  /** The last rank stops, as one does whose machine hangs. */
  stop: () => { sumBehind(() => { process.kill(process.pid, 'SIGSTOP'); }); },
  /** The last rank is late, but alive. */
  late() {
    sumBehind(() => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500); });
    return 'done';
  },
  kill: () => { sumBehind(() => { process.kill(process.pid, 'SIGKILL'); }); },
  /** The last rank ends as if all were well. */
  leave: () => { sumBehind(() => { process.exit(0); }); },
};

try {
  const result = jobs[process.argv[2]]();
  if (rank === 0) console.log(JSON.stringify(result));
  communicator.close();
} catch (error) {
  process.stderr.write(`blastrain: ${error.message} [${error.code}]\n`);
  communicator.abort(1);
}
