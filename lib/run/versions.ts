import { arch, platform, release } from 'node:os';
import { nativeStatus, vectorsHere } from '../kernels';
import { version } from '../version';

/** The operating system and the processor. */
export function platformName(): string {
  return `${platform()} ${release()} ${arch()}`;
}

/** Versions of what a run computes with, as its record has them. */
export function versions(): Readonly<Record<string, string>> {
  const native = nativeStatus();
  return {
    blastrain: version,
    node: process.versions.node,
    v8: process.versions.v8,
    ...(vectorsHere() !== 'none' && { vectors: vectorsHere() }),
    ...(native.loaded ? { openblas: native.info.openblasVersion, openblasCore: native.info.openblasCore, isa: native.info.isa } : {}),
  };
}
