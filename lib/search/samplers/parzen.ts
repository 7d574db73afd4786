import { isDeepStrictEqual } from 'node:util';
import { normalDistribution } from '../../kernels/normal';
import type { RandomState } from '../../random';
import { axisOf, draw } from '../domain';
import type { Axis } from '../domain';
import { isActive } from '../space';
import type { Assignment, Parameter, ParameterValue } from '../types';

// Within a sandbox, such as jest's, each look-up of a global costs as much as a density.
const { exp, log, max, min, sqrt, PI } = Math;

/** Share of a range that a kernel is wide, before there are many: as in Optuna. */
const baseWidth = 0.2;

/** One factor of a mixture's components: what they say of one parameter. Component `n` is the prior. */
interface Factor {
  draw(component: number, random: RandomState): ParameterValue;
  /** By component, the logarithm of the density, or of the probability of a value that is one of several. */
  logDensities(value: ParameterValue): readonly number[];
}

/**
 * A Parzen estimator of assignments: a mixture of one component around each given assignment and a prior that covers the space, all
 * of the same weight. A component is a product over parameters: normal distributions cut off at the bounds, on the logarithm
 * where the range is logarithmic, their mass over its cell where values are integers; for choices, the value
 * itself and with little probability any. Where the component's own assignment lacks the parameter, the prior stands in: so conditions
 * make a tree, in which a parameter is modelled on the trials that had it.
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

  /** An assignment whose parameters are those that its own values make active. */
  draw(random: RandomState): Assignment {
    const component = random.randint(0, this.given.length + 1);
    const assignment: Record<string, ParameterValue> = {};
    this.parameters.forEach((parameter, p) => {
      if (isActive(parameter, assignment)) assignment[parameter.name] = this.factors[p]!.draw(component, random);
    });
    return assignment;
  }

  /** The logarithm of the mixture's density. */
  logDensity(assignment: Assignment): number {
    const logs = new Float64Array(this.given.length + 1);
    this.parameters.forEach(({ name }, p) => {
      const value = assignment[name];
      if (value !== undefined) this.factors[p]!.logDensities(value).forEach((term, component) => { logs[component]! += term; });
    });
    const most = max(...logs);
    return most + log(logs.reduce((sum, term) => sum + exp(term - most), 0) / logs.length);
  }
}

/** Adds the prior's one count, spread over all values and components, to the one of each component's own value: as in Optuna. */
function choiceFactor(
  values: readonly ParameterValue[], own: readonly (ParameterValue | undefined)[], drawAny: (random: RandomState) => ParameterValue,
): Factor {
  const spread = 1 / (own.length + 1);
  const any = (values.length * spread) / (1 + values.length * spread);
  return {
    draw: (component, random) => own[component] === undefined || random.random() < any ? drawAny(random) : own[component],
    logDensities: (value) => [...own, undefined].map((centre) =>
      centre === undefined ? -log(values.length) : log(any / values.length + (isDeepStrictEqual(centre, value) ? 1 - any : 0))),
  };
}

/**
 * Kernels shrink with their number n as n^(−1/(d + 4)) in d dimensions (Scott's rule), but not below a share 1/(n + 2) of the
 * range: a few good trials are no reason to look nowhere else ("magic clipping" of Bergstra's hyperopt, in Optuna's form).
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

/** P(a < x < b) of a normal distribution, from the side where its differences are not of numbers near 1. */
function massBetween(a: number, b: number, mean: number, deviation: number): number {
  const [low, high] = [(a - mean) / deviation, (b - mean) / deviation];
  return low > 0 ? normalDistribution(-low) - normalDistribution(-high) : normalDistribution(high) - normalDistribution(low);
}
