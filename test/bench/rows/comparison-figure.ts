// A comparison with kube-proxy's shape as a line of the table.
import type { Comparison } from '../parts/alternate.ts';
import type { BenchMode } from '../parts/mode.ts';
import { type Figure, type Goal, quantityText } from '../report/figure.ts';

/** With iptables, which share of theirs ours takes; with nftables, how many times as much as ours theirs takes. */
export function comparisonFigureOf(
  mode: BenchMode,
  what: string,
  comparison: Comparison,
  goal: Goal,
): Figure {
  return mode === 'nftables' ? timesFigure(what, comparison, goal) : shareFigure(what, comparison, goal);
}

function shareFigure(what: string, { rounds, oursMs, theirsMs, ratio }: Comparison, goal: Goal): Figure {
  const detail = `${quantityText(oursMs, 'ms')} / ${quantityText(theirsMs, 'ms')}${onceNote(rounds)}`;
  return { what: `${what}: ours / kube-proxy's shape`, ...goal, measured: ratio, unit: 'ratio', detail };
}

function timesFigure(what: string, { rounds, oursMs, theirsMs, ratio }: Comparison, goal: Goal): Figure {
  const detail = `${quantityText(theirsMs, 'ms')} / ${quantityText(oursMs, 'ms')}${onceNote(rounds)}`;
  return { what: `${what}: kube-proxy's shape / ours`, ...goal, measured: 1 / ratio, unit: 'ratio', detail };
}

/** Where one measurement takes minutes, the figure is no median. */
function onceNote(rounds: number): string {
  return rounds === 1 ? ', once each' : '';
}
