import { describe, expect, it } from 'vitest';
import type { Command, CommandResult } from '../../../../src/system/exec.ts';
import {
  aFrontend,
  aGlobalPlan,
  aServicePlan,
  aTarget,
  changeOf,
  removalOf,
  TestKernel,
} from '../../../builders/iptables-plans.ts';
import { FakeIptables } from '../../../fakes/fake-iptables.ts';

const good = aServicePlan({ name: { name: 'good' }, frontends: [aFrontend('10.96.1.1')] });
const bad = aServicePlan({ name: { name: 'bad' }, frontends: [aFrontend('10.96.1.2', { port: 70_000 })] });
const sticky = aServicePlan({ affinitySeconds: 60, clusterEndpoints: [aTarget('10.244.2.1')] });

/** A kernel whose programs answer as the test says, where it says anything. */
function kernelWith(
  answer: (command: Command) => CommandResult | undefined,
): TestKernel & { commands: Command[] } {
  const iptables = new FakeIptables();
  const commands: Command[] = [];
  const kernel = new TestKernel({
    exec: async (command) => {
      commands.push(command);
      return answer(command) ?? iptables.exec(command);
    },
  });
  return Object.assign(kernel, { commands });
}

function refusal(stderr: string, exitCode: number | undefined) {
  return ({ file }: Command) => (file.endsWith('-restore') ? { exitCode, stdout: '', stderr } : undefined);
}

const write = (kernel: TestKernel, ...plans: (typeof good)[]) =>
  kernel.write(changeOf(plans, { global: aGlobalPlan() }), true);

describe('a write', () => {
  it('says how many rules of each table it brought', async () => {
    const kernel = new TestKernel();
    const first = await write(kernel, good);
    const lines = kernel.iptables.save().split('\n');
    const rulesIn = (table: string) => {
      const begin = lines.indexOf(`*${table}`);
      const end = lines.indexOf('COMMIT', begin);
      return lines.slice(begin, end).filter((line) => line.startsWith('-A')).length;
    };
    expect(first).toMatchObject({ written: { natRules: rulesIn('nat'), filterRules: rulesIn('filter') } });
    const second = await kernel.write(changeOf([sticky]));
    expect(second).toMatchObject({ ok: true, written: { filterRules: 0 } });
  });
});

describe('a refused restore', () => {
  it('names the service port whose rule is in the line, in its own chain', async () => {
    // The masquerade rule of the bad one has its port.
    const result = await write(new TestKernel(), good, bad);
    expect(result).toMatchObject({ ok: false, suspects: [bad.key], isTransient: false });
  });

  it('names the service port whose rule is in the line, in a dispatch chain', async () => {
    const global = aGlobalPlan({ localDetector: { kind: 'none' } });
    const result = await new TestKernel().write(changeOf([good, bad], { global }), true);
    expect(result).toMatchObject({ ok: false, suspects: [bad.key], isTransient: false });
  });

  it('leaves the kernel as it was and can be followed by a write without the one at fault', async () => {
    const kernel = new TestKernel();
    await write(kernel, good);
    const before = kernel.iptables.save();
    expect(await kernel.write(changeOf([bad]))).toMatchObject({ ok: false });
    expect(kernel.iptables.save()).toBe(before);
    expect(await kernel.write(changeOf([sticky]))).toMatchObject({ ok: true });
  });

  it('names nobody when the line is the COMMIT, as legacy says it for what the kernel refuses', async () => {
    const kernel = new TestKernel();
    await write(kernel, good);
    const lines = kernel.iptables.restores.at(-1)?.trimEnd().split('\n').length ?? 0;
    const refusing = kernelWith(refusal(`iptables-restore: line ${lines} failed`, 1));
    expect(await write(refusing, good)).toMatchObject({ ok: false, suspects: [], isTransient: false });
  });

  it.each([
    ['a line that is not there', 'iptables-restore: line 99999 failed'],
    ['no line', 'iptables-restore: something is wrong'],
  ])('names nobody for %s', async (_, stderr) => {
    expect(await write(kernelWith(refusal(stderr, 1)), good)).toMatchObject({ ok: false, suspects: [] });
  });

  it.each([
    ['the lock is held', 'Another app is currently holding the xtables lock.', 4],
    ['the deadline passes or the program is missing', 'iptables-nft-restore: not found', undefined],
    ['memory is short', 'iptables-restore: line 5 failed: Cannot allocate memory.', 1],
  ])('is transient when %s', async (_, stderr, exitCode) => {
    const result = await write(kernelWith(refusal(stderr, exitCode)), good);
    expect(result).toMatchObject({ ok: false, isTransient: true, error: expect.stringContaining(stderr) });
  });
});

describe('an affinity set', () => {
  const restoresOf = ({ commands }: { readonly commands: readonly Command[] }) =>
    commands
      .filter(({ args, file }) => args.includes('restore') || file.endsWith('-restore'))
      .map(({ file }) => file);

  it('is there before the rules that need it, and goes after them', async () => {
    const kernel = kernelWith(() => undefined);
    await write(kernel, sticky);
    expect(restoresOf(kernel)).toEqual(['ipset', 'iptables-nft-restore']);
    kernel.commands.length = 0;
    await kernel.write(removalOf([sticky.key]));
    expect(restoresOf(kernel)).toEqual(['iptables-nft-restore', 'ipset']);
  });

  it('that cannot be made names its service port', async () => {
    const kernel = kernelWith(({ file, args }) =>
      file === 'ipset' && args.includes('restore')
        ? { exitCode: 1, stdout: '', stderr: 'ipset v7.17: Error in line 1: Kernel error received' }
        : undefined,
    );
    expect(await write(kernel, sticky)).toMatchObject({
      ok: false,
      suspects: [sticky.key],
      isTransient: false,
    });
  });

  it('that cannot be destroyed leaves the rules in place and is tried again', async () => {
    let restores = 0;
    const kernel = kernelWith(({ file, args }) =>
      file === 'ipset' && args.includes('restore') && ++restores === 2
        ? { exitCode: 1, stdout: '', stderr: 'ipset v7.17: Error in line 1: Set cannot be destroyed' }
        : undefined,
    );
    await write(kernel, sticky, good);
    expect(await kernel.write(removalOf([sticky.key]))).toMatchObject({ ok: false, isTransient: true });
    expect(await kernel.write(removalOf([sticky.key]))).toMatchObject({ ok: true });
    expect([...(kernel.state?.sets.affinity ?? [])]).toEqual([]);
  });
});

describe('route_localnet', () => {
  it('is set after the rules that protect loopback, and only once', async () => {
    const written: string[] = [];
    const kernel = new TestKernel({
      sysctl: {
        read: () => '0',
        write: (name, value) => written.push(`${name}=${value} ${kernel.filter('KUBE-FIREWALL')?.length}`),
      },
    });
    await write(kernel, good);
    await kernel.write(changeOf([sticky]));
    expect(written).toEqual(['net/ipv4/conf/all/route_localnet=1 1']);
  });

  it('is left alone where NodePorts do not answer on loopback', async () => {
    const kernel = new TestKernel({
      sysctl: { read: () => '0', write: () => expect.unreachable() },
    });
    const global = aGlobalPlan({ hasLocalhostNodePorts: false });
    expect(await kernel.write(changeOf([good], { global }), true)).toMatchObject({ ok: true });
    expect(kernel.filter('KUBE-FIREWALL')).toBeUndefined();
  });

  it('that cannot be set is a failure that says so', async () => {
    const kernel = new TestKernel({
      sysctl: {
        read: () => '0',
        write: () => {
          throw new Error('read-only');
        },
      },
    });
    expect(await write(kernel, good)).toMatchObject({
      ok: false,
      error: expect.stringContaining('read-only'),
    });
  });
});

describe('jump rules', () => {
  it('are inserted where they are missing and left where they are', async () => {
    const kernel = new TestKernel();
    await write(kernel, good);
    const before = kernel.filter('FORWARD');
    const drop = '*filter\n-I FORWARD -s 192.0.2.66/32 -j DROP\nCOMMIT\n';
    await kernel.iptables.exec({ file: 'iptables-nft-restore', args: [], input: [drop], timeoutMs: 0 });
    kernel.state = await kernel.dataplane.read(kernel.state);
    await write(kernel, good, sticky);
    expect(kernel.filter('FORWARD')).toEqual(['-s 192.0.2.66/32 -j DROP', ...(before ?? [])]);
  });
});
