import { createHash } from 'node:crypto';
import type { Hash } from './hash';

/** A SHA-256 of no bytes yet. */
export function sha256(): Hash {
  return createHash('sha256');
}
