import type {
  CheckpointEvent, EpochEvent, EvaluationEvent, HealthEvent, ResultEvent, StartEvent, StepEvent, TrainEvent, WarningEvent,
} from '../train/events';
import { monitoredOf } from './bestScore';

// Used by the dashboard's page as well: nothing here needs Node.

type ListName = 'steps' | 'evaluations' | 'epochs' | 'health' | 'checkpoints' | 'warnings';

/**
 * The state of a training run, folded from its events in their order. A run that is resumed repeats the steps since its checkpoint:
 * what its events say then replaces what they said before.
 */
export class RunHistory {
  /** The last start; a resumed run may be longer than the first said. */
  start: StartEvent | undefined;
  /** Absent until the run ends, and again once a run that has ended goes on. */
  result: ResultEvent | undefined;
  /** In order of step, each at most once; so are the lists below, but for warnings. */
  readonly steps: StepEvent[] = [];
  readonly evaluations: EvaluationEvent[] = [];
  readonly epochs: EpochEvent[] = [];
  readonly health: HealthEvent[] = [];
  readonly checkpoints: CheckpointEvent[] = [];
  /** In order; one that is said again, at the same step in the same words, stands once. */
  readonly warnings: WarningEvent[] = [];

  private readonly kept: Readonly<Record<ListName, number>>;

  /** @param kept how many of the last events of a kind the lists hold: 1 where only the present state is wanted; all of a kind that is not named. */
  constructor(kept: number | Partial<Record<ListName, number>> = Infinity) {
    const rest = typeof kept === 'number' ? kept : Infinity;
    this.kept = { steps: rest, evaluations: rest, epochs: rest, health: rest, checkpoints: rest, warnings: rest, ...(typeof kept === 'object' && kept) };
  }

  apply(event: TrainEvent): void {
    this.result = undefined;
    switch (event.type) {
      case 'start':
        this.start = event;
        if (event.resumedFrom !== undefined) this.cutFrom(event.resumedFrom + 1);
        break;
      case 'step':
      case 'evaluation':
        // These are emitted before what else there is to say of their step.
        for (const list of [this.evaluations, this.health, this.warnings]) cut(list, event.step);
        if (event.type === 'step') this.add('steps', event);
        else this.add('evaluations', event);
        break;
      case 'epoch':
        this.add('epochs', event);
        break;
      case 'health':
        this.add('health', event);
        break;
      case 'checkpoint':
        this.add('checkpoints', event);
        break;
      case 'warning':
        if (this.warnings.some(({ code, message, step }) => code === event.code && message === event.message && step === event.step)) break;
        this.warnings.push(event);
        if (this.warnings.length > this.kept.warnings) this.warnings.shift();
        break;
      case 'result':
        this.result = event;
        break;
      case 'histograms': // they lie in a file of their own
        break;
    }
  }

  clear(): void {
    this.start = undefined;
    this.result = undefined;
    for (const list of this.lists) list.length = 0;
  }

  /** Steps done, as far as events tell. */
  get step(): number {
    return this.result?.steps ?? Math.max(this.start?.resumedFrom ?? 0, ...this.lists.map((list) => list[list.length - 1]?.step ?? 0));
  }

  /** Of the last step. */
  get learningRate(): number | undefined {
    return this.steps[this.steps.length - 1]?.learningRate;
  }

  get lastEvaluation(): EvaluationEvent | undefined {
    return this.evaluations[this.evaluations.length - 1];
  }

  /** Accuracies and loss as they were last: of the result, else of the last evaluation. */
  get scores(): ResultEvent | EvaluationEvent | undefined {
    return this.result ?? this.lastEvaluation;
  }

  /** Whether the run has been evaluated and classifies nothing: it has no accuracies then. False before its first evaluation. */
  get isRegression(): boolean {
    const [first] = this.evaluations;
    if (first === undefined || Number.isFinite(first.valAccuracy)) return false;
    // Runs of earlier versions had accuracies of NaN.
    return Number.isFinite(first.valLoss) || !Number.isFinite(first.trainAccuracy); // or there are no validation rows
  }

  /** Whether there are accuracies to show. */
  get hasAccuracy(): boolean {
    return this.evaluations.length > 0 && !this.isRegression;
  }

  /** Whether there are root mean squared errors to show. */
  get hasRmse(): boolean {
    return this.evaluations.some(({ trainRmse = NaN, valRmse = NaN }) => Number.isFinite(trainRmse) || Number.isFinite(valRmse));
  }

  /** The evaluation that did best on validation, the first of equals; undefined without validation rows. */
  get best(): EvaluationEvent | undefined {
    const valueOf = (evaluation: EvaluationEvent): number => {
      const { better, value } = monitoredOf(evaluation);
      return better === 'higher' ? value : -value;
    };
    return this.evaluations.filter(({ valLoss }) => Number.isFinite(valLoss))
      .reduce<EvaluationEvent | undefined>((best, one) => (best === undefined || valueOf(one) > valueOf(best) || Number.isNaN(valueOf(best)) ? one : best), undefined);
  }

  private get lists(): { readonly step?: number }[][] {
    return [this.steps, this.evaluations, this.epochs, this.health, this.checkpoints, this.warnings];
  }

  private add<Name extends Exclude<ListName, 'warnings'>>(name: Name, event: RunHistory[Name][number]): void {
    const list: { readonly step: number }[] = this[name];
    this.cutFrom(event.step + 1);
    cut(list, event.step);
    list.push(event);
    if (list.length > this.kept[name]) list.shift();
  }

  private cutFrom(step: number): void {
    for (const list of this.lists) cut(list, step);
  }
}

/** Removes the events of that step and of later ones; those of no step stay. */
function cut(events: { readonly step?: number }[], from: number): void {
  for (let i = events.length - 1; i >= 0; i--) {
    const { step } = events[i]!;
    if (step === undefined) continue;
    if (step < from) return;
    events.splice(i, 1);
  }
}
