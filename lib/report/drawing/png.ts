import { crc32, deflateSync } from 'node:zlib';
import { expected } from '../../errors';

/** Grey or red-green-blue pixels, one byte per channel, row by row from the top left, channels interleaved. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A PNG file of 8 bits per channel (PNG specification, third edition: https://www.w3.org/TR/png-3/). Throws ERR_SHAPE
 * when the sizes do not fit together.
 */
export function encodePng(width: number, height: number, channels: 1 | 3, pixels: Uint8Array): Buffer {
  const stride = width * channels;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw expected('ERR_SHAPE', 'a positive width and height', 'the picture', `${width} × ${height}`);
  }
  if (pixels.length !== stride * height) {
    throw expected('ERR_SHAPE', `${stride * height} bytes`, `a picture of ${width} × ${height} × ${channels}`, pixels);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits per channel
  header[9] = channels === 1 ? 0 : 2; // greyscale or truecolour; compression, filter method and interlace stay 0

  // Filter 2, the difference to the row above: an enlarged picture repeats its rows, which become zeros.
  const filtered = Buffer.alloc((stride + 1) * height);
  for (let row = 0; row < height; row++) {
    const line = row * (stride + 1) + 1;
    filtered[line - 1] = 2;
    for (let i = 0; i < stride; i++) {
      filtered[line + i] = pixels[row * stride + i]! - (row > 0 ? pixels[(row - 1) * stride + i]! : 0);
    }
  }
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Tiles of one size side by side, in rows of `columns` from the top left, enlarged `scale` times without smoothing. */
export function composeGrid(
  tiles: readonly Raster[],
  { columns, gap, scale }: { readonly columns: number; readonly gap: number; readonly scale: number },
): Raster {
  const first = tiles[0];
  if (first === undefined) throw expected('ERR_SHAPE', 'at least one tile', 'a grid of pictures', tiles.length);
  const { channels } = first;
  const [across, down] = [first.width * scale, first.height * scale];
  const rows = Math.ceil(tiles.length / columns);
  const width = columns * across + (columns + 1) * gap;
  const height = rows * down + (rows + 1) * gap;
  const pixels = new Uint8Array(width * height * channels).fill(255);
  tiles.forEach((tile, t) => {
    const left = gap + (t % columns) * (across + gap);
    const top = gap + Math.floor(t / columns) * (down + gap);
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const from = (Math.floor(y / scale) * tile.width + Math.floor(x / scale)) * channels;
        const to = ((top + y) * width + left + x) * channels;
        for (let c = 0; c < channels; c++) pixels[to + c] = tile.pixels[from + c]!;
      }
    }
  });
  return { width, height, channels, pixels };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
