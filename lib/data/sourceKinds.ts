import { expected } from '../errors';
import { anyOf, choice, flag, integer, orNull, path } from '../fields';
import type { Field } from '../fields';
import { encodings } from './csv/encodings';
import type { Encoding } from './csv/encodings';
import { columnKinds } from './columns/column';
import type { TargetOption } from './columns/targetColumns';
import type { ColumnKind } from './columns/column';
import { pictureFields } from './pictures/pictureFields';
import type { ImageFit, ImageSize } from './pictures/pictureFields';

/** Options of data sources, as keys of a spec. */
export interface DataOptions {
  dataFolder: string | null;
  dataFile: string | null;
  target: TargetOption | null;
  weightColumn: string | null;
  header: boolean | null;
  delimiter: string | null;
  encoding: Encoding | null;
  columns: Readonly<Record<string, ColumnKind>> | null;
  oneHot: number | null;
  splitSeed: number;
  stratify: boolean;
  groupColumn: string | null;
  timeColumn: string | null;
  splitColumn: string | null;
  chunkRows: number | null;
  imageSize: ImageSize | null;
  imageFit: ImageFit;
  grey: boolean;
  skipDamaged: boolean;
  flip: boolean;
  shift: number;
  cutout: number;
}

function column(help: string): Field {
  return { help, default: null, what: 'the name of a column', accepts: (value) => typeof value === 'string' && value !== '' };
}

export const dataOptions: { readonly [Key in keyof DataOptions]: Field } = {
  dataFolder: orNull(path('folder of the data set, or of pictures, with a folder for each class; null searches the datasets folders')),
  dataFile: orNull(path('table to train on: a .csv, .jsonl, .parquet, .arrow, .feather, .npy or .npz file')),
  target: orNull({
    help: 'what to predict: column of a table by name or number [the last], or several as a,b; array of an .npz [y], .npy file beside a .npy',
    default: null,
    what: 'a name or a number from 0, or a list of them',
    accepts: (value) => isColumn(value) || (Array.isArray(value) && value.length > 0 && value.every(isColumn)),
  }),
  weightColumn: orNull({
    help: 'column of a table that says how much each row counts, in losses and in scores: numbers ≥ 0',
    default: null,
    what: 'the name of a column',
    accepts: (value) => typeof value === 'string' && value !== '',
  }),
  header: orNull(flag(false, 'whether the first line of a .csv names its columns; null detects it')),
  delimiter: orNull({
    help: 'character between the cells of a .csv, or tab; null detects it',
    default: null,
    what: 'one character other than a quote or a line end, or tab',
    accepts: (value) => typeof value === 'string' && (value === 'tab' || /^[^"\r\n]$/u.test(value)),
  }),
  encoding: orNull(choice('utf-8', encodings, 'how the characters of a .csv or .jsonl are written as bytes; null is UTF-8, or UTF-16 where its byte order mark says so')),
  columns: orNull({
    help: 'what columns of a .csv are, as {"zip": "category", "id": "ignore"}: ' + columnKinds.join(', ') + '; null finds out and says so',
    default: null,
    what: `an object of ${columnKinds.join(', ')} by column`,
    accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((kind) => columnKinds.includes(kind as ColumnKind)),
  }),
  oneHot: orNull(integer(0, 0, 'names up to which a category is an input a name, beyond which the model embeds it; null for all')),
  splitSeed: {
    ...integer(0, 0, 'seed of the shuffle that assigns the rows of a table to training, validation and test'),
    what: 'an integer in [0, 2^32)', accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32,
  },
  stratify: flag(false, 'draw rows such that each part has the classes in their shares of all rows'),
  groupColumn: orNull(column('column of a table whose rows of the same value stay in one part; no feature')),
  timeColumn: orNull(column('column of a table by which rows are shared out: the newest for test, those before them for validation; stays a feature unless ignored')),
  splitColumn: orNull(column('column of a table that says which part a row is in: train, validation (val, dev) or test (holdout); no feature')),
  chunkRows: orNull(integer(0, 8, 'training rows in memory at a time, for data larger than memory; null for all')),
  ...pictureFields,
  flip: flag(false, 'mirror half of the training pictures, left to right'),
  shift: integer(0, 0, 'largest shift of training pictures in pixels, along each axis; edge pixels are repeated'),
  cutout: integer(0, 0, 'side in pixels of a random square that is set to 0 in training pictures'),
};

function isColumn(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || (Number.isSafeInteger(value) && (value as number) >= 0);
}

interface DataSource {
  /** The options that apply to it. */
  readonly options: Readonly<Partial<Record<keyof DataOptions, true>>>;
  /** How the names of its files end, where it reads a file. */
  readonly endings?: readonly string[];
  /** Whether it is a user's data, a file or folder that has to be said, whose rows are divided into splits; other sources have splits of their own. */
  readonly isOwn: boolean;
}

const ofPictures = { flip: true, shift: true, cutout: true } as const;
const ofTables = { dataFile: true, target: true, splitSeed: true, stratify: true } as const;
const ofColumns = { ...ofTables, weightColumn: true, columns: true, oneHot: true, groupColumn: true, timeColumn: true, splitColumn: true } as const;

/** The data sources by name: spec keys and their rules follow from this table; `loaders` of sources.ts load them. */
export const dataSources = {
  auto: { options: { dataFolder: true, ...ofPictures }, isOwn: false },
  cifar10: { options: { dataFolder: true, chunkRows: true, ...ofPictures }, isOwn: false },
  synthetic: { options: { dataFolder: true, ...ofPictures }, isOwn: false },
  csv: { options: { ...ofColumns, chunkRows: true, header: true, delimiter: true, encoding: true }, isOwn: true, endings: ['.csv', '.tsv', '.tab', '.txt'] },
  jsonl: { options: { ...ofColumns, chunkRows: true, encoding: true }, isOwn: true, endings: ['.jsonl', '.ndjson'] },
  parquet: { options: { ...ofColumns, chunkRows: true }, isOwn: true, endings: ['.parquet', '.pq'] },
  arrow: { options: ofColumns, isOwn: true, endings: ['.arrow', '.feather'] },
  npy: { options: { ...ofTables, chunkRows: true, ...ofPictures }, isOwn: true, endings: ['.npy', '.npz'] },
  pictures: { options: { dataFolder: true, splitSeed: true, stratify: true, imageSize: true, imageFit: true, grey: true, skipDamaged: true, ...ofPictures }, isOwn: true },
} as const satisfies Readonly<Record<string, DataSource>>;

/**
 * Name of a data source. `auto` is CIFAR-10 where it is found, else the synthetic images; `csv` and `npy` are tables in a file of the
 * user's, `pictures` a folder.
 */
export type DataName = keyof typeof dataSources;

/** Whether a source reads a table in a file. */
export function isTable(name: DataName): boolean {
  return 'dataFile' in dataSources[name].options;
}

/** The source that reads a file of this name. Throws ERR_CONFIG where the name's ending tells none. */
export function sourceOf(file: string): DataName {
  const sources = Object.entries<DataSource>(dataSources);
  const found = sources.find(([, { endings = [] }]) => endings.some((ending) => file.toLowerCase().endsWith(ending)));
  if (found !== undefined) return found[0] as DataName;
  const endings = anyOf(sources.flatMap(([, { endings: own = [] }]) => own));
  throw expected('ERR_CONFIG', `a name that ends in ${endings} (data says what a file of another name holds)`, 'dataFile', file, { path: 'dataFile' });
}
