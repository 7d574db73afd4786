import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileError, readFile, sizeLimits, withFileErrors } from '../../files';
import type { ReadExternal } from '../onnx/tensor';

/**
 * Reads the weights of a model that lie in files beside it. Throws ERR_DATA, naming the model, for a file outside its folder, also by a link, and for one that is too short; ERR_IO for one that cannot be read.
 */
export function externalData(model: string): ReadExternal {
  const files = new Map<string, Buffer>();
  const bytesOf = (location: string): Buffer => {
    const folder = dirname(model);
    const path = resolve(folder, location);
    // A model comes from elsewhere, and must not name any file of this machine.
    const isBeside = !isAbsolute(location) && !/[\\\0]/.test(location) && isWithin(resolve(folder), path) && withFileErrors(path, () => isWithin(realpathSync(folder), realpathSync(path)));
    if (!isBeside) throw fileError('ERR_DATA', 'weights in files beside the model', model, `the path ${location}`);
    return readFile(path, { limit: sizeLimits.checkpoint, follow: true });
  };
  return (location, offset, length) => {
    const bytes = files.get(location) ?? bytesOf(location);
    files.set(location, bytes);
    const end = length === undefined ? bytes.length : offset + length;
    if (offset > end || end > bytes.length) throw fileError('ERR_DATA', `${String(end)} bytes in ${location}`, model, String(bytes.length));
    return bytes.subarray(offset, end);
  };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
