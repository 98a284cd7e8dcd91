// `npm run bench`: measures, prints a table and writes its lines into docs/performance.md. Needs root for network namespaces.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { NetnsFactory } from './parts/netns.ts';
import { writeFigures } from './report/document.ts';
import type { Figure } from './report/figure.ts';
import { machineText } from './report/machine.ts';
import { mergedTable, table } from './report/table.ts';
import { FULL_SIZES, QUICK_SIZES, type Row, type RowContext } from './rows/row.ts';
import { ROWS } from './rows/rows.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/performance.md');

const HELP = `usage: npm run bench -- [--quick] [--only NAME]...

  --quick      small sizes, to see that everything runs; docs/performance.md stays as it is
  --only NAME  this row alone, may be repeated; the other lines of the table in docs/performance.md stay as they are
               ${ROWS.map(({ name }) => name).join('\n               ')}`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await bench(rowsNamed(values.only), values.quick);

function rowsNamed(names: readonly string[] | undefined): readonly Row[] {
  if (!names) return ROWS;
  const unknown = names.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}\n${HELP}`);
  return ROWS.filter(({ name }) => names.includes(name));
}

async function bench(rows: readonly Row[], isQuick: boolean): Promise<void> {
  const netns = new NetnsFactory();
  try {
    const figures = await measure(rows, { netns, sizes: isQuick ? QUICK_SIZES : FULL_SIZES });
    const machine = machineText();
    console.log(`${machine}\n\n${table(figures)}`);
    if (isQuick) return;
    const tableAfter = (former: string) => (rows === ROWS ? table(figures) : mergedTable(former, figures));
    writeFigures(DOCUMENT, (former) => `${machine}\n\n${tableAfter(former)}`);
  } finally {
    await netns.close();
  }
}

async function measure(rows: readonly Row[], context: RowContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const row of rows) {
    console.error(`${row.name} …`);
    figures.push(...(await row.run(context)));
  }
  return figures;
}
