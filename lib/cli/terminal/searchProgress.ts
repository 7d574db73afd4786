import { parameterDigits } from '../../report/drawing/digits';
import { SearchTrials } from '../../report/search/trials';
import type { TrialSummary } from '../../report/search/trials';
import type { DecisionEvent, ProgressEvent, SearchEvent, SearchStart } from '../../search/events';
import { formatClock, formatCount } from './format';
import { LiveBlock } from './liveBlock';
import { progressBar } from './progress';
import type { ProgressOptions } from './progress';
import { assignmentText, renderTrials, scoreText } from './searchTable';
import { coloursOf, terminalOf, truncate } from './style';
import type { Terminal } from './style';

const shownTrials = 8;
const barWidth = 20;

/**
 * The life of a search, fed with its events in order: on a terminal a live table of the best trials, what the workers
 * do and the time left; elsewhere a line of at most 80 characters for each trial that ends.
 */
export class SearchProgress {
  private readonly block: LiveBlock;
  private readonly terminal: () => Terminal;
  private readonly trials = new SearchTrials();
  private start: SearchStart | undefined;
  private progress: ProgressEvent | undefined;
  /** When the last progress event came, on the clock of `now`. */
  private heard = 0;
  private readonly now: () => number;
  private best = -1;

  constructor(options: ProgressOptions = {}) {
    this.block = new LiveBlock(options);
    this.now = options.now ?? ((): number => performance.now());
    this.terminal = (): Terminal => terminalOf(options.stream ?? process.stderr, options.env ?? process.env);
  }

  handle(event: SearchEvent): void {
    if (event.type === 'start') this.start = event;
    if (event.type === 'progress') {
      this.progress = event;
      this.heard = this.now();
    }
    this.trials.handle(event);
    if (event.type === 'decision') this.report(event);
    if (event.type === 'result') this.done();
    else this.block.update(this.lines);
  }

  /** Ends the table; also right after an error, so that its message starts on a line of its own. */
  done(): void {
    this.block.clear();
  }

  /** What stays on the screen: failures, and without a terminal every trial that ends. */
  private report(decision: DecisionEvent): void {
    const trial = this.trials.all.find((other) => other.trial === decision.trial)!;
    const terminal = this.terminal();
    if (decision.what === 'failed') {
      const { code, message } = decision.reason!;
      const text = truncate(`trial ${decision.trial} failed: ${code}, ${message}`, Math.min(80, terminal.columns), terminal.unicode);
      this.block.log(text.replace('failed', coloursOf(terminal).yellow));
    } else if (!this.block.isLive && decision.what !== 'promoted') this.block.log(this.line(trial, terminal));
  }

  private line(trial: TrialSummary, terminal: Terminal): string {
    const first = this.trials.ranking[0]!.trial;
    const isBest = first === trial.trial && first !== this.best;
    this.best = first;
    const what = trial.state === 'finished' ? 'done' : `left after rung ${trial.rung + 1}`;
    const text = `trial ${trial.trial}: ${scoreText(trial)}, ${what}${isBest ? ', best so far' : ''}; ${assignmentText(trial, parameterDigits(this.trials.all))}`;
    return truncate(text, 80, terminal.unicode);
  }

  private readonly lines = (): string[] => {
    const screen = this.terminal();
    // One column stays free: a character in the last one makes some terminals wrap.
    const terminal = { ...screen, columns: Math.max(20, Math.min(120, screen.columns) - 1) };
    const ranking = this.trials.ranking.slice(0, shownTrials);
    return [
      ...(ranking.length === 0 ? [] : [...renderTrials(ranking, this.rungs, terminal).trimEnd().split('\n'), '']),
      ...(this.progress?.running ?? []).map(({ trial, rung, step, until }) => {
        const bar = progressBar(step / until, barWidth, terminal.unicode);
        return truncate(`trial ${trial}, rung ${rung + 1}/${this.rungs}  ${bar}  step ${formatCount(step, terminal.unicode)}`, terminal.columns, terminal.unicode);
      }),
      truncate(this.status(), terminal.columns, terminal.unicode),
    ];
  };

  private get rungs(): number {
    return this.start?.rungs.length ?? 1;
  }

  private status(): string {
    const { all } = this.trials;
    const of = this.start?.trials ?? null;
    const counts = (['finished', 'pruned', 'failed'] as const).flatMap((state) => {
      const n = all.filter((trial) => trial.state === state).length;
      return n === 0 ? [] : [`${n} ${state === 'finished' ? 'done' : state === 'pruned' ? 'left' : state}`];
    });
    const since = (this.now() - this.heard) / 1000;
    const { seconds = 0, secondsLeft = null } = this.progress ?? {};
    return [
      `${all.length}${of === null ? '' : `/${of}`} trials${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
      ...(this.progress === undefined ? [] : [`${formatClock(seconds + since)} gone`]),
      ...(secondsLeft === null ? [] : [`${formatClock(secondsLeft - since)} left`]),
    ].join('  ');
  }
}
