import { epochMarks, StepClock } from '../../history/clock';
import { checkShape, count, listOf, objectOf, text } from '../../files/shape';
import type { PointTable } from './pointTable';
import type { FlatSpec } from './specTable';

/** When a process of a run began, in milliseconds since 1970, and the steps done then. */
export interface Beginning {
  readonly at: number;
  readonly step: number;
}

const resumedShape = listOf(objectOf<{ readonly at: string; readonly step: number }>({ at: text, step: count }));

/** When a run began and went on, as its record says. */
export function beginningsOf(spec: FlatSpec): Beginning[] {
  const first = { at: Date.parse(spec.get('startedAt') ?? ''), step: 0 };
  try {
    const resumed = checkShape(JSON.parse(spec.get('resumed') ?? '[]') as unknown, resumedShape, { file: 'the answer', code: 'ERR_DATA' });
    return [first, ...resumed.map(({ at, step }) => ({ at: Date.parse(at), step }))];
  } catch {
    return [first]; // not written by a training
  }
}

/** When the steps of a run were done: by training time, and by the clock on the wall, which goes on while a run is interrupted. */
export class RunClock {
  private readonly clock: StepClock;
  private readonly segments: readonly { readonly seconds: number; readonly at: number }[];

  /** @param beginnings in order; of an unknown one nothing is known by the wall. */
  constructor(steps: PointTable, epochs: PointTable | undefined, beginnings: readonly Beginning[]) {
    const seconds = steps.column('seconds');
    const timed = steps.column('step').flatMap((step, i) => (Number.isFinite(seconds[i]!) ? [{ step, seconds: seconds[i]! }] : []));
    this.clock = new StepClock(timed.length > 0 || epochs === undefined ? timed : epochMarks(epochsOf(epochs)));
    this.segments = beginnings.map(({ at, step }) => ({ at: at / 1000, seconds: step === 0 ? 0 : this.clock.secondsAt(step) })).filter(({ at }) => Number.isFinite(at));
  }

  secondsAt(step: number): number {
    return this.clock.secondsAt(step);
  }

  /** In seconds since 1970. */
  wallAt(step: number): number {
    const seconds = this.clock.secondsAt(step);
    const segment = this.segments.findLast((one) => one.seconds < seconds) ?? this.segments[0];
    return segment === undefined ? NaN : segment.at + seconds - segment.seconds;
  }

  stepAt(seconds: number): number {
    return this.clock.stepAt(seconds);
  }

  stepAtWall(at: number): number {
    const next = this.segments.findIndex((one) => one.at > at);
    const segment = this.segments[next < 0 ? this.segments.length - 1 : Math.max(0, next - 1)];
    if (segment === undefined) return NaN;
    const end = next > 0 ? this.segments[next]!.seconds : Infinity;
    return this.clock.stepAt(Math.min(end, Math.max(0, segment.seconds + at - segment.at)));
  }
}

/** The time that epochs took, where a point stands for several. */
function epochsOf(epochs: PointTable): { step: number; seconds: number }[] {
  const seconds = epochs.column('seconds');
  return epochs.column('step').map((step, i) => ({ step, seconds: seconds[i]! * epochs.stride }));
}
