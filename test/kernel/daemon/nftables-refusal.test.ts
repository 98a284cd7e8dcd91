// The kernel refuses an element of one Service: that one is set aside, and the rest goes through in the same sync.
import { afterEach, describe, expect, it } from 'vitest';
import { pack, packIp, packPort, packProtocol } from '../../../src/dataplane/nftables/packed.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { SetAsideEntry } from '../../../src/status/snapshot.ts';
import { FamilySync } from '../../../src/sync/family-sync.ts';
import { tellAll } from '../../../src/sync/observer.ts';
import { aPlanConfig } from '../../builders/plans.ts';
import { ip } from '../../builders/records.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { FaultyNfTables } from '../../fakes/faulty-nf-tables.ts';
import { FAMILIES } from './bed.ts';
import { createNftablesBed, type KernelBed, removeKernelBeds } from './kernel-bed.ts';
import { BAD, badEndpoint, badVip, SERVICES, twentyServices } from './twenty-services.ts';

afterEach(removeKernelBeds);

/** As long as the name of the set that it stands for. */
const [SET, NO_SET] = ['frontends-1\0', 'frontends-X\0'];

describe.each(FAMILIES)('nftables, %s, refusing an element of a set that there is not', (family) => {
  it('keeps one Service back, until it is taken', async () => {
    const { bed, sync, clock, fault, setAside } = start(family);
    expect(await sync.sync('start')).toMatchObject({ outcome: 'committed' });
    expect(setAside).toMatchObject([{ key: BAD, failures: 1 }]);
    expect(setAside[0]?.reason).toContain('elements of frontends-1: ENOENT');
    expect(sync.status()).toMatchObject({ servicePorts: SERVICES - 1 });
    expect(endpointsIn(bed)).toHaveLength(SERVICES - 1);
    expect(bed.faults()).toEqual([]);

    await clock.advance(10_000);
    expect(await sync.sync('changes')).toMatchObject({ outcome: 'nothing-to-do' });
    expect(setAside.at(-1)).toMatchObject({ failures: 2 });

    fault.isOn = false;
    await clock.advance(20_000);
    expect(await sync.sync('changes')).toMatchObject({ outcome: 'committed' });
    expect(sync.setAside.size).toBe(0);
    expect(endpointsIn(bed)).toHaveLength(SERVICES);
    expect(endpointsIn(bed).join()).toContain(`"${badEndpoint(family)}"`);
    expect(bed.faults()).toEqual([]);
  });
});

function start(family: IpFamily) {
  const fault = { isOn: true };
  const bed = createNftablesBed(
    family,
    (real) => new FaultyNfTables(real, (batch) => (fault.isOn ? spoiled(batch, family) : batch)),
  );
  const clock = new FakeClock();
  const setAside: SetAsideEntry[] = [];
  const sync = new FamilySync({
    kernel: bed.kernel,
    model: twentyServices(family, clock),
    settings: { config: aPlanConfig(), node: { name: 'node-1', bindIp: undefined } },
    clock,
    random: () => 0,
    observer: tellAll([{ onSetAside: (entry) => setAside.push(entry) }]),
  });
  return { bed, sync, clock, fault, setAside };
}

/** The first element with the key of the bad Service is in the message about its set, which has no others. */
function spoiled(batch: Uint8Array, family: IpFamily): Uint8Array {
  const bytes = Buffer.from(batch);
  const key = pack(packIp(ip(badVip(family))), packProtocol('TCP'), packPort(80));
  const at = bytes.indexOf(key, 0, 'latin1');
  const set = at < 0 ? -1 : bytes.lastIndexOf(SET, at, 'latin1');
  if (set >= 0) bytes.write(NO_SET, set, 'latin1');
  return bytes;
}

function endpointsIn(bed: KernelBed): string[] {
  return bed.rules().filter((line) => line.includes(' element endpoints '));
}
