// What every table of tracked flows promises, held against the kernel and the fake one.
import { afterEach, describe, expect, it } from 'vitest';
import type { FlowQuery, FlowTable, UdpFlow } from '../../src/flows/flow-table.ts';
import { ip } from '../builders/records.ts';

/** A table without flows. */
export interface FlowTableBed {
  readonly table: FlowTable<UdpFlow>;
  /** `destination`, then who answers, as `ip:port`. Flows to one destination have sources of their own. */
  add(destination: string, reply: string): void;
}

const ALL: FlowQuery = { family: 'IPv4', destination: undefined };

export function describeFlowTable(name: string, createBed: () => FlowTableBed): void {
  describe(`the flow table of ${name}`, () => {
    const tables: FlowTable<UdpFlow>[] = [];
    const open = (): FlowTableBed => {
      const bed = createBed();
      tables.push(bed.table);
      return bed;
    };
    afterEach(() => {
      for (const table of tables.splice(0)) table.close();
    });

    it('lists nothing when there is nothing', async () => {
      expect(await list(open().table, ALL)).toEqual([]);
    });

    it('lists the flows of a family', async () => {
      const { table, add } = open();
      add('10.96.0.10:53', '10.244.1.1:5353');
      add('10.96.0.10:53', '10.244.1.2:5353');
      add('fd00::a:53', 'fd00::1:5353');
      expect(await list(table, ALL)).toEqual([
        '10.96.0.10:53 <- 10.244.1.1:5353',
        '10.96.0.10:53 <- 10.244.1.2:5353',
      ]);
      expect(await list(table, { ...ALL, family: 'IPv6' })).toEqual(['fd00::a:53 <- fd00::1:5353']);
    });

    it('lists the flows to an address and port, or to a port of any address', async () => {
      const { table, add } = open();
      add('10.96.0.10:53', '10.96.0.10:53');
      add('10.96.0.11:53', '10.96.0.11:53');
      add('10.96.0.10:54', '10.96.0.10:54');
      expect(await list(table, { ...ALL, destination: { ip: ip('10.96.0.10'), port: 53 } })).toEqual([
        '10.96.0.10:53 <- 10.96.0.10:53',
      ]);
      expect(await list(table, { ...ALL, destination: { ip: undefined, port: 53 } })).toHaveLength(2);
    });

    it('deletes flows while it lists them, each once', async () => {
      const { table, add } = open();
      for (const host of [1, 2, 3, 4, 5]) add('10.96.0.10:53', `10.244.1.${host}:5353`);
      const counts: number[] = [];
      for await (const part of table.udpFlows(ALL)) {
        const left = Array.from(part).filter(({ replyIp }) => replyIp !== '10.244.1.3');
        counts.push(table.delete(left), -table.delete(left));
      }
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
      expect(await list(table, ALL)).toEqual(['10.96.0.10:53 <- 10.244.1.3:5353']);
    });
  });
}

async function list(table: FlowTable<UdpFlow>, query: FlowQuery): Promise<string[]> {
  const texts: string[] = [];
  for await (const part of table.udpFlows(query))
    for (const { destinationIp, destinationPort, replyIp, replyPort } of part)
      texts.push(`${destinationIp}:${destinationPort} <- ${replyIp}:${replyPort}`);
  return texts.sort();
}
