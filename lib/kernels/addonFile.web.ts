import type { AddonOutcome } from './addon';

export function placeOfAddon(): string {
  return 'a page';
}

export function openAddon(_careful: boolean): AddonOutcome {
  return { reason: 'a page loads no addon', mend: 'npm install blastrain, for Node.js' };
}
