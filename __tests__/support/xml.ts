/** An element of an XML text. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"' };
const unescaped = (text: string): string => text.replace(/&\w+;/g, (entity) => entities[entity]!);

/** The elements of an XML text in document order; throws where it is not well-formed. */
export function parseXml(xml: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  let at = 0;
  for (const match of xml.matchAll(/<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy)) {
    at = match.index + match[0].length;
    const [, closing, name, attributes, selfClosing, text] = match;
    if (text !== undefined) {
      if (/&(?!(lt|gt|amp|quot);)/.test(text)) throw new Error(`bare & in ${text}`);
      if (open.length > 0) open[open.length - 1]!.text += unescaped(text);
    } else if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name!}> closes nothing`);
    } else {
      const pairs = [...attributes!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescaped(value!)]);
      const element: Element = { name: name!, attributes: Object.fromEntries(pairs) as Record<string, string>, text: '' };
      elements.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  if (at !== xml.length) throw new Error(`not XML from: ${xml.slice(at, at + 60)}`);
  if (open.length > 0) throw new Error(`${open[open.length - 1]!.name} is not closed`);
  return elements;
}

/** The texts of a picture. */
export const textsOf = (elements: readonly Element[]): string[] =>
  elements.filter(({ name }) => name === 'text').map(({ text }) => text);
