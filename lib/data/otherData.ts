import { BlastrainError } from '../errors';
import type { DataOrigin } from './dataset';

const short = (digest: string): string => digest.slice(0, 12);

/** ERR_DATA for data with another digest than expected: `whose` as in 'run NAME was trained on', `purpose` as in ' to go on with'. */
export function otherData(whose: string, digest: string, origin: DataOrigin, purpose = ''): BlastrainError {
  return new BlastrainError(
    'ERR_DATA',
    `Expected the data that ${whose} (digest ${short(digest)})${purpose} but received ${origin.description} (digest ${short(origin.digest)})`,
  );
}
