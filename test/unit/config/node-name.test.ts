import { describe, expect, it } from 'vitest';
import { nodeNameOf } from '../../../src/config/node-name.ts';

describe('nodeNameOf', () => {
  it.each([
    [{ flag: ' Flag ', hostnameOverride: 'config', hostname: 'host' }, 'flag'],
    [{ flag: undefined, hostnameOverride: 'Config', hostname: 'host' }, 'config'],
    [{ flag: undefined, hostnameOverride: '', hostname: 'Host.example' }, 'host.example'],
    [{ flag: ' ', hostnameOverride: 'config', hostname: 'host' }, undefined],
    [{ flag: undefined, hostnameOverride: ' ', hostname: 'host' }, undefined],
  ])('of %j is %s', (sources, expected) => {
    expect(nodeNameOf(sources)).toBe(expected);
  });
});
