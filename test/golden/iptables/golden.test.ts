// Objects in, plan and rules out: each folder here has the objects of one case, what the planner makes of them, and the rules
// and sets on an empty node. `npm test -- -u` writes them anew; read the difference as you read code.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planGlobal } from '../../../src/plan/global-plan.ts';
import { changeOf, TestKernel } from '../../builders/iptables-plans.ts';
import { objectsIn } from '../../builders/objects.ts';
import { aCluster, planFromNothing } from '../../builders/plans.ts';

const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);

describe.each(cases.map(({ name }) => name))('%s', (name) => {
  const folder = resolve(import.meta.dirname, name);
  const cluster = aCluster(objectsIn(readFileSync(resolve(folder, 'in.yaml'), 'utf8')));
  const plan = planFromNothing(cluster);

  it('is planned', async () => {
    const text = JSON.stringify([...plan.services.values()], undefined, 2);
    await expect(`${text}\n`).toMatchFileSnapshot(resolve(folder, 'plan.json'));
  });

  it('is rendered', async () => {
    const kernel = new TestKernel();
    const global = planGlobal({ ...cluster, family: 'IPv4' });
    const result = await kernel.write(changeOf([...plan.services.values()], { global }), true);
    expect(result).toMatchObject({ ok: true });
    const sets = Array.from(kernel.iptables.sets, ([, { header, members }]) =>
      [header, ...members].join('\n'),
    );
    const text = `${kernel.iptables.save()}\n${sets.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(resolve(folder, 'rules.txt'));
  });
});
