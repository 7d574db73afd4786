import { html } from './markup';
import type { Content, Html } from './markup';
import { math } from './math';

/**
 * A document as markup: headings, paragraphs, lists, tables, `code`, **strong**, *emphasis*, links and TeX between
 * dollars, the part of Markdown that docs/ uses. `level` is that of its first heading. A link becomes its text,
 * as the page is self-contained. Throws what {@link math} throws.
 */
export function renderMarkdown(text: string, level: number): Html {
  const blocks: Html[] = [];
  const lines = text.split('\n');
  const take = (belongs: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (lines.length > 0 && belongs(lines[0]!)) taken.push(lines.shift()!);
    return taken;
  };
  while (lines.length > 0) {
    const line = lines[0]!;
    if (line.trim() === '') lines.shift();
    else if (line.startsWith('#')) blocks.push(heading(lines.shift()!, level));
    else if (line === '$$') {
      lines.shift();
      blocks.push(html`<p class="formula" tabindex="0">${math(take((other) => other !== '$$').join('\n'), true)}</p>`);
      lines.shift();
    } else if (line.startsWith('|')) blocks.push(table(take((other) => other.startsWith('|'))));
    else if (line.startsWith('- ')) blocks.push(list(take((other) => /^(- | {2}\S)/.test(other))));
    else blocks.push(html`<p>${inline(take((other) => !/^(\s*|\$\$|#.*|\|.*|- .*)$/.test(other)).join(' '))}</p>`);
  }
  return html`${blocks.map((block) => html`${block}\n`)}`;
}

function heading(line: string, level: number): Html {
  const [, marks, text] = /^(#+) (.*)$/.exec(line)!;
  const tag = { html: `h${String(Math.min(6, level + marks!.length - 1))}` };
  return html`<${tag}>${inline(text!)}</${tag}>`;
}

function table([header, , ...rows]: readonly string[]): Html {
  const cells = (line: string): string[] => line.replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim());
  const row = (line: string, tag: Html): Html => html`<tr>${cells(line).map((cell) => html`<${tag}>${inline(cell)}</${tag}>`)}</tr>`;
  return html`<table class="document"><thead>${row(header!, { html: 'th' })}</thead><tbody>${rows.map((line) => row(line, { html: 'td' }))}</tbody></table>`;
}

function list(lines: readonly string[]): Html {
  const items: string[] = [];
  for (const line of lines) {
    if (line.startsWith('- ')) items.push(line.slice(2));
    else items.push(`${items.pop()!} ${line.trim()}`);
  }
  return html`<ul>${items.map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
}

/** Inline markup. The first match wins, so that stars and brackets in a formula belong to the formula. */
const spans = /`([^`]+)`|\$([^$]+)\$|\*\*(.+?)\*\*|\*([^*]+)\*|\[([^\]]+)\]\([^)]+\)/g;

function inline(text: string): Content {
  const contents: Content[] = [];
  let end = 0;
  for (const match of text.matchAll(spans)) {
    const [all, code, tex, strong, emphasis, link] = match;
    contents.push(text.slice(end, match.index));
    if (code !== undefined) contents.push(html`<code>${code}</code>`);
    else if (tex !== undefined) contents.push(math(tex, false));
    else if (strong !== undefined) contents.push(html`<strong>${inline(strong)}</strong>`);
    else if (emphasis !== undefined) contents.push(html`<em>${inline(emphasis)}</em>`);
    else contents.push(inline(link!));
    end = match.index + all.length;
  }
  return [...contents, text.slice(end)];
}
