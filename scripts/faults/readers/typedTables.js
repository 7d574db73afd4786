'use strict';

/* Files of columns with types: what pyarrow wrote for the tests, with bytes changed, as their lengths and places are within them. */

const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { dist, checkSplits } = require('./shared');

const golden = join(__dirname, '..', '..', '..', '__tests__', 'golden', 'tables');

function reader(title, names, ending, load) {
  return {
    title,
    models: () => names.map((name) => ({ bytes: readFileSync(join(golden, name)) })),
    edit: (random, model) => {
      const { bytes } = model;
      const at = random.below(Math.max(1, bytes.length));
      switch (random.below(6)) {
        case 0: model.bytes = bytes.subarray(0, at); break;
        case 1: model.bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.pick([1, 4, 8, 100])))]); break;
        case 2: bytes.fill(random.pick([0, 0xff, 0x7f, 0x80]), at, Math.min(bytes.length, at + random.pick([1, 4, 8, 64]))); break;
        default: if (bytes.length > 0) bytes[at] = random.below(256);
      }
      return model;
    },
    encode: ({ bytes }) => [bytes],
    slow: true,
    open(folder) {
      const file = join(folder, `table${ending}`);
      return ([bytes], random) => {
        writeFileSync(file, bytes);
        const options = random.chance(0.2) ? { target: 'double', numericTargets: true } : {};
        checkSplits(load()(file, options), options);
      };
    },
  };
}

exports.parquet = reader('Parquet files (.parquet)', ['snappy.parquet', 'plain.parquet', 'zstd.parquet'], '.parquet', () => dist('data', 'parquet', 'parquet').loadParquet);
exports.arrow = reader('Arrow and Feather files', ['lz4.feather', 'plain.feather', 'stream.arrow'], '.arrow', () => dist('data', 'arrow', 'arrow').loadArrow);
