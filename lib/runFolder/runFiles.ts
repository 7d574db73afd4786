import { locksName } from '../files';

/** Names of the files in a run's folder. */
export const runFiles = {
  spec: 'spec.json',
  metrics: 'metrics.jsonl',
  /** The last checkpoint, and the one before it, which is used where the last is damaged. */
  checkpoint: 'checkpoint.safetensors',
  previous: 'checkpoint.previous.safetensors',
  /** The checkpoint of the best evaluation. */
  best: 'best.safetensors',
  /** Evaluations with scores by class, one for each split that was evaluated. */
  evaluation: 'evaluation.json',
  /** Folder of the checkpoints kept by `keepEvery`. */
  kept: 'checkpoints',
  /** Pictures of the first layer's weights over the run, see weightSnapshots.ts. */
  weightSnapshots: 'weights.film',
  /** Histograms of the layers, see train/histograms.ts. */
  histograms: 'histograms.jsonl',
  /** Why the run failed, and a request to stop it, see runControl.ts. */
  status: 'status.json',
  stop: 'stop',
  /** Title, tags and note that people give it, see labels.ts. */
  labels: 'labels.json',
} as const;

/** Names of the files in a search's folder, which also contains the folders of its runs. */
export const searchFiles = {
  journal: 'journal.jsonl',
  /** The search's report: ranking, importances, significance. */
  report: 'search.json',
  /** The best spec, ready for training. */
  best: 'best.json',
  /** What the journal says, for Optuna. */
  optuna: 'optuna.log',
  /** Folder of the locks of a shared search: one for the journal and one for each run that is being trained. */
  locks: locksName,
} as const;
