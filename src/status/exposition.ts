// In which format a scraper gets the metrics, and the way from one format to the other.
import { qualityOf } from './accept.ts';

export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Whether the Accept header prefers OpenMetrics to plain text. */
export function prefersOpenMetrics(accept: string): boolean {
  const openMetrics = qualityOf(accept, /^application\/openmetrics-text$/);
  return openMetrics > 0 && openMetrics >= qualityOf(accept, /^(text\/plain|text\/\*|\*\/\*)$/);
}

/**
 * Text format 0.0.4 as OpenMetrics 1.0: counters are declared without `_total`, there are no empty lines, and the end is
 * marked. prom-client can do it too, but renames its metrics for good then.
 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []));
  const declared = lines.map((line) =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total /, (whole, start, name) =>
      counters.has(name) ? `${start}${name} ` : whole,
    ),
  );
  return `${declared.join('\n')}\n# EOF\n`;
}
