import type { EvaluationEvent, LayerHealth } from './events';
import type { WeightedLayer } from './layers';

/** Loss and accuracy over enough rows to judge by. */
export interface RowScores {
  readonly rows: number;
  readonly loss: number;
  /** NaN for a regression. */
  readonly accuracy: number;
}

/** What was measured at a step. */
export interface StepObservation {
  readonly step: number;
  readonly learningRate: number;
  /** Measurements of the layers, where an examination ended with the step. */
  readonly layers: readonly LayerHealth[] | undefined;
  readonly evaluation: EvaluationEvent | undefined;
  /** Number of validation rows. */
  readonly validationRows: number;
}

/** Input of a diagnosis. */
export interface HealthFacts extends StepObservation {
  /** Mean loss over the last rows; null before there were enough of them. */
  readonly loss: number | null;
  /** Whether `loss` is the first such mean. */
  readonly isFirst: boolean;
  /** Loss and accuracy of the last training rows, before their updates; null before there were enough of them. */
  readonly trained: RowScores | null;
  /** λ‖W‖², a part of each loss. */
  readonly penalty: number;
  /** The learning rate of the spec, the maximum of every schedule. */
  readonly highestRate: number;
  /** The layers measured, in the order of `layers`. */
  readonly model: readonly WeightedLayer[];
  /** Cross-entropy of guessing, log(classes); undefined for a regression. */
  readonly guessing: number | undefined;
}

/** A problem found: a stable code, and a sentence with the remedy. */
export interface Diagnosis {
  readonly code: string;
  readonly message: string;
}

/** One check per problem: returns a message, or undefined where there is no problem or the facts do not tell. */
const checks: Readonly<Record<string, (facts: HealthFacts) => string | undefined>> = {
  HEALTH_VANISHING: vanishing,
  HEALTH_EXPLODING: exploding,
  HEALTH_DEAD_UNITS: deadUnits,
  HEALTH_RATE_LOW: rateTooLow,
  HEALTH_RATE_HIGH: rateTooHigh,
  HEALTH_PENALTY: penaltyDominates,
  HEALTH_NOT_LEARNING: notLearning,
  HEALTH_OVERFITTING: overfitting,
};

/** Problems that follow from another one and are not reported beside it. */
const consequences: Readonly<Record<string, readonly string[]>> = {
  HEALTH_VANISHING: ['HEALTH_DEAD_UNITS', 'HEALTH_NOT_LEARNING', 'HEALTH_RATE_LOW', 'HEALTH_RATE_HIGH'],
  HEALTH_DEAD_UNITS: ['HEALTH_NOT_LEARNING', 'HEALTH_RATE_LOW'],
  HEALTH_RATE_LOW: ['HEALTH_NOT_LEARNING'],
};

/** The problems found, except those in `reported` and their consequences. */
export function diagnose(facts: HealthFacts, reported: readonly string[]): Diagnosis[] {
  const found: Diagnosis[] = [];
  for (const [code, check] of Object.entries(checks)) {
    const known = [...reported, ...found.map((diagnosis) => diagnosis.code)];
    if (known.some((other) => other === code || consequences[other]?.includes(code))) continue;
    const message = check(facts);
    if (message !== undefined) found.push({ code, message });
  }
  return found;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Rounds to two significant digits: 0.043, 1e-4. */
function significant(value: number): string {
  const rounded = Number(value.toPrecision(2));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** Where the outputs of a hidden layer do not depend on the row, neither does the loss. */
function vanishing({ layers = [], model }: HealthFacts): string | undefined {
  const weak = layers.slice(0, -1).find(({ activationStd, deadUnits = 0 }) => activationStd < 1e-4 && deadUnits <= 0.5);
  if (weak === undefined) return undefined;
  const { shape } = model[weak.layer - 1]!.weights;
  // Weights as large as init=he makes them preserve the variance of their inputs, so that small inputs are the cause.
  const blamesInputs = weak.layer === 1 && weak.weightRms > Math.sqrt(2 / shape[1]!) / 4;
  return `The outputs of ${nameOf(weak, model)} differ by ${significant(weak.activationStd)} only between rows, so that almost nothing ` +
    `reaches the loss: ${blamesInputs ? 'its inputs differ by as little; use normalization=standardize'
      : `its weights have a std of ${significant(weak.weightRms)}; use init=he`}`;
}

/** With a sensible initialisation the loss starts near that of guessing, not at ten times it. */
function exploding({ isFirst, loss, penalty, guessing }: HealthFacts): string | undefined {
  if (guessing === undefined || loss === null || !(loss - penalty > 10 * guessing)) return undefined;
  return isFirst
    ? `The first loss is ${significant(loss - penalty)} where guessing costs ${significant(guessing)}: the outputs start far too ` +
      'large; use init=he and normalization=standardize'
    : `The loss is ${significant(loss - penalty)} where guessing costs ${significant(guessing)}: training is about to diverge; ` +
      'lower learningRate to a tenth';
}

function deadUnits({ layers = [], model, learningRate }: HealthFacts): string | undefined {
  const dead = layers.find((layer) => layer.deadUnits !== undefined && layer.deadUnits > 0.5);
  return dead && `${percent(dead.deadUnits!)} of the units of ${nameOf(dead, model)} are 0 on every row and learn no more: ` +
    `lower learningRate (now ${significant(learningRate)})`;
}

/** Share of the weights' size below which a step's changes are too small; of the first steps, whose momentum has not built up, a tenth of it. */
const minUpdateRatio = 1e-5;

/**
 * Updates should change weights by about a thousandth of their size. The very first steps, low rates late in a schedule and a trained
 * net, whose gradients are small, are excluded.
 */
function rateTooLow({ step, loss, penalty, guessing, layers, learningRate, highestRate, model }: HealthFacts): string | undefined {
  if (layers === undefined || step < 10 || learningRate < highestRate / 2) return undefined;
  if (guessing === undefined || loss === null || !(loss - penalty >= guessing / 4)) return undefined;
  const largest = Math.max(...updateRatios(layers, model));
  if (!(largest < (step < 50 ? minUpdateRatio / 10 : minUpdateRatio) && largest >= 0)) return undefined;
  return `A step changes no layer's weights by more than ${significant(largest)} of their size, where 0.001 is usual: ` +
    `raise learningRate (now ${significant(learningRate)})`;
}

/** Of the layers whose weights are trained. */
function updateRatios(layers: readonly LayerHealth[], model: HealthFacts['model']): number[] {
  return layers.filter(({ layer }) => !model[layer - 1]!.weights.isFrozen).map(({ updateRatio }) => updateRatio);
}

function rateTooHigh({ step, layers, learningRate, model }: HealthFacts): string | undefined {
  if (layers === undefined || step < 50) return undefined;
  const smallest = Math.min(...updateRatios(layers, model));
  if (!(smallest > 0.1 && smallest < Infinity)) return undefined;
  return `A step changes every layer's weights by ${percent(smallest)} of their size or more, where 0.1 % is usual: ` +
    `lower learningRate (now ${significant(learningRate)})`;
}

/** Validation rows needed to judge by their mean loss: fewer could be dominated by a single row. */
const minValidationRows = 16;

/** A penalty above the rest of the loss is normal for a trained net, where the rest is small; before that it prevents learning. */
function penaltyDominates({ evaluation, validationRows, penalty, guessing }: HealthFacts): string | undefined {
  if (evaluation === undefined || guessing === undefined || validationRows < minValidationRows) return undefined;
  const rest = evaluation.valLoss - penalty;
  if (!(penalty > rest && rest > guessing / 4)) return undefined;
  return `The penalty λ‖W‖² makes up ${percent(penalty / evaluation.valLoss)} of the loss, so that weights shrink rather than learn: lower l2`;
}

/** A falling loss can pass the value of guessing; only a net that guesses gives equal outputs for all rows. */
function notLearning({ step, evaluation, layers, trained, penalty, guessing, learningRate }: HealthFacts): string | undefined {
  if (evaluation === undefined || layers === undefined || trained === null || guessing === undefined || step < 100) return undefined;
  const loss = trained.loss - penalty;
  if (!(Math.abs(loss - guessing) <= 0.01 * guessing) || layers[layers.length - 1]!.activationStd > 0.1) return undefined;
  return `After ${String(step)} steps the loss is still ${significant(loss)}, what guessing costs: try ten times the learningRate ` +
    `(now ${significant(learningRate)}), or a tenth where the loss jumps about`;
}

/** Standard errors by which two accuracies must differ, to exclude sampling noise. */
const minErrors = 3;

function overfitting({ evaluation, trained, validationRows }: HealthFacts): string | undefined {
  if (evaluation === undefined || trained === null) return undefined;
  const { valAccuracy = Number.NaN, valLoss } = evaluation;
  const { rows, accuracy, loss } = trained;
  const pooled = (rows * accuracy + validationRows * valAccuracy) / (rows + validationRows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / validationRows));
  if (!(accuracy - valAccuracy > Math.max(0.2, minErrors * error) && valLoss > loss)) return undefined;
  return `${percent(accuracy)} of the training rows but ${percent(valAccuracy)} of the validation rows are classified ` +
    'correctly: the net overfits; raise dropout, l2 or weightDecay, vary the rows with flip and shift, or stop sooner ' +
    'with earlyStopping';
}

function nameOf({ layer }: LayerHealth, model: readonly WeightedLayer[]): string {
  return model[layer - 1]!.description;
}
