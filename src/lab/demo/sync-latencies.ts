// What the daemons say about their syncs.
import { type Daemon, SYNC_COMPLETE } from '../daemon.ts';
import { dim, heading, ms, type Print, table, verdict } from './screen.ts';

/** Prints a row for each node and family; returns whether each has synced, the first time and after changes. */
export function showSyncLatencies(daemons: readonly Daemon[], print: Print): boolean {
  print(heading('Syncs, as the daemons log them.'));
  const rows = daemons.flatMap((daemon) => ['IPv4', 'IPv6'].map((family) => latencyRow(daemon, family)));
  const header = ['node', 'family', 'syncs', 'median', 'slowest', ''].map(dim);
  for (const line of table([header, ...rows.map(({ cells }) => cells)])) print(line);
  return rows.every(({ isRight }) => isRight);
}

function latencyRow({ nodeName, events }: Daemon, family: string) {
  const elapsed = events
    .filter(({ msg, ...fields }) => msg === SYNC_COMPLETE && fields['family'] === family)
    .map(({ elapsedMs }) => Number(elapsedMs))
    .sort((a, b) => a - b);
  const isRight = elapsed.length >= 2;
  const median = elapsed[Math.floor(elapsed.length / 2)] ?? Number.NaN;
  return {
    cells: [
      nodeName,
      family,
      `${elapsed.length}`,
      ms(median),
      ms(elapsed.at(-1) ?? Number.NaN),
      verdict(isRight),
    ],
    isRight,
  };
}
