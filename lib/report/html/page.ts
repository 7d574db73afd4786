import { encodePng } from '../drawing/png';
import type { Raster } from '../drawing/png';
import { html, raw } from './markup';
import type { Content, Html } from './markup';
import { mathStyle } from './math';
import { style } from './style';

/** A part of a report. */
export interface Section {
  readonly title: string;
  readonly body: Content;
}

/** What {@link renderPage} makes a self-contained file of. */
export interface Report {
  readonly title: string;
  readonly lead: Content;
  readonly sections: readonly Section[];
  /** At the end, lettered instead of numbered. */
  readonly appendices: readonly Section[];
}

/**
 * A report as one HTML file: no script, no link to another file, and a policy that forbids the browser to load any. It
 * prints on any paper. Throws ERR_IO where blastrain is not built.
 */
export function renderPage({ title, lead, sections, appendices }: Report): string {
  const parts = [
    ...sections.map((section, i) => ({ ...section, number: String(i + 1) })),
    ...appendices.map((section, i) => ({ ...section, number: String.fromCharCode(65 + i) })),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(mathStyle() + style)}</style>
</head>
<body>
<header><h1>${title}</h1>
${lead}
<nav aria-label="Contents"><ol>${parts.map(({ title: name, number }) => html`<li><a href="#part-${number}">${number}&ensp;${name}</a></li>`)}</ol></nav>
</header>
<main>
${parts.map(({ title: name, number, body }) => html`<section id="part-${number}"><h2>${number}&ensp;${name}</h2>
${body}
</section>
`)}</main>
</body>
</html>
`.html;
}

/** A picture with a caption below it; the text alternative is part of the picture. */
export function figure(picture: Html, caption: Content): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** An SVG made by lib/report: names given by users are escaped in it, and it has a title and a description for screen readers. */
export function drawing(svg: string): Html {
  return raw(svg);
}

/** Pixels as an image, with a text alternative. */
export function photograph({ width, height, channels, pixels }: Raster, alternative: string): Html {
  const data = encodePng(width, height, channels, pixels).toString('base64');
  return html`<img src="data:image/png;base64,${data}" width="${width}" height="${height}" alt="${alternative}">`;
}

/** Size of charts of which two stand side by side. */
export const halfSize = { width: 460, height: 320 };

/** Figures or tables side by side where there is room for it; those that need more than half of a screen on paper alone. */
export function pair(parts: readonly Content[], { onPaper = false }: { readonly onPaper?: boolean } = {}): Html {
  const shown = parts.filter((part) => part !== '');
  return html`<div class="${onPaper ? 'paper-pair' : 'pair'}">${shown}</div>`;
}

/** The most rows of a table that stands on one page. */
const maxShort = 24;

/** A table with a caption; the first column holds the row headers, and numbers are aligned to the right. */
export function table(caption: Content, header: readonly Content[], rows: readonly (readonly Content[])[]): Html {
  return html`<div class="wide${rows.length <= maxShort ? ' short' : ''}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first!}</th>${rest.map((cell) => html`<td${numeric(cell)}>${cell}</td>`)}</tr>`)}</tbody></table></div>
`;
}

/** A table of names and values, a row for each. */
export function facts(entries: readonly (readonly [name: string, value: Content])[]): Html {
  return html`<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
`;
}

function numeric(cell: Content): Html {
  const isNumber = typeof cell === 'number' || (typeof cell === 'string' && /^[-+−]?\d[\d\s.,e\u202f\u00a0±+-]*(\u00a0?[%a-zA-Z/]+)?$|^–$/.test(cell));
  return raw(isNumber ? ' class="number"' : '');
}
