import { weightSnapshotsShape } from '../../runFolder/weightSnapshotsShape';
import type { WeightSnapshotsHeader } from '../../runFolder/weightSnapshotsShape';
import { checkShape } from '../../files/shape';
import { formatCount } from '../../numbers';
import { fill, h } from './dom';
import { drawPicture } from './plots/picture';

interface Frame {
  readonly step: number;
  readonly pixels: Uint8Array;
}

/** Narrower pages are taken for those of a phone, in pixels. */
const narrow = 760;
/** Milliseconds that a frame is shown while playing. */
const frameTime = 250;

function readHeader(line: Uint8Array): WeightSnapshotsHeader | undefined {
  try {
    return checkShape(JSON.parse(new TextDecoder().decode(line)) as unknown, weightSnapshotsShape, { file: 'the answer', code: 'ERR_DATA' });
  } catch {
    return undefined;
  }
}

/** The pictures of the first layer's weights, with a slider over time. */
export class WeightSnapshotsPanel {
  readonly element: HTMLElement;
  private bytes = new Uint8Array(0);
  private header: WeightSnapshotsHeader | undefined;
  private readonly frames: Frame[] = [];
  private readonly canvas = h('canvas', { class: 'film', role: 'img' });
  private readonly slider = h('input', { type: 'range', min: 0, max: 0, value: 0, 'aria-label': 'Moment of the training' });
  private readonly caption = h('output', {});
  private readonly play = h('button', { type: 'button', 'aria-label': 'Play' }, '▶');
  private readonly note = h('p', { class: 'note' });
  private allUnits: number | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** The frame shown; until one is selected the last, also after new ones have arrived. */
  private chosen: number | undefined;

  constructor() {
    this.slider.addEventListener('input', () => {
      this.choose(this.slider.valueAsNumber);
    });
    this.play.addEventListener('click', () => {
      if (this.timer === undefined) this.start();
      else this.pause();
    });
    this.element = h(
      'section', { class: 'panel', hidden: true }, h('h2', {}, 'First-layer weights'),
      this.note,
      this.canvas, h('div', { class: 'row' }, this.play, this.slider, this.caption),
    );
  }

  take(bytes: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    this.bytes = all;
    if (this.header === undefined) {
      const end = all.indexOf(10);
      if (end < 0) return;
      const header = readHeader(all.subarray(0, end));
      if (header === undefined) return; // no snapshots: nothing is shown
      this.header = header;
      this.bytes = all.subarray(end + 1);
    }
    const { units, imageShape: { channels, height, width } } = this.header;
    const size = units * channels * height * width;
    while (this.bytes.length >= 4 + size) {
      const view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
      this.frames.push({ step: view.getUint32(0, true), pixels: this.bytes.slice(4, 4 + size) });
      this.bytes = this.bytes.subarray(4 + size);
    }
    this.slider.max = String(this.frames.length - 1);
    this.draw();
  }

  /** @param units of the whole layer: more than are drawn, perhaps. */
  setUnits(units: number | undefined): void {
    this.allUnits = units;
    this.draw();
  }

  clear(): void {
    this.pause();
    this.bytes = new Uint8Array(0);
    this.header = undefined;
    this.frames.length = 0;
    this.chosen = undefined;
    this.element.hidden = true;
  }

  dispose(): void {
    clearInterval(this.timer);
  }

  private choose(frame: number): void {
    this.chosen = frame === this.frames.length - 1 ? undefined : frame;
    this.draw();
  }

  private start(): void {
    this.play.textContent = '❚❚';
    this.play.setAttribute('aria-label', 'Pause');
    let next = this.chosen ?? 0;
    this.timer = setInterval(() => {
      this.choose(next);
      if (next >= this.frames.length - 1) this.pause();
      next++;
    }, frameTime);
  }

  private pause(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = '▶';
    this.play.setAttribute('aria-label', 'Play');
  }

  private draw(): void {
    const at = this.chosen ?? this.frames.length - 1;
    const frame = this.frames[at];
    if (frame === undefined || this.header === undefined) return;
    const { units, imageShape } = this.header;
    const { width, height } = imageShape;
    const size = frame.pixels.length / units;
    const columns = Math.min(units, innerWidth < narrow ? 6 : 12);
    this.element.hidden = false;
    const all = this.allUnits === undefined || this.allUnits <= units ? `All ${String(units)}` : `The first ${String(units)} of ${formatCount(this.allUnits)}`;
    fill(this.note, `${all} hidden units, a tile each: mid-grey is weight 0, and every unit has a scale of its own.`);
    this.canvas.width = columns * (width + 2);
    this.canvas.height = Math.ceil(units / columns) * (height + 2);
    const context = this.canvas.getContext('2d')!;
    for (let unit = 0; unit < units; unit++) {
      const left = (unit % columns) * (width + 2) + 1;
      const top = Math.floor(unit / columns) * (height + 2) + 1;
      drawPicture(context, frame.pixels.subarray(unit * size, (unit + 1) * size), imageShape, left, top);
    }
    this.canvas.setAttribute('aria-label', `Weights of ${String(units)} units at step ${String(frame.step)}`);
    this.slider.value = String(at);
    this.slider.setAttribute('aria-valuetext', `step ${String(frame.step)}`);
    this.caption.textContent = `step ${formatCount(frame.step)} (${String(at + 1)} of ${String(this.frames.length)})`;
  }
}
