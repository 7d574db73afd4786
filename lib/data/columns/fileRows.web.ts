import { expected } from '../../errors';
import { MemoryRows } from './rowStore';

/** A page keeps all rows in memory. */
export class FileRows extends MemoryRows {
  /** Throws ERR_CONFIG. */
  constructor(width: number) {
    super(width, 0);
    throw expected('ERR_CONFIG', 'rows in memory', 'chunkRows', 'rows on disk', { path: 'chunkRows' });
  }
}
