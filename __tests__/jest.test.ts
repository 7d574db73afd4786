import '../lib/jest';
import { toPassGradientCheck } from '../lib/jest';
import { toyProblem } from '../lib/studies/toy';
import { Objective } from '../lib/train/objective';

describe.each(['native', 'typescript'] as const)('toPassGradientCheck on %s', (backend) => {
  function problem(): { objective: Objective; x: Float64Array; labels: Int32Array } {
    const { model, x, labels } = toyProblem(backend);
    return { objective: new Objective(model, 0.05), x, labels };
  }

  /** The objective with one element of W2's gradient off by 0.001. */
  function broken(): ReturnType<typeof problem> {
    const { objective, ...rest } = problem();
    const { gradient } = objective.model.arena.find('W2')!;
    const addPenaltyGradient = objective.addPenaltyGradient.bind(objective);
    objective.addPenaltyGradient = () => {
      addPenaltyGradient();
      gradient[1 * 10 + 6]! += 1e-3;
    };
    return { objective, ...rest };
  }

  test('passes a right gradient', () => {
    const { objective, x, labels } = problem();
    expect(objective).toPassGradientCheck(x, labels);
    expect(objective).toPassGradientCheck(x, labels, { samples: 4, seed: 2 });
  });

  test('fails a wrong one, saying where', () => {
    const { objective, x, labels } = broken();
    expect(objective).not.toPassGradientCheck(x, labels);
    let message = '';
    try { expect(objective).toPassGradientCheck(x, labels); } catch (error) { ({ message } = error as Error); }
    const lines = message.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('Expected gradients within 1e-8 of central differences (h = 0.00001), but');
    expect(lines[1]).toMatch(/^ {2}W2\[1, 6\]: analytic -?[\d.e-]+, numeric -?[\d.e-]+, relative error \d\.\d\de-\d; 1 of 30 elements failed$/);
  });

  test('says so when a gradient should have been wrong and is not', () => {
    const { objective, x, labels } = problem();
    expect(() => { expect(objective).not.toPassGradientCheck(x, labels); }).toThrow('all 4 parameters agree');
  });

  test('options out of range are errors, not failures', () => {
    const { objective, x, labels } = problem();
    let error: unknown;
    try { toPassGradientCheck(objective, x, labels, { step: -1 }); } catch (thrown) { error = thrown; }
    expect(error).toMatchObject({ code: 'ERR_CONFIG', details: { path: 'step' } });
  });
});
