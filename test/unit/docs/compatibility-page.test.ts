// docs/compatibility.md claims to list every path and every Event: held here against what the program has.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { healthPaths } from '../../../src/status/health-server.ts';
import { metricsPaths } from '../../../src/status/metrics-server.ts';
import { aSnapshot } from '../../builders/status.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = readFileSync(resolve(ROOT, 'docs/compatibility.md'), 'utf8');

/** The cells of the table whose head begins with this cell. */
function rowsOf(firstCell: string): string[][] {
  const lines = PAGE.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstCell} |`));
  const rest = lines.slice(head + 2);
  const rows = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function codesIn(cell = ''): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}

/** The paths that the page has for a server. */
function pathsOf(server: string): string[] {
  const rows = rowsOf('path').filter(([, cell]) => cell?.startsWith(server));
  return rows.flatMap(([paths]) => codesIn(paths)).toSorted();
}

describe('docs/compatibility.md', () => {
  it('has all paths of the metrics server', () => {
    const server = metricsPaths({
      ...{ metricsText: async () => '', proxyMode: '', configz: '', flags: new Map(), hasProfiling: true },
      statusz: () => ({ version: '', runtime: '', startedAtMs: 0, nowMs: 0 }),
    });
    expect(pathsOf('metrics')).toEqual([...server.keys()].toSorted());
  });

  it('has all paths of the health server', () => {
    const server = healthPaths({
      ...{ snapshot: aSnapshot, nowMs: () => 0, healthTimeoutMs: 0, metrics: { onHealthAnswer: () => {} } },
    });
    expect(pathsOf('health')).toEqual([...server.keys()].toSorted());
  });

  it('has a reason for each difference', () => {
    const differences = PAGE.split(/\n\n+/).filter((block) => /^\|.*\| why \|\n/.test(block));
    const rows = differences
      .flatMap((block) => block.split('\n').slice(2))
      .filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });

  it('has all Events', () => {
    const directory = resolve(ROOT, 'src/daemon');
    const sources = readdirSync(directory).map((file) => readFileSync(resolve(directory, file), 'utf8'));
    const reasons = sources.flatMap((text) =>
      Array.from(text.matchAll(/\breason: '(\w+)'/g), ([, name = '']) => name),
    );
    expect(reasons.length).toBeGreaterThan(5);
    expect(
      rowsOf('reason')
        .flatMap(([reason]) => codesIn(reason))
        .toSorted(),
    ).toEqual(reasons.toSorted());
  });
});
