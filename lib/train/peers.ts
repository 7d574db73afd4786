/** Why a training may end before its last step, beside early stopping. */
export type EarlyEnd = 'stopped' | 'maxSeconds';

/** The processes that train together, where all must decide alike. */
export interface Peers {
  /** What the first process makes, on all of them. All call it in the same order. */
  agree<T>(make: () => T): T;
  /** Called before each step with why this process wishes to end; returns why all end now, which is a step later than the wish. */
  ending(wish: EarlyEnd | undefined): EarlyEnd | undefined;
}

/** A process that trains by itself. */
export const alone: Peers = { agree: (make) => make(), ending: (wish) => wish };
