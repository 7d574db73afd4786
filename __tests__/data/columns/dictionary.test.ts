import { Dictionary } from '../../../lib/data/columns/dictionary';
import { isMissing } from '../../../lib/data/columns/column';

test('texts as bytes have the codes that they have as strings', () => {
  const [byBytes, byText] = [new Dictionary(isMissing), new Dictionary(isMissing)];
  for (let i = 0; i < 20_000; i++) {
    const text = ['', 'NA', 'é', `name ${String((i * 7919) % 3000)}`, String(i % 11), 'ab'.repeat(i % 40)][i % 6]!;
    const bytes = Buffer.from(`,${text},`);
    const [from, to] = [1, bytes.length - 1];
    const known = byBytes.find(bytes, from, to);
    const code = known ?? byBytes.add(bytes, from, to, text);
    expect(byBytes.find(bytes, from, to)).toBe(code);
    expect(code).toBe(byText.codeOf(text));
    if (isMissing(text)) expect(code).toBe(-1);
    else expect(byBytes.names[code]).toBe(text);
  }
  expect(byBytes.names).toEqual(byText.names);
});
