// Session affinity for many clients: each is a source address of its own that sends real packets.
import { afterEach, describe, expect, it } from 'vitest';
import { aFrontend, aGlobalPlan, aServicePlan, aTarget, changeOf } from '../../builders/iptables-plans.ts';
import { createBed, LINEUPS, removeBeds, write } from './bed.ts';

const CLIENTS = 4_000;

afterEach(removeBeds);

/** Each client sends twice, from two ports, so that it makes two connections. */
const SEND = `
  const { createSocket } = require('node:dgram');
  const send = (address) => new Promise((resolve) => {
    const socket = createSocket('udp4').bind(0, address, () => socket.send('x', 80, '10.96.0.1', () => socket.close(resolve)));
  });
  (async () => {
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < ${CLIENTS}; i++) await send('10.200.' + (i >> 8) + '.' + (i & 255));
  })();
`;

describe.each(LINEUPS.filter(({ family }) => family === 'IPv4'))(
  'affinity with iptables $variant',
  (lineup) => {
    it(`keeps ${CLIENTS} clients, each with its endpoint`, async () => {
      const { dataplane, run } = createBed(lineup);
      run('ip', ['link', 'set', 'lo', 'up']);
      run('ip', ['route', 'add', 'local', '10.200.0.0/16', 'dev', 'lo']);
      run('ip', ['route', 'add', 'local', '10.96.0.0/16', 'dev', 'lo']);
      run('ip', ['route', 'add', 'local', '10.244.2.0/24', 'dev', 'lo']);
      const plan = aServicePlan({
        name: { protocol: 'UDP' },
        frontends: [aFrontend('10.96.0.1', { protocol: 'UDP' })],
        clusterEndpoints: ['10.244.2.1', '10.244.2.2'].map((ip) => aTarget(ip)),
        affinitySeconds: 600,
      });
      const { result } = await write(
        dataplane,
        await dataplane.read(),
        changeOf([plan], { family: 'IPv4', global: aGlobalPlan() }),
        true,
      );
      expect(result).toMatchObject({ ok: true });

      run(process.execPath, ['-e', SEND]);
      const clients = (set: string) => run('ipset', ['save', set]).match(/^add \S+ \S+/gm) ?? [];
      const sets = run('ipset', ['list', '-name'])
        .split('\n')
        .filter((name) => name.startsWith('KUBE-SEP-'));
      const bySet = sets.map((set) => clients(set).map((line) => line.split(' ')[2]));
      expect(bySet.map((list) => list.length > CLIENTS / 4)).toEqual([true, true]);
      // Who had lost the endpoint would stand in both sets.
      expect(bySet.flat()).toHaveLength(CLIENTS);
      expect(new Set(bySet.flat()).size).toBe(CLIENTS);
    });
  },
);
