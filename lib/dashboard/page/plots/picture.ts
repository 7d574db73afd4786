import type { ImageShape } from '../../../data/dataset';
import { h } from '../dom';

/** Draws bytes in planes of one or three channels. */
export function drawPicture(context: CanvasRenderingContext2D, bytes: Uint8Array, { channels, height, width }: ImageShape, left: number, top: number): void {
  const image = context.createImageData(width, height);
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[(channels === 3 ? c * plane : 0) + i]!;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, left, top);
}

/** A picture from base64, enlarged by the style sheet. */
export function picture(base64: string, shape: ImageShape, label: string): HTMLElement {
  const canvas = h('canvas', { class: 'picture', width: shape.width, height: shape.height, role: 'img', 'aria-label': label });
  drawPicture(canvas.getContext('2d')!, Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)), shape, 0, 0);
  return canvas;
}
