import { expected } from '../errors';
import { readCifar10, storeCifar10 } from './cifar10/cifar10';
import { loadArrow } from './arrow/arrow';
import { loadCsv } from './csv/csv';
import type { Encoding } from './csv/encodings';
import type { ColumnKind } from './columns/column';
import type { TargetOption } from './columns/targetColumns';
import type { LoadedRows, SplitSizes } from './dataset';
import { locateImages } from './locate';
import { loadJsonLines } from './jsonLines';
import { loadNumpy } from './numpy/numpy';
import { loadParquet } from './parquet/parquet';
import type { PicturesOptions } from './pictures/pictureFields';
import { loadPictures } from './pictures/pictures';
import type { DataName } from './sourceKinds';
import { makeSynthetic } from './synthetic';
import type { TableOptions } from './table';

/** Where a source loads from, and what it loads. */
interface SourceRequest extends TableOptions, Omit<PicturesOptions, 'sizes'> {
  /** The file of a table. */
  readonly file?: string;
  /** What to predict from a table: see `loadCsv` and `loadNumpy`. */
  readonly target?: TargetOption;
  /** The column of the rows' weights. */
  readonly weightColumn?: string;
  /** Format of a .csv: see `loadCsv`. */
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly encoding?: Encoding;
  readonly columns?: Readonly<Record<string, ColumnKind>>;
  /** A folder of pictures, or with images in a layout of CIFAR-10, or with such a folder in it; by default the datasets folders are searched for CIFAR-10. */
  readonly folder?: string;
  readonly sizes?: Partial<SplitSizes>;
}

export type LoadedData = LoadedRows;

/** A data source by name, by default `auto`, with its options. */
export interface DataRequest extends SourceRequest {
  readonly name?: DataName;
}

function loadImages(name: 'auto' | 'cifar10' | 'synthetic') {
  return ({ folder: given, sizes = {}, chunkRows }: SourceRequest): LoadedData => {
    const { folder } = locateImages({ name, folder: given });
    if (folder === undefined) return makeSynthetic(sizes);
    return chunkRows === undefined ? readCifar10(folder, sizes) : storeCifar10(folder, sizes, chunkRows);
  };
}

/** How each source is loaded. */
const loaders: Readonly<Record<DataName, (request: SourceRequest) => LoadedData>> = {
  auto: loadImages('auto'),
  cifar10: loadImages('cifar10'),
  synthetic: loadImages('synthetic'),
  csv: (request) => loadCsv(fileOf(request), request),
  jsonl: (request) => loadJsonLines(fileOf(request), request),
  parquet: (request) => loadParquet(fileOf(request), request),
  arrow: ({ chunkRows: _, ...request }) => loadArrow(fileOf(request), request),
  npy: ({ target, ...request }) => loadNumpy(fileOf(request), { ...request, ...(target !== undefined && { target: String(target) }) }),
  pictures: ({ folder, ...request }) => {
    if (folder === undefined) throw expected('ERR_CONFIG', 'the path of a folder of pictures', 'dataFolder', null, { path: 'dataFolder' });
    return loadPictures(folder, request);
  },
};

/** Loads a data set. Throws ERR_CONFIG for a table without a file, and what the loaders throw. */
export function loadData(request: DataRequest = {}): LoadedData {
  return loaders[request.name ?? 'auto'](request);
}

function fileOf({ file }: SourceRequest): string {
  if (file === undefined) throw expected('ERR_CONFIG', 'the path of a table', 'dataFile', null, { path: 'dataFile' });
  return file;
}
