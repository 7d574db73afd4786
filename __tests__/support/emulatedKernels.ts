import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import type { NativeStatus } from '../../lib/kernels';
import type { KernelName, Kernels, Precision } from '../../lib/kernels/contract';
import { kernelNames } from '../../lib/kernels/signatures';

const { readMessage, writeMessage } = jest.requireActual<{
  readonly readMessage: (descriptor: number) => readonly unknown[];
  readonly writeMessage: (descriptor: number, values: readonly unknown[]) => void;
}>('./kernelServer');

/** Native kernels of another process. */
export interface Emulated {
  readonly info: Extract<NativeStatus, { loaded: true }>['info'];
  readonly kernels: (precision: Precision) => Kernels;
  /** Ends the process. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a process that computes, on so many threads, what the kernels here are called with: where it is an emulator's, drawing inputs and
 * computing right outputs would take it many times as long as the kernels take. `node` is the command that starts Node.js; what is
 * undefined in `env` is taken out of its environment. Pipes are made in `folder`. Calls wait, and throw where the process has ended.
 */
export function emulate(folder: string, node: readonly string[], threads: number, env: Readonly<Record<string, string | undefined>>): Emulated {
  const own = mkdtempSync(join(folder, 'emulated-'));
  const [asked, told, errors] = [join(own, 'asked'), join(own, 'told'), join(own, 'errors')];
  execFileSync('mkfifo', [asked, told]);
  // The process's ends, opened for both directions: opening one for one direction waits for the other end.
  const ends = [openSync(asked, 'r+'), openSync(told, 'r+'), openSync(errors, 'w')];
  const [to, from] = [openSync(asked, 'w'), openSync(told, 'r')];
  // Calls wait for as long as the process lives.
  const child = spawn('timeout', ['900', ...node, join(__dirname, 'kernelServer.js'), String(threads)], { stdio: ends, env: { ...process.env, ...env } });
  for (const end of ends) closeSync(end);

  const receive = (): readonly unknown[] => {
    try {
      return readMessage(from);
    } catch (error) {
      throw new Error(`${node.join(' ')}: ${(error as Error).message}\n${readFileSync(errors, 'utf8')}`, { cause: error });
    }
  };
  const call = (precision: Precision, kernel: KernelName, args: readonly unknown[]): unknown => {
    writeMessage(to, [precision, kernel, ...args]);
    const [returned, ...written] = receive();
    written.forEach((array, i) => {
      if (array !== undefined) (args[i] as Float32Array).set(array as Float32Array);
    });
    return returned;
  };
  return {
    info: receive()[0] as Emulated['info'],
    kernels: (precision) => ({
      ...kernelsFor(precision, 'typescript'),
      ...Object.fromEntries(kernelNames.map((kernel) => [kernel, (...args: readonly unknown[]) => call(precision, kernel, args)])) as Partial<Kernels>,
      backend: 'native',
    }),
    close: async () => {
      const ended = once(child, 'close');
      writeMessage(to, []);
      for (const end of [to, from]) closeSync(end);
      await ended;
    },
  };
}
