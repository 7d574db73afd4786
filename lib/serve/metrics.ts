/** A histogram in the manner of Prometheus: counts of the values up to each bound, their sum and their number. */
class Histogram {
  private readonly counts: number[];
  private sum = 0;
  private total = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.total++;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.counts[at]!++;
  }

  lines(name: string): string {
    let below = 0;
    const buckets = this.bounds.map((bound, at) => `${name}_bucket{le="${String(bound)}"} ${String((below += this.counts[at]!))}\n`);
    return `${buckets.join('')}${name}_bucket{le="+Inf"} ${String(this.total)}\n${name}_sum ${String(this.sum)}\n${name}_count ${String(this.total)}\n`;
  }
}

const secondBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const rowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** What a server counts. */
export class ServerMetrics {
  private readonly requests = new Map<string, number>();
  private readonly requestSeconds = new Histogram(secondBounds);
  private readonly batchSeconds = new Histogram(secondBounds);
  private readonly batchRows = new Histogram(rowBounds);
  private rows = 0;

  /** @param path one of the server's own, so that no stranger makes lines; '' for others. */
  request(path: string, status: number): void {
    const labels = `path="${path}",status="${String(status)}"`;
    this.requests.set(labels, (this.requests.get(labels) ?? 0) + 1);
  }

  /** A request for predictions that was answered with them. */
  predicted(rows: number, seconds: number): void {
    this.rows += rows;
    this.requestSeconds.observe(seconds);
  }

  batch(rows: number, seconds: number): void {
    this.batchRows.observe(rows);
    this.batchSeconds.observe(seconds);
  }

  /** The text format of Prometheus, version 0.0.4. */
  render(queue: { readonly requests: number; readonly rows: number }, open: number): string {
    const metric = (name: string, type: string, help: string, lines: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`;
    const one = (name: string, type: string, help: string, value: number): string => metric(name, type, help, `${name} ${String(value)}\n`);
    const requests = [...this.requests].map(([labels, count]) => `blastrain_requests_total{${labels}} ${String(count)}\n`).join('');
    return metric('blastrain_requests_total', 'counter', 'Requests that were answered, by path and status.', requests) +
      one('blastrain_rows_total', 'counter', 'Rows that were predicted.', this.rows) +
      metric('blastrain_request_seconds', 'histogram', 'Time from the head of a request for predictions to its answer.', this.requestSeconds.lines('blastrain_request_seconds')) +
      metric('blastrain_batch_seconds', 'histogram', 'Time that the model took for a batch.', this.batchSeconds.lines('blastrain_batch_seconds')) +
      metric('blastrain_batch_rows', 'histogram', 'Rows of a batch.', this.batchRows.lines('blastrain_batch_rows')) +
      one('blastrain_queue_requests', 'gauge', 'Requests that wait for their predictions.', queue.requests) +
      one('blastrain_queue_rows', 'gauge', 'Rows that wait for their predictions.', queue.rows) +
      one('blastrain_open_requests', 'gauge', 'Requests for predictions that are read, wait or are computed.', open);
  }
}
