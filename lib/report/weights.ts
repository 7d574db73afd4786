import type { ImageShape } from '../data/dataset';
import { expected } from '../errors';
import { composeGrid } from './drawing/png';
import type { Raster } from './drawing/png';

/** Weights of a layer whose inputs are images. */
export interface FirstLayer {
  /** [units, channels · height · width]: each row in planes of channels, as the images are. */
  readonly weights: Float32Array | Float64Array;
  readonly units: number;
  readonly imageShape: ImageShape;
}

/** Units beyond these are not drawn. */
export const maxTiles = 100;
const columns = 10;
/** Approximate side of an enlarged tile in pixels. */
const tileSide = 96;

/**
 * The weights of each unit as an image, in a grid of at most 100: the first ones, in unit order, so that a unit keeps
 * its place over time and no unit is selected by its appearance. Throws ERR_SHAPE when the sizes do not fit together.
 */
export function weightGrid({ weights, units, imageShape }: FirstLayer): Raster {
  const { channels, height, width } = imageShape;
  const features = channels * height * width;
  if (channels !== 1 && channels !== 3) throw expected('ERR_SHAPE', '1 or 3 channels', 'pictures of weights', channels);
  if (weights.length !== units * features || units < 1) {
    throw expected('ERR_SHAPE', `${units} × ${features} weights`, 'pictures of weights', weights);
  }
  const tiles = Array.from({ length: Math.min(units, maxTiles) }, (_, unit): Raster => ({
    width,
    height,
    channels,
    pixels: weightTile(weights.subarray(unit * features, (unit + 1) * features), channels, height * width),
  }));
  const scale = Math.max(1, Math.round(tileSide / Math.max(width, height)));
  return composeGrid(tiles, { columns: Math.min(columns, tiles.length), gap: 6, scale });
}

/**
 * Each tile has a scale of its own, because the norms of units differ by an order of magnitude and a common scale
 * would leave most tiles grey. The scale is symmetric: mid-grey is weight 0 and all channels share it, so that hues are
 * right. Its end is the 99.5th percentile of |w|, because a single large weight would otherwise hide the structure.
 */
function weightTile(weights: Float32Array | Float64Array, channels: number, plane: number): Uint8Array {
  const sizes = Float64Array.from(weights, Math.abs).sort();
  const end = sizes[Math.floor(0.995 * (sizes.length - 1))]! || sizes[sizes.length - 1]! || 1;
  const pixels = new Uint8Array(weights.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) {
      const level = Math.min(1, Math.max(-1, weights[c * plane + i]! / end));
      pixels[i * channels + c] = Math.round(127.5 + 127.5 * level);
    }
  }
  return pixels;
}
