import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What a plain CommonJS or ES script may use without importing it. */
const nodeGlobals = Object.fromEntries(
  [
    'AbortController', 'Buffer', 'TextDecoder', 'TextEncoder', 'URL', '__dirname', '__filename', 'clearInterval', 'clearTimeout',
    'console', 'exports', 'fetch', 'module', 'performance', 'process', 'queueMicrotask', 'require', 'setImmediate', 'setInterval',
    'setTimeout', 'structuredClone',
  ].map((name) => [name, 'readonly']),
);

export default [
  { ignores: ['dist/', 'build/', 'node_modules/', 'runs/', 'datasets/', 'coverage/', 'prebuilds/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { files: ['**/*.{js,cjs,mjs}'], languageOptions: { globals: nodeGlobals } },
  { files: ['**/*.{js,cjs}'], languageOptions: { sourceType: 'commonjs' } },

  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Under noUncheckedIndexedAccess every x[i] of a typed array is possibly undefined; `!` is how a loop says it is not.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // We have no enums, and looking for them is a fifth of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // { a, ...rest } is how an object without a is made.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name everywhere.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: 'BinaryExpression[operator="instanceof"]', message: 'Values can come from another realm; test a property or `code`.' },
      ],
    },
  },
  {
    // What stands in a page for a file of Node.js has its parameters, of which it uses few.
    files: ['**/*.web.ts'],
    rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    // Only the command line talks to the terminal.
    files: ['**/*.ts'],
    ignores: ['lib/cli/**', 'scripts/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['__tests__/**'],
    rules: {
      // test.each rows, JSON.parse and deliberately wrong arguments make these noise in tests.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
];
