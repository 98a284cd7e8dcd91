// A comparison with kube-proxy's shape as a line of the table.
import type { Comparison } from '../parts/alternate.ts';
import { type Figure, quantityText } from '../report/figure.ts';

export function comparisonFigure(what: string, comparison: Comparison, atMost: number | undefined): Figure {
  const { oursMs, theirsMs, ratio } = comparison;
  const detail = `${quantityText(oursMs, 'ms')} / ${quantityText(theirsMs, 'ms')}`;
  return { what: `${what}: ours / kube-proxy's shape`, atMost, measured: ratio, unit: 'ratio', detail };
}
