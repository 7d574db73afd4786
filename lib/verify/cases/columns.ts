import type { FloatArray, KernelName } from '../../kernels/contract';
import { signatures } from '../../kernels/signatures';
import type { Draw } from '../draw';
import { exact, memoryShapes, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

/** Cases of a kernel of matrices [m,n] and of vectors [n], on ordinary and hostile numbers: the contract fixes the order of each sum. */
const exactColumns = (kernel: KernelName): (draw: Draw) => Generator<VerifyCase> => function* (draw) {
  const { args } = signatures[kernel];
  for (const [m, n] of memoryShapes) {
    for (const label of ['uniform', 'hostile'] as const) {
      const lengths = args.map((argument) => ('shape' in argument && argument.shape.length === 2 ? m * n : n));
      const drawn = args.map((argument, i) => ('use' in argument && argument.use === 'reads' ? draw[label](lengths[i]!) : undefined));
      yield exact(`${shapeOf(m, n)} ${label}`, (kernels) => {
        const outputs: FloatArray[] = [];
        const values = args.slice(2).map((_, i) => {
          const given = drawn[i + 2];
          if (given === undefined) outputs.push(draw.output(lengths[i + 2]!));
          return given ?? outputs.at(-1);
        });
        (kernels[kernel] as (...values: unknown[]) => void)(m, n, ...values);
        return outputs;
      });
    }
  }
};

export const columnCases: CaseMakers<'columns'> = {
  scaleColumnsForward: exactColumns('scaleColumnsForward'),
  scaleColumnsBackward: exactColumns('scaleColumnsBackward'),
  blendColumnsForward: exactColumns('blendColumnsForward'),
  blendColumnsBackward: exactColumns('blendColumnsBackward'),
};
