/** Names of the files in a run's folder. */
export const runFiles = {
  spec: 'spec.json',
  metrics: 'metrics.jsonl',
  /** The last checkpoint, and the one before it, for the case that the last is damaged. */
  checkpoint: 'checkpoint.safetensors',
  previous: 'checkpoint.previous.safetensors',
  /** The checkpoint of the best evaluation. */
  best: 'best.safetensors',
  /** Scores by class, one entry for each split that was evaluated. */
  evaluation: 'evaluation.json',
  /** Folder of the checkpoints that `keepEvery` keeps. */
  kept: 'checkpoints',
  /** Pictures of the first layer's weights over the run, see weightFilm.ts. */
  film: 'weights.film',
  /** That a process is at the run, or what ended it badly, and a request to end it: see runControl.ts. */
  status: 'status.json',
  stop: 'stop',
} as const;

/** Names of the files in a search's folder, in which the folders of its runs lie. */
export const searchFiles = {
  journal: 'journal.jsonl',
  /** Ranking, importances, significance. */
  report: 'search.json',
  /** The best spec, ready for training. */
  best: 'best.json',
} as const;
