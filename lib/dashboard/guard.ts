import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Content security policy: no resources from other origins, none inline, no embedding in frames. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** On any port, as a tunnel from another machine has one of its own. */
const ownHost = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i;

/**
 * Whether a request comes from the page or an address bar. A foreign Host means DNS rebinding: some name was
 * made to resolve to this address; a foreign Origin means that another site asks. A request that changes something must name its origin.
 */
export function isOwn(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (host === undefined || !ownHost.test(host)) return false;
  if (origin === undefined ? method === 'POST' : origin.toLowerCase() !== `http://${host.toLowerCase()}`) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

/** Compares two secrets in a time that does not depend on how much of them is equal. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
