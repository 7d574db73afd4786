import { countTrials, SearchHistory } from '../../history/searchHistory';
import type { TrialSummary } from '../../history/searchHistory';
import { parameterDigits } from '../../report/drawing/digits';
import type { DecisionEvent, SearchEvent } from '../../search/events';
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
 * The progress of a search, from its events in their order: on a terminal a live table of the best trials, what the workers
 * do and the time left; elsewhere a line of at most 80 characters for each trial that ends.
 */
export class SearchProgress {
  private readonly block: LiveBlock;
  private readonly terminal: () => Terminal;
  private readonly history = new SearchHistory();
  /** When the last progress event came, on the clock of `now`. */
  private progressAt = 0;
  private readonly now: () => number;
  private best = -1;

  constructor(options: ProgressOptions = {}) {
    this.block = new LiveBlock(options);
    this.now = options.now ?? ((): number => performance.now());
    this.terminal = (): Terminal => terminalOf(options.stream ?? process.stderr, options.env ?? process.env);
  }

  handle(event: SearchEvent): void {
    this.history.apply(event);
    if (event.type === 'progress') this.progressAt = this.now();
    if (event.type === 'decision') this.report(event);
    if (event.type === 'result') this.done();
    else this.block.update(this.lines);
  }

  /** Ends the table; also right after an error, so that its message starts on a line of its own. */
  done(): void {
    this.block.clear();
  }

  /** Logs what stays on the screen: failures, and without a terminal every trial that ends. */
  private report(decision: DecisionEvent): void {
    const trial = this.history.trials[decision.trial]!;
    const terminal = this.terminal();
    if (decision.what === 'failed') {
      const { code, message } = decision.reason!;
      const text = truncate(`trial ${decision.trial} failed: ${code}, ${message}`, terminal.isTTY ? Math.min(80, terminal.columns) : Infinity, terminal.unicode);
      this.block.log(text.replace('failed', coloursOf(terminal).yellow));
    } else if (!this.block.isLive && decision.what !== 'promoted') this.block.log(this.line(trial, terminal));
  }

  private line(trial: TrialSummary, terminal: Terminal): string {
    const first = this.history.ranking[0]!.trial;
    const isBest = first === trial.trial && first !== this.best;
    this.best = first;
    const what = trial.state === 'finished' ? 'done' : `left after rung ${trial.rung + 1}`;
    const text = `trial ${trial.trial}: ${scoreText(trial)}, ${what}${isBest ? ', best so far' : ''}; ${assignmentText(trial, parameterDigits(this.history.trials))}`;
    return truncate(text, terminal.isTTY ? 80 : Infinity, terminal.unicode);
  }

  private readonly lines = (): string[] => {
    const screen = this.terminal();
    // One column stays free: a character in the last one makes some terminals wrap.
    const terminal = { ...screen, columns: Math.max(20, Math.min(120, screen.columns) - 1) };
    const ranking = this.history.ranking.slice(0, shownTrials);
    return [
      ...(ranking.length === 0 ? [] : [...renderTrials(ranking, this.rungs, terminal).trimEnd().split('\n'), '']),
      ...(this.history.progress?.running ?? []).map(({ trial, rung, step, until }) => {
        const bar = progressBar(step / until, barWidth, terminal.unicode);
        return truncate(`trial ${trial}, rung ${rung + 1}/${this.rungs}  ${bar}  step ${formatCount(step)}`, terminal.columns, terminal.unicode);
      }),
      truncate(this.status(), terminal.columns, terminal.unicode),
    ];
  };

  private get rungs(): number {
    return this.history.start?.rungs.length ?? 1;
  }

  private status(): string {
    const { trials, start, progress } = this.history;
    const of = start?.trials ?? null;
    const counts = (['finished', 'pruned', 'failed'] as const).flatMap((state) => {
      const n = countTrials(trials, state);
      return n === 0 ? [] : [`${n} ${state === 'finished' ? 'done' : state === 'pruned' ? 'left' : state}`];
    });
    const since = (this.now() - this.progressAt) / 1000;
    const { seconds = 0, secondsLeft = null } = progress ?? {};
    return [
      `${trials.length}${of === null ? '' : `/${of}`} trials${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
      ...(progress === undefined ? [] : [`${formatClock(seconds + since)} gone`]),
      ...(secondsLeft === null ? [] : [`${formatClock(secondsLeft - since)} left`]),
    ].join('  ');
  }
}
