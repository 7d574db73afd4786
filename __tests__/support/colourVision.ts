/*
 * How far apart two colours look, with usual vision and without one kind of cone. Sources: Machado, Oliveira, Fernandes, "A Physiologically-based Model for
 * Simulation of Color Vision Deficiency", 2009, at full severity; Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula", 2005.
 */

export type Vision = 'usual' | 'protanopia' | 'deuteranopia';

const seen: Readonly<Record<Vision, readonly number[]>> = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
};

export type Lab = readonly [L: number, a: number, b: number];

/** Red, green and blue of '#rrggbb', linear, 0 to 1. */
function linear(hex: string): number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
}

/** CIELAB of a colour, white D65. */
export function labOf(hex: string, vision: Vision = 'usual'): Lab {
  const own = linear(hex);
  const [r, g, b] = [0, 1, 2].map((row) => Math.min(1, Math.max(0, own.reduce((sum, c, i) => sum + seen[vision][3 * row + i]! * c, 0)))) as [number, number, number];
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Contrast ratio of WCAG 2. */
export function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => linear(hex).reduce((sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i]! * c, 0);
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** CIEDE2000, ΔE00. */
export function difference([L1, a1, b1]: Lab, [L2, a2, b2]: Lab): number {
  const radians = Math.PI / 180;
  const seventh = (C: number): number => Math.sqrt(C ** 7 / (C ** 7 + 25 ** 7));
  const G = 0.5 * (1 - seventh((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2));
  const polar = (a: number, b: number): [C: number, h: number] => [Math.hypot(a * (1 + G), b), (Math.atan2(b, a * (1 + G)) / radians + 360) % 360];
  const [[C1, h1], [C2, h2]] = [polar(a1, b1), polar(a2, b2)];
  const grey = C1 * C2 === 0;
  const turn = h2 - h1;
  const dh = grey ? 0 : turn > 180 ? turn - 360 : turn < -180 ? turn + 360 : turn;
  const dH = 2 * Math.sqrt(C1 * C2) * Math.sin((dh / 2) * radians);
  const [L, C] = [(L1 + L2) / 2, (C1 + C2) / 2];
  const sum = h1 + h2;
  const h = grey ? sum : Math.abs(turn) <= 180 ? sum / 2 : sum < 360 ? (sum + 360) / 2 : (sum - 360) / 2;
  const cos = (degrees: number): number => Math.cos(degrees * radians);
  const T = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63);
  const [SL, SC, SH] = [1 + (0.015 * (L - 50) ** 2) / Math.sqrt(20 + (L - 50) ** 2), 1 + 0.045 * C, 1 + 0.015 * C * T];
  const RT = -2 * seventh(C) * Math.sin(60 * radians * Math.exp(-(((h - 275) / 25) ** 2)));
  const [l, c, e] = [(L2 - L1) / SL, (C2 - C1) / SC, dH / SH];
  return Math.sqrt(l * l + c * c + e * e + RT * c * e);
}
