'use strict';

/** @type {import('jest').Config} */
module.exports = {
  // Node's, which notes what each file costs: scripts/slowest.js.
  testEnvironment: '<rootDir>/__tests__/support/environment.js',
  // Against hanging alone: many tests are processes, and a busy machine makes no test fail.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/__tests__/support/sequencer.js',
  // Compiled files and how long tests took, where the folder for temporary files is gone after a run.
  cacheDirectory: '<rootDir>/.cache/jest',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/', '<rootDir>/build/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/runs/', '<rootDir>/datasets/'],
  // import() has to name the compiled file, of which a test runs the source.
  moduleNameMapper: { '^(\\.\\.?/.*)\\.js$': '$1' },
  transform: {
    '\\.ts$': [
      '<rootDir>/__tests__/support/transform.js',
      {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
