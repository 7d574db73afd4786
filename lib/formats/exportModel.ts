import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { checkObject, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { replaceFile } from '../files';
import type { Model } from '../inference/model';
import { huggingFaceFiles } from './huggingface';
import { npzOfWeights } from './npz';
import { exportOnnx } from './onnx/exportOnnx';
import { torchCode } from './torch/torchCode';

/** What a format makes of a model. */
interface Exported {
  /** Contents by path. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** What users of the files have to know, in sentences. */
  readonly notes: readonly string[];
}

interface ExportFormat {
  readonly help: string;
  /** How the names of its files end. */
  readonly ending: string;
  readonly make: (model: Model, path: string) => Exported;
}

/** Formats of other programs that a model can be written in, by name. */
export const exportFormats = {
  safetensors: {
    help: 'the model as a file of its own, whose weights PyTorch reads',
    ending: '.safetensors',
    make: (model, path) => ({ files: { [path]: model.toBytes() }, notes: [] }),
  },
  onnx: {
    help: 'a graph with the preprocessing inside, for ONNX Runtime and others',
    ending: '.onnx',
    make(model, path) {
      const { bytes, inputs, outputs, leftOut } = exportOnnx(model);
      return {
        files: { [path]: bytes },
        notes: [
          ...inputs.map(({ name, type, what }) => `input ${name} (${type}): ${what}`),
          `output ${outputs.join(', ')}`,
          ...(leftOut.length > 0 ? [`not read, as the model makes nothing of them: ${leftOut.join(', ')}`] : []),
        ],
      };
    },
  },
  npz: {
    help: 'the weights alone, as NumPy arrays',
    ending: '.npz',
    make: (model, path) => ({ files: { [path]: npzOfWeights(model) }, notes: [] }),
  },
  huggingface: {
    help: 'a folder for the Hugging Face hub: weights, config.json, model card',
    ending: '-huggingface',
    make: (model, path) => ({ files: Object.fromEntries(Object.entries(huggingFaceFiles(model)).map(([name, contents]) => [join(path, name), contents])), notes: [] }),
  },
  'torch-code': {
    help: 'a Python file with the network as torch modules, and its weights',
    ending: '.py',
    make(model, path) {
      const weights = join(dirname(path), `${basename(path, extname(path))}.safetensors`);
      return { files: { [path]: torchCode(model, basename(weights)), [weights]: model.toBytes() }, notes: [`predict(rows) of ${basename(path)} takes raw rows; it needs torch and safetensors`] };
    },
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportFormatName = keyof typeof exportFormats;

export interface ExportOptions {
  /** Whether files that are there are replaced; otherwise they are refused. Default false. */
  readonly force?: boolean;
}

/** The files of an export, and what users of them have to know, in sentences. */
export interface ExportResult {
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Writes a model in a format of other programs; each file appears as a whole or not at all. Throws ERR_CONFIG for an unknown format, and for a
 * file that is there unless `force` is set; ERR_IO.
 * @param path the file to write. Formats of several files put the others beside it.
 */
export function exportModel(model: Model, format: ExportFormatName, path: string, options: ExportOptions = {}): ExportResult {
  checkObject(model, 'model', 'a Model', ['spec', 'classNames', 'parts']);
  checkText(path, 'path');
  checkOptions(options);
  const { make } = formatOf(format);
  const { files, notes } = make(model, path);
  const there = Object.keys(files).find((file) => existsSync(file));
  if (there !== undefined && options.force !== true) throw expected('ERR_CONFIG', 'a path where there is no file (--force replaces it)', 'the export', there, { path: 'out' });
  for (const [file, contents] of Object.entries(files)) replaceFile(file, contents);
  return { files: Object.keys(files), notes };
}

/** The format of that name. Throws ERR_CONFIG for another. */
export function formatOf(name: unknown): ExportFormat {
  const known: Readonly<Record<string, ExportFormat>> = exportFormats;
  if (typeof name !== 'string' || !Object.hasOwn(known, name)) throw expected('ERR_CONFIG', `one of ${Object.keys(known).join(', ')}`, 'the format', name, { path: 'to' });
  return known[name]!;
}
