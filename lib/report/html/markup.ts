import { printableLines } from '../../text';

/** Markup that may go into a page as it is. */
export interface Html {
  readonly html: string;
}

/** What can stand in a template: text is escaped, markup is not, and of a list one goes after the other. */
export type Content = Html | string | number | readonly Content[];

/** Markup from a template. Whatever is put in is escaped, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return raw(strings.reduce((page, text, i) => page + markupOf(contents[i - 1]!) + text));
}

/** Text of ours that is markup already. Not for anything that a user has named. */
export function raw(markup: string): Html {
  return { html: markup };
}

function markupOf(content: Content): string {
  if (typeof content === 'object') return 'html' in content ? content.html : content.map(markupOf).join('');
  return escape(String(content));
}

function escape(text: string): string {
  return printableLines(text)
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}
