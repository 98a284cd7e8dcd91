import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/cli/command.ts';
import { parseCommandLine } from '../../../src/cli/command-line.ts';

function parseArgs(args: readonly string[], env: Record<string, string> = {}, program = 'fairlead'): Command {
  return parseCommandLine({ program, args, env });
}

function parse(line: string, env: Record<string, string> = {}): Command {
  return parseArgs(line.split(' ').filter(Boolean), env);
}

function runWith(file: string | undefined, flags: Record<string, string[]>): object {
  return {
    kind: 'run',
    source: { file, flags: new Map(Object.entries(flags)) },
    master: '',
    iptablesVariant: undefined,
    affinityClients: undefined,
  };
}

describe('fairlead run', () => {
  it.each([
    ['--config /c', { config: ['/c'] }],
    ['--config=/c', { config: ['/c'] }],
    ['--config=/a --config /c', { config: ['/a', '/c'] }],
    ['--config=/c -v 4', { config: ['/c'], v: ['4'] }],
    ['--config=/c -v4', { config: ['/c'], v: ['4'] }],
    ['--config=/c -v=4', { config: ['/c'], v: ['4'] }],
    ['--config=/c --v=4', { config: ['/c'], v: ['4'] }],
    ['--config=/c --v 4', { config: ['/c'], v: ['4'] }],
    ['--config=/c --masquerade-all', { config: ['/c'], 'masquerade-all': ['true'] }],
    ['--config=/c --masquerade-all=false', { config: ['/c'], 'masquerade-all': ['false'] }],
    ['--config=/c --feature_gates=A=true', { config: ['/c'], 'feature-gates': ['A=true'] }],
    ['--config=/c --oom-score-adj -5', { config: ['/c'], 'oom-score-adj': ['-5'] }],
    ['--config=/c --cluster-cidr=', { config: ['/c'], 'cluster-cidr': [''] }],
    [
      '--config=/c --cleanup=false --version=false',
      { config: ['/c'], cleanup: ['false'], version: ['false'] },
    ],
  ])('reads flags as pflag does: %s', (line, flags) => {
    expect(parse(`run ${line}`)).toEqual(runWith('/c', flags));
  });

  it('needs no file', () => {
    expect(parse('run')).toEqual(runWith(undefined, {}));
  });

  it('takes the address of the API server', () => {
    expect(parse('run --master=https://192.0.2.1')).toMatchObject({ master: 'https://192.0.2.1' });
  });

  it('takes the size of session affinity from the environment', () => {
    const set = (value: string) => parse('run', { FAIRLEAD_AFFINITY_CLIENTS: value });
    expect(set('1000')).toMatchObject({ kind: 'run', affinityClients: 1000 });
    expect(set('')).toMatchObject({ affinityClients: undefined });
    for (const value of ['0', '-1', '1e3', '4294967296', 'many']) {
      expect(set(value)).toEqual({
        kind: 'usage-error',
        message: `FAIRLEAD_AFFINITY_CLIENTS is "${value}", but must be a number from 1 to 4294967295: see fairlead help run`,
      });
    }
  });

  it('takes the iptables variant from the environment', () => {
    const line = 'run --config=/c';
    expect(parse(line, { FAIRLEAD_IPTABLES: 'nft' })).toMatchObject({ kind: 'run', iptablesVariant: 'nft' });
    expect(parse(line, { FAIRLEAD_IPTABLES: '' })).toMatchObject({ iptablesVariant: undefined });
    expect(parse(line, { FAIRLEAD_IPTABLES: 'ebpf' })).toEqual({
      kind: 'usage-error',
      message: 'FAIRLEAD_IPTABLES is "ebpf", but must be legacy or nft: see fairlead help run',
    });
  });

  it('can do other things before it runs, in the order of kube-proxy', () => {
    const all = ['--init-only', '--cleanup', '--write-config-to=/w', '--version'];
    const kinds = all.map((_, i) => parseArgs(all.slice(0, i + 1)).kind);
    expect(kinds).toEqual(['init-only', 'cleanup', 'write-config', 'version']);
    expect(parseArgs(['--write-config-to=/w', '--config=/c'])).toMatchObject({
      target: '/w',
      source: { file: '/c' },
    });
  });
});

describe('a line without a command', () => {
  const ARGS = ['--config=/var/lib/kube-proxy/config.conf', '--hostname-override=node-1'];
  const RUN = runWith('/var/lib/kube-proxy/config.conf', {
    config: ['/var/lib/kube-proxy/config.conf'],
    'hostname-override': ['node-1'],
  });

  it.each(['fairlead', 'kube-proxy', '/usr/local/bin/kube-proxy'])(
    "is kube-proxy's, called as %s",
    (program) => {
      expect(parseArgs(ARGS, {}, program)).toEqual(RUN);
    },
  );

  it('runs with defaults where kube-proxy would', () => {
    expect(parseArgs([], {}, '/usr/local/bin/kube-proxy')).toEqual(runWith(undefined, {}));
  });

  it.each([['help'], ['run'], ['--v=2', 'now'], ['--', '--v=2']])(
    'takes no arguments, as kube-proxy: %s %s',
    (...args) => {
      expect(parseArgs(args.filter(Boolean), {}, '/usr/local/bin/kube-proxy')).toMatchObject({
        kind: 'usage-error',
        message: expect.stringMatching(/^unexpected argument/),
      });
    },
  );

  it('explains the flags of kube-proxy when asked by that name', () => {
    expect(parseArgs(['--help'], {}, 'kube-proxy')).toEqual(parse('help run'));
  });
});

describe('fairlead lab demo', () => {
  it.each([
    ['lab demo', false, 'iptables', undefined],
    ['lab demo --keep', true, 'iptables', undefined],
    ['lab demo --iptables legacy', false, 'iptables', 'legacy'],
    ['lab demo --iptables=nft --keep', true, 'iptables', 'nft'],
    ['lab demo --mode nftables', false, 'nftables', undefined],
  ])('is understood: %s', (line, isKept, mode, iptablesVariant) => {
    expect(parse(line)).toEqual({ kind: 'lab-demo', isKept, mode, iptablesVariant });
  });
});

describe('fairlead', () => {
  it.each(['version', '--version', '--version=raw', 'run --version'])('has a version: %s', (line) => {
    expect(parse(line)).toEqual({ kind: 'version' });
  });

  it.each(['', 'help', '--help', '-h'])('lists its commands: "%s"', (line) => {
    expect(parse(line)).toMatchInlineSnapshot(`
      {
        "kind": "help",
        "text": "fairlead run [FLAGS]       program this node's kernel for the cluster's Services, until stopped
      fairlead lab demo [FLAGS]  bring up a small cluster on this machine and show its Services at work
      fairlead version           print the version
      fairlead help [COMMAND]    print this, or the flags of a command

      Called as kube-proxy, or with flags only, fairlead is "fairlead run".
      ",
      }
    `);
  });

  it('explains the flags of a command', () => {
    const help = parse('help run');
    expect(help.kind === 'help' && help.text).toMatchSnapshot();
    for (const line of ['run --help', 'run --config x -h', '--config=x --help'])
      expect(parse(line)).toEqual(help);
  });

  it.each([
    ['run --config', 'flag --config needs a value: see fairlead help run'],
    ['run --config x --colour', 'unknown flag --colour: see fairlead help run'],
    ['run --config x -z', 'unknown flag -z: see fairlead help run'],
    ['run --config x now', 'unexpected argument "now": see fairlead help run'],
    ['--cleanup=perhaps', '--cleanup is "perhaps", but must be true or false: see fairlead help run'],
    ['lab demo --keep=no', '--keep is "no", but must be true or false: see fairlead help lab demo'],
    ['lab', 'there is no command "lab": see fairlead help'],
    ['lab party --hard', 'there is no command "lab party": see fairlead help'],
    ['help party', 'there is no command "party": see fairlead help'],
    [
      'lab demo --mode ipvs',
      '--mode is "ipvs", but must be iptables or nftables: see fairlead help lab demo',
    ],
    [
      'lab demo --iptables ebpf',
      '--iptables is "ebpf", but must be legacy or nft: see fairlead help lab demo',
    ],
  ])('says what is wrong with: %s', (line, message) => {
    expect(parse(line)).toEqual({ kind: 'usage-error', message });
  });

  it('never fails, whatever the arguments are', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('run', 'lab', 'demo', '--config', '-v', '--', '-', '--keep', '-v=', '--version'),
    );
    fc.assert(fc.property(fc.array(word), (args) => void parseArgs(args)));
  });
});
