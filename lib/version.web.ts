/** Put in by scripts/build-web.js. */
declare const BLASTRAIN_VERSION: string;

/** The version in package.json. */
export const version: string = BLASTRAIN_VERSION;
