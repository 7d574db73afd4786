import { isSame } from '../domain';
import { weightedMean } from '../../numbers';
import { halvingOf, rungShares } from '../asha';
import type { JournalEntry, SearchHead } from '../records';
import { hasFailed, rungDone, scoreOf, SearchState } from '../state';
import type { Trial } from '../state';
import type { Assignment, Domain, Parameter } from '../types';

// Optuna's JournalStorage: a JSON object a line with an operation (optuna/storages/journal/_storage.py, JournalOperation). Studies and trials have no
// names there but their numbers in the order of creation; a trial that has a final state is never changed again.

const operations = {
  createStudy: 0, setStudyUserAttribute: 2, setStudySystemAttribute: 3, createTrial: 4, setTrialState: 6, setIntermediateValue: 7, setTrialUserAttribute: 8,
} as const;
/** Of optuna.study.StudyDirection. */
const directions = { lower: 1, higher: 2 } as const;
/** Of optuna.trial.TrialState. */
const states = { running: 0, complete: 1, pruned: 2, fail: 3 } as const;

/** Marks the lines of blastrain, as Optuna's dashboard can add others: notes, or preferences of how it shows a study. */
export const optunaWorker = 'blastrain';

/**
 * What the journal of a search comes to in Optuna's JournalStorage: one study, whose lines follow from the entries alone. A trial runs until
 * it has failed, has finished its last rung (complete), or can no longer be promoted (pruned); when the search has ended, so is one that only
 * waits. Values are scores; intermediate ones are those of all evaluations, of several replicates the means.
 */
export class OptunaStudy {
  readonly lines: string[] = [];
  private readonly state: SearchState;
  private readonly closed = new Set<number>();
  /** Evaluations of the replicates of a trial on the rung that they are being trained for. */
  private readonly curves = new Map<number, Map<number, number>[]>();
  /** Milliseconds of the calendar at which the search had taken no time. */
  private origin = 0;

  /** @param promotedLater trials that are promoted although the search had ended before, because more were asked for. */
  constructor(private readonly head: SearchHead, private readonly promotedLater: ReadonlySet<number> = new Set()) {
    const { name, spec, monitor: { metric, better } = { metric: 'accuracy', better: 'higher' }, version, data, startedAt } = head;
    this.state = new SearchState(rungShares(halvingOf(spec)), better);
    this.setOrigin(startedAt, 0);
    this.line(operations.createStudy, { study_name: name, directions: [directions[better]] });
    this.line(operations.setStudySystemAttribute, { study_id: 0, system_attr: { 'study:metric_names': [metric] } });
    for (const [key, value] of Object.entries({ blastrain: version, data, sampler: spec.sampler, pruner: spec.pruner })) {
      this.line(operations.setStudyUserAttribute, { study_id: 0, user_attr: { [key]: value } });
    }
  }

  /** The study of a whole journal. */
  static of(head: SearchHead, entries: readonly JournalEntry[]): OptunaStudy {
    const promotedLater = new Set<number>();
    for (;;) {
      const study = new OptunaStudy(head, promotedLater);
      const conflict = entries.find((entry) => !study.add(entry));
      if (conflict?.type !== 'decision') return study;
      promotedLater.add(conflict.trial);
    }
  }

  /** Adds the lines of an entry. Returns false where earlier lines are to be others: a trial goes on that had its final state. */
  add(entry: JournalEntry): boolean {
    this.state.apply(entry);
    const at = this.origin + entry.elapsed * 1000;
    switch (entry.type) {
      case 'resume':
        this.setOrigin(entry.at, entry.elapsed);
        return true;
      case 'trial':
        this.addTrial(this.state.trials[entry.trial]!, at);
        return true;
      case 'begun':
        if (entry.host !== undefined) this.trialLine(operations.setTrialUserAttribute, entry.trial, { user_attr: { worker: `${entry.host} ${String(entry.pid)}` } });
        return true;
      case 'unit':
        this.addUnit(entry);
        return true;
      case 'decision':
        return this.addDecision(entry, at);
      case 'dropped':
        this.prune(this.state.trials[entry.trial]!, at);
        return true;
      case 'ended':
        for (const trial of this.state.trials) {
          if (trial.decision?.what === 'pruned' && !this.promotedLater.has(trial.trial)) this.prune(trial, at);
        }
        return true;
      case 'search':
        return true;
    }
  }

  private addTrial({ trial, assignment, runs }: Trial, at: number): void {
    const { parameters } = this.head.spec.space;
    const given = parameters.filter(({ name }) => Object.hasOwn(assignment, name));
    this.line(operations.createTrial, {
      study_id: 0, datetime_start: timeOf(at), state: states.running, value: null, values: null,
      distributions: Object.fromEntries(given.map(({ name, domain }) => [name, JSON.stringify(distributionOf(domain))])),
      params: Object.fromEntries(given.map((parameter) => [parameter.name, internalValue(parameter, assignment)])),
      user_attrs: { runs }, system_attrs: {}, intermediate_values: {},
    });
    this.curves.set(trial, runs.map(() => new Map<number, number>()));
  }

  /** When the last replicate has reached the end of a rung, the evaluations that led there become intermediate values. */
  private addUnit({ trial: number, rung, replicate, step, score, curve = [] }: Extract<JournalEntry, { type: 'unit' }>): void {
    const trial = this.state.trials[number]!;
    const curves = this.curves.get(number)!;
    for (const [at, value] of curve) curves[replicate]!.set(at, value);
    if (!curves[replicate]!.has(step)) curves[replicate]!.set(step, score);
    if (scoreOf(trial, rung) === undefined) return;
    const [first, ...others] = curves;
    for (const at of [...first!.keys()].filter((one) => others.every((other) => other.has(one))).sort((a, b) => a - b)) {
      const value = weightedMean(curves.map((one) => one.get(at)!), trial.rows);
      if (Number.isFinite(value)) this.trialLine(operations.setIntermediateValue, number, { step: at, intermediate_value: value });
    }
    for (const one of curves) one.clear();
  }

  private addDecision({ trial, what, score, reason }: Extract<JournalEntry, { type: 'decision' }>, at: number): boolean {
    if (what === 'promoted') return !this.closed.has(trial) || this.promotedLater.has(trial);
    if (what === 'failed') this.trialLine(operations.setTrialUserAttribute, trial, { user_attr: { failure: `${reason!.message} [${reason!.code}]` } });
    // Optuna has no complete trial without a value.
    if (what === 'finished' && Number.isFinite(score)) this.close(trial, states.complete, [score!], at);
    else if (what !== 'pruned') this.close(trial, states.fail, null, at);
    return true;
  }

  private prune(trial: Trial, at: number): void {
    if (hasFailed(trial)) return;
    const score = scoreOf(trial, rungDone(trial))?.score ?? NaN;
    this.close(trial.trial, states.pruned, Number.isFinite(score) ? [score] : null, at);
  }

  private close(trial: number, state: number, values: readonly number[] | null, at: number): void {
    this.trialLine(operations.setTrialState, trial, { state, values, datetime_complete: timeOf(at) });
    this.closed.add(trial);
  }

  private setOrigin(at: string, elapsed: number): void {
    const time = Date.parse(at);
    if (Number.isFinite(time)) this.origin = time - elapsed * 1000;
  }

  /** Nothing for a trial that has its final state. */
  private trialLine(operation: number, trial: number, fields: object): void {
    if (!this.closed.has(trial)) this.line(operation, { trial_id: trial, ...fields });
  }

  private line(operation: number, fields: object): void {
    this.lines.push(`${JSON.stringify({ op_code: operation, worker_id: optunaWorker, ...fields })}\n`);
  }
}

/** A time as Python reads it, in versions too that know no Z. A journal can have been altered to one that the calendar has not. */
function timeOf(milliseconds: number): string {
  const time = new Date(milliseconds);
  return (Number.isNaN(time.getTime()) ? new Date(0) : time).toISOString().replace('Z', '+00:00');
}

/** A distribution as `optuna.distributions.distribution_to_json` writes it. Optuna knows no steps of logarithmic integers; theirs are named without the logarithm. */
function distributionOf(domain: Domain): object {
  if (domain.type === 'choice') return { name: 'CategoricalDistribution', attributes: { choices: domain.values.map(choiceOf) } };
  const { low, high, type } = domain;
  if (!('step' in domain)) return { name: 'FloatDistribution', attributes: { step: null, low, high, log: type === 'log-uniform' } };
  const { step } = domain;
  return { name: 'IntDistribution', attributes: { log: type === 'log-integer' && step === 1, step, low, high } };
}

/** Optuna's choices are no lists; theirs are named by their JSON. */
function choiceOf(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}

/** Optuna's internal value of a parameter: of a choice its place. */
function internalValue({ name, domain }: Parameter, assignment: Assignment): unknown {
  const value = assignment[name];
  return domain.type === 'choice' ? domain.values.findIndex((one) => isSame(one, value)) : value;
}
