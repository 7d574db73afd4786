// Used by the dashboard's page as well: nothing here needs Node.

/** The seconds of training after which a step was done. */
export interface Mark {
  readonly step: number;
  readonly seconds: number;
}

/** When steps of a run were done. Between two marks, and behind the last, steps are taken as equally long. */
export class StepClock {
  private readonly marks: readonly Mark[];

  /** @param marks in order of step. */
  constructor(marks: readonly Mark[]) {
    const kept = [{ step: 0, seconds: 0 }];
    for (const mark of marks) {
      const last = kept[kept.length - 1]!;
      if (mark.step > last.step && mark.seconds >= last.seconds) kept.push(mark);
    }
    this.marks = kept;
  }

  /** Whether nothing is known of times: all that it tells is NaN then. */
  get isEmpty(): boolean {
    return this.marks.length < 2;
  }

  secondsAt(step: number): number {
    return this.between(step, 'step', 'seconds');
  }

  /** The step that was done after so many seconds, perhaps with a fraction. */
  stepAt(seconds: number): number {
    return this.between(seconds, 'seconds', 'step');
  }

  private between(value: number, from: keyof Mark, to: keyof Mark): number {
    const { marks } = this;
    if (this.isEmpty) return NaN;
    let [low, high] = [1, marks.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks[middle]![from] < value) low = middle + 1;
      else high = middle;
    }
    const [before, after] = [marks[low - 1]!, marks[low]!];
    const span = after[from] - before[from];
    return span > 0 ? before[to] + ((value - before[from]) / span) * (after[to] - before[to]) : after[to];
  }
}

/** Marks at the ends of epochs, each of which took so many seconds. */
export function epochMarks(epochs: readonly Mark[]): Mark[] {
  let total = 0;
  return epochs.map(({ step, seconds }) => ({ step, seconds: (total += seconds) }));
}
