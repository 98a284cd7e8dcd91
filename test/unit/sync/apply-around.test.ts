import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApplyResult } from '../../../src/dataplane/dataplane.ts';
import type { ServicePortKey } from '../../../src/model/names.ts';
import { applyAround } from '../../../src/sync/apply-around.ts';

const keys = (count: number) => Array.from({ length: count }, (_, i) => `ns/svc-${i}/TCP` as ServicePortKey);

/** A kernel that refuses every change with a bad service port in it, and remembers what it took. */
function kernelThatRefuses(bad: ReadonlySet<ServicePortKey>, options: { namesOne?: boolean } = {}) {
  const committed = new Set<ServicePortKey>();
  let tries = 0;
  const tryCommit = async (part: readonly ServicePortKey[]): Promise<ApplyResult> => {
    tries++;
    const culprits = part.filter((key) => bad.has(key));
    if (culprits.length > 0) {
      return {
        ok: false,
        error: 'no',
        suspects: options.namesOne ? culprits.slice(0, 1) : [],
        isTransient: false,
      };
    }
    for (const key of part) committed.add(key);
    return { ok: true, operations: part.length, bytes: 0 };
  };
  return { tryCommit, committed, tries: () => tries };
}

describe('applyAround', () => {
  it('commits all in one try when nothing is refused', async () => {
    const kernel = kernelThatRefuses(new Set());
    expect(await applyAround(keys(10_000), kernel.tryCommit)).toEqual({ ok: true, refused: new Map() });
    expect(kernel.tries()).toBe(1);
  });

  it('commits exactly the good ones, whichever are bad and whether or not the kernel names them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(59), { maxLength: 8 }), fc.boolean(), async (badIndexes, namesOne) => {
        const all = keys(60);
        const bad = new Set(badIndexes.flatMap((i) => all.slice(i, i + 1)));
        const kernel = kernelThatRefuses(bad, { namesOne });
        const outcome = await applyAround(all, kernel.tryCommit);
        expect(outcome.ok && new Set(outcome.refused.keys())).toEqual(bad);
        expect(kernel.committed).toEqual(new Set(all.filter((key) => !bad.has(key))));
      }),
    );
  });

  it('needs few tries to find one fault among 10,000', async () => {
    const all = keys(10_000);
    const unnamed = kernelThatRefuses(new Set(all.slice(7_777, 7_778)));
    await applyAround(all, unnamed.tryCommit);
    expect(unnamed.tries()).toBeLessThanOrEqual(2 + 2 * 14);

    const named = kernelThatRefuses(new Set(all.slice(7_777, 7_778)), { namesOne: true });
    await applyAround(all, named.tryCommit);
    expect(named.tries()).toBe(3);
  });

  it('does not set a service port aside that was named wrongly', async () => {
    const [innocent, guilty, other] = keys(3);
    if (!innocent || !guilty || !other) throw new Error('unreachable');
    const tryCommit = async (part: readonly ServicePortKey[]): Promise<ApplyResult> =>
      part.includes(guilty)
        ? { ok: false, error: 'no', suspects: part.includes(innocent) ? [innocent] : [], isTransient: false }
        : { ok: true, operations: 1, bytes: 0 };
    const outcome = await applyAround([innocent, guilty, other], tryCommit);
    expect(outcome).toEqual({ ok: true, refused: new Map([[guilty, 'no']]) });
  });

  it.each([{ namesOne: true }, { namesOne: false }])(
    'commits what is beside the service ports when all of these are refused, %o',
    async (options) => {
      const all = keys(3);
      const kernel = kernelThatRefuses(new Set(all), options);
      let isRestCommitted = false;
      const outcome = await applyAround(all, (part) => {
        isRestCommitted ||= part.length === 0;
        return kernel.tryCommit(part);
      });
      expect(outcome.ok && [...outcome.refused.keys()].sort()).toEqual(all);
      expect(isRestCommitted).toBe(true);
    },
  );

  it('blames no service port for a fault outside them, after two tries', async () => {
    let tries = 0;
    const outcome = await applyAround(keys(1_000), async () => {
      tries++;
      return { ok: false, error: 'table is gone', suspects: [], isTransient: false };
    });
    expect(outcome).toEqual({ ok: false, error: 'table is gone', isTransient: false });
    expect(tries).toBe(2);
  });

  it('stops at transient trouble', async () => {
    let tries = 0;
    const outcome = await applyAround(keys(1_000), async () => {
      tries++;
      return { ok: false, error: 'lock held', suspects: [], isTransient: true };
    });
    expect(outcome).toEqual({ ok: false, error: 'lock held', isTransient: true });
    expect(tries).toBe(1);
  });
});
