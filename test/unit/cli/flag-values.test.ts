import { describe, expect, it } from 'vitest';
import { flagValues } from '../../../src/cli/flag-values.ts';
import { RUN_FLAGS } from '../../../src/cli/run-flags.ts';

describe('flagValues', () => {
  it('has every flag, sorted, with its default where it was not given', () => {
    const values = flagValues(new Map());
    expect([...values.keys()]).toEqual(RUN_FLAGS.map(({ name }) => name).toSorted());
    expect(values.get('iptables-sync-period')).toBe('30s');
    expect(values.get('iptables-masquerade-bit')).toBe('14');
    expect([values.get('config'), values.get('feature-gates'), values.get('nodeport-addresses')]).toEqual([
      '',
      '',
      '',
    ]);
    expect([values.get('cleanup'), values.get('masquerade-all')]).toEqual(['false', 'false']);
  });

  it('has what was given: all items of a list, the last one of what can be said once', () => {
    const values = flagValues(
      new Map([
        ['v', ['2', '4']],
        ['config', ['/a', '/b']],
        ['feature-gates', ['A=true', 'B=false']],
        ['nodeport-addresses', ['10.0.0.0/8', 'fd00::/8']],
      ]),
    );
    expect([values.get('v'), values.get('config')]).toEqual(['4', '/b']);
    expect(values.get('feature-gates')).toBe('A=true,B=false');
    expect(values.get('nodeport-addresses')).toBe('10.0.0.0/8,fd00::/8');
  });
});
