/** The extents of a row's numbers, row-major: [units] behind a linear layer, [channels, height, width] of a picture. */
export type Shape = readonly number[];

/** How many numbers a shape holds. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
