import { normalDistribution } from '../../kernels/normal';
import type { RandomState } from '../../random';
import { axisOf, draw, isSame } from '../domain';
import type { Axis } from '../domain';
import { isActive } from '../space';
import type { Assignment, Parameter, ParameterValue } from '../types';

// Local copies, because inside a vm context, such as jest's, every access to a global is slow.
const { exp, log, max, min, sqrt, PI } = Math;

/** Width of a kernel as a share of the range, for a single observation; Optuna's value. */
const baseWidth = 0.2;

/** The densities of all mixture components for one parameter, a factor of each component. Component n, after those of the n observations, is the prior. */
interface Factor {
  draw(component: number, random: RandomState): ParameterValue;
  /** For each component, the logarithm of the density of a value, or of the probability of a discrete one. */
  logDensities(value: ParameterValue): readonly number[];
}

/**
 * A Parzen estimator of assignments: a mixture of one component around each given assignment and a prior that covers the space, all
 * of the same weight. A component is a product over parameters. For ranges: normal distributions truncated at the bounds, on the
 * logarithm where the range is logarithmic, integrated over the cell of an integer. For choices: the observed value, and with a small
 * probability any. Where the component's assignment lacks the parameter the prior is used, so that a conditional parameter is
 * modelled on the trials that had it (the tree of the tree-structured estimator).
 */
export class ParzenEstimator {
  private readonly factors: readonly Factor[];

  constructor(private readonly parameters: readonly Parameter[], private readonly given: readonly Assignment[]) {
    this.factors = parameters.map(({ name, domain }): Factor => {
      const values = given.map((assignment) => assignment[name]);
      return domain.type === 'choice'
        ? choiceFactor(domain.values, values, (random) => draw(domain, random))
        : rangeFactor(axisOf(domain), values as (number | undefined)[], parameters.length);
    });
  }

  /** Draws an assignment of the parameters whose conditions hold. */
  draw(random: RandomState): Assignment {
    const component = random.randint(0, this.given.length + 1);
    const assignment: Record<string, ParameterValue> = {};
    this.parameters.forEach((parameter, p) => {
      if (isActive(parameter, assignment)) assignment[parameter.name] = this.factors[p]!.draw(component, random);
    });
    return assignment;
  }

  /** Logarithm of the mixture's density, by log-sum-exp. */
  logDensity(assignment: Assignment): number {
    const logs = new Float64Array(this.given.length + 1);
    this.parameters.forEach(({ name }, p) => {
      const value = assignment[name];
      if (value !== undefined) this.factors[p]!.logDensities(value).forEach((term, component) => { logs[component]! += term; });
    });
    const largest = max(...logs);
    return largest + log(logs.reduce((sum, term) => sum + exp(term - largest), 0) / logs.length);
  }
}

/** Each component counts its own value once; the prior adds 1 / (n + 1) to each value's count, as in Optuna. */
function choiceFactor(
  values: readonly ParameterValue[], own: readonly (ParameterValue | undefined)[], drawAny: (random: RandomState) => ParameterValue,
): Factor {
  const spread = 1 / (own.length + 1);
  const any = (values.length * spread) / (1 + values.length * spread);
  return {
    draw: (component, random) => own[component] === undefined || random.random() < any ? drawAny(random) : own[component],
    logDensities: (value) => [...own, undefined].map((centre) =>
      centre === undefined ? -log(values.length) : log(any / values.length + (isSame(centre, value) ? 1 - any : 0))),
  };
}

/**
 * The width of the n kernels falls as n^(−1/(d + 4)) in d dimensions (Scott's rule), but not below 1/(n + 2) of the range, so that a
 * few good trials do not stop exploration ("magic clipping" of Bergstra's hyperopt, in Optuna's form).
 */
function rangeFactor(axis: Axis, own: readonly (number | undefined)[], dimensions: number): Factor {
  const range = axis.high - axis.low;
  const n = own.length;
  const scott = baseWidth * max(1, n) ** (-1 / (dimensions + 4));
  const width = range * max(scott, 1 / min(100, n + 2));
  const kernels = [...own, undefined].map((value) => {
    const mean = value === undefined ? (axis.low + axis.high) / 2 : axis.at(value);
    const deviation = value === undefined ? range : width;
    return { mean, deviation, logMass: log(massBetween(axis.low, axis.high, mean, deviation)) };
  });
  return {
    draw: (component, random) => {
      const { mean, deviation } = kernels[component]!;
      for (;;) {
        const place = mean + deviation * random.gaussian();
        if (place >= axis.low && place <= axis.high) return axis.valueAt(place);
      }
    },
    logDensities: (value) => {
      const place = axis.at(value as number);
      const cell = axis.cell(value as number);
      return kernels.map(({ mean, deviation, logMass }) => (cell === undefined
        ? -0.5 * ((place - mean) / deviation) ** 2 - log(deviation * sqrt(2 * PI))
        : log(massBetween(...cell, mean, deviation))) - logMass);
    },
  };
}

/** P(a < x < b) of a normal distribution, computed in the lower tail, where differences lose no digits to cancellation near 1. */
function massBetween(a: number, b: number, mean: number, deviation: number): number {
  const [low, high] = [(a - mean) / deviation, (b - mean) / deviation];
  return low > 0 ? normalDistribution(-low) - normalDistribution(-high) : normalDistribution(high) - normalDistribution(low);
}
