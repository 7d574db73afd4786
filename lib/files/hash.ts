/** A digest that is computed part by part; texts count as UTF-8. */
export interface Hash {
  update(part: string | Uint8Array): Hash;
  /** The digest of all parts. To be called once. */
  digest(encoding: 'hex'): string;
}
