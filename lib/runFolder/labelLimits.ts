// In a file of its own, without the reader, as the dashboard's page imports it.

/** Of a title, a tag and a note, in characters; and how many tags a run may have. */
export const labelLimits = { title: 200, tag: 100, note: 10_000, tags: 50 } as const;
