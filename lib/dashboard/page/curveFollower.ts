import { fill, h } from './dom';
import type { CurveSettings } from './plots/curves';
import type { XAxis } from './plots/xAxis';
import type { ZoomGroup } from './plots/zoom';
import type { RunCurves } from './runCurves';

/** Milliseconds between two drawings while more is read, and until a range that was chosen is looked at in detail. */
const [drawPause, zoomPause] = [500, 150];

/** Reads the curves of runs and has them drawn: bit by bit while there is much to read, and in more detail where a part is looked at. */
export class CurveFollower {
  /** How far reading is. */
  readonly element = h('div', { class: 'reading', role: 'status' });
  private isOver = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly runs: readonly RunCurves[], private readonly group: ZoomGroup, private readonly settings: CurveSettings, private readonly draw: () => void) {
    group.onChange(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.look(), zoomPause);
    });
  }

  /** Reads all that is new of runs, by default of all; returns whether there was any. Throws {@link NoAnswer}. */
  async refresh(runs = this.runs): Promise<boolean> {
    let isNew = false;
    let drawn = -Infinity;
    let unread = runs;
    do {
      const news = await Promise.all(unread.map((run) => run.refresh()));
      if (this.isOver) return isNew;
      isNew = news.some(Boolean) || isNew;
      unread = unread.filter(({ hasMore }) => hasMore);
      if (isNew && (unread.length === 0 || performance.now() - drawn >= drawPause)) {
        this.draw();
        drawn = performance.now();
      }
      this.showProgress();
    } while (unread.length > 0);
    return isNew;
  }

  dispose(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const { range } = this.group;
    const found = await Promise.all(this.runs.map(async (run) => run.lookAt(range === null ? undefined : this.stepsOf(run, range)).catch(() => false))); // the server is gone: what was loaded stays
    if (!this.isOver && found.some(Boolean)) this.draw();
  }

  /** The steps of a range of x. */
  private stepsOf(run: RunCurves, [from, to]: readonly [number, number]): [number, number] {
    const perEpoch = run.state?.start?.stepsPerEpoch ?? 1;
    const stepOf: Readonly<Record<XAxis, (x: number) => number>> = {
      step: (x) => x, epoch: (x) => x * perEpoch, relative: (x) => run.clock.stepAt(x), wall: (x) => run.clock.stepAtWall(x),
    };
    const step = stepOf[this.settings.x];
    return [step(from), step(to)];
  }

  private showProgress(): void {
    const unread = this.runs.filter(({ hasMore, size }) => hasMore && size > 0);
    const [read, size] = [unread.reduce((sum, run) => sum + run.read, 0), unread.reduce((sum, run) => sum + run.size, 0)];
    fill(this.element, unread.length > 0 && h('progress', { max: size, value: read, 'aria-label': 'Reading metrics' }), unread.length > 0 && ` reading ${String(Math.floor((100 * read) / size))} %`);
  }
}
