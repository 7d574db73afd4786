import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Katex from 'katex';
import { packageRoot, withFileErrors } from '../../files';
import { raw } from './markup';
import type { Html } from './markup';

/**
 * A TeX formula as HTML, with MathML beside it for screen readers. The page needs {@link mathStyle}. Throws what KaTeX
 * throws for TeX that it does not support.
 */
export function math(tex: string, display: boolean): Html {
  // Loaded with the first formula: most commands need none.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would make every caller asynchronous
  const { renderToString } = require('katex') as typeof Katex;
  return raw(renderToString(tex, { displayMode: display, strict: 'error', throwOnError: true }));
}

/** The style sheet of formulas, with their fonts in it: about 180 kB. Throws ERR_IO where blastrain is not built. */
export function mathStyle(): string {
  const file = join(packageRoot, 'dist', 'report', 'html', 'math.css');
  return withFileErrors(file, () => readFileSync(file, 'utf8'));
}
