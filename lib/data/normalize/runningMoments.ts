/** Mean and standard deviation of numbers that come one by one, in float64 by Welford's updates (1962). */
export class RunningMoments {
  private count = 0;
  private squares = 0;
  mean = 0;

  add(value: number): void {
    this.count++;
    const difference = value - this.mean;
    this.mean += difference / this.count;
    this.squares += difference * (value - this.mean);
  }

  /** The standard deviation, to divide by: 1 for numbers that are constant to the rounding of doubles, and for none. */
  get scale(): number {
    const deviation = this.count === 0 ? 0 : Math.sqrt(this.squares / this.count);
    return deviation > 4 * 2 ** -53 * Math.abs(this.mean) ? deviation : 1;
  }
}
