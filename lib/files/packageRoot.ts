import { BlastrainError } from '../errors';

/*
 * Bundlers copy code into files elsewhere, but neither the files that threads start from nor the addon. This module says so before anything else fails,
 * so it imports nothing of Node.js: the require of an ES module that a bundler wrote throws.
 */
const { existsSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const path = process.getBuiltinModule('node:path');

/** The root of the package, the same from lib/, from dist/ and from a bundle beside which the package is installed. */
export const packageRoot = find();

function find(): string {
  // ES modules have no __filename.
  if (typeof __filename === 'undefined') throw notFound('a bundle that is an ES module');
  const own = path.dirname(path.dirname(__dirname));
  if (existsSync(path.join(own, 'dist', 'files', 'packageRoot.js'))) return own;
  try {
    return path.dirname(createRequire(__filename).resolve('blastrain/package.json'));
  } catch {
    throw notFound(`a bundle, ${__filename}, with no node_modules/blastrain beside or above it`);
  }
}

function notFound(received: string): BlastrainError {
  return new BlastrainError(
    'ERR_CONFIG',
    `Expected the installed package for blastrain, whose threads and native kernels are files of their own, but received ${received}; ` +
      'mark it as external (esbuild --external:blastrain) and install it where the bundle runs',
  );
}
