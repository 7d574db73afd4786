import { expected } from '../errors';
import type { Callback, OwnCallback } from '../spec/ownParts';
import type { TrainEvent } from '../train/events';

/** The callbacks of a run, by their names in its module, and what they keep. */
export class OwnCallbacks {
  private readonly own: readonly (readonly [name: string, callback: OwnCallback])[];

  /** Throws ERR_CONFIG where a callback that is to be made is none. */
  constructor(callbacks: Readonly<Record<string, Callback>>) {
    this.own = Object.entries(callbacks).map(([name, callback]) => [name, made(callback, `callbacks.${name}`)]);
  }

  /** Calls all of them; whether one asks to stop. */
  tell(event: TrainEvent): boolean {
    return this.own.map(([, callback]) => callback.event(event)).includes('stop');
  }

  /** What they keep, by name, for a checkpoint; undefined where none keeps anything. Throws ERR_CONFIG for what a checkpoint cannot hold. */
  state(): Readonly<Record<string, unknown>> | undefined {
    const states = this.own.flatMap(([name, callback]) => {
      if (callback.state === undefined) return [];
      const state = callback.state();
      checkPlain(state, `callbacks.${name}`);
      return [[name, state] as const];
    });
    return states.length === 0 ? undefined : Object.fromEntries(states);
  }

  /** Gives them back what they kept; one that is not in the checkpoint begins anew. */
  restore(states: unknown): void {
    for (const [name, callback] of this.own) {
      const kept = Object(states) as Record<string, unknown>; // Object(undefined) is {}
      if (callback.restore !== undefined && Object.hasOwn(kept, name)) callback.restore(kept[name]);
    }
  }
}

function made(callback: Callback, path: string): OwnCallback {
  if (typeof callback === 'function') return { event: callback };
  const own: unknown = callback.make();
  const { event, state, restore } = Object(own) as Partial<OwnCallback>; // Object(null) is {}
  const isWhole = typeof event === 'function' && (state === undefined) === (restore === undefined) && [state, restore].every((one) => one === undefined || typeof one === 'function');
  if (!isWhole) throw expected('ERR_CONFIG', 'an object with event and, both or neither, state and restore', `what ${path}.make returns`, own, { path });
  return own as OwnCallback;
}

/** The typed arrays that a checkpoint holds. */
const storedArrays: readonly string[] = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint32Array', 'Uint8Array', 'Uint16Array'];

/** Throws ERR_CONFIG for anything but numbers, texts, booleans, null, lists and objects of these, and typed arrays. */
function checkPlain(value: unknown, path: string): void {
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) return;
  if (storedArrays.includes(String((Object(value) as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]))) return;
  if (Array.isArray(value)) {
    value.forEach((item) => { checkPlain(item, path); });
    return;
  }
  const isPlain = typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null) && Object.keys(value).every((key) => !key.startsWith('$'));
  if (!isPlain) throw expected('ERR_CONFIG', 'numbers, texts, booleans, null, and lists, objects and typed arrays of these,', `the state of ${path}`, value, { path });
  for (const item of Object.values(value)) checkPlain(item, path);
}
