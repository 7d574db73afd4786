import type uPlot from 'uplot';
import { printable } from '../../../text';
import { seriesColour, shortened } from '../dom';
import type { Line } from './lines';

/** More lines have no labels at their ends, nor have charts that are narrower, in pixels: the legend has to do. */
const maxLabels = 8;
const minWidth = 400;
const maxLetters = 16;
const [lineHeight, gap] = [13, 6];
const font = (ratio: number): string => `${String(12 * ratio)}px system-ui, sans-serif`;
/** By which texts are measured. */
const ruler = document.createElement('canvas').getContext('2d')!;

/** The lines whose ends are labelled. */
function labelled(lines: readonly Line[], width: number): readonly Line[] {
  const shown = lines.filter(({ faint = false, x }) => !faint && x.length > 0);
  return width < minWidth || shown.length < 2 || shown.length > maxLabels ? [] : shown;
}

function textOf({ label, name = label }: Line): string {
  return shortened(printable(name), maxLetters);
}

/** The room on the right that labels need, in pixels; undefined where there are none. */
export function endLabelRoom(lines: readonly Line[], width: number): number | undefined {
  const shown = labelled(lines, width);
  ruler.font = font(1);
  return shown.length === 0 ? undefined : gap + Math.ceil(Math.max(...shown.map((line) => ruler.measureText(textOf(line)).width)));
}

/** Writes what lines are called beside their last points in sight, one under the other where these are close. */
export function drawEndLabels(plot: uPlot, lines: readonly Line[], [from, to]: readonly [number, number]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const places = labelled(lines, plot.width).flatMap((line) => {
    const { x, y, series } = line;
    for (let i = x.length - 1; i >= 0; i--) {
      if (x[i]! > to || !Number.isFinite(y[i]!)) continue;
      if (x[i]! < from) return [];
      const at = plot.valToPos(y[i]!, 'y', true);
      return [{ text: textOf(line), series, at: Math.max(bbox.top, Math.min(bbox.top + bbox.height, at)) }];
    }
    return [];
  }).sort((a, b) => a.at - b.at);
  const height = lineHeight * ratio;
  for (let i = 1; i < places.length; i++) places[i]!.at = Math.max(places[i]!.at, places[i - 1]!.at + height);
  let below = bbox.top + bbox.height;
  for (const place of [...places].reverse()) {
    place.at = Math.min(place.at, below);
    below = place.at - height;
  }
  ctx.save();
  ctx.font = font(ratio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { text, series, at } of places) {
    ctx.fillStyle = seriesColour(series);
    ctx.fillText(text, bbox.left + bbox.width + gap * ratio, at);
  }
  ctx.restore();
}
