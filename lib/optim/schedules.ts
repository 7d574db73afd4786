/** A learning rate as a function of the number of steps already done (0 at the first step). */
export type Schedule = (step: number) => number;

/** rate·decay^⌊step / every⌋: the course's decay, with `every` the steps of an epoch. decay = 1 keeps it constant. */
export function exponentialDecay(rate: number, decay: number, every: number): Schedule {
  return (step) => rate * decay ** Math.floor(step / every);
}
