export { concatBytes } from './concat';
export { parseJson } from './parseJson';
export { sha256 } from './sha256';
export { fileError, systemError } from './system';
