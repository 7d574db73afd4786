import { kernelsFor } from '../kernels';
import type { BackendName, Kernels } from '../kernels/contract';
import { Instance } from '../kernels/wasm/instance';
import { wasmKernels } from '../kernels/wasm/kernels';
import { openModule } from '../kernels/wasm/moduleFile';
import { wholeLoad } from './load';
import type { LoadAnswer, LoadTimes } from './load';

/* A process of benchLoad, whose argument is a backend: loads it once, by parts where that is WebAssembly, and sends the seconds to its parent. */

function timesOf(backend: BackendName): LoadTimes {
  const times: Record<string, number> = {};
  const begun = performance.now();
  const timed = <Result>(part: string, work: () => Result): Result => {
    const since = performance.now();
    const result = work();
    times[part] = (performance.now() - since) / 1000;
    return result;
  };
  const firstCall = (kernels: Kernels): number => kernels.nrm2(2, kernels.allocate(2));
  if (backend === 'wasm') {
    const opened = timed('read and compile', () => openModule());
    if ('reason' in opened) throw new Error(opened.reason);
    const instance = timed('reserve memory and instantiate', () => new Instance(opened.module));
    const kernels = timed('table of kernels', () => wasmKernels(instance, 'float32'));
    timed('first call', () => firstCall(kernels));
  } else {
    firstCall(kernelsFor('float32', backend));
  }
  return { [wholeLoad]: (performance.now() - begun) / 1000, ...times };
}

const times = timesOf(process.argv[2] as BackendName);
const { user, system } = process.cpuUsage();
process.send!({ times, cpuSeconds: (user + system) / 1e6 } satisfies LoadAnswer);
