import { answerKey } from '../api';
import type { AnswerKind, ExportedSite } from '../api';

/*
 * The answers of an exported page. They lie in scripts, as a page that was opened from a disk may load scripts but must not fetch files.
 */

const scope = globalThis as { blastrainSite?: ExportedSite; blastrainAnswer?: (script: number, kind: AnswerKind, text: string) => void };
const site = scope.blastrainSite;

/** Whether the page was exported: no server is asked, and nothing can be changed. */
export const isExported = site !== undefined;

/** What happens while its script runs; it is forgotten afterwards. */
const waiting = new Map<number, (answer: Response) => void>();
scope.blastrainAnswer = (script, kind, text) => {
  const bytes = kind === 'base64' ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(text);
  waiting.get(script)?.(new Response(bytes, { status: kind === 'refused' ? 409 : 200, headers: { 'x-from': '0', 'x-size': String(bytes.length) } }));
};

/** Whether a request is answered: by a server all are, by an exported page those whose answers it has. */
export function isAnswered(path: string, query: Readonly<Record<string, string>>): boolean {
  return site === undefined || Object.hasOwn(site.answers, answerKey(path, query));
}

/** When the runs were as they are shown, in milliseconds since 1970. */
export function shownAt(): number {
  return site === undefined ? Date.now() : Date.parse(site.madeAt);
}

/** Answers a request as the server would. Rejects where a script cannot be loaded. */
export function askExported(path: string, query: Readonly<Record<string, string>>): Promise<Response> {
  const script = site?.answers[answerKey(path, query)];
  if (script === undefined) return Promise.resolve(new Response(JSON.stringify({ code: 'ERR_CONFIG', message: 'This is not part of the exported page.' }), { status: 404 }));
  // A file that grows has been read to its end by one answer.
  if (query['from'] !== undefined && query['from'] !== '0') return Promise.resolve(new Response(null, { headers: { 'x-from': query['from'], 'x-size': query['from'] } }));
  return load(script);
}

function load(script: number): Promise<Response> {
  const element = document.createElement('script');
  const answer = new Promise<Response>((settle, reject) => {
    waiting.set(script, settle);
    element.addEventListener('error', reject);
  });
  element.src = `data/${String(script)}.js`;
  document.head.append(element);
  return answer.finally(() => {
    waiting.delete(script);
    element.remove();
  });
}
