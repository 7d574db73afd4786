import { expected } from '../errors';
import { anyOf } from '../fields';
import { geometrySize } from './augment';
import type { RowChanges } from './augment';
import type { ImageShape } from './dataset';

/** A picture as it is seen: mirrored left to right or not, moved by so many pixels along each axis. */
type View = readonly [mirrored: 0 | 1, x: number, y: number];

const still: readonly View[] = [[0, 0, 0], [1, 0, 0]];
const moved: readonly View[] = [[1, 0], [-1, 0], [0, 1], [0, -1]].flatMap(([x, y]): View[] => [[0, x!, y!], [1, x!, y!]]);

/** Test-time augmentations by name, see {@link ViewOptions}. */
const viewsByName = { flip: still, 'flip-shift': [...still, ...moved] } as const;
export type TestTimeAugmentation = keyof typeof viewsByName;
export const testTimeAugmentations = Object.keys(viewsByName) as readonly TestTimeAugmentation[];

/** How pictures are looked at. */
export interface ViewOptions {
  /**
   * Test-time augmentation: outputs, before they become probabilities, are averaged over views of each picture. `flip` is the picture and its mirror image,
   * `flip-shift` also both moved by a pixel in each of four directions; 2 and 10 times the work.
   */
  readonly tta?: TestTimeAugmentation;
}

/** Throws ERR_CONFIG for anything but the name of a test-time augmentation. */
export function checkTestTimeAugmentation(value: unknown): asserts value is TestTimeAugmentation {
  if (typeof value !== 'string' || !Object.hasOwn(viewsByName, value)) throw expected('ERR_CONFIG', anyOf(testTimeAugmentations), 'tta', value, { path: 'tta' });
}

/** The views of each picture of a batch, one after the other. */
export class Views implements RowChanges {
  readonly geometry: Int32Array;
  readonly partners = new Int32Array(0);
  readonly isGeometric = true;
  readonly isMixing = false;
  readonly isCutting = false;
  readonly lambda = 1;
  readonly count: number;
  readonly #views: readonly View[];
  #next = 0;

  /** For batches of up to `maxBatch` pictures. */
  constructor(name: TestTimeAugmentation, readonly shape: ImageShape, maxBatch: number) {
    this.#views = viewsByName[name];
    this.count = this.#views.length;
    this.geometry = new Int32Array(geometrySize * maxBatch);
  }

  /** Begins with the first view, also where the last reading was broken off. */
  begin(): void {
    this.#next = 0;
  }

  /** Turns to the next view, after the last to the first. */
  draw(m: number): void {
    const view = this.#views[this.#next]!;
    for (let i = 0; i < m; i++) this.geometry.set(view, geometrySize * i);
    this.#next = (this.#next + 1) % this.count;
  }
}
