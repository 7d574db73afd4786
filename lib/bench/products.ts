import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../files';
import { Driver } from './driver';
import type { BenchNet } from './nets';
import type { Contender } from './timing';

/** One matrix product: C[m,n] ← op(A)[m,k]·op(B)[k,n]. */
export interface Product {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Products with a smaller share of a step's FLOPs are left out. */
const minShare = 0.005;

export function flopsOf({ m, n, k }: Product): number {
  return 2 * m * n * k;
}

/**
 * The large products of a training step of a multi-layer perceptron, in order: forward Z = X·Wᵀ, and for each layer backward dW = dZᵀ·X and,
 * except for the first layer, dX = dZ·W.
 */
export function productsOf({ spec: { layers, batchSize: m } }: Pick<BenchNet, 'spec'>): Product[] {
  const pairs = layers.slice(1).map((outputs, l) => ({ inputs: layers[l]!, outputs }));
  const forward = pairs.map(({ inputs, outputs }) => ({ transA: false, transB: true, m, n: outputs, k: inputs }));
  const backward = pairs.map(({ inputs, outputs }, l) => [
    { transA: true, transB: false, m: outputs, n: inputs, k: m },
    ...(l > 0 ? [{ transA: false, transB: false, m, n: inputs, k: outputs }] : []),
  ]);
  const all = [...forward, ...backward.reverse().flat()];
  const total = all.reduce((sum, product) => sum + flopsOf(product), 0);
  return all.filter((product) => flopsOf(product) >= minShare * total);
}

/** The products of a net called from C, in the OpenBLAS that the addon has loaded, with the same kernels of it and its own threads. */
export class ProductsInC {
  private constructor(private readonly driver: Driver, private readonly folder: string) {}

  /** Compiles scripts/bench-peers/products.c with $CC, cc or gcc. Returns the reason if that fails. */
  static async start(threads: number): Promise<ProductsInC | string> {
    const source = join(packageRoot, 'scripts', 'bench-peers', 'products.c');
    const folder = mkdtempSync(join(tmpdir(), 'blastrain-bench-'));
    const binary = join(folder, 'products');
    const compilers = process.env.CC === undefined ? ['cc', 'gcc'] : [process.env.CC];
    let reason = `no C compiler: ${compilers.join(' and ')} did not start`;
    for (const compiler of compilers) {
      const { status, stderr } = spawnSync(compiler, ['-O2', '-o', binary, source, '-ldl'], { encoding: 'utf8' });
      if (status === null) continue;
      if (status === 0) {
        const driver = await Driver.start(binary, [loadedOpenblas(), String(threads)]);
        if (typeof driver !== 'string') return new ProductsInC(driver, folder);
        reason = driver;
      } else reason = stderr.trim().split('\n')[0]!;
      break;
    }
    rmSync(folder, { recursive: true });
    return `the products in C: ${reason}`;
  }

  /** The CPU whose kernels OpenBLAS computes them with, as the addon's `openblasCore`. */
  get core(): string {
    return this.driver.greeting;
  }

  /** A net's products as a contender. */
  async contender(name: string, products: readonly Product[]): Promise<Contender> {
    const list = products.map(({ transA, transB, m, n, k }) => [Number(transA), Number(transB), m, n, k].join(' '));
    await this.driver.ask(`products ${String(products.length)} ${list.join(' ')}`);
    return { name, run: async (count) => Number(await this.driver.ask(`run ${String(count)}`)) };
  }

  /** Ends the process; returns the seconds of CPU that it used. */
  async stop(): Promise<number> {
    const seconds = Number(await this.driver.ask('cpu'));
    this.driver.stop();
    rmSync(this.folder, { recursive: true });
    return seconds;
  }
}

/** The OpenBLAS that this process has loaded, else the system's. */
function loadedOpenblas(): string {
  const maps = existsSync('/proc/self/maps') ? readFileSync('/proc/self/maps', 'utf8') : '';
  return /\/\S*openblas\S*\.so\S*/.exec(maps)?.[0] ?? 'libopenblas.so.0';
}
