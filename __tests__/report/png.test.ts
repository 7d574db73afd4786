import { inflateSync } from 'node:zlib';
import { composeGrid, encodePng } from '../../lib/report/drawing/png';
import { weightGrid } from '../../lib/report/weights';

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: number[];
}

/** A decoder for 8-bit grey and truecolour PNG, written from the specification and apart from the encoder. */
function decodePng(file: Buffer): Picture {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(file.subarray(at + 4, at + 8 + length)));
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks[0]!.data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, header[9], 0, 0, 0]);
  const channels = ({ 0: 1, 2: 3 } as Record<number, number>)[header[9]!]!;

  const data = inflateSync(chunks[1]!.data);
  const stride = width * channels;
  expect(data).toHaveLength((stride + 1) * height);
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? pixels[y * stride + i - channels]! : 0;
      const up = y > 0 ? pixels[(y - 1) * stride + i]! : 0;
      const corner = y > 0 && i >= channels ? pixels[(y - 1) * stride + i - channels]! : 0;
      const nearest = [left, up, corner].reduce((best, v) =>
        Math.abs(left + up - corner - v) < Math.abs(left + up - corner - best) ? v : best,
      );
      const predicted = [0, left, up, Math.floor((left + up) / 2), nearest][filter]!;
      pixels.push((data[y * (stride + 1) + 1 + i]! + predicted) & 255);
    }
  }
  return { width, height, channels, pixels };
}

/** Bit by bit, as in annex D of the specification. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * i * 2654435761) >>> 7);

describe('PNG files', () => {
  test.each([
    [1, 1, 1], [1, 1, 3], [7, 5, 1], [5, 7, 3], [257, 3, 3], [2, 300, 1],
  ] as const)('%i × %i with %i channels come back pixel by pixel', (width, height, channels) => {
    const pixels = noise(width * height * channels);
    expect(decodePng(encodePng(width, height, channels, pixels))).toEqual({ width, height, channels, pixels: [...pixels] });
  });

  test.each([
    [2, 2, 3, 11, /12 bytes .* received Uint8Array of length 11/],
    [0, 2, 1, 0, /positive width and height/],
    [1.5, 2, 1, 3, /positive width and height/],
  ] as const)('%d × %d × %i from %i bytes is refused', (width, height, channels, length, message) => {
    expect(() => encodePng(width, height, channels, new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringMatching(message) }),
    );
  });

  test('a grid puts enlarged tiles between white gaps', () => {
    const tile = (a: number, b: number) => ({ width: 2, height: 1, channels: 1 as const, pixels: Uint8Array.of(a, b) });
    const grid = composeGrid([tile(1, 2), tile(3, 4), tile(5, 6)], { columns: 2, gap: 1, scale: 2 });
    const w = 255;
    expect([grid.width, grid.height]).toEqual([11, 7]);
    expect([...grid.pixels]).toEqual([
      w, w, w, w, w, w, w, w, w, w, w,
      w, 1, 1, 2, 2, w, 3, 3, 4, 4, w,
      w, 1, 1, 2, 2, w, 3, 3, 4, 4, w,
      w, w, w, w, w, w, w, w, w, w, w,
      w, 5, 5, 6, 6, w, w, w, w, w, w,
      w, 5, 5, 6, 6, w, w, w, w, w, w,
      w, w, w, w, w, w, w, w, w, w, w,
    ]);
    expect(() => composeGrid([], { columns: 2, gap: 1, scale: 2 })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('pictures of weights', () => {
  const imageShape = { channels: 3, height: 32, width: 32 };
  /** The colour of an unenlarged pixel of a unit's tile. */
  const pixelOf = (grid: ReturnType<typeof weightGrid>, unit: number, y: number, x: number): number[] => {
    const column = 6 + (unit % 10) * 102 + 3 * x + 1;
    const row = 6 + Math.floor(unit / 10) * 102 + 3 * y + 1;
    return [...grid.pixels.subarray((row * grid.width + column) * 3, (row * grid.width + column) * 3 + 3)];
  };

  test.each([Float32Array, Float64Array])('planes become colours, zero is grey, each unit has its own scale (%p)', (Floats) => {
    const weights = new Floats(3 * 3072);
    weights.fill(2, 0, 1024); //                          unit 0: red 2,
    weights.fill(-2, 1024, 2048); //                      green -2, blue 0
    for (let i = 0; i < 3072; i++) weights[3072 + i] = 0.001 * (i < 1024 ? 1 : 0.5); // unit 1: a thousandth of that
    const grid = weightGrid({ weights, units: 3, imageShape });
    expect([grid.width, grid.height, grid.channels]).toEqual([3 * 102 + 6, 108, 3]);
    expect(pixelOf(grid, 0, 0, 0)).toEqual([255, 0, 128]);
    expect(pixelOf(grid, 1, 31, 31)).toEqual([255, 191, 191]);
    expect(pixelOf(grid, 2, 16, 16)).toEqual([128, 128, 128]);
  });

  test('a single large weight does not hide the others', () => {
    const weights = new Float32Array(3072).fill(0.1);
    weights[0] = 100;
    const grid = weightGrid({ weights, units: 1, imageShape });
    expect(pixelOf(grid, 0, 5, 5)).toEqual([255, 255, 255]);
  });

  test('shows the first 100 units in their order', () => {
    const weights = new Float32Array(150 * 3072);
    for (let unit = 0; unit < 150; unit++) weights.fill(unit % 2 === 0 ? 1 : -1, unit * 3072, (unit + 1) * 3072);
    const grid = weightGrid({ weights, units: 150, imageShape });
    expect([grid.width, grid.height]).toEqual([1026, 1026]);
    expect(pixelOf(grid, 98, 0, 0)).toEqual([255, 255, 255]);
    expect(pixelOf(grid, 99, 0, 0)).toEqual([0, 0, 0]);
  });

  test('grey images give grey tiles of about the same size', () => {
    const grid = weightGrid({ weights: new Float32Array(64), units: 1, imageShape: { channels: 1, height: 8, width: 8 } });
    expect(grid).toMatchObject({ width: 108, height: 108, channels: 1 });
  });

  test.each([
    ['a wrong length', { weights: new Float32Array(10), units: 1, imageShape }],
    ['no unit', { weights: new Float32Array(0), units: 0, imageShape }],
    ['two channels', { weights: new Float32Array(8), units: 1, imageShape: { channels: 2, height: 2, width: 2 } }],
  ])('%s is refused', (_, layer) => {
    expect(() => weightGrid(layer)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
