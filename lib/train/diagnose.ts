import type { EvaluationEvent, LayerHealth } from './events';
import type { WeightedLayer } from './layers';

/** What is known of some rows, of as many as it takes to judge by them. */
export interface RowScores {
  readonly rows: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** What can be seen at a step. */
export interface StepObservation {
  readonly step: number;
  readonly learningRate: number;
  /** Where an examination ended with the step. */
  readonly layers: readonly LayerHealth[] | undefined;
  readonly evaluation: EvaluationEvent | undefined;
  /** How many validation rows the evaluation is of. */
  readonly validationRows: number;
}

/** What a diagnosis is made from. */
export interface HealthFacts extends StepObservation {
  /** The mean loss of the last rows; null while they are too few to tell. */
  readonly loss: number | null;
  /** Whether it is the first such mean. */
  readonly isFirst: boolean;
  /** The last training rows as training saw them; null while they are too few to tell. */
  readonly trained: RowScores | null;
  /** λ‖W‖², a part of each loss. */
  readonly penalty: number;
  /** The learning rate that the spec names, from which schedules only fall. */
  readonly highestRate: number;
  /** The layers that were measured. */
  readonly model: readonly WeightedLayer[];
  /** What guessing costs, log(classes); undefined for a regression. */
  readonly guessing: number | undefined;
}

/** One thing that is wrong: a stable code, and a sentence with the remedy. */
export interface Diagnosis {
  readonly code: string;
  readonly message: string;
}

/** Each looks for one illness; undefined means healthy, or not to be told from these facts. */
const examinations: Readonly<Record<string, (facts: HealthFacts) => string | undefined>> = {
  HEALTH_VANISHING: vanishing,
  HEALTH_EXPLODING: exploding,
  HEALTH_DEAD_UNITS: deadUnits,
  HEALTH_RATE_LOW: rateTooLow,
  HEALTH_RATE_HIGH: rateTooHigh,
  HEALTH_PENALTY: penaltyDominates,
  HEALTH_NOT_LEARNING: notLearning,
  HEALTH_OVERFITTING: overfitting,
};

/** What follows from another illness and would only repeat it. */
const consequences: Readonly<Record<string, readonly string[]>> = {
  HEALTH_VANISHING: ['HEALTH_DEAD_UNITS', 'HEALTH_NOT_LEARNING', 'HEALTH_RATE_LOW', 'HEALTH_RATE_HIGH'],
  HEALTH_DEAD_UNITS: ['HEALTH_NOT_LEARNING', 'HEALTH_RATE_LOW'],
  HEALTH_RATE_LOW: ['HEALTH_NOT_LEARNING'],
};

/** The diagnoses that the facts allow, but for those of `said` and what follows from them. */
export function diagnose(facts: HealthFacts, said: readonly string[]): Diagnosis[] {
  const found: Diagnosis[] = [];
  for (const [code, examine] of Object.entries(examinations)) {
    const known = [...said, ...found.map((diagnosis) => diagnosis.code)];
    if (known.some((other) => other === code || consequences[other]?.includes(code))) continue;
    const message = examine(facts);
    if (message !== undefined) found.push({ code, message });
  }
  return found;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Two digits: 0.043, 1e-4. */
function significant(value: number): string {
  const rounded = Number(value.toPrecision(2));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** Rows that make no difference to a hidden layer make none to the loss. */
function vanishing({ layers = [], model }: HealthFacts): string | undefined {
  const weak = layers.slice(0, -1).find(({ activationStd, deadUnits = 0 }) => activationStd < 1e-4 && deadUnits <= 0.5);
  if (weak === undefined) return undefined;
  const { shape } = model[weak.layer - 1]!.weights;
  // Weights of the size that init=he gives hand on what they get.
  const blamesInputs = weak.layer === 1 && weak.weightRms > Math.sqrt(2 / shape[1]!) / 4;
  return `The outputs of ${nameOf(weak, model)} differ by ${significant(weak.activationStd)} only between rows, so that almost nothing ` +
    `reaches the loss: ${blamesInputs ? 'its inputs differ by as little; use normalization=standardize'
      : `its weights have a std of ${significant(weak.weightRms)}; use init=he`}`;
}

/** No sound start costs ten times what guessing does. */
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

/**
 * Updates should change weights by about a thousandth. The first steps, a schedule's low end and a net that has learnt, whose
 * gradients are small, do not count.
 */
function rateTooLow({ step, loss, penalty, guessing, layers, learningRate, highestRate }: HealthFacts): string | undefined {
  if (layers === undefined || step < 50 || learningRate < highestRate / 2) return undefined;
  if (guessing === undefined || loss === null || !(loss - penalty >= guessing / 4)) return undefined;
  const largest = Math.max(...layers.map(({ updateRatio }) => updateRatio));
  if (!(largest < 1e-5)) return undefined;
  return `A step changes no layer's weights by more than ${significant(largest)} of their size, where 0.001 is usual: ` +
    `raise learningRate (now ${significant(learningRate)})`;
}

function rateTooHigh({ step, layers, learningRate }: HealthFacts): string | undefined {
  if (layers === undefined || step < 50) return undefined;
  const smallest = Math.min(...layers.map(({ updateRatio }) => updateRatio));
  if (!(smallest > 0.1)) return undefined;
  return `A step changes every layer's weights by ${percent(smallest)} of their size or more, where 0.1 % is usual: ` +
    `lower learningRate (now ${significant(learningRate)})`;
}

/** Validation rows whose mean loss no single row decides. */
const minValidationRows = 16;

/** A penalty above the rest of the loss is right for a net that has learnt, and a burden for one that has not. */
function penaltyDominates({ evaluation, validationRows, penalty, guessing }: HealthFacts): string | undefined {
  if (evaluation === undefined || guessing === undefined || validationRows < minValidationRows) return undefined;
  const rest = evaluation.valLoss - penalty;
  if (!(penalty > rest && rest > guessing / 4)) return undefined;
  return `The penalty λ‖W‖² makes up ${percent(penalty / evaluation.valLoss)} of the loss, so that weights shrink rather than learn: lower l2`;
}

/** A loss can pass the value of guessing on its way down; a net that guesses says the same of every row. */
function notLearning({ step, evaluation, layers, trained, penalty, guessing, learningRate }: HealthFacts): string | undefined {
  if (evaluation === undefined || layers === undefined || trained === null || guessing === undefined || step < 100) return undefined;
  const loss = trained.loss - penalty;
  if (!(Math.abs(loss - guessing) <= 0.01 * guessing) || layers[layers.length - 1]!.activationStd > 0.1) return undefined;
  return `After ${String(step)} steps the loss is still ${significant(loss)}, what guessing costs: try ten times the learningRate ` +
    `(now ${significant(learningRate)}), or a tenth where the loss jumps about`;
}

/** Standard errors by which two shares must differ, so that the rows at hand are not the reason. */
const minErrors = 3;

function overfitting({ evaluation, trained, validationRows }: HealthFacts): string | undefined {
  if (evaluation === undefined || trained === null) return undefined;
  const { valAccuracy, valLoss } = evaluation;
  const { rows, accuracy, loss } = trained;
  const pooled = (rows * accuracy + validationRows * valAccuracy) / (rows + validationRows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / validationRows));
  if (!(accuracy - valAccuracy > Math.max(0.2, minErrors * error) && valLoss > loss)) return undefined;
  return `${percent(accuracy)} of the training rows but ${percent(valAccuracy)} of the validation rows are classified ` +
    'rightly: the net learns rows by heart; raise dropout, l2 or weightDecay, vary the rows with flip and shift, or stop sooner ' +
    'with earlyStopping';
}

function nameOf({ layer }: LayerHealth, model: readonly WeightedLayer[]): string {
  return model[layer - 1]!.description;
}
