// Used by the dashboard's page as well: nothing here needs Node.

/** What decides how a run's loss and scores are called: keys of its spec. */
export interface Task {
  readonly loss: string;
  readonly l2: number;
  readonly targetScaling?: string | undefined;
}

const words: Readonly<Record<string, string>> = {
  'cross-entropy': 'mean cross-entropy', bce: 'mean binary cross-entropy', mse: 'mean squared error', huber: 'mean Huber loss', mae: 'mean absolute error',
  quantile: 'mean pinball loss', poisson: 'mean Poisson loss',
};

/** What the loss of a run is: 'mean squared error of standardised targets + λ‖W‖²'. 'mean loss' where its spec is not known. */
export function lossWords(task: Task | undefined): string {
  if (task === undefined) return 'mean loss';
  const { loss, l2, targetScaling = 'none' } = task;
  const scaled = { standardize: ' of standardised targets', log: ' of standardised logarithms' }[targetScaling] ?? '';
  return `${words[loss] ?? `mean ${loss}`}${scaled}${l2 > 0 ? ' + λ‖W‖²' : ''}`;
}

/** What the accuracy of a run is a share of. */
export function accuracyWords(task: Pick<Task, 'loss'> | undefined): string {
  return task?.loss === 'bce' ? 'share of rows with all labels right' : 'share of rows classified rightly';
}
