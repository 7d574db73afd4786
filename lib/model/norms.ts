/** What stands between a hidden layer and its activation function. */
export type Norm = 'none' | 'batch' | 'layer';

export const norms: readonly Norm[] = ['none', 'batch', 'layer'];
