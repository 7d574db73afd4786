import { expected } from '../errors';
import type { TrainEvent } from '../train/events';

/** The iteration over the events of a run; leaving it early calls `stop`. Two loops at once would each get a part of the events, and one would wait for ever: the second throws ERR_CONFIG. */
export function oneLoop(events: AsyncIterable<TrainEvent>, stop: () => void): () => AsyncGenerator<TrainEvent, void> {
  let isIterating = false;
  return async function* iterate() {
    if (isIterating) throw expected('ERR_CONFIG', 'one loop at a time', 'the events of a run', 'a second one', { path: 'run' });
    isIterating = true;
    try {
      yield* events;
    } finally {
      isIterating = false;
      stop();
    }
  };
}

/** Queue of events between a training and the caller's loop. */
export class EventQueue implements AsyncIterable<TrainEvent> {
  private readonly queue: TrainEvent[] = [];
  private ended = false;
  private error: Error | undefined;
  private wake: () => void = () => undefined;

  push(some: readonly TrainEvent[]): void {
    this.queue.push(...some);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  fail(error: Error): void {
    if (!this.ended) this.error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent> {
    for (;;) {
      while (this.queue.length > 0) yield this.queue.shift()!;
      if (this.error !== undefined) throw this.error;
      if (this.ended) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
