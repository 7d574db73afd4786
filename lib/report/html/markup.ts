import { escapeMarkup, printableLines } from '../../text';

/** Markup that is put into a page without escaping. */
export interface Html {
  readonly html: string;
}

/** What a template accepts: text is escaped, markup is not, and the items of a list are concatenated. */
export type Content = Html | string | number | readonly Content[];

/** Markup from a template. What is inserted is escaped, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return raw(strings.reduce((page, text, i) => page + markupOf(contents[i - 1]!) + text));
}

/** Declares text to be markup. Never for text that comes from users or files. */
export function raw(markup: string): Html {
  return { html: markup };
}

function markupOf(content: Content): string {
  if (typeof content === 'object') return 'html' in content ? content.html : content.map(markupOf).join('');
  return escapeMarkup(printableLines(String(content)));
}
