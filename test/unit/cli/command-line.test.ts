import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/cli/command.ts';
import { parseCommandLine } from '../../../src/cli/command-line.ts';

function parse(line: string, env: Record<string, string> = {}): Command {
  return parseCommandLine({ args: line.split(' ').filter(Boolean), env });
}

const RUN = {
  kind: 'run',
  configFile: '/etc/config.conf',
  verbosity: undefined,
  hostnameOverride: undefined,
  iptablesVariant: undefined,
};

describe('fairlead run', () => {
  it.each(['run --config /etc/config.conf', 'run --config=/etc/config.conf'])('is understood: %s', (line) => {
    expect(parse(line)).toEqual(RUN);
  });

  it.each(['-v 4', '-v4', '-v=4', '--v=4', '--v 4'])('takes the verbosity as %s', (flag) => {
    expect(parse(`run --config /etc/config.conf ${flag}`)).toEqual({ ...RUN, verbosity: 4 });
  });

  it('takes the name of the node', () => {
    const line = 'run --hostname-override=node-1 --config /etc/config.conf';
    expect(parse(line)).toEqual({ ...RUN, hostnameOverride: 'node-1' });
  });

  it('takes the iptables variant from the environment', () => {
    const line = 'run --config /etc/config.conf';
    expect(parse(line, { FAIRLEAD_IPTABLES: 'nft' })).toEqual({ ...RUN, iptablesVariant: 'nft' });
    expect(parse(line, { FAIRLEAD_IPTABLES: '' })).toEqual(RUN);
    expect(parse(line, { FAIRLEAD_IPTABLES: 'ebpf' })).toEqual({
      kind: 'usage-error',
      message: 'FAIRLEAD_IPTABLES is "ebpf", but must be legacy or nft',
    });
  });
});

describe('fairlead lab demo', () => {
  it.each([
    ['lab demo', false, undefined],
    ['lab demo --keep', true, undefined],
    ['lab demo --iptables legacy', false, 'legacy'],
    ['lab demo --iptables=nft --keep', true, 'nft'],
  ])('is understood: %s', (line, isKept, iptablesVariant) => {
    expect(parse(line)).toEqual({ kind: 'lab-demo', isKept, iptablesVariant });
  });
});

describe('fairlead', () => {
  it.each(['version', '--version'])('has a version: %s', (line) => {
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
      ",
      }
    `);
  });

  it.each(['run --help', 'help run', 'run --config x -h'])('explains the flags of a command: %s', (line) => {
    expect(parse(line)).toMatchInlineSnapshot(`
      {
        "kind": "help",
        "text": "fairlead run [FLAGS]: program this node's kernel for the cluster's Services, until stopped

        --config FILE             a KubeProxyConfiguration, v1alpha1 (required)
        -v N                      how much is logged: 0 little, 2 changes, 4 decisions, 5 everything
        --hostname-override NAME  the name of this node's Node object
      ",
      }
    `);
  });

  it.each([
    ['run', '--config is missing'],
    ['run --config', "Option '--config <value>' argument missing: see fairlead help run"],
    ['run --config x -v much', '-v is "much", but must be a whole number like 2'],
    ['run --config x --colour', "Unknown option '--colour': see fairlead help run"],
    ['run --config x now', "Unexpected argument 'now': see fairlead help run"],
    ['lab demo --keep=no', "Option '--keep' does not take an argument: see fairlead help lab demo"],
    ['lab', 'there is no command "lab": see fairlead help'],
    ['lab party --hard', 'there is no command "lab party": see fairlead help'],
    ['help party', 'there is no command "party": see fairlead help'],
    ['--config x', 'there is no command "--config x": see fairlead help'],
    ['lab demo --iptables ebpf', '--iptables is "ebpf", but must be legacy or nft'],
  ])('says what is wrong with: %s', (line, message) => {
    expect(parse(line)).toEqual({ kind: 'usage-error', message });
  });

  it('never fails, whatever the arguments are', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('run', 'lab', 'demo', '--config', '-v', '--', '-', '--keep', '-v='),
    );
    fc.assert(fc.property(fc.array(word), (args) => void parseCommandLine({ args, env: {} })));
  });
});
