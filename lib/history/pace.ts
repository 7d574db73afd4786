import type { RunHistory } from './runHistory';

/** Milliseconds between two of the moments that are remembered. */
const minGap = 100;

export interface PaceOptions {
  /** Milliseconds over which the rate is measured. */
  readonly span?: number;
  /** Milliseconds that steps are watched before the time left follows from their rate. */
  readonly settling?: number;
}

/** How fast a run is, and how long it still takes, from the steps done over the last seconds. */
export class Pace {
  /** Oldest first. */
  private readonly marks: { readonly time: number; readonly step: number }[] = [];
  private readonly span: number;
  private readonly settling: number;

  /** @param now milliseconds of a clock that only rises. */
  constructor(private readonly now: () => number = () => performance.now(), { span = 15_000, settling = 3000 }: PaceOptions = {}) {
    this.span = span;
    this.settling = settling;
  }

  /** Notes that a run has done so many steps by now. */
  mark(step: number): void {
    const time = this.now();
    const last = this.marks[this.marks.length - 1];
    if (last !== undefined && last.step > step) this.marks.length = 0; // the run was resumed from an earlier step
    else if (last !== undefined && (last.step === step || time - last.time < minGap)) return;
    this.marks.push({ time, step });
    while (this.marks.length > 2 && time - this.marks[0]!.time > this.span) this.marks.shift();
  }

  /** NaN until a step was done while it was watched. */
  stepsPerSecond(step: number): number {
    const [first] = this.marks;
    const seconds = first === undefined ? 0 : (this.now() - first.time) / 1000;
    return first === undefined || seconds <= 0 || step <= first.step ? NaN : (step - first.step) / seconds;
  }

  /**
   * Seconds until all steps are done: by the rate once steps have been watched long enough, else by the last epoch, else by the steps since
   * the run began `seconds` ago; NaN while unknown.
   */
  secondsLeft({ step, start, epochs }: Pick<RunHistory, 'step' | 'start' | 'epochs'>, seconds = NaN): number {
    this.mark(step);
    if (start === undefined) return NaN;
    const left = start.steps - step;
    const rate = this.stepsPerSecond(step);
    if (!Number.isNaN(rate) && this.now() - this.marks[0]!.time > this.settling) return left / rate;
    const epoch = epochs[epochs.length - 1];
    if (epoch !== undefined) return (left * epoch.seconds) / start.stepsPerEpoch;
    const done = step - (start.resumedFrom ?? 0);
    return done > 0 && seconds > 0 ? (left * seconds) / done : NaN;
  }
}
