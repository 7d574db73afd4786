import type { Curve, Point } from './thin';

export interface ChartSeries {
  /** Curves of the same name are one entry of the legend. */
  readonly name: string;
  /** In order of x, positive on a logarithmic axis. A y that is not finite, or not positive there, leaves a gap. */
  readonly points: readonly Point[] | Curve;
  /**
   * 'faint' is for the background, such as raw values behind their smoothed curve; 'thin' for one curve of
   * many; 'dots' draws the points alone. Default 'solid'.
   */
  readonly style?: 'solid' | 'dashed' | 'faint' | 'thin' | 'dots';
  /** Index into the palette, for series that belong together; default: the index in the list. */
  readonly colour?: number;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  /** With the unit where there is one. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  /** 'percent' shows a share of 1 as 100 %. */
  readonly yFormat?: 'number' | 'percent';
  readonly series: readonly ChartSeries[];
  /** In pixels; default 720 × 420. The picture grows in height when its legend takes many lines. */
  readonly width?: number;
  readonly height?: number;
}
