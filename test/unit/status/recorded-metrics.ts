// A scrape as data: of each metric its type, its labels and its buckets.

export interface MetricShape {
  readonly type: string;
  /** Sorted; without `le`. */
  readonly labels: readonly string[];
  /** Of a histogram, as they are written. */
  readonly buckets: readonly string[];
}

/** Metrics without series are left out: they tell nothing of labels. */
export function shapesOf(scrape: string): Map<string, MetricShape> {
  const shapes = new Map<string, MetricShape>();
  let [name, type] = ['', ''];
  for (const line of scrape.split('\n')) {
    const declared = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (declared) [, name = '', type = ''] = declared;
    else if (line !== '' && !line.startsWith('#')) shapes.set(name, withSeries(shapes.get(name), type, line));
  }
  return shapes;
}

function withSeries(known: MetricShape | undefined, type: string, line: string): MetricShape {
  const labels = Array.from(line.matchAll(/[{,](\w+)="([^"]*)"/g), ([, label = '', value = '']) => ({
    label,
    value,
  }));
  const bounds = labels.filter(({ label }) => label === 'le').map(({ value }) => value);
  const names = labels.map(({ label }) => label).filter((label) => label !== 'le');
  return {
    type,
    labels: [...new Set([...(known?.labels ?? []), ...names])].sort(),
    buckets: [...new Set([...(known?.buckets ?? []), ...bounds])],
  };
}
