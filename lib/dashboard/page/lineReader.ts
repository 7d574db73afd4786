import { checkShape } from '../../files/shape';
import type { Shape } from '../../files/shape';

/** Reads JSON objects of a shape, one a line, from chunks that end anywhere. A torn or damaged line is left out. */
export class LineReader<T> {
  private readonly decoder = new TextDecoder();
  private rest = '';

  constructor(private readonly shape: Shape<T>) {}

  read(bytes: Uint8Array): T[] {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split('\n');
    this.rest = lines.pop()!;
    return lines.flatMap((line) => {
      try {
        return [checkShape(JSON.parse(line) as unknown, this.shape, { file: 'the answer', code: 'ERR_DATA' })];
      } catch {
        return [];
      }
    });
  }
}
