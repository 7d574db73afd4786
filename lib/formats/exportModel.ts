import { existsSync } from 'node:fs';
import { checkObject, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { replaceFile } from '../files';
import type { Model } from '../inference/model';
import { exportOnnx } from './onnx/exportOnnx';

/** What a format makes of a model. */
interface Exported {
  /** The files by what their names end in, behind the path that was asked for. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** What users of the files have to know, in sentences. */
  readonly notes: readonly string[];
}

interface ExportFormat {
  readonly help: string;
  /** How the names of its files end. */
  readonly ending: string;
  readonly make: (model: Model) => Exported;
}

/** Formats of other programs that a model can be written in, by name. */
export const exportFormats = {
  safetensors: {
    help: 'the model as a file of its own, whose weights PyTorch reads',
    ending: '.safetensors',
    make: (model) => ({ files: { '': model.toBytes() }, notes: [] }),
  },
  onnx: {
    help: 'a graph with the preprocessing inside, for ONNX Runtime and others',
    ending: '.onnx',
    make(model) {
      const { bytes, inputs, outputs, leftOut } = exportOnnx(model);
      return {
        files: { '': bytes },
        notes: [
          ...inputs.map(({ name, type, what }) => `input ${name} (${type}): ${what}`),
          `output ${outputs.join(', ')}`,
          ...(leftOut.length > 0 ? [`not read, as the model makes nothing of them: ${leftOut.join(', ')}`] : []),
        ],
      };
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
  const { files, notes } = make(model);
  const written = Object.entries(files).map(([suffix, contents]) => [`${path}${suffix}`, contents] as const);
  const there = written.find(([file]) => existsSync(file));
  if (there !== undefined && options.force !== true) throw expected('ERR_CONFIG', 'a path where there is no file (--force replaces it)', 'the export', there[0], { path: 'out' });
  for (const [file, contents] of written) replaceFile(file, contents);
  return { files: written.map(([file]) => file), notes };
}

/** The format of that name. Throws ERR_CONFIG for another. */
export function formatOf(name: unknown): ExportFormat {
  const known: Readonly<Record<string, ExportFormat>> = exportFormats;
  if (typeof name !== 'string' || !Object.hasOwn(known, name)) throw expected('ERR_CONFIG', `one of ${Object.keys(known).join(', ')}`, 'the format', name, { path: 'to' });
  return known[name]!;
}
