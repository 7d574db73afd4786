import type { Column } from '../data/columns/column';
import type { Model } from '../inference/model';
import { version } from '../version';
import { answerKind } from './answers';

/** Categories that a description names. */
const mostCategories = 100;

/** What a model is, takes and says. */
export function modelInfo(model: Model, name: string, digest: string): object {
  const { columns, featureSize, imageShape, outputNames, spec: { loss } } = model;
  return {
    name, digest, blastrain: version, predicts: answerKind(model), loss,
    inputs: columns?.map(({ name: column, kind, categories }) => ({ name: column, kind, ...(categories && { categories: categories.slice(0, mostCategories) }) }))
      ?? { numbers: featureSize, ...(imageShape && { imageShape }) },
    outputs: outputNames,
  };
}

/** The JSON Schema of a cell, as `Model.predict` takes it. */
function cellSchema({ kind, categories = [], hasMissing }: Column): object {
  const types: Readonly<Record<Column['kind'], readonly string[]>> = {
    number: ['number', 'string'], boolean: ['boolean', 'string', 'integer'], category: ['string', 'number', 'boolean'], date: ['string', 'number'],
  };
  const descriptions: Readonly<Record<Column['kind'], string>> = {
    number: 'A number, or a text that is one.',
    boolean: `true or false, 1 or 0, or a text such as ${categories.join(' or ')}.`,
    category: 'A text that no training row has counts as unknown.',
    date: 'A date of ISO 8601, in UTC where it names no zone, or seconds since 1970.',
  };
  return {
    type: [...types[kind], ...(hasMissing ? ['null'] : [])], description: descriptions[kind],
    ...(kind === 'category' && { examples: categories.slice(0, mostCategories) }),
  };
}

function rowSchema({ columns, featureSize }: Model): object {
  const list = { type: 'array', minItems: featureSize, maxItems: featureSize };
  if (columns === undefined) return { ...list, items: { type: 'number' } };
  return {
    oneOf: [
      { type: 'object', properties: Object.fromEntries(columns.map((column) => [column.name, cellSchema(column)])), required: columns.map(({ name }) => name) },
      { ...list, prefixItems: columns.map(cellSchema), description: 'The same in the order of the columns.' },
    ],
  };
}

function answerSchema(model: Model): object {
  const { outputNames } = model;
  const number = { type: 'number' };
  const byName = { type: 'object', properties: Object.fromEntries(outputNames.map((name) => [name, number])), required: outputNames };
  const probabilities = { ...byName, description: 'Of every one, where ?probabilities=1 asks for them.' };
  const object = (properties: Readonly<Record<string, object>>, required: readonly string[]): object => ({ type: 'object', properties, required });
  switch (answerKind(model)) {
    case 'class': return object({ class: { type: 'string', enum: outputNames }, probability: number, probabilities }, ['class', 'probability']);
    case 'labels': return object({ labels: { type: 'array', items: { type: 'string', enum: outputNames } }, probabilities }, ['labels']);
    case 'numbers': return byName;
  }
}

const refusals: Readonly<Record<string, string>> = {
  400: 'The body is no JSON, or a row is refused: the message names row and column.', 413: 'The body or the number of rows is too large.',
  415: 'The body is not said to be JSON.', 503: 'Too much waits already: try again after the seconds in Retry-After.',
};

/** An OpenAPI 3.1 description of the server of a model. */
export function openApi(model: Model, name: string, maxRows: number): object {
  const json = (schema: object): object => ({ 'application/json': { schema } });
  const get = (summary: string, content: object): object => ({ get: { summary, responses: { 200: { description: 'OK', content } } } });
  const rows = { type: 'array', maxItems: maxRows, items: { $ref: '#/components/schemas/Row' } };
  return {
    openapi: '3.1.0',
    info: { title: `blastrain model ${name}`, version },
    paths: {
      '/predict': {
        post: {
          summary: 'Predictions for rows, in their order',
          parameters: [{ name: 'probabilities', in: 'query', description: '1 for the probabilities of all classes or labels', schema: { type: 'string', enum: ['0', '1'] } }],
          requestBody: { required: true, content: json({ oneOf: [{ type: 'object', properties: { rows }, required: ['rows'], additionalProperties: false }, rows] }) },
          responses: {
            200: { description: 'OK', content: json({ type: 'object', properties: { predictions: { type: 'array', items: { $ref: '#/components/schemas/Prediction' } } }, required: ['predictions'] }) },
            ...Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, { description, content: json({ $ref: '#/components/schemas/Error' }) }])),
          },
        },
      },
      '/': get('The model: name, digest, inputs and outputs', json({ type: 'object' })),
      '/healthz': get('Whether the server takes requests', json({ type: 'object' })),
      '/metrics': get('Counts in the text format of Prometheus', { 'text/plain': { schema: { type: 'string' } } }),
      '/openapi.json': get('This description', json({ type: 'object' })),
    },
    components: {
      schemas: {
        Row: rowSchema(model), Prediction: answerSchema(model),
        Error: {
          type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' }, details: { type: 'object' } }, required: ['code', 'message'],
        },
      },
    },
  };
}
