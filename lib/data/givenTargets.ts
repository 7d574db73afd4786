import { expected } from '../errors';
import type { Rows } from './dataset';
import { badFile } from './files';

/** What numbers to predict have to be: 0 or 1, whether a label applies, or counts ≥ 0, drawn at rates. */
type TargetRange = 'labels' | 'rates';

/** Throws ERR_DATA, naming row and target, for targets that are no labels, or no counts. */
function refuseOddTargets({ targets, targetNames, size, name, split }: Rows, range: TargetRange): void {
  if (targets === undefined || size === 0) return;
  const width = targets.length / size;
  const at = targets.findIndex((target) => (range === 'labels' ? target !== 0 && target !== 1 : !(target >= 0)));
  if (at < 0) return;
  const [row, j] = [Math.floor(at / width), at % width];
  const what = range === 'labels' ? '0 or 1, as loss bce has it,' : 'a number ≥ 0, as loss poisson has it,';
  throw badFile(what, `${name}, ${split} row ${String(row)}, target ${targetNames?.[j] ?? String(j)},`, String(targets[at]), { row });
}

/** Throws ERR_SHAPE for weights that are not one for each row, ERR_DATA for one that is no number ≥ 0 and where no row weighs anything. */
function refuseOddWeights({ weights, size, name, split }: Rows): void {
  if (weights === undefined || size === 0) return;
  if (weights.length !== size) throw expected('ERR_SHAPE', `${String(size)} weights, one for each row,`, `the ${split} rows of ${name}`, weights.length, { path: 'weights' });
  const row = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (row >= 0) throw badFile('a weight ≥ 0', `${name}, ${split} row ${String(row)},`, String(weights[row]), { row });
  if (!weights.some((weight) => weight > 0)) throw badFile(`a ${split} row of a weight above 0`, name, 'none');
}

/** Throws for weights that are none, and for targets that a model of such predictions cannot have. */
export function refuseOddRows(rows: Rows, predicts: string): void {
  refuseOddWeights(rows);
  if (predicts === 'labels' || predicts === 'rates') refuseOddTargets(rows, predicts);
}
