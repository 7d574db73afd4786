// Used by the dashboard's page as well: nothing here needs Node.

/*
 * Colours of series, by the ground that they are drawn on. Any two are at least 15 apart (CIEDE2000) for usual vision and without one kind of cone,
 * protanopia and deuteranopia, and each has a contrast of 3 or more with its ground: __tests__/report/palette.test.ts computes both.
 */

/** On white. */
export const palette = ['#0072b2', '#d55e00', '#0b4f26', '#489fae', '#4e2140', '#1ea56f', '#0600b1', '#227b6d'];
/** On the dark panels of the dashboard. */
export const darkPalette = ['#5aa9ff', '#ff9f54', '#1effc5', '#c43b6a', '#49f8ff', '#cf3900', '#3d6bce', '#00b3a2'];
