import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from '../../../lib/report/html/markdown';
import { html, raw } from '../../../lib/report/html/markup';
import { bytes, count, duration, moment, percentOf, settingText, significant, standardError } from '../../../lib/report/html/numbers';
import { table } from '../../../lib/report/html/page';

describe('markup', () => {
  test('what is put in is escaped, in text and in attributes, and markup is not', () => {
    const mean = '<script>alert("1")</script>&\'';
    expect(html`<b title="${mean}">${mean}</b>${raw('<i>')}${[1, html`<u>${'<'}</u>`]}`.html).toBe(
      '<b title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</b><i>1<u>&lt;</u>',
    );
  });

  test('a control character becomes one that a page may hold', () => {
    expect(html`${'a\u0000b\u001bc\nd'}`.html).toBe('a\\x00b\\x1bc\nd');
  });

  test('a table stands its numbers right and names its rows', () => {
    const { html: markup } = table('T', ['a', 'b', 'c'], [['x', percentOf(0.5, 100), 'word']]);
    expect(markup).toContain('<th scope="row">x</th><td class="number">50.0\u00a0±\u00a05.0\u00a0%</td><td>word</td>');
  });
});

describe('a document', () => {
  const plain = (text: string): string => renderMarkdown(text, 2).html.trim();

  test.each([
    ['headings from a level on', '# A\n## B *c*', '<h2>A</h2>\n<h3>B <em>c</em></h3>'],
    ['paragraphs over lines', 'a\nb\n\nc', '<p>a b</p>\n<p>c</p>'],
    ['lists with items over lines', '- a\n  b\n- **c**', '<ul><li>a b</li><li><strong>c</strong></li></ul>'],
    ['code with stars and markup in it', '`a*b*<i>`', '<p><code>a*b*&lt;i&gt;</code></p>'],
    ['links as their text', '[the `way`](there.md) on', '<p>the <code>way</code> on</p>'],
    ['markup as text', '<b>', '<p>&lt;b&gt;</p>'],
    ['tables', '| a | b |\n|---|---|\n| c | `d` |', '<table class="document"><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td><code>d</code></td></tr></tbody></table>'],
  ])('has %s', (_, text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  test('has formulas within a line and on their own, for the eye and as MathML', () => {
    const line = plain('so $a*b*c$ is');
    expect(line).toMatch(/^<p>so <span class="katex">.*<math .*<\/p>$/);
    expect(line).not.toContain('<em>');
    expect(plain('a\n$$\n\\frac{1}{2}\n$$\nb')).toMatch(/^<p>a<\/p>\n<p class="formula" tabindex="0"><span class="katex-display">.*<\/p>\n<p>b<\/p>$/);
  });

  test('a formula that cannot be read is refused', () => {
    expect(() => plain('$\\nonsense$')).toThrow(/nonsense/);
  });

  test('the derivations need no font but those in the style sheet', () => {
    const text = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'backpropagation.md'), 'utf8');
    const { html: markup } = renderMarkdown(text, 2);
    const formulas = [...text.matchAll(/\$\$[^$]+\$\$|\$[^$]+\$/g)].length;
    expect([...markup.matchAll(/<math /g)]).toHaveLength(formulas);
    expect(markup).not.toMatch(/class="[^"]*(mathcal|mathfrak|mathsf|mathtt|mathscr|boldsymbol|textsf|texttt)/);
    expect(markup.replace(/<annotation[^>]*>[^<]*<\/annotation>/g, '')).not.toMatch(/\$|\*\*|`/);
  });
});

describe('numbers', () => {
  test('a share has its binomial standard error', () => {
    expect(standardError(0.55, 1000)).toBeCloseTo(Math.sqrt((0.55 * 0.45) / 1000), 12);
    expect(percentOf(0.55, 1000)).toBe('55.0\u00a0±\u00a01.6\u00a0%');
  });

  test.each([
    [percentOf(1, 20), '100.0\u00a0%'], [percentOf(NaN, 20), '–'], [percentOf(0, 0), '–'],
    [count(1_234_567), '1,234,567'], [count(999), '999'],
    [significant(0.000123456), '1.235e-4'], [significant(0.03), '0.03'], [significant(NaN), '–'], [significant(0), '0'],
    [duration(0.00276), '2.76\u00a0ms'], [duration(9.06), '9.1\u00a0s'], [duration(3599.9), '1\u00a0h 00\u00a0min'], [duration(252), '4\u00a0min 12\u00a0s'],
    [bytes(1_233_240), '1.2\u00a0MB'], [bytes(12), '12\u00a0B'],
    [moment('2026-11-23T12:08:28.851Z'), '2026-11-23 12:08\u00a0UTC'],
    [settingText([3072, 100, 10]), '3072,100,10'], [settingText(null), 'null'], [settingText('he'), 'he'], [settingText([{ type: 'relu' }]), '[{"type":"relu"}]'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
