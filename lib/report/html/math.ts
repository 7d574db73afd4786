import type * as Katex from 'katex';
import { raw } from './markup';
import type { Html } from './markup';

/**
 * A formula of TeX as MathML, which browsers set without script, style sheet or font. Throws what KaTeX throws for TeX that it
 * does not know.
 */
export function math(tex: string, display: boolean): Html {
  // Loaded with the first formula: most commands set none.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would make every caller asynchronous
  const { renderToString } = require('katex') as typeof Katex;
  const markup = renderToString(tex, { displayMode: display, output: 'mathml', strict: 'error', throwOnError: true });
  // Only the formula itself: the frame is for KaTeX's style sheet, and the copy of the source doubles the size.
  const formula = markup.replace(/^<span class="katex">|<\/span>$/g, '');
  return raw(formula.replace(/<semantics>([\s\S]*)<annotation [^>]*>[\s\S]*?<\/annotation><\/semantics>/, '$1'));
}
