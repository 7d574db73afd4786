/** The style sheet of reports, for screens of any width and for paper. */
export const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 52rem; color: #222; background: #fff;
  font: 16px/1.5 system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif; counter-reset: figure table; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 3rem 0 .75rem; padding-top: .5rem; border-top: 2px solid #0072b2; }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h4, h5, h6 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p, ul { margin: .6rem 0; }
p { overflow-wrap: break-word; }
.lead { font-size: 1.1rem; }
.given { font-size: 1.2rem; font-weight: 600; margin: 0 0 .4rem; overflow-wrap: anywhere; }
.tags span { display: inline-block; border: 1px solid #8a8a8a; border-radius: .6rem; padding: 0 .55rem; font-size: .85rem; max-width: 100%; overflow-wrap: anywhere; }
.remark { white-space: pre-line; overflow-wrap: anywhere; border-left: 4px solid #0072b2; padding: .1rem 0 .1rem .9rem; }
a { color: #005a8f; }
nav ol { list-style: none; padding: 0; margin: 1.25rem 0 0; columns: 2; column-gap: 2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: .75rem 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; }
table:not(.document, .confusion) { min-width: 65%; }
th code { white-space: nowrap; }
td code { min-width: 7.5rem; display: inline-block; }
caption, figcaption { text-align: left; color: #444; font-size: .9rem; padding: .25rem 0 .5rem; }
table:not(.document) caption::before { counter-increment: table; content: "Table " counter(table) ".\\2002"; font-weight: 600; }
figcaption::before { counter-increment: figure; content: "Figure " counter(figure) ".\\2002"; font-weight: 600; }
th, td { padding: .2rem .75rem .2rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e2e2e2; }
thead th { border-bottom: 1px solid #555; vertical-align: bottom; }
tbody th { font-weight: 400; }
td.number, td.cell { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.confusion th, .confusion td { padding: .25rem .4rem; }
.confusion thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; border: 0; }
.confusion td.cell { text-align: center; border: 1px solid #fff; min-width: 2.4rem; }
.confusion td.right { outline: 1.5px solid #222; outline-offset: -2px; }
figure { margin: 1.25rem 0; }
figure svg, figure img { display: block; max-width: 100%; height: auto; }
figure img { image-rendering: pixelated; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 1.25rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); gap: .75rem; font-size: .78rem; line-height: 1.3; }
.pictures img { width: 6rem; }
.outcome { border-left: 4px solid #8a8a8a; background: #f4f4f4; padding: .3rem .9rem; margin: 1rem 0; overflow-wrap: anywhere; }
.outcome.failure { border-color: #b3261e; background: #fbeceb; }
.outcome.failure strong { color: #b3261e; font-size: 1.15rem; }
.note { border-left: 4px solid #d55e00; padding: .1rem 0 .1rem .9rem; }
.formula { overflow-x: auto; overflow-y: hidden; padding: .3rem 0; }
.katex { font-size: 1.1em; }
.katex-display { margin: .3rem 0; }
@media (max-width: 36rem) {
  body { padding: 1rem .8rem 3rem; }
  nav ol { columns: 1; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
}
.keys { columns: 16rem; column-gap: 2rem; font-size: .85rem; list-style: none; padding: 0; }
.keys li { break-inside: avoid; overflow-wrap: anywhere; }
@media print {
  @page { margin: 14mm 15mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #555; } }
  html { font-size: 9pt; }
  body { padding: 0; max-width: none; font-size: 1rem; line-height: 1.35; }
  h1 { font-size: 16pt; }
  h2 { font-size: 12.5pt; margin: 5mm 0 1.5mm; padding-top: 1mm; border-top-width: 1pt; }
  h3 { font-size: 10pt; margin: 3mm 0 1mm; }
  p, ul, dl { margin: 1.2mm 0; }
  .wide, figure { margin: 2mm 0; }
  th, td { padding-block: .3mm; }
  .confusion th, .confusion td { padding: .4mm 1mm; }
  .confusion td.cell { min-width: 0; }
  h2, h3, h4, caption { break-after: avoid; }
  figure, tr, dl, .formula, .short, .confusion, li { break-inside: avoid; }
  thead { display: table-header-group; }
  nav ol { margin-top: 2mm; column-gap: 8mm; }
  a { color: inherit; text-decoration: none; }
  nav a { display: flex; align-items: last baseline; }
  nav a::before { content: ""; order: 1; flex: 1 0 4mm; margin: 0 1.5mm; border-bottom: .6pt dotted #999; }
  nav a::after { content: ""; order: 2; min-width: 4mm; text-align: right; font-variant-numeric: tabular-nums; }
  .wide, .formula { overflow: visible; }
  .pair, .paper-pair { display: block; font-size: 0; orphans: 1; widows: 1; }
  .pair > *, .paper-pair > * { display: inline-block; width: calc(50% - 3mm); vertical-align: top; font-size: 1rem; }
  :is(.pair, .paper-pair) > :nth-child(odd) { margin-right: 6mm; }
  .paper-pair table:not(.confusion) { min-width: 100%; }
  .confusion { font-size: 7pt; }
  figure img { max-height: 78mm; width: auto; }
  .pictures { grid-template-columns: repeat(10, 1fr); gap: 1.5mm; font-size: 6.5pt; }
  .pictures img { width: 100%; }
  .keys { columns: 4; column-gap: 5mm; font-size: 7pt; }
  .derivation { font-size: 8pt; line-height: 1.3; }
  .derivation .formula { padding: 0; }
  td, th, .confusion td.cell { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
